"""Every verdict with its reply to the clicker, and the scope of a click: only the exact signed installation counts."""

import io
from typing import Any

import pytest

from bridge import ids
from sandbox.slack.model import Message
from storage import connections
from storage.model import Handle, Interaction, Status
from tests import payloads
from tests.bridge.replica import Replica
from tests.storage import build

CHANNEL = "C0APPROVALS"


async def status(replica: Replica, question: Interaction) -> Status:
    return (await build.read(replica.db, replica.tenant, question.id)).status


async def cancel(replica: Replica, question: Interaction) -> None:
    await replica.db.fetch(
        "update interactions set status = 'cancelled', ended_at = clock_timestamp(), reason = $2 where id = $1",
        question.id,
        {"code": "cancelled", "detail": "The release was called off.", "fix": ""},
    )


async def test_the_winner_is_told_by_the_card_and_by_nothing_else(
    replica: Replica, question: Interaction, handle: Handle
) -> None:
    told = await replica.click(question, handle)
    await replica.settle()

    assert told["status"] == 200
    assert await status(replica, question) is Status.ANSWERED
    assert replica.whispers(CHANNEL) == []
    assert not replica.has_buttons(handle)
    assert "<@U0ANA>" in replica.shown(handle)


@pytest.mark.parametrize(
    ("second", "words", "verdict"),
    [
        ({"user": "U0ANA", "choice": "approve"}, "already recorded", "recorded"),
        ({"user": "U0ANA", "choice": "deny"}, "You already answered “Approve”", "decided"),
        ({"user": "U0BOB", "choice": "deny"}, "<@U0ANA> already answered “Approve”", "taken"),
        ({"user": "U0SAM", "choice": "deny"}, "<@U0ANA> already answered “Approve”", "taken"),
    ],
)
async def test_a_late_click_sees_who_won(
    replica: Replica, question: Interaction, handle: Handle, second: Any, words: str, verdict: str
) -> None:
    await replica.click(question, handle)
    told = await replica.click(question, handle, **second)

    assert told["status"] == 200
    [(to, text, _)] = replica.whispers(CHANNEL)
    assert to == second["user"] and words in text
    assert await replica.verdicts() == ["won", verdict]


async def test_m033_the_wrong_person_is_told_who_can_answer(
    replica: Replica, question: Interaction, handle: Handle
) -> None:
    await replica.click(question, handle, user="U0BOB")

    [(to, text, _)] = replica.whispers(CHANNEL)
    assert to == "U0BOB" and "Only <@U0ANA> can answer" in text
    assert await status(replica, question) is Status.PENDING


async def test_m032_an_outsider_is_told_so(replica: Replica, question: Interaction, handle: Handle) -> None:
    await replica.click(question, handle, user="U0SAM")

    [(to, text, _)] = replica.whispers(CHANNEL)
    assert to == "U0SAM" and "People from other organizations cannot answer" in text
    assert await status(replica, question) is Status.PENDING


async def test_a_click_on_a_cancelled_question_is_told_why(
    replica: Replica, question: Interaction, handle: Handle
) -> None:
    await cancel(replica, question)

    await replica.click(question, handle)

    [(to, text, _)] = replica.whispers(CHANNEL)
    assert to == "U0ANA" and "cancelled" in text and "called off" in text


@pytest.mark.parametrize(
    ("where", "shown"),
    [(["C0APPROVALS"], "C0APPROVALS"), (["C0GENERAL", "C0APPROVALS"], "C0APPROVALS"), (["C0GENERAL"], "C0GENERAL")],
)
async def test_a_click_on_a_superseded_question_is_told_where_the_newer_one_is(
    replica: Replica, question: Interaction, handle: Handle, where: list[str], shown: str
) -> None:
    newer = await build.question(
        replica.db,
        replica.tenant,
        supersedes=question.id,
        addresses=[{"channel": channel} for channel in where],
        card_ids=[ids.new() for _ in where],
    )
    await replica.settle()
    (link,) = [copy.permalink for copy in await replica.copies(newer) if copy.channel == shown]

    await replica.click(question, handle)

    [(to, text, _)] = replica.whispers(CHANNEL)
    assert link and to == "U0ANA" and f"Please answer <{link}|the newer one" in text
    assert not replica.has_buttons(handle) and "Replaced" in replica.shown(handle)


