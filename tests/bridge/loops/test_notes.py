"""Notes are posted in the threads of cards: once, in order, joined while they wait, and only where a card is."""

import asyncio
import io
from typing import Any
from uuid import UUID

import pytest

from bridge import ids
from bridge.card import blocks
from bridge.card.frame import Drawing
from bridge.loops import posting_pace, runner
from bridge.loops.things import Things
from bridge.notifier import Notifier
from bridge.things import notes as cutting
from sandbox.slack.faults import Kind
from storage import cards, notes, things
from storage.model import Handle
from storage.pool import Database
from tests.bridge.logged import events
from tests.bridge.replica import Replica
from tests.bridge.things import note_checks, recoveries
from tests.bridge.things.note_checks import replies, rows, shown
from tests.bridge.things.noting import loop as another
from tests.bridge.things.noting import noted, post_all
from tests.storage import build
from tests.storage.build import Tenant
from tests.waiting import until

CHANNEL = recoveries.CHANNEL


async def test_notes_that_wait_for_a_card_are_one_message_in_its_thread(replica: Replica) -> None:
    id, handle = await shown(replica)
    await noted(replica.db, replica.tenant.scope, id, "first *words*", "second &lt;words&gt;")
    await noted(replica.db, replica.tenant.scope, id, "third")

    assert await replica.parts.notes.post() == 1

    assert replies(replica, handle) == ["first *words*\nsecond &lt;words&gt;\nthird"]
    call = replica.called("chat.postMessage")[-1]
    assert (call["thread_ts"], call["parse"]) == (handle.ts, "none")
    assert "reply_broadcast" not in call
    (block,) = call["blocks"]
    assert (block["type"], block["text"]["type"], block["text"]["verbatim"]) == ("section", "mrkdwn", True)
    assert await replica.parts.notes.post() == 0


async def test_a_note_waits_until_its_card_is_posted(replica: Replica) -> None:
    thing = (await recoveries.opened(replica.db, replica.tenant)).after.thing
    await noted(replica.db, replica.tenant.scope, thing.id, "early")
    assert await replica.parts.notes.post() == 0

    await replica.cards.step()
    replica.notifier.notes.clear()
    await post_all(replica)

    (card,) = await cards.of_interaction(replica.db, thing.organization_id, await _anchor(replica, thing.id))
    assert card.handle is not None and replies(replica, card.handle) == ["early"]


async def test_the_card_loop_announces_notes(replica: Replica) -> None:
    id, handle = await shown(replica)
    replica.notifier.take_notes_waiting()
    await noted(replica.db, replica.tenant.scope, id, "an update")
    assert await replica.parts.notes.step() == 0, "no wake, no look"
    await replica.pass_time()

    await replica.cards.step()

    await replica.db.fetch("delete from throttles")
    assert await replica.parts.notes.step() == 1 and replies(replica, handle) == ["an update"]
    assert await replica.parts.notes.step() == 0


async def test_a_note_in_a_thread_of_others_replies_to_the_root_of_that_thread(replica: Replica) -> None:
    first = await replica.client.post({"channel": CHANNEL}, Drawing(text="root", blocks=[]))
    assert isinstance(first, Handle)
    root = first.ts
    thing = (
        await recoveries.opened(replica.db, replica.tenant, to=[{"channel": CHANNEL, "thread_ts": root}])
    ).after.thing
    await replica.settle()
    await noted(replica.db, replica.tenant.scope, thing.id, "in the same thread")

    await post_all(replica)

    assert replica.called("chat.postMessage")[-1]["thread_ts"] == root


async def test_every_card_gets_the_note_once_and_a_card_that_moved_away_none(replica: Replica) -> None:
    thing = (
        await recoveries.opened(replica.db, replica.tenant, recoveries.report_of(owner={"user": "U0ANA"}), to=[])
    ).after.thing
    await replica.settle()
    await noted(replica.db, replica.tenant.scope, thing.id, "before")
    await recoveries.reported(replica.db, replica.tenant, thing.id, recoveries.report_of(owner={"user": "U0BOB"}))
    await noted(replica.db, replica.tenant.scope, thing.id, "after")
    await replica.settle()

    await post_all(replica)

    first, second = await cards.of_interaction(replica.db, thing.organization_id, await _anchor(replica, thing.id))
    assert first.handle and second.handle
    assert (replies(replica, first.handle), replies(replica, second.handle)) == ([], ["after"])
    (given_up,) = [row for row in await rows(replica) if row["given_up_at"]]
    assert (given_up["text"], given_up["reason"]["code"]) == ("before", "card_moved")


