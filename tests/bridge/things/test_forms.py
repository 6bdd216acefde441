"""Moves that need words: the form behind Blocked…, decided when it is sent, and refused under its field."""

from typing import Any

from bridge.card import action_ids
from bridge.forms import codec
from bridge.things.recovery import NOUN
from storage.model import Json, Verdict
from tests.bridge.replica import Replica
from tests.bridge.slack.forms import asking
from tests.bridge.things import recoveries
from tests.bridge.things.recoveries import CHANNEL
from tests.bridge.things.test_cards import Found, now, shown


async def form(replica: Replica, source_id: str = "job-1") -> tuple[Found, Json]:
    """A recovery, and the form in which @ana says what blocks it."""
    of, anchor, handle = await shown(replica, source_id)
    stale = {
        "block_id": action_ids.block_id(anchor.id, 1),
        "action_id": action_ids.open_form("blocked"),
        "value": "1",
    }
    view = (await replica.click(anchor, handle, stale=stale, wait_view=3))["view"]
    assert view is not None, replica.whispers(CHANNEL)
    return of, view


async def send(replica: Replica, view: Json, **given: Any) -> Any:
    """Submit the form with these values, by field."""
    values = {codec.block_id(field): {codec.INPUT: value} for field, value in given.items()}
    return await asking.submit(replica, view, values=values)


async def test_a_recovery_is_blocked_by_another_one_that_is_told_when_that_ends(replica: Replica) -> None:
    blocker, _, _ = await shown(replica, "job-2")
    of, view = await form(replica)

    report = await send(replica, view, blocker=NOUN.public_id(blocker.thing.id), note="after the disk is larger")

    assert (report["status"], report["response"]) == (200, None), report
    ended = (await now(replica, of)).row
    assert (ended.outcome, ended.note, ended.blocker_id) == ("blocked", "after the disk is larger", blocker.thing.id)
    round_id = await recoveries.round_of(replica.db, replica.tenant, blocker.thing.id)
    await recoveries.clicked(replica.db, recoveries.click(replica.tenant, round_id))
    told = await replica.db.fetch("select thing_id, type from events where type = 'recovery.unblocked'")
    assert [tuple(event) for event in told] == [(of.thing.id, "recovery.unblocked")]
    assert (await now(replica, of)).row == ended


async def test_a_recovery_is_blocked_by_something_elsewhere(replica: Replica) -> None:
    of, view = await form(replica)

    await send(replica, view, link="https://status.example.com/incidents/7")

    url = "https://status.example.com/incidents/7"
    assert (await now(replica, of)).row.blocker == {"external": {"type": "link", "id": url, "url": url}}


async def test_nothing_selected_is_an_error_under_the_field_and_audited(replica: Replica) -> None:
    of, view = await form(replica)

    report = await send(replica, view)

    (message,) = report["response"]["errors"].values()
    assert message == "Please say what blocks this: select an item, or enter a link."
    assert await replica.verdicts() == [Verdict.OPENED, Verdict.MISTAKEN]
    assert (await now(replica, of)).row.status == "active"


async def test_a_blocker_that_ended_meanwhile_is_refused_under_its_field_also_when_sent_again(
    replica: Replica,
) -> None:
    blocker, _, _ = await shown(replica, "job-2")
    of, view = await form(replica)
    round_id = await recoveries.round_of(replica.db, replica.tenant, blocker.thing.id)
    await recoveries.clicked(replica.db, recoveries.click(replica.tenant, round_id))

    report = await send(replica, view, blocker=NOUN.public_id(blocker.thing.id))

    ((block, message),) = report["response"]["errors"].items()
    assert block == codec.block_id("blocker") and "not open" in message
    assert (await replica.verdicts())[-1] == Verdict.REFUSED
    assert (await now(replica, of)).row.status == "active"


async def test_a_form_whose_round_ended_keeps_what_was_typed_and_says_what_changed(replica: Replica) -> None:
    of, view = await form(replica)
    round_id = await recoveries.round_of(replica.db, replica.tenant, of.thing.id)
    await recoveries.clicked(replica.db, recoveries.click(replica.tenant, round_id, user_id="U0BOB"))

    report = await send(replica, view, link="https://status.example.com/7", note="words that took a while")

    page = asking.shown(report["response"]["view"])
    assert report["response"]["response_action"] == "update"
    assert "words that took a while" in page and "<@U0BOB>" in page and "Restored" in page
    assert (await now(replica, of)).row.outcome == "restored"


async def test_a_button_cannot_make_a_move_that_needs_a_form(replica: Replica) -> None:
    of, anchor, handle = await shown(replica)

    await replica.click(anchor, handle, choice="blocked")

    assert (await now(replica, of)).row.status == "active"
    assert await replica.verdicts() == [Verdict.REFUSED]
    ((_, text, _),) = replica.whispers(CHANNEL)
    assert text.startswith("This needs a form.") and text.endswith("Your click had no effect.")