async def test_a_click_on_a_superseded_question_whose_newer_card_is_not_up_is_told_its_id(
    replica: Replica, question: Interaction, handle: Handle
) -> None:
    newer = await build.question(replica.db, replica.tenant, supersedes=question.id)

    await replica.click(question, handle)

    [(_, text, _)] = replica.whispers(CHANNEL)
    assert f"the newer one ({ids.short(newer.id)})" in text


async def test_a_click_after_the_default_was_due_has_it_written_and_is_told_of_it(replica: Replica) -> None:
    question = await build.question(replica.db, replica.tenant, on_expiry="deny")
    handle = await replica.show(question)
    assert "Without an answer by then, the default is recorded: \\u201cDeny\\u201d" in replica.shown(handle)
    await replica.pass_deadline(question)

    await replica.click(question, handle)

    [(_, text, _)] = replica.whispers(CHANNEL)
    assert "The deadline passed without an answer, so “Deny” was recorded by default" in text
    assert replica.notifier.cards.is_set()
    await replica.settle()
    assert not replica.has_buttons(handle) and "by default" in replica.shown(handle)


async def test_a_click_after_the_deadline_has_the_end_written_and_is_told_of_it(
    replica: Replica, question: Interaction, handle: Handle
) -> None:
    await replica.pass_deadline(question)

    await replica.click(question, handle)

    [(_, text, _)] = replica.whispers(CHANNEL)
    assert "expired" in text
    assert replica.notifier.cards.is_set()
    await replica.settle()
    assert not replica.has_buttons(handle)


async def test_m046_a_click_on_a_purged_question_is_told_that_the_card_is_not_active(
    replica: Replica, question: Interaction, handle: Handle
) -> None:
    for table in ("events", "cards"):
        await replica.db.fetch(f"delete from {table}")
    await replica.db.fetch("delete from interactions")

    told = await replica.click(question, handle)

    [(to, text, _)] = replica.whispers(CHANNEL)
    assert told["status"] == 200
    assert to == "U0ANA" and "no longer active" in text


@pytest.mark.parametrize("action_id", ["approve", "v1:choose:", "v2:choose:approve", "v1:choose:never"])
async def test_m046_a_button_of_another_format_or_choice_gets_its_answer(
    replica: Replica, question: Interaction, handle: Handle, action_id: str
) -> None:
    payload = replica.payload(question)
    payload["actions"][0]["action_id"] = action_id

    assert (await replica.send_click(payload)).status == 200
    assert await replica.verdicts() == ["gone"]
    assert await status(replica, question) is Status.PENDING


async def test_the_reply_to_a_click_in_a_thread_is_said_in_that_thread(replica: Replica) -> None:
    app = replica.slack.world.app
    parent = replica.slack.world.say(
        Message(channel=CHANNEL, ts=replica.slack.world.new_ts(), user=app.bot_user_id, text="Release 4.2")
    )
    question = await build.question(
        replica.db, replica.tenant, addresses=[{"channel": CHANNEL, "thread_ts": parent.ts}]
    )
    handle = await replica.show(question)

    await replica.click(question, handle, user="U0BOB")

    assert [(to, thread) for to, _, thread in replica.whispers(CHANNEL)] == [("U0BOB", parent.ts)]


async def test_a_click_on_an_ephemeral_message_counts_and_heals_no_message(
    replica: Replica, question: Interaction, handle: Handle
) -> None:
    payload = payloads.load("block_actions_ephemeral")
    payload["actions"] = replica.payload(question)["actions"]
    payload["response_url"] = None

    assert (await replica.send_click(payload)).status == 200

    assert await replica.verdicts() == ["won"]
    assert len(await replica.copies(question)) == 1