async def test_a_note_for_a_card_that_is_given_up_is_given_up_quietly(replica: Replica, log: io.StringIO) -> None:
    thing = (await recoveries.opened(replica.db, replica.tenant, to=[{"channel": "C0NOWHERE"}])).after.thing
    await noted(replica.db, replica.tenant.scope, thing.id, "for no one")
    await replica.settle()

    await post_all(replica)

    (row,) = await rows(replica)
    assert row["given_up_at"] and row["reason"]["code"] == "channel_not_found"
    assert {event["level"] for event in events(log) if event["event"].startswith("note_")} == {"info"}
    entries = await things.timeline(replica.db, thing.organization_id, thing.id)
    assert [entry.type for entry in entries if entry.type.startswith("note.")] == ["note.given_up"]


async def test_a_note_for_a_deleted_card_is_given_up_and_only_the_timeline_says_so(
    replica: Replica, log: io.StringIO
) -> None:
    id, handle = await shown(replica)
    await noted(replica.db, replica.tenant.scope, id, "too late")
    replica.fault("chat.postMessage", Kind.ERROR, error="thread_not_found")
    before = await replica.db.fetch("select id from events")

    await post_all(replica)

    assert replies(replica, handle) == []
    (row,) = await rows(replica)
    assert row["given_up_at"] and row["reason"]["code"] == "thread_not_found" and not row["maybe_sent"]
    assert await replica.db.fetch("select id from events") == before
    assert {event["level"] for event in events(log) if event["event"].startswith("note_")} == {"info"}
    (card,) = await cards.of_interaction(replica.db, replica.tenant.scope.organization_id, await _anchor(replica, id))
    assert card.given_up_at is None, "the card is as it was"


async def test_a_pause_that_slack_asks_for_holds_for_notes_and_for_cards(replica: Replica) -> None:
    id, handle = await shown(replica)
    await noted(replica.db, replica.tenant.scope, id, "later")
    await replica.db.fetch("delete from throttles")
    replica.fault("chat.postMessage", Kind.RATELIMITED, retry_after=30)

    await replica.parts.notes.post()

    (row,) = await rows(replica)
    assert (row["failures"], row["maybe_sent"], row["reason"]["code"]) == (0, False, "rate_limited")
    assert await posting_pace.shared_paused(replica.db, replica.tenant.scope, CHANNEL) > 20
    await recoveries.opened(replica.db, replica.tenant, recoveries.report_of("job-2"))
    posts = len(replica.called("chat.postMessage"))
    await replica.parts.cards.step()
    assert len(replica.called("chat.postMessage")) == posts, "a card waits as well"
    await post_all(replica)
    assert replies(replica, handle) == ["later"]


async def test_a_failure_that_is_certain_is_tried_again_and_keeps_the_order(replica: Replica) -> None:
    id, handle = await shown(replica)
    await noted(replica.db, replica.tenant.scope, id, "one")
    replica.fault("chat.postMessage", Kind.ERROR, error="message_limit_exceeded")
    await post_at_once(replica)
    await noted(replica.db, replica.tenant.scope, id, "two")

    assert await another(replica).post() == 0, "the second waits for the first"
    seconds = await notes.next_in(replica.db, [replica.tenant.scope])
    assert seconds is not None and 0 < seconds <= 1
    await post_all(replica)

    assert replies(replica, handle) == ["one\ntwo"]


async def test_a_note_that_fails_for_a_day_is_given_up(replica: Replica) -> None:
    id, _ = await shown(replica)
    await noted(replica.db, replica.tenant.scope, id, "old")
    await replica.db.fetch("update notes set created_at = created_at - interval '25 hours'")
    replica.fault("chat.postMessage", Kind.ERROR, error="message_limit_exceeded")

    await post_at_once(replica)

    (row,) = await rows(replica)
    assert row["given_up_at"] is not None


