"""Work items by the API: added to the backlog, imported, changed, and refused."""

import asyncio
from dataclasses import replace
from typing import Any

import pytest

from bridge.things.work.examples import EXAMPLES
from storage.model import Json
from storage.pool import Database
from tests.bridge.agents import door as doors
from tests.bridge.agents.door import Door
from tests.bridge.agents.things import work_items
from tests.storage import build


async def test_an_item_is_added(door: Door) -> None:
    reply = await work_items.create(door, priority=5, phase="import", acceptance={"rows": 3}, body="All of them.")

    found = reply.json
    assert (reply.status, reply.headers["Location"]) == (201, f"/v1/work/{found['id']}")
    assert found["id"].startswith("wrk_") and found["status"] == "ready" and found["holder"] is None
    assert (found["priority"], found["phase"], found["acceptance"]) == (5, "import", {"rows": 3})
    assert (found["attempts"], found["waits_for"], found["depends_on"], found["cards"]) == (0, 0, [], [])
    assert (await work_items.get(door, found["id"])).json == {**found, "reached": None}
    assert await work_items.told(door) == ["created"]


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: example.name)
async def test_every_example_is_taken(door: Door, example: Any) -> None:
    assert (await door.call("POST", "/v1/work", json=example.request)).status == 201


async def test_a_given_id_is_its_id(door: Door) -> None:
    reply = await work_items.create(door, "import-1")

    assert (reply.json["id"], reply.headers["Location"]) == ("import-1", "/v1/work/import-1")
    made = await work_items.made_id(door, "import-1")
    assert (await work_items.get(door, made)).json == (await work_items.get(door, "import-1")).json


async def test_an_id_that_is_taken_is_a_conflict_with_the_item(door: Door) -> None:
    first = await work_items.create(door, "a")

    second = await work_items.create(door, "a", title="Another")

    assert (second.status, second.slug) == (409, "id_taken")
    assert second.json["thing"] == first.json and second.json["detail"] == "a: A work item has this id already."
    assert await work_items.told(door) == ["created"]


async def test_of_many_at_once_with_the_same_id_one_is_added(door: Door, other: Database) -> None:
    async with doors.door(other, door.tenant) as elsewhere:
        replies = await asyncio.gather(*(work_items.create(where, "a") for where in [door, elsewhere] * 10))

    assert sorted({reply.status for reply in replies}) == [201, 409]
    assert [reply.status for reply in replies].count(201) == 1
    assert {reply.slug for reply in replies if reply.status == 409} == {"id_taken"}


async def test_the_same_request_many_times_at_once_adds_one_and_is_never_in_its_own_way(
    door: Door, other: Database
) -> None:
    async with doors.door(other, door.tenant) as elsewhere:
        for id in "abcdefgh":
            sent = [work_items.create(where, id, idempotency=f"key-{id}") for where in [door, elsewhere] * 4]
            replies = await asyncio.gather(*sent)

            assert {reply.status for reply in replies} == {200, 201}, [reply.json for reply in replies]
            assert [reply.status for reply in replies].count(201) == 1
            assert len({reply.json["id"] for reply in replies}) == 1


async def test_another_organization_may_have_the_same_id(door: Door, db: Database) -> None:
    await work_items.create(door, "a")
    async with doors.door(db, await build.tenant(db)) as theirs:
        assert (await work_items.get(theirs, "a")).status == 404
        reply = await work_items.create(theirs, "a")
        assert reply.status == 201
        assert (await work_items.lease(theirs)).json["id"] == "a"
        assert (await work_items.lease(theirs)).status == 204
    assert (await work_items.get(door, "a")).json["status"] == "ready"


async def test_a_repeated_request_adds_once(door: Door) -> None:
    first = await work_items.create(door, "a", idempotency="k")
    again = await work_items.create(door, "a", idempotency="k")

    assert (again.status, again.json) == (200, first.json)
    assert again.headers["Idempotency-Replayed"] == "true"
    assert (await work_items.create(door, "b", idempotency="k")).slug == "idempotency_mismatch"


@pytest.mark.parametrize(
    ("sent", "status", "words"),
    [
        ({"status": "blocked", "reason": "No access."}, "blocked", {"blocked_reason": "No access."}),
        ({"status": "done", "result": "Long ago."}, "done", {"result": "Long ago.", "done_by": {"key": "deploy-bot"}}),
        ({"status": "done"}, "done", {"result": None}),
        ({"status": "ready"}, "ready", {"blocked_reason": None}),
    ],
)
async def test_an_import_has_its_status_from_the_beginning(door: Door, sent: Json, status: str, words: Json) -> None:
    found = (await work_items.create(door, **sent)).json

    assert (found["status"], found["attempts"]) == (status, 0)
    for name, value in words.items():
        got = found[name]
        assert value.items() <= got.items() if isinstance(value, dict) else got == value, name
    assert bool(found["ended_at"]) == (status == "done")
    assert (await work_items.lease(door)).status == (200 if status == "ready" else 204)


