"""The feed acknowledges ends: what counts is what was really sent, on a page or on a stream."""

import asyncio
import gc
import socket
import struct

import pytest

from bridge import ids
from bridge.agents.events.streams import Stream, StreamTimes
from bridge.loops import acknowledgements
from storage import events
from storage.model import ENDS, EventType, Interaction, Progress, Status
from storage.pool import Database
from tests.bridge.agents import door as doors
from tests.bridge.agents.door import Door
from tests.bridge.agents.events.test_events import feed_page, number
from tests.bridge.agents.events.test_streams import HEAVY, raw, until_open
from tests.bridge.agents.interactions.test_receipt import answered, noted
from tests.bridge.agents.listening import listening
from tests.storage import build
from tests.storage.test_events import write_events
from tests.waiting import until


async def ended(door: Door) -> str:
    """An interaction that was just answered and is in the feed; no agent has acknowledged it."""
    id = await answered(door)
    await number(door)
    assert noted(door) == set()
    return id


async def until_noted(door: Door, id: str) -> None:
    await until(lambda: noted(door), lambda found: found == {id})


def test_every_way_to_end_is_heard_of_and_nothing_else_is() -> None:
    assert {type.value for type in ENDS} == {f"interaction.{status}" for status in Status if status != "pending"}


async def test_receipts_are_told_in_the_feed_in_their_order(door: Door) -> None:
    id = await ended(door)
    async with listening(door, types=",".join(f"interaction.{status}" for status in Progress)) as stream:
        await door.report(id, status="picked_up")
        await number(door)
        await door.report(id, status="picked_up")
        await door.report(id, status="failed", summary="No disk")
        await door.report(id, status="succeeded")
        await number(door)
        picked_up, failed = await stream.events(2)

        await door.report(await ended(door), status="succeeded")
        await number(door)
        succeeded = await stream.event()
    page = await feed_page(door)

    assert (picked_up["type"], failed["type"]) == ("interaction.picked_up", "interaction.failed")
    assert failed["data"]["receipt"]["summary"] == "No disk" and failed["data"]["id"] == id
    assert succeeded["type"] == "interaction.succeeded"
    kept = [one["id"] for one in page["items"] if one["type"].removeprefix("interaction.") in set(Progress)]
    assert kept == [picked_up["id"], failed["id"], succeeded["id"]]


async def test_that_it_was_heard_is_no_event(door: Door) -> None:
    id = await ended(door)
    await door.get(id)
    assert await acknowledgements.step(door.db, door.notifier) == 1
    await number(door)

    assert {one["type"] for one in (await feed_page(door))["items"]} == {"interaction.created", "interaction.answered"}


async def test_who_is_given_an_end_on_a_page_has_heard(door: Door) -> None:
    id = await ended(door)

    await feed_page(door, types="interaction.created,interaction.posted")
    assert noted(door) == set(), "only what tells the end counts, whatever the question beside it has become"
    await feed_page(door, limit=1)
    assert noted(door) == set(), "the one past the limit was read, and not given"
    await feed_page(door)

    assert noted(door) == {id}
    await acknowledgements.write(door.db, door.notifier)
    await feed_page(door)
    assert noted(door) == set(), "once is enough"


async def test_who_is_sent_an_end_on_a_stream_has_heard(door: Door) -> None:
    async with listening(door) as stream, listening(door, types="interaction.created") as other:
        id = await answered(door)
        await number(door)
        assert (await other.event())["type"] == "interaction.created"
        assert [one["type"] for one in await stream.events(2)] == ["interaction.created", "interaction.answered"]

        await until_noted(door, id)
        await acknowledgements.write(door.db, door.notifier)
    async with listening(door, after="beginning") as again:
        assert [one["data"]["heard_at"] is None for one in await again.events(2)] == [False, False]

        assert noted(door) == set()


async def test_who_listens_to_beginnings_has_heard_no_end(door: Door) -> None:
    id = await ended(door)
    types = ",".join(sorted({*EventType} - ENDS))
    async with listening(door, after="beginning", types=types) as stream:
        assert (await stream.event())["data"]["status"] == "answered"
        await door.report(id, status="picked_up")
        await number(door)
        assert (await stream.event())["type"] == "interaction.picked_up"

    assert noted(door) == set()


