"""Work items by the API: leased in their order, once each, by name, repeated, and waited for."""

import asyncio

import pytest

from storage.model import Json
from storage.pool import Database
from tests.bridge.agents import door as doors
from tests.bridge.agents.door import Door
from tests.bridge.agents.things import work_items
from tests.waiting import until


async def test_the_best_free_item_is_leased_and_then_the_next(door: Door) -> None:
    for id, priority in (("low", -1), ("first", 3), ("second", 3), ("normal", 0)):
        await work_items.created(door, id, priority=priority)
    await work_items.created(door, "waiting", priority=9, depends_on=["low"])
    await work_items.created(door, "blocked", priority=9, status="blocked", reason="x")

    leases = [await work_items.lease(door, f"w{number}") for number in range(5)]

    assert [lease.json["id"] for lease in leases[:4]] == ["first", "second", "normal", "low"]
    assert (leases[4].status, leases[4].raw) == (204, b"")
    first = leases[0].json
    assert (first["status"], first["holder"], first["attempts"]) == ("claimed", {"agent": "w0"}, 1)
    assert first["leased_at"] < first["leased_until"]
    assert await work_items.told(door) == ["created"] * 6 + ["leased"] * 4


async def test_an_item_with_a_card_is_leased_like_others_in_the_same_order(door: Door) -> None:
    await work_items.created(door, "b", priority=1)
    await work_items.created(door, "a", priority=2, to=work_items.TO)
    await work_items.created(door, "c", to=work_items.TO)

    found = [await work_items.lease(door) for _ in range(4)]

    assert [(reply.status, reply.json["id"]) for reply in found[:3]] == [(200, "a"), (200, "b"), (200, "c")]
    assert found[3].status == 204 and len(found[0].json["cards"]) == 1
    assert found[0].json["holder"] == {"agent": "worker-1"}


async def test_only_items_of_the_phase_are_leased(door: Door) -> None:
    await work_items.created(door, "a", phase="build", priority=9)
    await work_items.created(door, "b", phase="test")

    assert (await work_items.lease(door, phase="test")).json["id"] == "b"
    assert (await work_items.lease(door, phase="test")).status == 204
    assert (await work_items.lease(door)).json["id"] == "a"


async def test_an_expired_lease_is_free_at_once_and_both_are_told(door: Door) -> None:
    await work_items.created(door, "a")
    await work_items.created(door, "b", to=work_items.TO)
    for number in (1, 2):
        for _ in range(2):
            id, fence = await work_items.leased(door, f"w{number}")
            assert fence == number, id
        if number == 1:
            await work_items.expire(door, "a", "b")

    assert (await work_items.get(door, "a")).json["holder"] == {"agent": "w2"}
    told = await work_items.told(door)
    assert told[2:] == ["leased", "leased", "expired", "leased", "expired", "leased"]
    for id in ("a", "b"):
        items = (await door.call("GET", f"/v1/work/{id}/timeline")).json["items"]
        moves = [(each["type"], each["by"]) for each in items if each["type"].startswith("work.")]
        assert [type for type, _ in moves] == ["work.created", "work.leased", "work.expired", "work.leased"]
        assert moves[2][1] is None and moves[3][1]["key"] == "deploy-bot"


async def test_a_named_item_is_leased_or_refused_with_its_status_and_what_is_missing(door: Door) -> None:
    await work_items.created(door, "dep")
    await work_items.created(door, "a", depends_on=["dep"])

    refused = await work_items.lease(door, id="a")
    assert (refused.status, refused.slug, refused.json["missing"]) == (409, "illegal_move", ["dep"])
    assert refused.json["detail"] == "a: It is ready, and waits for dep." and refused.json["thing"]["id"] == "a"

    dep = await work_items.lease(door, "w1", id="dep")
    assert dep.json["attempts"] == 1
    held = await work_items.lease(door, "w2", id="dep")
    assert (held.status, held.json["detail"]) == (409, 'dep: It is claimed by the agent "w1".')
    assert "missing" not in held.json
    await work_items.move(door, "dep", "complete", fence=1)
    assert (await work_items.lease(door, id="dep")).json["detail"] == "dep: It is done, which is final."
    made = await work_items.made_id(door, "a")
    assert (await work_items.lease(door, id=made)).json["id"] == "a"
    assert (await work_items.lease(door, id="no")).status == 404
    await work_items.expire(door, "a")
    assert (await work_items.lease(door, "w9", id="a")).json["attempts"] == 2


async def test_a_repeated_lease_is_the_same_while_it_stands(door: Door) -> None:
    for id in ("a", "b"):
        await work_items.created(door, id, priority=1 if id == "a" else 0, to=work_items.TO if id == "b" else None)
    for key in ("k1", "k2"):
        first = await work_items.lease(door, idempotency=key)
        again = await work_items.lease(door, idempotency=key)

        assert (again.status, again.headers["Idempotency-Replayed"]) == (200, "true")
        assert {**again.json, "updated_at": None} == {**first.json, "updated_at": None}
        assert (await work_items.lease(door, "other", idempotency=key)).slug == "idempotency_mismatch"

        await work_items.move(door, first.json["id"], "renew", fence=1, ttl_seconds=50)
        assert (await work_items.lease(door, idempotency=key)).status == 200
        await work_items.move(door, first.json["id"], "release", fence=1)
        stale = await work_items.lease(door, idempotency=key)
        assert (stale.status, stale.slug, stale.json["thing"]["status"]) == (409, "stale_fence", "ready")
        await work_items.leased(door, "another")
        stale = await work_items.lease(door, idempotency=key)
        assert stale.slug == "stale_fence" and "another" in stale.json["detail"]