async def test_a_refused_token_puts_notes_off_and_a_new_one_posts_them(replica: Replica) -> None:
    id, handle = await shown(replica)
    await noted(replica.db, replica.tenant.scope, id, "kept")
    replica.fault("chat.postMessage", Kind.ERROR, error="token_revoked")
    await post_at_once(replica)
    (row,) = await rows(replica)
    assert (row["given_up_at"], row["reason"]["code"]) == (None, "token_refused")

    replica.installations.put(replica.tenant.scope, replica.client)
    await post_all(replica)

    assert replies(replica, handle) == ["kept"]


async def test_a_long_note_is_several_messages_without_a_word_lost(replica: Replica) -> None:
    id, handle = await shown(replica)
    words = " ".join(f"word{number}&amp;<@U0ANA>" for number in range(600))
    await noted(replica.db, replica.tenant.scope, id, words, "last")

    await post_all(replica)

    said = replies(replica, handle)
    assert len(said) > 3 and all(len(text) <= 3_000 for text in said)
    assert " ".join(said).split() == [*words.split(), "last"]


@pytest.mark.parametrize("kind", [Kind.DROP_AFTER, Kind.EMPTY, Kind.TEXT])
async def test_an_ambiguous_send_is_not_repeated(replica: Replica, kind: Kind) -> None:
    await note_checks.an_ambiguous_send_is_not_repeated(replica, kind)


async def test_a_replica_that_dies_anywhere_posts_no_note_twice(replica: Replica) -> None:
    points = await note_checks.dies_at_every_point(replica)

    assert len(points) == 11, points


async def test_notes_of_two_replicas_while_posts_are_slow(replica: Replica) -> None:
    await note_checks.a_hundred_notes_of_two_replicas(replica)


async def test_a_lease_that_was_lost_posts_nothing(replica: Replica) -> None:
    id, handle = await shown(replica)
    await noted(replica.db, replica.tenant.scope, id, "once")
    (slow,), _ = await notes.lease(replica.db, [replica.tenant.scope], limit=9, seconds=5)
    assert await another(replica).post() == 0, "it is leased"
    await replica.db.fetch("update notes set leased_until = clock_timestamp()")
    (quick,), _ = await notes.lease(replica.db, [replica.tenant.scope], limit=9, seconds=5)

    assert not await notes.mark_maybe_sent(replica.db, slow)
    assert await notes.mark_maybe_sent(replica.db, quick)
    assert not await notes.mark_maybe_sent(replica.db, quick), "once"
    assert not await notes.put_off(replica.db, slow, seconds=0, reason={"code": "x"}, failed=True)
    assert not await notes.sent(replica.db, slow, handle)
    assert await notes.sent(replica.db, quick, handle)
    (row,) = await rows(replica)
    assert (row["attempt"], row["ts"], row["failures"]) == (2, handle.ts, 0)


async def test_a_card_that_moves_between_lease_and_send_gets_no_note(replica: Replica) -> None:
    id, _ = await shown(replica)
    await noted(replica.db, replica.tenant.scope, id, "nowhere")
    (leased,), _ = await notes.lease(replica.db, [replica.tenant.scope], limit=9, seconds=5)
    await replica.db.fetch("update cards set retired_at = clock_timestamp()")

    assert not await notes.mark_maybe_sent(replica.db, leased)


async def test_a_message_that_only_a_click_found_gets_no_notes(replica: Replica) -> None:
    """The same words would stand in the channel twice."""
    id, handle = await shown(replica)
    anchor = await _anchor(replica, id)
    stray = Handle(channel=CHANNEL, ts="1700000000.000001")
    await cards.heal(replica.db, replica.tenant.scope, anchor, stray, stray_id=ids.new())
    await noted(replica.db, replica.tenant.scope, id, "once")

    await post_all(replica)

    assert replies(replica, handle) == ["once"] and len(await rows(replica)) == 1


async def test_notes_that_no_wake_announced_are_found_with_missing_rounds(replica: Replica) -> None:
    id, _ = await shown(replica)
    await noted(replica.db, replica.tenant.scope, id, "overlooked")
    notifier = Notifier()

    assert await Things(db=replica.db, notifier=notifier).step() == 0

    assert notifier.take_notes_waiting() and notifier.notes.is_set()
    await post_all(replica)
    assert await Things(db=replica.db, notifier=notifier).step() == 0
    assert not notifier.take_notes_waiting()


