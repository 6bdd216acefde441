"""A question is not put to people who cannot answer it, and a card names only people who can."""

from dataclasses import replace
from typing import Any

import pytest

from bridge.slack import error_table
from bridge.slack.people import People
from sandbox.slack.faults import Kind
from storage.model import Interaction, Status
from tests.bridge.loops.asking import CHANNEL, ask, events, status
from tests.bridge.replica import Replica
from tests.storage import build

ANA, BOB, BOT, SAM, GONE, UNKNOWN = "U0ANA", "U0BOB", "U0ASKBRIDGE", "U0SAM", "U0GONE", "U0NOBODY"
UNABLE = [
    (SAM, "user_is_outsider"),
    (BOT, "user_is_bot"),
    (GONE, "user_deactivated"),
    (UNKNOWN, "user_not_found"),
]


@pytest.fixture(autouse=True)
def deactivated(replica: Replica) -> None:
    world = replica.slack.world
    world.add_person(replace(world.people[BOB], id=GONE, name="gone", is_deleted=True))


async def read(replica: Replica, question: Interaction) -> Interaction:
    return await build.read(replica.db, replica.tenant, question.id)


@pytest.mark.parametrize(("user", "code"), UNABLE)
@pytest.mark.parametrize("named", [True, False])
async def test_a_person_who_cannot_answer_is_not_asked(
    replica: Replica,
    user: str,
    code: str,
    named: bool,  # noqa: FBT001  -- a column of the table
) -> None:
    question = await ask(replica, {"user": user}, responders=[user] if named else None)

    await replica.cards.step()

    row = await read(replica, question)
    assert row.status is Status.UNREACHABLE
    assert row.reason is not None and (row.reason["code"], row.reason["fix"]) == (code, error_table.fix(code))
    assert row.reason["detail"].startswith(f"{user} is ")
    assert replica.called("chat.postMessage") == []
    card = await replica.card(question)
    assert card.given_up_at is not None and card.reason == row.reason


@pytest.mark.parametrize(("user", "code"), UNABLE)
async def test_a_channel_is_not_asked_for_people_who_cannot_answer(replica: Replica, user: str, code: str) -> None:
    question = await ask(replica, {"channel": CHANNEL}, responders=[user])

    await replica.cards.step()

    row = await read(replica, question)
    assert row.status is Status.UNREACHABLE and row.reason is not None and row.reason["code"] == code
    assert replica.called("chat.postMessage") == []


async def test_all_of_several_people_who_cannot_answer_are_told(replica: Replica) -> None:
    question = await ask(replica, {"channel": CHANNEL}, responders=[GONE, SAM])

    await replica.cards.step()

    row = await read(replica, question)
    assert row.reason is not None and row.reason["code"] == "user_deactivated"
    assert GONE in row.reason["detail"] and SAM in row.reason["detail"]


async def test_where_some_can_answer_the_card_and_the_replies_name_only_those(replica: Replica) -> None:
    question = await ask(replica, {"channel": CHANNEL}, responders=[SAM, ANA, GONE])
    handle = await replica.show(question)

    assert f"<@{ANA}>" in replica.shown(handle)
    assert SAM not in replica.shown(handle) and GONE not in replica.shown(handle)
    assert (await read(replica, question)).unable == {SAM: "user_is_outsider", GONE: "user_deactivated"}
    card = await replica.card(question)
    assert card.reason is not None and card.reason["code"] == "user_is_outsider"
    assert SAM in card.reason["detail"] and f"{GONE} is deactivated" in card.reason["detail"]

    await replica.click(question, handle, user="U0CHO")
    [(_, text, _)] = replica.whispers(CHANNEL)
    assert text.startswith(f"Only <@{ANA}> can answer")
    await replica.click(question, handle, user=ANA)
    assert await replica.verdicts() == ["not_yours", "won"]
    await replica.settle()
    assert (await replica.card(question)).reason is None


async def test_a_copy_to_a_person_who_cannot_answer_has_a_reason_of_its_own(replica: Replica) -> None:
    question = await ask(replica, {"user": ANA}, {"user": SAM}, responders=[ANA, SAM])

    await replica.cards.step()

    to_ana, to_sam = await replica.copies(question)
    assert to_ana.ts is not None
    assert to_sam.ts is None and to_sam.reason is not None and to_sam.reason["code"] == "user_is_outsider"
    assert await status(replica, question) is Status.PENDING


async def test_outsiders_who_may_answer_are_asked(replica: Replica) -> None:
    question = await ask(replica, {"channel": CHANNEL}, responders=[SAM], home_teams=None)

    handle = await replica.show(question)

    assert f"<@{SAM}>" in replica.shown(handle)
    await replica.click(question, handle, user=SAM)
    assert await replica.verdicts() == ["won"]


async def test_no_person_is_looked_up_for_everyone_in_a_channel(replica: Replica) -> None:
    await replica.show(await ask(replica, {"channel": CHANNEL}, responders=None))

    assert replica.called("users.info") == []


async def test_a_person_who_was_looked_up_is_remembered(replica: Replica) -> None:
    await ask(replica, {"user": ANA}, responders=[ANA, BOB])
    await ask(replica, {"user": BOB}, responders=[ANA, BOB])
    await replica.cards.step()

    assert sorted(call["user"] for call in replica.called("users.info")) == [ANA, BOB]


