"""Checks of notes, each of which the real code passes and a wrong variant must fail."""

import asyncio
from typing import Any
from uuid import UUID

from asyncpg import Record

from sandbox.slack.faults import Kind
from storage import cards, errors, notes
from storage.model import Handle
from tests.bridge.replica import Replica
from tests.bridge.things import recoveries
from tests.bridge.things.noting import Dying, loop, noted, post_all


async def shown(replica: Replica, source_id: str = "job-1") -> tuple[UUID, Handle]:
    """A recovery whose card is posted: its id, and where the card is."""
    thing = (await recoveries.opened(replica.db, replica.tenant, recoveries.report_of(source_id))).after.thing
    round_id = await recoveries.round_of(replica.db, replica.tenant, thing.id)
    await replica.settle()
    (card,) = await cards.of_interaction(replica.db, thing.organization_id, round_id)
    assert card.handle is not None, card
    return thing.id, card.handle


def replies(replica: Replica, handle: Handle) -> list[str]:
    """What stands in the thread of a card, in order."""
    return [
        message.text
        for message in replica.slack.world.messages(handle.channel)
        if message.thread_ts == handle.ts and message.ts != handle.ts
    ]


async def rows(replica: Replica) -> list[Record]:
    """All notes, in their order."""
    return await replica.db.fetch("select * from notes order by number")


async def an_ambiguous_send_is_not_repeated(replica: Replica, kind: Kind = Kind.DROP_AFTER) -> None:
    """A note that Slack took without saying so stands there once, and those after it follow."""
    id, handle = await shown(replica)
    await noted(replica.db, replica.tenant.scope, id, "once")
    replica.fault("chat.postMessage", kind)
    await replica.db.fetch("delete from throttles")
    await loop(replica).post()
    await noted(replica.db, replica.tenant.scope, id, "then")

    await post_all(replica)

    assert replies(replica, handle) == ["once", "then"]
    first, second = await rows(replica)
    assert first["maybe_sent"] and first["given_up_at"] and first["ts"] is None
    assert second["ts"] is not None


async def dies_at_every_point(replica: Replica) -> list[str]:
    """Wherever a replica dies, no note is posted twice or out of order, and later ones are. Returns the points."""
    points: list[str] = []
    while True:
        id, handle = await shown(replica, f"job-{len(points)}")
        await noted(replica.db, replica.tenant.scope, id, "one", "two")
        await replica.db.fetch("delete from throttles")
        dying = Dying(replica.db, die_at=len(points))
        try:
            await loop(replica, dying).post()
        except errors.Unavailable:
            assert dying.died_at
        await noted(replica.db, replica.tenant.scope, id, "three")
        await post_all(replica)

        said = [line for text in replies(replica, handle) for line in text.split("\n")]
        waiting = await replica.db.fetch("select from notes where given_up_at is null and not maybe_sent")
        assert said in (["one", "two", "three"], ["three"]) and not waiting, (dying.died_at, said)
        if not dying.died_at:
            assert said == ["one", "two", "three"]
            return points
        points.append(dying.died_at)


async def a_hundred_notes_of_two_replicas(replica: Replica) -> None:
    """Two replicas write a hundred notes and post them while Slack is slow: every word once, in order, joined."""
    id, handle = await shown(replica)
    scope = replica.tenant.scope
    replica.slack.faults.clear()
    replica.fault("chat.postMessage", Kind.SLOW, seconds=0.1, times=1_000)
    written = asyncio.Event()

    async def writes(half: int) -> None:
        for number in range(50):
            await noted(replica.db, scope, id, f"{half}-{number}")

    async def posts() -> None:
        while await loop(replica).post() or not written.is_set():  # each time without the pace of the last message
            await replica.db.fetch("delete from throttles")
            await asyncio.sleep(0.01)

    async with asyncio.timeout(60), asyncio.TaskGroup() as group:
        for _ in range(2):
            group.create_task(posts())
        await asyncio.gather(writes(0), writes(1))
        written.set()
    replica.slack.faults.clear()
    await post_all(replica)

    messages = replies(replica, handle)
    said = [line for text in messages for line in text.split("\n")]
    expected = [row["text"] for row in await rows(replica)]
    assert said == expected and len(set(said)) == 100
    for half in (0, 1):
        assert [line for line in said if line.startswith(f"{half}-")] == [f"{half}-{number}" for number in range(50)]
    assert len(messages) < 60, "they are joined while they wait"


async def one_message_at_a_time(replica: Replica) -> None:
    """While a message of a thread is being posted, no replica takes a later note of it."""
    id, _ = await shown(replica)
    scope = replica.tenant.scope
    await noted(replica.db, scope, id, "one")
    (leased,), _ = await notes.lease(replica.db, [scope], limit=9, seconds=5)
    await noted(replica.db, scope, id, "two")
    assert await notes.lease(replica.db, [scope], limit=9, seconds=5) == ([], [])
    assert await notes.mark_maybe_sent(replica.db, leased)

    assert await notes.lease(replica.db, [scope], limit=9, seconds=5) == ([], [])

    await notes.sent(replica.db, leased, leased.handle)
    (following,), _ = await notes.lease(replica.db, [scope], limit=9, seconds=5)
    assert following.texts == ["two"]


async def a_long_queue_is_posted_from_its_beginning(replica: Replica) -> None:
    """Notes that are more than one message are posted in their order."""
    id, handle = await shown(replica)
    words = [f"{number} {'x' * 1_000}" for number in range(5)]
    await noted(replica.db, replica.tenant.scope, id, *words)

    await post_all(replica)

    messages = replies(replica, handle)
    assert [line for text in messages for line in text.split("\n")] == words
    assert [len(text.split("\n")) for text in messages] == [2, 2, 1]


CHECKS: dict[str, Any] = {
    "ambiguous send": an_ambiguous_send_is_not_repeated,
    "dies at every point": dies_at_every_point,
    "long queue": a_long_queue_is_posted_from_its_beginning,
    "one at a time": one_message_at_a_time,
    "two replicas": a_hundred_notes_of_two_replicas,
}
