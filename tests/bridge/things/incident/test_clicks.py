"""Incidents in Slack: one card that people move on with buttons and forms, and that comes back when it is reopened."""

from typing import Any

from bridge.card import action_ids
from bridge.forms import codec
from bridge.things.incident import NOUN
from storage import interactions
from storage.model import Handle, Interaction, Json, Verdict
from tests.bridge.replica import Replica
from tests.bridge.slack.forms import asking
from tests.bridge.things.incident.agents import Opener
from tests.bridge.things.recoveries import CHANNEL


class Shown:
    """An incident with its posted card."""

    def __init__(self, replica: Replica, thing: Any, anchor: Interaction, handle: Handle) -> None:
        self.replica = replica
        self.thing = thing
        self.anchor = anchor
        self.handle = handle

    async def row(self) -> Any:
        found = await NOUN.table.get(self.replica.db, self.thing.organization_id, self.thing.id)
        assert found is not None
        return found.row

    async def round(self) -> Interaction:
        """The open round, whose buttons the card has."""
        found = await NOUN.table.get(self.replica.db, self.thing.organization_id, self.thing.id)
        assert found is not None and found.round_id is not None
        row = await interactions.get(self.replica.db, self.thing.organization_id, found.round_id)
        assert row is not None
        return row

    async def form(self, move: str, user: str = "U0ANA") -> Json:
        """The form that a click on this button of the card opens."""
        current = await self.round()
        stale = {
            "block_id": action_ids.block_id(current.id, 1),
            "action_id": action_ids.open_form(move),
            "value": "1",
        }
        report = await self.replica.click(current, self.handle, user=user, stale=stale, wait_view=3)
        view: Json | None = report["view"]
        assert view is not None, self.replica.whispers(CHANNEL)
        return view

    async def send(self, view: Json, *, user: str = "U0ANA", **given: Any) -> Any:
        values = {codec.block_id(field): {codec.INPUT: value} for field, value in given.items()}
        return await asking.submit(self.replica, view, user=user, values=values)


async def shown(replica: Replica, **fields: Any) -> Shown:
    agent = Opener(db=replica.db, tenant=replica.tenant)
    thing = (await agent.create(dedupe=False, **fields)).settled.after.thing
    found = await NOUN.table.get(replica.db, thing.organization_id, thing.id)
    assert found is not None and found.round_id is not None
    anchor = await interactions.get(replica.db, thing.organization_id, found.round_id)
    assert anchor is not None
    await replica.settle()
    (card,) = await replica.copies(anchor)
    assert card.handle is not None
    return Shown(replica, thing, anchor, card.handle)


async def test_people_move_it_on_one_card_until_it_is_resolved(replica: Replica) -> None:
    of = await shown(replica)
    assert "Investigating" in replica.shown(of.handle) and replica.has_buttons(of.handle)

    await replica.click(await of.round(), of.handle, choice="identified")
    await replica.settle()
    assert "Identified" in replica.shown(of.handle)
    await of.send(await of.form("severity"), severity="2", message="All payments fail.")
    await of.send(await of.form("update", user="U0BOB"), user="U0BOB", message="Rolling back.")
    await replica.settle()
    text = replica.shown(of.handle)
    assert "critical" in text and "All payments fail." in text and "Rolling back." in text and "<@U0BOB>" in text
    await of.send(await of.form("resolved"), message="It was the pool.")
    await replica.settle()

    assert (await of.row()).status == "resolved" and not replica.has_buttons(of.handle)
    assert "Resolved" in replica.shown(of.handle) and "It was the pool." in replica.shown(of.handle)
    assert [verdict for verdict in await replica.verdicts() if verdict != Verdict.OPENED] == [
        Verdict.WON,
        Verdict.WON,
        Verdict.ADDED,
        Verdict.WON,
    ]
    assert replica.whispers(CHANNEL) == []


async def test_reopening_gives_the_same_card_its_buttons_back(replica: Replica) -> None:
    of, agent = await shown(replica), Opener(db=replica.db, tenant=replica.tenant)
    await agent.set_status(of.thing.id, "resolved")
    await replica.settle()
    assert not replica.has_buttons(of.handle)

    await agent.set_status(of.thing.id, "monitoring")
    await replica.settle()

    assert replica.has_buttons(of.handle) and "Monitoring" in replica.shown(of.handle)
    await replica.click(await of.round(), of.handle, choice="fixing")
    assert (await of.row()).status == "fixing"
    assert {card.handle for card in await replica.copies(of.anchor)} == {of.handle}


async def test_an_update_that_was_being_written_while_the_status_changed_is_added(replica: Replica) -> None:
    of, agent = await shown(replica), Opener(db=replica.db, tenant=replica.tenant)
    view = await of.form("update")
    await agent.set_status(of.thing.id, "fixing")

    report = await of.send(view, message="Words that took a while.")

    assert (report["status"], report["response"]) == (200, None)
    assert (await of.row()).recent_updates[-1]["message"] == "Words that took a while."


async def test_an_update_that_was_being_written_while_it_was_resolved_keeps_the_words(replica: Replica) -> None:
    of, agent = await shown(replica), Opener(db=replica.db, tenant=replica.tenant)
    view = await of.form("update")
    await agent.set_status(of.thing.id, "resolved")

    report = await of.send(view, message="Words that took a while.")

    page = asking.shown(report["response"]["view"])
    assert "Words that took a while." in page and "Resolved" in page
    assert (await of.row()).update_count == 1


async def test_a_click_on_an_old_card_loses_and_is_told_how_it_stands(replica: Replica) -> None:
    of, agent = await shown(replica), Opener(db=replica.db, tenant=replica.tenant)
    old = await of.round()
    await agent.set_status(of.thing.id, "monitoring")

    await replica.click(old, of.handle, choice="fixing")

    assert (await of.row()).status == "monitoring"
    ((_, text, _),) = replica.whispers(CHANNEL)
    assert "Monitoring" in text and text.endswith("Your click had no effect.")
    assert await replica.verdicts() == [Verdict.SUPERSEDED]


async def test_updates_are_replies_to_the_card_unless_that_is_not_wanted(replica: Replica) -> None:
    of, agent = await shown(replica), Opener(db=replica.db, tenant=replica.tenant)
    silent = (await agent.create(dedupe=False, notes=False)).settled.after.thing.id
    for id in (of.thing.id, silent):
        await agent.update(id, "Rolled back.")
        await agent.patch(id, title="Other words")

    rows = await replica.db.fetch("select thing_id, text from notes")

    assert [tuple(row) for row in rows] == [(of.thing.id, "💬 “deploy-bot”: “Rolled back.”")]
