"""Work items by the API: listed in the order of leases, with cursors that stay where they are, and counted."""

import base64
from datetime import UTC, datetime
from uuid import UUID

import pytest

from bridge import ids
from bridge.agents.http import paging
from storage.pool import Database
from tests.bridge.agents import door as doors
from tests.bridge.agents.door import Door
from tests.bridge.agents.things import work_items
from tests.storage import build


async def backlog(door: Door) -> None:
    """Items of every status, phase and holder."""
    await work_items.created(door, "low", priority=-5, phase="build")
    await work_items.created(door, "first", priority=2, phase="test")
    await work_items.created(door, "second", priority=2)
    await work_items.created(door, "waiting", priority=9, depends_on=["low"], phase="build")
    await work_items.created(door, "blocked", priority=3, status="blocked", reason="x")
    await work_items.created(door, "done", priority=4, status="done")
    await work_items.created(door, "person", priority=1, to=work_items.TO)
    await work_items.click(door, "person", "take")
    await work_items.created(door, "agent", priority=7)
    await work_items.lease(door, "w1", id="agent")


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ({}, ["waiting", "agent", "done", "blocked", "first", "second", "person", "low"]),
        ({"status": "ready"}, ["waiting", "first", "second", "low"]),
        ({"status": "claimed"}, ["agent", "person"]),
        ({"status": "blocked"}, ["blocked"]),
        ({"status": "done"}, ["done"]),
        ({"phase": "build"}, ["waiting", "low"]),
        ({"phase": "none"}, []),
        ({"holder_agent": "w1"}, ["agent"]),
        ({"holder_agent": "w2"}, []),
        ({"holder_user": "U0ANA"}, ["person"]),
        ({"ready_only": "true"}, ["first", "second", "low"]),
        ({"ready_only": "true", "phase": "build"}, ["low"]),
        ({"ready_only": "false", "phase": "test"}, ["first"]),
        ({"ready_only": "true", "status": "claimed"}, []),
        ({"status": "claimed", "holder_agent": "w1", "phase": "x"}, []),
    ],
)
async def test_a_list_is_in_the_order_of_leases_and_every_filter_must_match(
    door: Door, query: dict[str, str], expected: list[str]
) -> None:
    await backlog(door)

    assert await work_items.listed(door, **query) == expected
    read: list[str] = []
    cursor: dict[str, str] = {}
    while True:  # the same in pages of one item
        reply = await work_items.page(door, limit=1, **query, **cursor)
        read += [item["id"] for item in reply.json["items"]]
        if reply.json["next_cursor"] is None:
            break
        cursor = {"cursor": reply.json["next_cursor"]}
    assert read == expected


async def test_what_changes_meanwhile_neither_doubles_nor_hides_others(door: Door) -> None:
    names = [f"i{number}" for number in range(9)]
    for name in names:
        await work_items.created(door, name)
    first = (await work_items.page(door, limit=3)).json

    await work_items.created(door, "urgent", priority=5)  # before the cursor
    await work_items.created(door, "later", priority=-5)  # after it
    await work_items.move(door, "i2", "complete")  # the cursor's own row
    await work_items.change(door, "i2", priority=-9)
    await work_items.lease(door, id="i4")
    second = (await work_items.page(door, limit=4, cursor=first["next_cursor"])).json
    third = (await work_items.page(door, limit=4, cursor=second["next_cursor"])).json

    assert [item["id"] for item in first["items"]] == names[:3]
    assert [item["id"] for item in second["items"]] == names[3:7]
    assert [item["id"] for item in third["items"]] == [*names[7:], "later", "i2"] and third["next_cursor"] is None
    assert (await work_items.page(door, limit=3, cursor=first["next_cursor"])).json["items"][0]["id"] == "i3"


async def test_the_order_of_a_list_is_that_of_leases(door: Door) -> None:
    for number, priority in enumerate([0, 5, -5, 5, 1_000, -1_000, 0]):
        await work_items.created(door, f"i{number}", priority=priority)
    expected = await work_items.listed(door, ready_only="true")

    assert [(await work_items.leased(door))[0] for _ in expected] == expected


@pytest.mark.parametrize(
    "query",
    [
        {"status": "leased"},
        {"status": "Ready"},
        {"status": ""},
        {"phase": ""},
        {"phase": "x" * 81},
        {"holder_agent": "x" * 81},
        {"holder_user": "ana"},
        {"ready_only": "1"},
        {"ready_only": ""},
        {"holder": "w1"},
        {"limit": "0"},
        {"limit": "201"},
        {"cursor": ""},
        {"cursor": "x"},
        {"cursor": ids.encode("cur", ids.new())},
        {"cursor": ids.encode("int", ids.new())},
        {"cursor": paging.cursor_of([1], ids.new())},
        {"cursor": paging.cursor_of([1, 2, 3], ids.new())},
        {"cursor": paging.cursor_of([2**40, 1], ids.new())},
    ],
)
async def test_a_bad_query_is_refused(door: Door, query: dict[str, str]) -> None:
    reply = await work_items.page(door, **query)

    assert (reply.status, reply.slug) == (400, "invalid_parameter")


async def test_a_cursor_of_work_items_is_none_of_another_list(door: Door) -> None:
    for _ in range(2):
        await work_items.created(door)
    cursor = (await work_items.page(door, limit=1)).json["next_cursor"]

    for path in ("/v1/recoveries", "/v1/interactions"):
        assert (await door.call("GET", path, params={"cursor": cursor})).status == 400


async def test_the_counts_have_every_status_also_without_an_item(door: Door, db: Database) -> None:
    zero = {"ready": 0, "claimed": 0, "blocked": 0, "done": 0}
    assert await work_items.stats(door) == {
        "counts": zero,
        "total": 0,
        "oldest_ready_seconds": None,
        "expired_leases": 0,
    }
    await backlog(door)
    found = await work_items.stats(door)
    assert found["counts"] == {"ready": 4, "claimed": 2, "blocked": 1, "done": 1} and found["total"] == 8
    assert 0 <= found["oldest_ready_seconds"] < 60
    await work_items.expire(door, "agent")
    assert (await work_items.stats(door))["expired_leases"] == 1
    assert (await door.call("GET", "/v1/work/stats?phase=x")).status == 400
    async with doors.door(db, await build.tenant(db)) as theirs:
        assert (await work_items.stats(theirs))["total"] == 0
        assert await work_items.listed(theirs) == []


async def test_no_cursor_of_another_order_or_hand_breaks_the_list(door: Door) -> None:
    id = await work_items.created(door)
    for priority in (-(2**31) + 1, -1_001, 1_001, 2**31 - 1):
        cursor = paging.cursor_of([priority, datetime(2000, 1, 1, tzinfo=UTC)], UUID(int=0))
        assert await work_items.listed(door, cursor=cursor) == ([id] if priority > 0 else [])
    written = base64.urlsafe_b64encode(f"{-(2**31)}.0.{'0' * 32}".encode()).decode().rstrip("=")
    assert (await work_items.page(door, cursor=f"cur_{written}")).status == 400
