"""The cards of a thing in Slack: of its first round for life, and showing it as it is now."""

import json
from typing import Any, TypeAlias
from uuid import UUID

import pytest

from bridge import ids
from bridge.card import action_ids
from bridge.loops.things import Things
from bridge.things.recovery import NOUN
from bridge.things.recovery.row import Recovery
from sandbox.slack.faults import Kind
from storage import cards, connections, interactions
from storage.model import Card, Handle, Interaction, Verdict
from storage.things import ThingRow
from tests.bridge.replica import Replica
from tests.bridge.things import recoveries
from tests.bridge.things.recoveries import CHANNEL

Found: TypeAlias = ThingRow[Recovery]


async def shown(replica: Replica, source_id: str = "job-1", **fields: Any) -> tuple[Found, Interaction, Handle]:
    """A recovery with its posted card: the thing, its first round, and where the card is."""
    opened = await recoveries.opened(replica.db, replica.tenant, recoveries.report_of(source_id, **fields))
    thing = opened.after.thing
    round_id = await recoveries.round_of(replica.db, replica.tenant, thing.id)
    anchor = await interactions.get(replica.db, thing.organization_id, round_id)
    assert anchor is not None
    await replica.settle()
    (card,) = await replica.copies(anchor)
    assert card.handle is not None, card
    return opened.after, anchor, card.handle


async def now(replica: Replica, of: Found) -> Found:
    found = await NOUN.table.get(replica.db, of.thing.organization_id, of.thing.id)
    assert found is not None
    return found


async def test_a_person_restores_what_was_stuck_with_one_click(replica: Replica) -> None:
    of, anchor, handle = await shown(replica)
    assert replica.has_buttons(handle) and "no heartbeat for 10 minutes" in replica.shown(handle)

    report = await replica.click(anchor, handle, choice="restored")

    assert report["status"] == 200
    assert (await now(replica, of)).row.outcome == "restored"
    await replica.settle()
    assert not replica.has_buttons(handle) and "Restored" in replica.shown(handle)
    assert replica.whispers(CHANNEL) == []
    assert len(list(replica.slack.world.messages(CHANNEL))) == 1


async def test_the_card_of_a_new_round_is_the_same_message(replica: Replica) -> None:
    of, anchor, handle = await shown(replica)

    await recoveries.reported(replica.db, replica.tenant, of.thing.id, recoveries.report_of(cause="out of memory"))
    await replica.settle()

    assert "out of memory" in replica.shown(handle) and replica.has_buttons(handle)
    assert len(list(replica.slack.world.messages(CHANNEL))) == 1
    second = await recoveries.round_of(replica.db, replica.tenant, of.thing.id)
    assert second != anchor.id
    fresh = await interactions.get(replica.db, of.thing.organization_id, second)
    assert fresh is not None
    await replica.click(fresh, handle, choice="cancelled")
    assert (await now(replica, of)).row.status == "cancelled"


async def test_a_stale_click_is_told_what_the_thing_is_now_and_who_made_it_so(replica: Replica) -> None:
    of, anchor, handle = await shown(replica)
    await replica.click(anchor, handle, choice="restored")

    await replica.click(anchor, handle, choice="cancelled", user="U0BOB")

    ((user, text, _),) = replica.whispers(CHANNEL)
    assert user == "U0BOB" and "Restored" in text and "<@U0ANA>" in text and text.endswith("Your click had no effect.")
    assert (await now(replica, of)).row.outcome == "restored"


async def test_many_reports_make_one_edit(replica: Replica) -> None:
    of, _, handle = await shown(replica)
    edits = len(replica.called("chat.update"))

    for _ in range(20):
        await recoveries.reported(replica.db, replica.tenant, of.thing.id)
    while await replica.cards.step():
        pass
    assert len(replica.called("chat.update")) == edits, "a quiet change is shown a little later"
    await replica.settle()

    assert len(replica.called("chat.update")) == edits + 1
    assert "attempt 21" in replica.shown(handle)


async def test_the_thing_changes_while_its_first_card_is_posted_and_edited(replica: Replica) -> None:
    """Whatever came in between, one message ends showing the last state."""
    opened = await recoveries.opened(replica.db, replica.tenant)
    id = opened.after.thing.id
    replica.fault("chat.postMessage", Kind.DROP_AFTER)
    await replica.cards.step()  # posted, and no response came
    await recoveries.reported(replica.db, replica.tenant, id, recoveries.report_of(cause="second"))
    await replica.settle()
    await recoveries.reported(replica.db, replica.tenant, id, recoveries.report_of(cause="third"))
    replica.fault("chat.update", Kind.DROP_AFTER)
    await replica.settle()

    rows = await _rows(replica, id)
    (handle,) = [row.handle for row in rows if row.handle]
    assert "third" in replica.shown(handle) and all(row.shown == row.wanted for row in rows)
    stray, known = replica.slack.world.messages(CHANNEL)
    assert known.ts == handle.ts and "second" not in replica.shown(Handle(channel=CHANNEL, ts=stray.ts))

    # The post whose response was lost made a message that no row knows: it heals at its first click.
    anchor = await interactions.get(replica.db, opened.after.thing.organization_id, rows[0].interaction_id)
    assert anchor is not None
    await replica.click(anchor, Handle(channel=CHANNEL, ts=stray.ts), choice="restored")
    await replica.settle()

    assert (await now(replica, opened.after)).row.status == "active", "the click was on a round that had ended"
    assert "third" in replica.shown(Handle(channel=CHANNEL, ts=stray.ts))
    assert {row.interaction_id for row in await _rows(replica, id)} == {anchor.id}