async def test_the_loop_wakes_itself_when_a_note_can_be_posted_again(replica: Replica) -> None:
    id, handle = await shown(replica)
    await noted(replica.db, replica.tenant.scope, id, "soon")
    (leased,), _ = await notes.lease(replica.db, [replica.tenant.scope], limit=9, seconds=5)
    await notes.put_off(replica.db, leased, seconds=0.3, reason={"code": "x"}, failed=False)
    replica.notifier.notes_waiting()
    replica.notifier.notes.clear()

    assert await replica.parts.notes.step() == 0
    async with asyncio.timeout(5):
        await replica.notifier.notes.wait()

    await replica.db.fetch("delete from throttles")
    assert await replica.parts.notes.step() == 1 and replies(replica, handle) == ["soon"]


async def test_the_loops_of_a_replica_post_a_note_soon_after_it_was_written(replica: Replica) -> None:
    id, handle = await shown(replica)
    await replica.db.fetch("delete from throttles")
    stopping = asyncio.Event()
    running = [
        asyncio.create_task(runner.run(each, stopping))
        for each in replica.built.loops
        if each.name in ("cards", "notes")
    ]
    await noted(replica.db, replica.tenant.scope, id, "soon")
    replica.notifier.thing_changed(replica.tenant.scope.organization_id, id)

    await until(lambda: replies(replica, handle) == ["soon"], within=15)

    stopping.set()
    replica.notifier.close()
    await asyncio.gather(*running)


async def test_an_idle_loop_queries_nothing(db: Database, replica: Replica) -> None:
    class Refusing(Database):
        async def transact_within(self, *_: Any, **__: Any) -> Any:
            raise AssertionError("a query")

    idle = another(replica, Refusing(db.pool))

    assert [await idle.step() for _ in range(3)] == [0, 0, 0]


async def test_a_fault_of_the_bridge_gives_up_these_notes_only(
    replica: Replica, log: io.StringIO, monkeypatch: pytest.MonkeyPatch
) -> None:
    id, handle = await shown(replica)
    other, other_handle = await shown(replica, "job-2")
    await noted(replica.db, replica.tenant.scope, id, "bad")
    await noted(replica.db, replica.tenant.scope, other, "good")
    real = blocks.mrkdwn

    def draws(text: str) -> Any:
        if text == "bad":
            raise ValueError("no such text")
        return real(text)

    monkeypatch.setattr(blocks, "mrkdwn", draws)
    await post_all(replica)

    assert (replies(replica, handle), replies(replica, other_handle)) == ([], ["good"])
    assert [event["level"] for event in events(log) if event["event"] == "note_failed"] == ["error"]


async def test_notes_go_with_their_thing(db: Database) -> None:
    tenant: Tenant = await build.tenant(db)
    thing = (await recoveries.opened(db, tenant)).after.thing
    await noted(db, tenant.scope, thing.id, "a", "b")
    assert len(await db.fetch("select from notes")) == 2

    await db.fetch("delete from cards")

    assert await db.fetch("select from notes") == []


async def test_a_note_is_counted_and_logged(replica: Replica, log: io.StringIO) -> None:
    id, _ = await shown(replica)
    await noted(replica.db, replica.tenant.scope, id, "a secret of the content")

    await post_all(replica)

    (posted,) = [event for event in events(log) if event["event"] == "note_posted"]
    assert posted["number"] == 1 and "content" not in log.getvalue()
    value = replica.metrics.registry.get_sample_value("askbridge_notes_posted_total")
    assert value == 1


def test_cutting_keeps_every_word_and_cuts_no_link() -> None:
    text = "a " * 5 + "<https://example.com/|a long label> &amp;&amp;&amp;&amp; " + "x" * 30

    pieces = list(cutting.cut(text, 20))

    assert all(len(piece) <= 20 or piece.startswith("<") for piece in pieces)
    assert "".join(text.split()) == "".join("".join(pieces).split())
    assert not any(piece.endswith(("&", "&a", "&am", "&amp")) for piece in pieces)
    assert list(cutting.cut("  \n ", 20)) == [] and list(cutting.cut("", 20)) == []


async def post_at_once(replica: Replica) -> None:
    """One pass with every pause over."""
    await replica.db.fetch("delete from throttles")
    await another(replica).post()


async def _anchor(replica: Replica, id: UUID) -> UUID:
    (row,) = await replica.db.fetch("select anchor_id from things where id = $1", id)
    anchor_id: UUID = row["anchor_id"]
    return anchor_id