NO_ANSWER: list[dict[str, Any]] = [
    {"kind": Kind.ERROR, "error": "fatal_error"},
    {"kind": Kind.ERROR, "error": "missing_scope"},
    {"kind": Kind.RATELIMITED, "retry_after": 30},
    {"kind": Kind.STATUS, "status": 503},
]


@pytest.mark.parametrize("fault", NO_ANSWER)
@pytest.mark.parametrize("named", [True, False])
async def test_without_an_answer_of_slack_the_card_is_posted_and_the_person_looked_up_afterwards(
    replica: Replica,
    fault: dict[str, Any],
    named: bool,  # noqa: FBT001  -- a column of the table
) -> None:
    question = await ask(replica, {"user": SAM}, responders=[SAM] if named else None)
    replica.fault("users.info", **fault)
    handle = await replica.show(question)
    assert replica.has_buttons(handle) and await status(replica, question) is Status.PENDING

    await replica.settle()

    row = await read(replica, question)
    assert row.status is Status.UNREACHABLE
    assert row.reason is not None and row.reason["code"] == "user_is_outsider"
    assert not replica.has_buttons(handle) and "could not be delivered to anyone who can answer" in replica.shown(
        handle
    )
    assert (await events(replica, question))[-2:] == ["interaction.unreachable", "card.settled"]
    assert replica.installations.suspended(question.connection_id) is None


async def test_any_replica_looks_the_person_up_afterwards(replica: Replica, second: Replica) -> None:
    """What is still to be asked stands in the card's row, so it survives the replica that posted the card."""
    question = await ask(replica, {"user": SAM}, responders=[SAM])
    replica.fault("users.info", Kind.ERROR, error="fatal_error")
    await replica.show(question)

    await second.settle()

    assert await status(replica, question) is Status.UNREACHABLE


async def test_one_of_several_found_out_afterwards_is_taken_off_every_card(replica: Replica) -> None:
    question = await ask(replica, {"channel": CHANNEL}, {"channel": "C0GENERAL"}, responders=[ANA, SAM])
    for _ in range(2):
        replica.fault("users.info", Kind.ERROR, error="fatal_error")
    await replica.cards.step()
    cards = [card.handle for card in await replica.copies(question)]
    assert all(handle is not None and SAM in replica.shown(handle) for handle in cards)

    await replica.settle()

    assert all(handle is not None and SAM not in replica.shown(handle) for handle in cards)
    assert all(handle is not None and ANA in replica.shown(handle) for handle in cards)
    assert await status(replica, question) is Status.PENDING


async def test_a_slack_that_never_says_who_a_person_is_costs_a_few_edits(replica: Replica) -> None:
    for _ in range(50):
        replica.fault("users.info", Kind.ERROR, error="missing_scope")
    question = await ask(replica, {"user": ANA}, responders=[ANA])

    await replica.settle()

    card = await replica.card(question)
    assert (card.wanted, card.shown, len(replica.called("chat.update"))) == (4, 4, 3)
    assert await status(replica, question) is Status.PENDING


async def test_a_slow_answer_is_not_waited_for_and_there_for_the_next_caller(replica: Replica) -> None:
    people = People(replica.installations)
    replica.fault("users.info", Kind.SLOW, seconds=0.5)

    assert await people.find(replica.tenant.connection.id, [ANA], seconds=0.01) == {}

    found = await people.find(replica.tenant.connection.id, [ANA], seconds=10.0)
    assert found.keys() == {ANA} and len(replica.called("users.info")) == 1


async def test_a_click_during_the_post_is_not_delayed_by_the_next_look(replica: Replica) -> None:
    """The answer makes the card due at once, although it waits to be looked at again."""
    question = await ask(replica, {"user": ANA}, responders=[ANA])
    replica.fault("users.info", Kind.ERROR, error="fatal_error")
    handle = await replica.show(question)
    assert await replica.cards.step() == 0, "due in some seconds"

    await replica.click(question, handle, user=ANA)
    assert await replica.cards.step() == 1

    assert not replica.has_buttons(handle) and f"<@{ANA}>" in replica.shown(handle)


async def test_what_one_card_finds_out_is_shown_by_the_others_too(replica: Replica) -> None:
    replica.fault("chat.postMessage", Kind.STATUS, status=500, channel="C0GENERAL")
    question = await ask(replica, {"channel": CHANNEL}, {"channel": "C0GENERAL"}, responders=[ANA, BOB])
    handle = await replica.show(question)
    assert BOB in replica.shown(handle) and (await replica.copies(question))[1].ts is None
    world = replica.slack.world
    world.add_person(replace(world.people[BOB], is_deleted=True))

    await replica.settle()

    assert all(card.handle is not None for card in await replica.copies(question))
    assert BOB not in replica.shown(handle) and ANA in replica.shown(handle)


async def test_every_card_of_a_question_that_no_person_can_answer_any_more_says_so(replica: Replica) -> None:
    """Such as at a last call; here one card is looked at again."""
    question = await ask(replica, {"user": ANA}, {"user": BOB}, responders=None)
    await replica.settle()
    world = replica.slack.world
    for user in (ANA, BOB):
        world.add_person(replace(world.people[user], is_deleted=True))
    first, other = await replica.copies(question)
    await replica.db.fetch("update cards set wanted = wanted + 1 where id = $1", first.id)

    await replica.settle()

    assert await status(replica, question) is Status.UNREACHABLE
    assert first.handle is not None and not replica.has_buttons(first.handle)
    assert other.handle is not None and not replica.has_buttons(other.handle)