async def _rows(replica: Replica, id: UUID) -> list[Card]:
    """The cards of a thing."""
    found = await NOUN.table.get(replica.db, replica.tenant.scope.organization_id, id)
    assert found is not None and found.thing.anchor_id is not None
    return await cards.of_interaction(replica.db, found.thing.organization_id, found.thing.anchor_id)


async def test_a_card_that_moves_away_says_where_it_went_and_a_new_one_is_posted(replica: Replica) -> None:
    opened = await recoveries.opened(replica.db, replica.tenant, recoveries.report_of(owner={"user": "U0ANA"}), to=[])
    id = opened.after.thing.id
    await replica.settle()
    await recoveries.reported(replica.db, replica.tenant, id, recoveries.report_of(owner={"user": "U0BOB"}))
    await replica.settle()

    first, second = await _rows(replica, id)
    assert first.retired_at is not None and second.retired_at is None
    assert first.handle and second.handle
    assert not replica.has_buttons(first.handle) and "<@U0BOB>" in replica.shown(first.handle)
    assert replica.has_buttons(second.handle)


async def test_a_disabled_connection_takes_the_buttons_away_and_an_enabled_one_gives_them_back(
    replica: Replica,
) -> None:
    of, anchor, handle = await shown(replica)
    scope = replica.tenant.scope
    await connections.disable(replica.db, organization_id=scope.organization_id, id=scope.connection_id, new_id=ids.new)
    await replica.settle()
    assert not replica.has_buttons(handle)
    await recoveries.reported(replica.db, replica.tenant, of.thing.id)
    assert (await now(replica, of)).round_id is None and (await now(replica, of)).row.attempt_count == 2
    assert await replica.db.fetch("select from events where type like 'interaction.%'") == []

    await connections.enable(replica.db, organization_id=scope.organization_id, id=scope.connection_id)
    things = Things(db=replica.db, notifier=replica.notifier)
    assert await things.open_missing_rounds() == 1
    assert await things.open_missing_rounds() == 0
    await replica.settle()

    assert replica.has_buttons(handle)
    round_id = (await now(replica, of)).round_id
    assert round_id is not None and round_id != anchor.id


async def test_a_card_that_cannot_be_posted_is_told_once_and_the_thing_stays_open(replica: Replica) -> None:
    opened = await recoveries.opened(replica.db, replica.tenant, to=[{"channel": "C0NOWHERE"}])
    id = opened.after.thing.id
    await replica.settle()
    await recoveries.reported(replica.db, replica.tenant, id, recoveries.report_of(cause="second"))
    await replica.settle()

    told = await replica.db.fetch("select detail from events where type = 'recovery.unreachable'")
    assert len(told) == 1 and told[0]["detail"]["detail"]["cause"]["code"] == "channel_not_found"
    found = await now(replica, opened.after)
    assert found.thing.ended_at is None and found.round_id is not None


async def test_the_form_of_a_blocked_recovery_lists_what_else_is_open(replica: Replica) -> None:
    of, anchor, handle = await shown(replica)
    blocker, *_ = await shown(replica, "job-2")
    stale = {
        "block_id": action_ids.block_id(anchor.id, 1),
        "action_id": action_ids.open_form("blocked"),
        "value": "1",
    }

    report = await replica.click(anchor, handle, stale=stale, wait_view=3)

    view = report["view"]
    assert view is not None, replica.whispers(CHANNEL)
    assert json.dumps(view).count(NOUN.public_id(blocker.thing.id)) == 1
    assert json.dumps(view).count(NOUN.public_id(of.thing.id)) == 0, "it cannot be blocked by itself"


@pytest.mark.parametrize("choice", ["restored", "cancelled", "false_positive"])
async def test_every_move_that_needs_no_form_is_one_click(replica: Replica, choice: str) -> None:
    of, anchor, handle = await shown(replica)

    await replica.click(anchor, handle, choice=choice)

    assert (await now(replica, of)).row.outcome == choice
    assert await replica.verdicts() == [Verdict.WON]