async def test_a_repeated_lease_that_ran_out_is_stale(door: Door) -> None:
    await work_items.created(door, "a")
    for reply in [await work_items.lease(door, idempotency="k", id="a") for _ in range(2)]:
        assert reply.json["attempts"] == 1
    await work_items.expire(door, "a")

    stale = await work_items.lease(door, idempotency="k", id="a")

    assert stale.slug == "stale_fence" and "ran out" in stale.json["detail"]


async def test_a_lease_that_gave_nothing_keeps_no_key(door: Door) -> None:
    assert (await work_items.lease(door, idempotency="k")).status == 204
    assert (await work_items.lease(door, idempotency="k", id="no")).status == 404
    await work_items.created(door, "a")

    assert (await work_items.lease(door, idempotency="k")).json["id"] == "a"


async def test_of_many_leasers_on_two_replicas_each_item_has_one(door: Door, other: Database) -> None:
    for number in range(12):
        await work_items.created(door, f"i{number}", to=work_items.TO if number % 3 == 0 else None)
    async with doors.door(other, door.tenant) as elsewhere:
        where = [door, elsewhere] * 10
        replies = await asyncio.gather(*(work_items.lease(each, f"w{place}") for place, each in enumerate(where)))
        found = [reply.json["id"] for reply in replies if reply.status == 200]
        found += [
            reply.json["id"] for reply in [await work_items.lease(door) for _ in range(12)] if reply.status == 200
        ]

    assert sorted(found) == sorted(f"i{number}" for number in range(12))


async def test_the_same_request_at_the_same_moment_leases_one_item(door: Door, other: Database) -> None:
    for id in ("a", "b", "c"):
        await work_items.created(door, id)
    async with doors.door(other, door.tenant) as elsewhere:
        replies = await asyncio.gather(
            *(work_items.lease(where, idempotency="k", wait=1) for where in [door, elsewhere] * 5)
        )

    assert {(reply.status, reply.json["attempts"]) for reply in replies} == {(200, 1)}
    assert len({reply.json["id"] for reply in replies}) == 1
    assert (await work_items.stats(door))["counts"]["claimed"] == 1


@pytest.mark.parametrize("sent", [{}, {"id": "a"}])
async def test_the_same_request_at_the_same_moment_gets_the_only_item(door: Door, other: Database, sent: Json) -> None:
    """Whatever keeps all but the first from it, which all have found their key unused."""
    await work_items.created(door, "a", **({"to": work_items.TO} if sent else {}))
    if not sent:
        await work_items.leased(door, "before")
    async with doors.door(other, door.tenant) as elsewhere:
        asked = [
            asyncio.create_task(work_items.lease(where, idempotency="k", wait=5, **sent))
            for where in (door, door, elsewhere, elsewhere)
        ]
        if not sent:
            await until(lambda: door.notifier.waiting + elsewhere.notifier.waiting == len(asked))
            await work_items.move(door, "a", "release", fence=1)
        replies = await asyncio.gather(*asked)

    assert [reply.status for reply in replies] == [200] * 4
    assert {(reply.json["id"], reply.json["attempts"]) for reply in replies} == {("a", 1 if sent else 2)}


@pytest.mark.parametrize(
    ("sent", "pointer"),
    [
        ({"owner": ""}, "/owner"),
        ({"owner": "x" * 81}, "/owner"),
        ({"owner": "a\nb"}, "/owner"),
        ({"owner": None}, "/owner"),
        ({"owner": {"user": "U0ANA"}}, "/owner"),
        ({"ttl_seconds": 0}, "/ttl_seconds"),
        ({"ttl_seconds": -5}, "/ttl_seconds"),
        ({"ttl_seconds": 86_401}, "/ttl_seconds"),
        ({"ttl_seconds": 1e300}, "/ttl_seconds"),
        ({"ttl_seconds": "900"}, "/ttl_seconds"),
        ({"phase": ""}, "/phase"),
        ({"id": ""}, "/id"),
        ({"id": "a b"}, "/id"),
        ({"id": "a", "phase": "x"}, "/phase"),
        ({"fence": 1}, "/fence"),
        ({"status": "done"}, "/status"),
        ({"to": {"channel": "C0OPS"}}, "/to"),
    ],
)
async def test_a_bad_lease_is_refused(door: Door, sent: Json, pointer: str) -> None:
    await work_items.created(door, "a")

    reply = await work_items.send(door, "/lease", json={"owner": "w"} | sent)

    assert (reply.status, reply.pointers) == (422, [pointer])
    assert (await work_items.get(door, "a")).json["attempts"] == 0


@pytest.mark.parametrize(
    "query", ["wait=x", "wait=61", "wait=-1", "wait=1&wait=2", "until=ready", "phase=x", "waits=1"]
)
async def test_a_bad_query_of_a_lease_is_refused(door: Door, query: str) -> None:
    reply = await work_items.send(door, f"/lease?{query}", json={"owner": "w"})

    assert (reply.status, reply.slug) == (400, "invalid_parameter")
