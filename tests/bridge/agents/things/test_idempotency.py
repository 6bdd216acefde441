"""An Idempotency-Key on what changes a thing: nothing is done again, and the thing is returned as it now is."""

import asyncio

from storage.pool import Database
from tests.bridge.agents import door as doors
from tests.bridge.agents.door import Door
from tests.bridge.agents.things import recoveries
from tests.storage import build


async def test_a_repeated_report_counts_no_attempt(door: Door) -> None:
    first = await recoveries.report(door, idempotency="k")
    await recoveries.report(door)

    again = await recoveries.report(door, idempotency="k")

    assert (first.status, again.status, again.json["attempt_count"]) == (201, 200, 2)
    assert again.headers["Idempotency-Replayed"] == "true" and "Idempotency-Replayed" not in first.headers
    assert again.json["id"] == first.json["id"]


async def test_another_request_with_the_key_is_refused(door: Door) -> None:
    id = (await recoveries.report(door, idempotency="k")).json["id"]

    replies = [
        await recoveries.report(door, idempotency="k", cause="Other"),
        await recoveries.resolve(door, id, idempotency="k"),
        await door.call(
            "POST", f"/v1/recoveries/{id}/cards", json={"to": {"channel": "C0X"}}, headers={"Idempotency-Key": "k"}
        ),
    ]

    assert {(reply.status, reply.slug) for reply in replies} == {(422, "idempotency_mismatch")}
    assert (await recoveries.get(door, id)).json["attempt_count"] == 1


async def test_an_end_that_changed_nothing_keeps_its_key_too(door: Door) -> None:
    id = (await recoveries.report(door)).json["id"]
    await recoveries.resolve(door, id)

    unchanged = await recoveries.resolve(door, id, idempotency="k")
    again = await recoveries.resolve(door, id, idempotency="k")
    other = await recoveries.resolve(door, id, idempotency="k", note="Other")

    assert "Idempotency-Replayed" not in unchanged.headers and again.headers["Idempotency-Replayed"] == "true"
    assert again.json == unchanged.json and other.slug == "idempotency_mismatch"


async def test_a_replay_of_a_report_whose_recovery_ended_opens_no_other(door: Door) -> None:
    first = await recoveries.report(door, idempotency="k")
    await recoveries.resolve(door, first.json["id"])

    again = await recoveries.report(door, idempotency="k")

    assert (again.status, again.json["id"], again.json["status"]) == (200, first.json["id"], "resolved")


async def test_of_many_at_once_one_acts(db: Database, door: Door) -> None:
    async with doors.door(db, door.tenant) as second:
        replies = await asyncio.gather(
            *(recoveries.report(each, idempotency="k") for each in (door, second) for _ in range(10))
        )

    assert sorted(reply.status for reply in replies) == [200] * 19 + [201]
    assert {reply.json["id"] for reply in replies} == {replies[0].json["id"]}
    assert (await recoveries.get(door, replies[0].json["id"])).json["attempt_count"] == 1


async def test_of_two_sources_with_one_key_at_once_one_is_refused(db: Database, door: Door) -> None:
    async with doors.door(db, door.tenant) as second:
        for number in range(10):
            one, two = await asyncio.gather(
                recoveries.report(door, idempotency=f"k{number}", source={"type": "a", "id": f"{number}"}),
                recoveries.report(second, idempotency=f"k{number}", source={"type": "b", "id": f"{number}"}),
            )
            assert sorted([one.status, two.status]) == [201, 422]


async def test_keys_are_of_an_organization(db: Database, door: Door) -> None:
    await recoveries.report(door, idempotency="k")
    async with doors.door(db, await build.tenant(db)) as theirs:
        assert (await recoveries.report(theirs, idempotency="k", cause="Other")).status == 201


async def test_a_bad_key_is_named(door: Door) -> None:
    reply = await recoveries.report(door, idempotency="a b")

    assert (reply.status, reply.slug) == (400, "invalid_parameter")


async def test_a_search_takes_a_key_and_keeps_none(door: Door) -> None:
    id = (await recoveries.report(door, idempotency="k")).json["id"]
    sent = {"sources": [recoveries.body()["source"]]}

    found = await door.call("POST", "/v1/recoveries/search", json=sent, headers={"Idempotency-Key": "k"})

    assert [item["id"] for item in found.json["items"]] == [id]
