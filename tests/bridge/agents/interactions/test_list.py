"""Listing interactions: filters, pages, and the problems of invalid queries."""

from typing import Any

import pytest
from yarl import URL

from bridge import ids
from bridge.agents.http import paging
from storage.interactions import MAX_PAGE_BYTES
from tests.bridge.agents.door import Door, body
from tests.storage import build


async def test_a_list_has_whole_resources_newest_first(door: Door) -> None:
    asked = [(await door.ask(body(title=f"Deploy 1.{n}?"))).json["id"] for n in range(3)]
    await door.post_card()
    await door.ask(key=(await build.tenant(door.db)).secret)

    reply = await door.list()

    assert reply.status == 200
    whole = [(await door.get(id)).json for id in asked[::-1]]
    assert (await door.list(include="body")).json == {"items": whole, "next_cursor": None}
    for one in whole:
        assert one.pop("body") is None
    assert reply.json == {"items": whole, "next_cursor": None}
    assert [len(item["cards"]) for item in reply.json["items"]] == [1, 1, 1]


async def test_nothing_is_an_empty_page(door: Door) -> None:
    assert (await door.list()).json == {"items": [], "next_cursor": None}


async def test_pages_follow_each_other_while_others_ask(door: Door) -> None:
    asked = [(await door.ask()).json["id"] for _ in range(5)]
    seen: list[str] = []
    cursor: dict[str, str] = {}
    for expected in (2, 2, 1):
        page = (await door.list(limit=2, **cursor)).json
        assert len(page["items"]) == expected
        seen += [item["id"] for item in page["items"]]
        cursor = {"cursor": page["next_cursor"]} if page["next_cursor"] else {}
        await door.ask()

    assert seen == asked[::-1] and not cursor


async def test_a_page_that_is_just_full_is_the_last(door: Door) -> None:
    for _ in range(2):
        await door.ask()

    assert (await door.list(limit=2)).json["next_cursor"] is None


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({"status": "pending"}, [3, 2]),
        ({"status": "answered"}, [0]),
        ({"status": "cancelled"}, []),
        ({"status": "unreachable"}, [1]),
        ({"kind": "approval"}, [2, 1, 0]),
        ({"kind": "choice"}, [3]),
        ({"tag": "release"}, [1, 0]),
        ({"tag": "é & =1"}, [2]),
        ({"run": "run-7"}, [1]),
        ({"idempotency_key": "k-2"}, [2]),
        ({"tag": "release", "status": "answered", "kind": "approval"}, [0]),
        ({"tag": "release", "run": "run-8"}, []),
    ],
)
async def test_filters(door: Door, query: dict[str, str], found: list[int]) -> None:
    options = [{"id": "a", "label": "A"}, {"id": "b", "label": "B"}]
    bodies = [
        body(tags=["release"]),
        body(tags=["release"], agent={"run": "run-7"}),
        body(tags=["é & =1"]),
        body(kind="choice", options=options),
    ]
    asked = [await door.ask(sent, idempotency=f"k-{n}") for n, sent in enumerate(bodies)]
    await door.click(asked[0].id)
    await door.pass_deadline(asked[1].id)

    reply = await door.list(**query)

    assert [item["id"] for item in reply.json["items"]] == [asked[place].json["id"] for place in found]


WRONG: list[tuple[Any, str]] = [
    ({"status": "open"}, "status must be one of pending, answered"),
    ({"status": ""}, "status must be one of"),
    ({"kind": "poll"}, "kind must be one of"),
    ({"limit": "0"}, "limit must be a whole number from 1 to 200"),
    ({"limit": "201"}, "limit must be"),
    ({"limit": "-1"}, "limit must be"),
    ({"limit": "1e1"}, "limit must be"),
    ({"limit": "\u0663"}, "limit must be"),
    ({"limit": "9" * 5000}, "limit must be"),
    ({"cursor": ""}, "cursor must be"),
    ({"cursor": "x"}, "cursor must be"),
    ({"cursor": "int_01jd0000000000000000000000"}, "cursor must be"),
    ({"include": "action"}, "include must be body"),
    ({"include": ""}, "include must be body"),
    ({"tag": ""}, "tag must have 1 to 80 characters"),
    ({"tag": "x" * 81}, "tag must have"),
    ({"tag": "nul\x00"}, "tag must have"),
    ({"run": "x" * 201}, "run must have 1 to 200"),
    ({"idempotency_key": "x" * 256}, "idempotency_key must have 1 to 255"),
    ({"stauts": "pending"}, "Unknown parameter 'stauts'; there are status, kind,"),
    ({"wait": "5"}, "Unknown parameter 'wait'"),
    ([("tag", "a"), ("tag", "b")], "tag must be given once"),
]


@pytest.mark.parametrize(("query", "words"), WRONG, ids=str)
async def test_what_is_wrong_with_a_query_is_told(door: Door, query: Any, words: str) -> None:
    reply = await door.call("GET", "/v1/interactions", params=query)

    assert (reply.status, reply.slug) == (400, "invalid_parameter")
    assert words in reply.json["detail"] and len(reply.raw) < 600


@pytest.mark.parametrize(
    "query", ["tag=%ff", "tag=%00", "run=%ed%a0%80", "status=%", "cursor=%00", "%00=1", "tag=a&tag"]
)
async def test_a_mangled_query_is_told_or_finds_nothing(door: Door, query: str) -> None:
    await door.ask()
    async with door.http.get(
        URL(f"/v1/interactions?{query}", encoded=True), headers={"Authorization": f"Bearer {door.tenant.secret}"}
    ) as response:
        page = await response.json(content_type=None)

    assert response.status == 400 or page["items"] == []


async def test_a_cursor_of_another_organization_shows_nothing_of_it(door: Door) -> None:
    neighbour = await build.tenant(door.db)
    mine = (await door.ask()).json["id"]
    for _ in range(3):
        await door.ask(key=neighbour.secret)
    theirs = (await door.list(limit=1, key=neighbour.secret)).json["next_cursor"]

    assert [item["id"] for item in (await door.list(cursor=theirs)).json["items"]] == [mine]


def test_what_a_cursor_is_read_as_is_what_it_was_written_for() -> None:
    id = ids.new()

    assert paging.before(paging.cursor(id)) == id


async def test_pages_of_the_largest_questions_end_at_a_mebibyte_and_miss_none(door: Door) -> None:
    """And so do pages of the feed. A page is sent with the one that brings it there."""
    asked = [(await door.ask(LARGE)).json["id"] for _ in range(30)]
    for path in ("/v1/interactions?include=body&limit=200", "/v1/events?after=beginning&limit=200"):
        seen: list[str] = []
        cursor: str | None = ""
        while cursor is not None:
            page = await door.call("GET", path.replace("beginning", cursor or "beginning") + at(path, cursor))
            seen += [item.get("data", item)["id"] for item in page.json["items"]]
            cursor = page.json["next_cursor"]
            assert len(page.raw) < MAX_PAGE_BYTES + 100_000
            assert cursor is None or len(page.raw) > MAX_PAGE_BYTES * 0.9

        assert seen == (asked if "events" in path else asked[::-1])


def at(path: str, cursor: str | None) -> str:
    """The query that goes on after a page of a list; the feed names its events by `after`."""
    return f"&cursor={cursor}" if cursor and "events" not in path else ""


LARGE = body(
    kind="choice",
    body="x" * 9_000,
    options=[{"id": f"{n:099}", "label": f"label {n}", "confirm": "c" * 300} for n in range(100)],
    metadata={"a": "y" * 16_000},
)