@pytest.mark.parametrize(
    "elsewhere",
    [
        {"api_app_id": "A0ANOTHER"},
        {"team": {"id": "T0ANOTHER"}},
        {"is_enterprise_install": True, "enterprise": {"id": "E0ANOTHER", "name": "Another"}, "team": None},
    ],
    ids=["another app", "another workspace", "another enterprise's install"],
)
async def test_m031_a_signed_click_from_an_installation_that_is_not_the_question_s_learns_and_changes_nothing(
    replica: Replica, question: Interaction, handle: Handle, elsewhere: dict[str, Any], log: io.StringIO
) -> None:
    real = (await replica.click(question, handle, user="U0BOB"))["payload"]["response_url"]
    before = len(replica.whispers(CHANNEL))

    told = await replica.send_click(replica.payload(question, response_url=real) | elsewhere)

    assert told.status == 200
    assert await status(replica, question) is Status.PENDING
    assert await replica.verdicts() == ["not_yours"], "nothing was audited for it"
    [(_, text, _)] = replica.whispers(CHANNEL)[before:]
    assert "no longer active" in text
    assert not any(word in text for word in ("U0ANA", "Deploy", "deploy-bot"))
    assert "click_unroutable" in log.getvalue()


async def test_a_click_counts_whatever_enterprise_its_workspace_has_moved_to(
    replica: Replica, question: Interaction, log: io.StringIO
) -> None:
    moved = {"enterprise": {"id": "E0ANOTHER", "name": "Another"}}
    moved["team"] = {"id": "T0SANDBOX", "enterprise_id": "E0ANOTHER", "enterprise_name": "Another"}

    await replica.send_click(replica.payload(question) | moved)

    assert await replica.verdicts() == ["won"]
    assert "click_unroutable" not in log.getvalue()


async def test_m031_the_same_question_id_clicked_in_another_connected_workspace_is_gone(
    replica: Replica, question: Interaction, handle: Handle
) -> None:
    await build.tenant(replica.db, team="T0ANOTHER")

    told = await replica.send_click(replica.payload(question) | {"team": {"id": "T0ANOTHER"}, "response_url": None})

    assert told.status == 200
    assert await replica.verdicts() == ["gone"]
    assert await status(replica, question) is Status.PENDING


async def test_an_organization_wide_installation_is_found_without_a_team(replica: Replica) -> None:
    connection = await connections.connect(
        replica.db,
        organization_id=replica.tenant.scope.organization_id,
        id=ids.new(),
        app_id="A0ASKBRIDGE",
        enterprise_id="E0ACME",
        team_id=None,
        home_teams=["T0SANDBOX", "E0ACME"],
        bot_user_id="U0ASKBRIDGE",
        name="Acme everywhere",
    )
    question = await build.question(replica.db, replica.tenant, scope=connection.scope)
    wide = {"enterprise": {"id": "E0ACME", "name": "Acme"}, "is_enterprise_install": True, "team": None}

    one_workspace = await replica.send_click(
        replica.payload(question, user="U0ANA") | wide | {"team": {"id": "T0SANDBOX"}, "is_enterprise_install": False}
    )
    assert one_workspace.status == 200 and await replica.verdicts() == ["gone"]

    await replica.send_click(replica.payload(question, user="U0ANA") | wide)

    assert await replica.verdicts() == ["gone", "won"]


async def test_clicks_on_a_disabled_connection_are_gone(replica: Replica, question: Interaction) -> None:
    await replica.db.fetch("update connections set disabled_at = clock_timestamp()")

    told = await replica.send_click(replica.payload(question))

    assert told.status == 200
    assert await replica.verdicts() == []
    assert await status(replica, question) is Status.PENDING