async def test_what_is_given_is_changed_and_the_rest_stays(door: Door) -> None:
    id = await work_items.created(door, "a", phase="x", priority=1, acceptance=[1])
    _, fence = await work_items.leased(door)

    reply = await work_items.change(door, id, title="New", priority=-3, acceptance=False)

    found = reply.json
    assert (found["title"], found["priority"], found["acceptance"], found["phase"]) == ("New", -3, False, "x")
    assert (found["status"], found["attempts"]) == ("claimed", fence)
    assert await work_items.told(door) == ["created", "leased"]
    assert (await work_items.change(door, id)).json["title"] == "New"
    assert (await work_items.change(door, "no")).status == 404


async def test_what_python_takes_for_equal_is_changed(door: Door) -> None:
    id = await work_items.created(door, acceptance={"rows": [1, 0]})

    for value in ({"rows": [True, 0]}, {"rows": [True, False]}, {"rows": [1, 0]}, 1, True):
        assert repr((await work_items.change(door, id, acceptance=value)).json["acceptance"]) == repr(value)
    before = (await work_items.get(door, id)).json
    assert (await work_items.change(door, id, acceptance=True)).json["updated_at"] == before["updated_at"]


@pytest.mark.parametrize(
    ("sent", "pointer"),
    [
        ({"title": ""}, "/title"),
        ({"title": " "}, "/title"),
        ({"title": "x" * 201}, "/title"),
        ({"title": "a\nb"}, "/title"),
        ({"title": "a\0b"}, "/title"),
        ({"title": None}, "/title"),
        ({"title": 1}, "/title"),
        ({"body": "x" * 3_001}, "/body"),
        ({"phase": ""}, "/phase"),
        ({"phase": "x" * 81}, "/phase"),
        ({"priority": 1_001}, "/priority"),
        ({"priority": -1_001}, "/priority"),
        ({"priority": 1.5}, "/priority"),
        ({"priority": "1"}, "/priority"),
        ({"priority": True}, "/priority"),
        ({"acceptance": {"x": "y" * 17_000}}, "/acceptance"),
        ({"status": "claimed"}, "/status"),
        ({"status": "leased"}, "/status"),
        ({"status": "blocked"}, "/reason"),
        ({"reason": "x"}, "/reason"),
        ({"status": "done", "reason": "x"}, "/reason"),
        ({"result": "x"}, "/result"),
        ({"take_seconds": 59}, "/take_seconds"),
        ({"take_seconds": 604_801}, "/take_seconds"),
        ({"depends_on": ["x"] * 101}, "/depends_on"),
        ({"depends_on": "x"}, "/depends_on"),
        ({"depends_on": [""]}, "/depends_on/0"),
        ({"depends_on": [1]}, "/depends_on/0"),
        ({"attempts": 5}, "/attempts"),
        ({"holder": {"agent": "me"}}, "/holder"),
        ({"unmet": 0}, "/unmet"),
        ({"organization_id": "x"}, "/organization_id"),
    ],
)
async def test_a_bad_body_is_refused_with_the_pointer(door: Door, sent: Json, pointer: str) -> None:
    reply = await work_items.create(door, **sent)

    assert (reply.status, reply.pointers[:1]) == (422, [pointer])
    assert await work_items.told(door) == []


@pytest.mark.parametrize(
    "id",
    [
        "",
        ".",
        "..",
        "-a",
        "_a",
        "a b",
        "a/b",
        "a\n",
        "ä",
        "a%2F",
        "a" * 101,
        "wrk_",
        "wrk_x",
        "wrk_01jdq2r4p0e9qvzz4xa9w7btga",
        "lease",
        "reclaim",
        "stats",
        5,
        ["a"],
    ],
)
async def test_a_bad_id_is_refused(door: Door, id: Any) -> None:
    reply = await work_items.create(door, id)

    assert (reply.status, reply.pointers) == (422, ["/id"])


async def test_more_open_items_than_allowed_are_refused_but_not_imports_of_what_is_done(
    db: Database, door: Door
) -> None:
    async with doors.door(db, door.tenant, limits=replace(doors.FAR, open_things=2)) as narrow:
        for id in ("a", "b"):
            await work_items.created(narrow, id)
        assert (await work_items.create(narrow)).slug == "too_many_things"
        assert (await work_items.create(narrow, "a")).slug == "id_taken"
        assert (await work_items.create(narrow, status="done")).status == 201
