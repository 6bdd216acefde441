"""Updates of an incident as replies to its card: after the card was deleted, and when there are very many."""

import json

from asyncpg import Record

from bridge.card import texts
from bridge.things import notes, showing
from bridge.things.incident import NOUN
from bridge.things.incident.request import MAX_MESSAGE
from bridge.things.incident.row import MAX_RECENT
from sandbox.slack.validator import message as message_rules
from storage.model import Handle
from tests.bridge.replica import Replica
from tests.bridge.things.incident.agents import Opener
from tests.bridge.things.incident.test_clicks import Shown, shown
from tests.bridge.things.note_checks import replies
from tests.bridge.things.noting import post_all


async def delete(replica: Replica, of: Shown) -> None:
    """Delete the card in Slack."""
    message = replica.slack.world.message(channel=of.handle.channel, ts=of.handle.ts)
    assert message is not None
    replica.slack.world.delete(message)


async def test_a_note_for_a_deleted_card_ends_with_a_reason_and_holds_up_no_later_note(replica: Replica) -> None:
    agent = Opener(db=replica.db, tenant=replica.tenant)
    of, other = await shown(replica), await shown(replica)
    await delete(replica, of)

    for id in (of.thing.id, other.thing.id):
        await agent.update(id, "One.")
    await post_all(replica)
    await agent.update(of.thing.id, "Two.")
    await post_all(replica)
    await replica.settle()  # the card cannot be edited any more, and is given up
    await agent.update(of.thing.id, "Three.")
    await post_all(replica)
    await showing.show(agent.context(), NOUN, of.thing.id, [{"channel": "C0GENERAL"}])
    await replica.settle()
    await agent.update(of.thing.id, "Four.")
    await post_all(replica)

    assert replies(replica, of.handle) == []
    assert replies(replica, other.handle) == ["💬 “deploy-bot”: “One.”"]
    notes = await replica.db.fetch("select * from notes where thing_id = $1 order by number", of.thing.id)
    ends = [(note["text"].partition(": ")[2], note["reason"] and note["reason"]["code"]) for note in notes]
    assert ends == [("“One.”", "thread_not_found"), ("“Two.”", "thread_not_found"), ("“Four.”", None)]
    assert [note["given_up_at"] is None for note in notes] == [False, False, True]
    assert replies(replica, Handle(channel="C0GENERAL", ts=await thread_of(replica, notes[2]))) == [notes[2]["text"]]
    assert [each["message"] for each in (await of.row()).recent_updates] == ["One.", "Two.", "Three.", "Four."]


async def thread_of(replica: Replica, note: Record) -> str:
    """The first message of the thread of a note."""
    message = replica.slack.world.message(channel=note["channel"], ts=note["ts"])
    assert message is not None and message.thread_ts is not None
    return message.thread_ts


async def test_a_hundred_kilobytes_of_updates_leave_one_card_within_the_limits_of_slack(replica: Replica) -> None:
    agent, of = Opener(db=replica.db, tenant=replica.tenant), await shown(replica)
    words = [f"{number:02} {'😀<&> ' * 332}".ljust(MAX_MESSAGE, "x") for number in range(50)]
    for message in words:
        await agent.update(of.thing.id, message)

    await replica.settle()

    row = await of.row()
    assert (row.update_count, [each["message"] for each in row.recent_updates]) == (50, words[-MAX_RECENT:])
    shown_now = replica.shown(of.handle)
    assert all(f"“{number}" in json.loads(shown_now)[0] for number in (47, 48, 49)) and "47 earlier" in shown_now
    assert texts.units(json.loads(shown_now)[0]) <= 3_900 and len(replica.called("chat.update")) == 1
    assert message_rules.problems(json.loads(shown_now)[1]) == []
    sizes = await replica.db.fetch("select number, size from notes order by number")
    assert len(sizes) >= 50 and all(note["size"] <= notes.MAX_SIZE for note in sizes)
