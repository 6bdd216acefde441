"""The feed in pages, or as a stream that can be resumed after any event without gap or duplicate."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest

from bridge import ids
from bridge.agents.auth.open_keys import OpenKeys
from bridge.agents.events.feed import FeedLimits
from bridge.agents.events.streams import Streams, StreamTimes
from bridge.loops import numbering
from storage import events, keys, organizations
from storage.model import Json
from storage.pool import Database
from tests.bridge.agents import door as doors
from tests.bridge.agents.door import Door
from tests.bridge.agents.listening import listening
from tests.bridge.replica import Counting
from tests.storage import build
from tests.storage.faults import admin
from tests.storage.test_events import write_events
from tests.waiting import until


@pytest.fixture
async def paging(db: Database, door: Door) -> AsyncIterator[Door]:
    """A replica whose streams read three events at once."""
    async with doors.door(db, door.tenant, feed_limits=FeedLimits(page=3)) as opened:
        yield opened


@pytest.fixture
async def second(door: Door, other: Database) -> AsyncIterator[Door]:
    """Another replica, with its own notifier."""
    async with doors.door(other, door.tenant) as opened:
        yield opened


async def number(door: Door) -> int:
    """One step of the numbering loop of this replica."""
    return await numbering.step(door.db, door.notifier)


async def feed_page(door: Door, **query: Any) -> Json:
    reply = await door.call("GET", "/v1/events", params=query)
    assert reply.status == 200, reply.raw
    return reply.json


async def happened(door: Door, count: int) -> list[str]:
    """Write and number so many events; returns their ids in the order of the feed."""
    interaction = await build.question(door.db, door.tenant)
    await write_events(door.db, interaction, number=count - 1)
    await number(door)
    numbered = await events.page(door.db, interaction.organization_id, past=events.BEGINNING, limit=10_000)
    return [ids.encode("evt", one.id) for one in numbered][-count:]


# Pages.


async def test_a_page_has_all_that_happened_before_it_was_asked_for_oldest_first(door: Door) -> None:
    """No loop runs here: the request for a page numbers the events that are due."""
    asked = await door.ask()
    await door.post_card()
    await door.click(asked.id)

    page = await feed_page(door)

    assert [one["type"] for one in page["items"]] == [
        "interaction.created", "interaction.posted", "interaction.answered",
    ]  # fmt: skip
    assert page["next_cursor"] is None
    assert {one["data"]["id"] for one in page["items"]} == {asked.json["id"]}


async def test_the_question_in_an_event_is_as_it_is_when_told(door: Door) -> None:
    asked = await door.ask()
    await door.click(asked.id)

    created, answered = (await feed_page(door))["items"]

    now = (await door.get(asked.json["id"])).json
    assert created["data"] == answered["data"] == now and now["status"] == "answered"
    assert created["timestamp"] < answered["timestamp"] and created["id"].startswith("evt_")


async def test_pages_follow_each_other_without_gap_or_duplicate(door: Door) -> None:
    every = await happened(door, 7)

    found: list[str] = []
    page = await feed_page(door, limit=3)
    for size in (3, 3, 1):
        assert len(page["items"]) == size
        found += [one["id"] for one in page["items"]]
        if page["next_cursor"] is None:
            break
        assert page["next_cursor"] == found[-1]
        page = await feed_page(door, limit=3, after=page["next_cursor"])

    assert found == every and page["next_cursor"] is None
    assert (await feed_page(door, after=every[-1]))["items"] == []
    assert [one["id"] for one in (await feed_page(door, after="beginning"))["items"]] == every
    exactly = await feed_page(door, limit=7)
    assert len(exactly["items"]) == 7 and exactly["next_cursor"] is None


async def test_types_are_chosen(door: Door) -> None:
    for _ in range(2):
        await door.click((await door.ask()).id)
    await door.cancel((await door.ask()).json["id"])

    ended = await feed_page(door, types="interaction.answered,interaction.cancelled", limit=2)
    rest = await feed_page(door, types="interaction.answered,interaction.cancelled", after=ended["next_cursor"])

    assert [one["type"] for one in ended["items"] + rest["items"]] == [
        "interaction.answered", "interaction.answered", "interaction.cancelled",
    ]  # fmt: skip


async def test_another_organization_hears_nothing_and_its_ids_are_unknown(door: Door) -> None:
    (event,) = await happened(door, 1)
    neighbour = await build.tenant(door.db)

    assert (await door.call("GET", "/v1/events", key=neighbour.secret)).json["items"] == []
    assert (await door.call("GET", f"/v1/events?after={event}", key=neighbour.secret)).status == 400
    async with listening(door, key=neighbour.secret, after="beginning") as theirs, listening(door) as ours:
        await build.question(door.db, neighbour)
        await build.question(door.db, door.tenant)
        await number(door)

        assert (await theirs.event())["data"]["id"] != (await ours.event())["data"]["id"]


GARBAGE = [
    "",
    "x",
    "evt_",
    "evt_zzz",
    "int_01h2xcejqtf2nbrexx3vqjhp41",
    "0",
    "-1",
    "newest",
    "é",
    "evt_" + "8" * 26,
    "x" * 4_000,
]


@pytest.mark.parametrize("text", GARBAGE, ids=range(len(GARBAGE)))
async def test_after_garbage_says_what_to_do(door: Door, text: str) -> None:
    refused = [await door.call("GET", "/v1/events", params={"after": text})]
    refused.append(
        await door.call("GET", "/v1/events", params={"after": text}, headers={"Accept": "text/event-stream"})
    )
    if text and text.isascii():  # an empty header is as good as none
        refused.append(
            await door.call("GET", "/v1/events", headers={"Accept": "text/event-stream", "Last-Event-ID": text})
        )

    assert [(one.status, one.slug) for one in refused] == [(400, "invalid_parameter")] * len(refused)
    assert all("id of the last event" in one.json["detail"] and "beginning" in one.json["detail"] for one in refused)
    assert all(len(one.raw) < 1_000 for one in refused)


async def test_after_an_event_that_is_not_in_the_feed_says_what_to_do(door: Door) -> None:
    gone, kept = await happened(door, 2)
    (unnumbered,) = await write_events(door.db, await build.question(door.db, door.tenant))
    await door.db.fetch("delete from events where id = $1", ids.decode("evt", gone))

    stream = {"Accept": "text/event-stream"}
    unknown = ids.encode("evt", ids.new())
    for id, headers in (
        (ids.encode("evt", unnumbered), stream),
        (unknown, stream),
        (gone, stream),
        (unknown, {}),
        (gone, {}),
    ):
        refused = await door.call("GET", f"/v1/events?after={id}", headers=headers)

        assert (refused.status, refused.slug) == (400, "invalid_parameter")
        assert refused.json["detail"].startswith("after is not an event of your organization")
    assert (await door.call("GET", f"/v1/events?after={kept}")).status == 200


@pytest.mark.parametrize(
    "query",
    [
        "limit=0", "limit=201", "limit=x", "types=", "types=interaction.clicked", "types=interaction.created,",
        "types=card.settled", "types=interaction.posted,interaction.posted", "cursor=x", "status=pending",
        "after=beginning&after=beginning",
    ],
)  # fmt: skip
async def test_what_cannot_be_meant_is_refused(door: Door, query: str) -> None:
    refused = await door.call("GET", f"/v1/events?{query}")

    assert (refused.status, refused.slug) == (400, "invalid_parameter")


async def test_a_stream_has_no_limit_and_one_last_event(door: Door) -> None:
    stream = {"Accept": "text/event-stream"}

    limited = await door.call("GET", "/v1/events?limit=3", headers=stream)
    assert (limited.status, limited.json["detail"]) == (400, "limit applies to pages only: leave it out for a stream.")
    twice = [("Accept", "text/event-stream"), ("Last-Event-ID", "a"), ("Last-Event-ID", "b")]
    async with door.http.get(
        "/v1/events", headers=[*twice, ("Authorization", f"Bearer {door.tenant.secret}")]
    ) as refused:
        assert refused.status == 400 and "once" in await refused.text()


@pytest.mark.parametrize("accept", ["*/*", "application/json", "text/*", "", "text/event-streams"])
async def test_who_does_not_name_the_stream_gets_a_page(door: Door, accept: str) -> None:
    assert (await door.call("GET", "/v1/events", headers={"Accept": accept})).json == {"items": [], "next_cursor": None}


# Streams.


async def test_a_stream_begins_with_now_and_goes_on(door: Door) -> None:
    await happened(door, 3)
    async with listening(door) as stream:
        asked = await door.ask()
        await number(door)
        assert (await stream.event())["type"] == "interaction.created"
        await door.click(asked.id)
        await number(door)

        answered = await stream.event()
        assert (answered["type"], answered["data"]) == (
            "interaction.answered",
            (await door.get(asked.json["id"])).json,
        )
    assert stream.response.headers["Cache-Control"] == "no-store"


async def test_a_stream_from_the_beginning_has_everything_and_goes_on(paging: Door) -> None:
    door = paging
    every = await happened(door, 8)
    async with listening(door, after="beginning") as stream:
        before = [one["id"] for one in await stream.events(8)]
        more = await happened(door, 2)

        assert (before, [one["id"] for one in await stream.events(2)]) == (every, more)


async def test_m073_a_stream_resumes_after_every_event_on_another_replica(paging: Door, second: Door) -> None:
    every = await happened(paging, 12)
    for place, last in enumerate(every):
        replica = (paging, second)[place % 2]
        async with listening(replica, last=last, after="beginning") as stream:
            assert [one["id"] for one in await stream.events(len(every) - place - 1)] == every[place + 1 :]
            more = await happened(replica, 1)
            assert (await stream.event())["id"] == more[0]
            every += more
        if place == 12:
            break


async def test_m073_connections_killed_after_every_event_leave_no_gap_and_no_duplicate(
    door: Door, second: Door
) -> None:
    """A client that loses its connection after each event, while events go on, and reconnects to the other replica."""
    writing = asyncio.create_task(_write(door, 30, follower=second))
    found: list[str] = []
    while len(found) < 30:
        replica = (door, second)[len(found) % 2]
        async with listening(replica, last=found[-1] if found else None, after="beginning") as stream:
            found.append((await stream.event())["id"])
            assert stream.response.connection is not None and stream.response.connection.transport is not None
            stream.response.connection.transport.abort()
        await number(second)
    await writing

    assert found == [one["id"] for one in (await feed_page(door, limit=200))["items"]]


async def _write(door: Door, count: int, *, follower: Door) -> None:
    interaction = await build.question(door.db, door.tenant)
    for _ in range(count - 1):
        await write_events(door.db, interaction)
        await number(door)
        follower.notifier.feed_advanced(interaction.organization_id)


async def test_m073_what_commits_late_is_told_late_and_not_lost(door: Door, second: Door, dsn: str) -> None:
    interaction = await build.question(door.db, door.tenant)
    await number(door)
    async with listening(door) as one, listening(second) as two:
        async with admin(dsn) as late:
            transaction = late.transaction()
            await transaction.start()
            (slow,) = await write_events(late, interaction)
            (quick,) = await write_events(door.db, interaction)
            await number(door)
            second.notifier.feed_advanced(interaction.organization_id)
            assert (await one.event())["id"] == (await two.event())["id"] == ids.encode("evt", quick)
            await transaction.commit()
        await number(second)
        door.notifier.feed_advanced(interaction.organization_id)

        assert (await one.event())["id"] == (await two.event())["id"] == ids.encode("evt", slow)
    async with listening(door, last=ids.encode("evt", quick)) as resumed:
        assert (await resumed.event())["id"] == ids.encode("evt", slow)


async def test_a_stream_of_some_types_hears_only_these(door: Door) -> None:
    async with listening(door, types="interaction.answered", after="beginning") as stream:
        for _ in range(2):
            await door.click((await door.ask()).id)
            await number(door)

        assert {one["type"] for one in await stream.events(2)} == {"interaction.answered"}
        async with listening(door, types="interaction.answered", after="beginning") as later:
            assert [one["id"] for one in await later.events(1)] != [stream.last]
            assert (await later.event())["id"] == stream.last


async def test_however_many_listen_a_new_event_is_read_once(door: Door) -> None:
    counting = Counting(door.db)
    async with doors.door(counting, door.tenant) as replica:
        listeners = [asyncio.create_task(_hear(replica)) for _ in range(50)]
        organization_id = door.tenant.scope.organization_id
        await until(lambda: replica.streams.following_count == 50)
        await until(lambda: (followed := replica.streams.feed_of(organization_id)) and followed.is_waiting)
        counting.statements.clear()
        await build.question(door.db, door.tenant)
        await number(door)
        replica.notifier.feed_advanced(organization_id)

        assert len(set(await asyncio.gather(*listeners))) == 1
        assert len(counting.statements) == 3, "the events, their interactions, the cards of these"


async def _hear(door: Door) -> str:
    async with listening(door) as stream:
        return str((await stream.event())["id"])


async def test_silence_is_broken_by_heartbeats(db: Database) -> None:
    times = StreamTimes(heartbeat=0.05)
    async with doors.door(db, await build.tenant(db), stream_times=times) as door, listening(door) as stream:
        await stream.until_heartbeat(3)
        await happened(door, 1)
        assert (await stream.event())["type"] == "interaction.created"


async def test_what_no_hint_told_of_is_found_by_the_step(door: Door, second: Door) -> None:
    async with listening(second) as stream:
        await build.question(door.db, door.tenant)
        await number(door)
        await until(lambda: second.streams.following_count == 1)

        assert await second.streams.step() == 0
        assert second.notifier.numbering.is_set(), "while a stream is open, events are numbered every second"
        assert (await stream.event())["type"] == "interaction.created"


async def test_while_no_stream_is_open_nothing_is_asked(door: Door) -> None:
    counting = Counting(door.db)

    open_keys = OpenKeys(counting)
    assert await Streams(db=counting, reader=door.reader, notifier=door.notifier, open_keys=open_keys).step() == 0
    assert await open_keys.step() == 0
    assert counting.statements == [] and not door.notifier.numbering.is_set()


async def test_a_revoked_key_hears_no_more_and_others_go_on(db: Database) -> None:
    tenant = await build.tenant(db)
    organization_id = tenant.scope.organization_id
    key, secret = await keys.create(db, organization_id=organization_id, id=ids.new(), name="leaver")
    async with (
        doors.door(db, tenant) as door,
        listening(door, key=secret) as leaver,
        listening(door) as stays,
    ):
        await door.built.parts.open_keys.step()
        await keys.revoke(db, organization_id=organization_id, id=key.id)
        await door.built.parts.open_keys.step()
        with pytest.raises(StopAsyncIteration):
            await leaver.event()

        await happened(door, 1)
        assert (await stays.event())["type"] == "interaction.created"


async def test_a_disabled_organization_hears_no_more(door: Door) -> None:
    async with listening(door) as stream:
        await organizations.disable(door.db, door.tenant.scope.organization_id, new_id=ids.new)
        await door.built.parts.open_keys.step()

        with pytest.raises(StopAsyncIteration):
            await stream.event()


async def test_when_the_replica_stops_streams_end_where_they_can_be_resumed(door: Door, second: Door) -> None:
    async with listening(door) as stream:
        (heard,) = await happened(door, 1)
        assert (await stream.event())["id"] == heard
        door.notifier.close()
        door.streams.close()
        with pytest.raises(StopAsyncIteration):
            await stream.event()
    (missed,) = await happened(second, 1)
    async with listening(second, last=stream.last) as resumed:
        assert (await resumed.event())["id"] == missed


async def test_when_all_have_gone_nothing_is_followed_and_nothing_is_left(db: Database) -> None:
    tenant = await build.tenant(db)
    organization_id = tenant.scope.organization_id
    async with doors.door(db, tenant, stream_times=StreamTimes(heartbeat=0.05)) as door:
        async with listening(door), listening(door) as stream:
            await happened(door, 1)
            await stream.event()
            assert (len(door.streams), door.streams.reading_count) == (2, 1)
        await until(lambda: not (len(door.streams) or door.streams.reading_count))

        assert door.streams.feed_of(organization_id) is None and door.streams.following_count == 0
        async with listening(door) as again:
            await happened(door, 1)
            assert (await again.event())["type"] == "interaction.created"