async def test_a_stream_that_was_cut_before_an_end_has_not_heard_it(db: Database) -> None:
    async with doors.door(db, await build.tenant(db), stream_times=StreamTimes(write=0.5)) as door:
        interaction = await build.question(door.db, door.tenant, **HEAVY)
        async with raw(door):
            await until_open(door, 1)
            await write_events(door.db, interaction, number=60)  # about a megabyte, more than all buffers on the way
            await door.click(interaction.id)
            await number(door)
            await until_open(door, 0)

        assert noted(door) == set()
        async with listening(door, after="beginning", types="interaction.answered") as stream:
            await stream.event()
            await until_noted(door, ids.encode("int", interaction.id))


@pytest.mark.parametrize("reads", [True, False], ids=["who reads at last", "who hangs up"])
async def test_what_is_still_kept_here_for_a_slow_client_was_not_heard(db: Database, *, reads: bool) -> None:
    """So few bytes are buffered that no write waits for the client: they were written, but are still here."""
    async with doors.door(db, await build.tenant(db), stream_times=StreamTimes(heartbeat=0.1)) as door:
        interaction = await build.question(door.db, door.tenant, **HEAVY)
        async with raw(door) as client:
            await until_open(door, 1)
            [stream] = door.streams.open
            while not await kept(door, stream):
                await write_events(door.db, interaction)
            await door.click(interaction.id)
            assert await kept(door, stream) and noted(door) == set()

            if reads:
                assert b'"status": "answered"' in await line_with(client, b'"type": "interaction.answered"')
                await until_noted(door, ids.encode("int", interaction.id))
            else:
                client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))  # closes with a reset
        await until_open(door, 0)
        assert len(noted(door)) == reads


async def kept(door: Door, stream: Stream) -> int:
    """How many bytes are still buffered in this process once the stream has written all events."""
    await number(door)
    end = (await events.position(door.db, door.tenant.scope.organization_id)).latest
    await until(lambda: stream.position >= end)
    assert stream.request.transport is not None
    return stream.request.transport.get_write_buffer_size()


async def line_with(client: socket.socket, words: bytes) -> bytes:
    """Read up to the end of the first line that has these words."""
    taken = b""
    async with asyncio.timeout(10):
        while words not in taken or b"\n" not in taken[taken.index(words) :]:
            taken += await asyncio.get_running_loop().sock_recv(client, 65_536)
    return next(line for line in taken.split(b"\n") if words in line)


async def test_what_a_connection_lost_as_it_was_written_was_not_heard(door: Door) -> None:
    async with raw(door) as client:
        await until_open(door, 1)
        [stream] = door.streams.open
        await kept(door, stream)
        client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))  # closes with a reset
        client.close()

        await stream.send(b":\n\n", end=ids.new())

        assert stream.sent_ends() == []


async def heavy_end(door: Door) -> str:
    question = await build.question(door.db, door.tenant, metadata={"heavy": "x" * 9_000_000})
    await door.click(question.id)
    return ids.encode("int", question.id)


async def test_an_answer_that_waits_for_its_client_keeps_ids_of_ends_and_no_rows(door: Door) -> None:
    """The row of a page may have megabytes, beside the text that waits."""
    ids_of_ends = {await heavy_end(door)}
    runner = door.http.server.runner
    assert runner is not None
    server = runner.server
    assert server is not None
    async with raw(door, path="/v1/interactions?limit=100") as client:
        await until(lambda: any(one.writing_paused for one in server.connections))
        gc.collect()

        rows = [one for one in gc.get_objects() if isinstance(one, Interaction)]  # other tests may have left some
        assert [one for one in rows if one.organization_id == door.tenant.scope.organization_id] == []
        assert noted(door) == set()
        end = b""
        while b'"next_cursor": null' not in end:
            end = end[-100:] + await asyncio.get_running_loop().sock_recv(client, 65_536)
        await until(lambda: noted(door), lambda found: found == ids_of_ends)
