"""Work items by the API: what the holder of a lease can do, what others can, and which fences are stale."""

import asyncio

import pytest

from storage.model import Json, Verdict
from storage.pool import Database
from tests.bridge.agents import door as doors
from tests.bridge.agents.door import Door
from tests.bridge.agents.things import work_items
from tests.bridge.things.steps import held as row_held


async def held(door: Door, **sent: object) -> int:
    """The fence of a lease of the new item "a"."""
    await work_items.created(door, "a", **sent)
    return (await work_items.leased(door, "w1"))[1]


async def test_a_lease_is_renewed_and_tells_nothing(door: Door) -> None:
    fence = await held(door)
    before = (await work_items.get(door, "a")).json

    reply = await work_items.move(door, "a", "renew", fence=fence, ttl_seconds=5_000)

    assert reply.status == 200 and reply.json["leased_until"] > before["leased_until"]
    assert (reply.json["attempts"], reply.json["leased_at"]) == (1, before["leased_at"])
    shorter = await work_items.move(door, "a", "renew", fence=fence, ttl_seconds=1)
    assert shorter.json["leased_until"] < before["leased_until"]
    assert await work_items.told(door) == ["created", "leased"]


async def test_a_repeated_renewal_of_a_lease_that_stands_no_more_is_stale(door: Door) -> None:
    fence = await held(door)
    for _ in range(2):
        assert (await work_items.move(door, "a", "renew", fence=fence, idempotency="k")).status == 200
    await work_items.expire(door, "a")
    assert (await work_items.move(door, "a", "renew", fence=fence, idempotency="k")).slug == "stale_fence"
    await work_items.leased(door, "w2")

    reply = await work_items.move(door, "a", "renew", fence=fence, idempotency="k")

    assert reply.slug == "stale_fence" and reply.json["thing"]["holder"] == {"agent": "w2"}


async def test_a_lease_that_ran_out_is_not_renewed_but_may_complete(door: Door) -> None:
    fence = await held(door)
    await work_items.expire(door, "a")

    stale = await work_items.move(door, "a", "renew", fence=fence)
    assert (stale.status, stale.slug) == (409, "stale_fence")
    done = await work_items.move(door, "a", "complete", fence=fence, result="All of them.")

    assert (done.status, done.json["status"], done.json["holder"]) == (200, "done", None)
    assert (done.json["done_by"]["key"], done.json["done_by"]["agent"]) == ("deploy-bot", "w1")


@pytest.mark.parametrize("how", ["again", "reclaim", "sweep", "release", "block"])
@pytest.mark.parametrize(
    ("name", "sent"), [("complete", {}), ("renew", {}), ("release", {}), ("block", {"reason": "x"})]
)
async def test_once_it_is_another_lease_or_none_the_fence_is_stale(door: Door, how: str, name: str, sent: Json) -> None:
    fence = await held(door)
    match how:
        case "again":
            await work_items.expire(door, "a")
            await work_items.leased(door, "w2")
        case "reclaim":
            await work_items.move(door, "a", "reclaim", reason="It hangs.")
        case "sweep":
            await work_items.expire(door, "a")
            assert await work_items.sweep(door) == ["a"]
        case _:
            await work_items.move(door, "a", how, fence=fence, **({"reason": "x"} if how == "block" else {}))
    before = (await work_items.get(door, "a")).json

    reply = await work_items.move(door, "a", name, fence=fence, **sent)

    if how == name:  # the move that made the fence stale, once more
        assert (reply.status, reply.json["updated_at"]) == (200, before["updated_at"])
    else:
        assert (reply.status, reply.slug, reply.json["thing"]["id"]) == (409, "stale_fence", "a")
        if how == "again":
            assert reply.json["thing"]["holder"] == {"agent": "w2"} and '"w2"' in reply.json["detail"]
    after = (await work_items.get(door, "a")).json
    assert after == before


async def test_a_move_repeated_with_the_fence_that_did_it_changes_nothing(door: Door) -> None:
    fence = await held(door)
    for name, sent in (("complete", {"result": "x"}), ("complete", {})):
        assert (await work_items.move(door, "a", name, fence=fence, **sent)).json["result"] == "x"
    assert await work_items.told(door) == ["created", "leased", "done"]
    assert (await work_items.move(door, "a", "complete")).status == 409
    assert (await work_items.move(door, "a", "release", fence=fence)).slug == "stale_fence"


async def test_a_fence_that_was_never_given_is_stale(door: Door) -> None:
    fence = await held(door)

    for wrong in (fence + 1, 2_147_483_647):
        assert (await work_items.move(door, "a", "complete", fence=wrong)).slug == "stale_fence"
    for invalid in (0, -1, 1.5, "1", True, 2**31, 1e300):
        assert (await work_items.move(door, "a", "complete", fence=invalid)).status == 422
    assert (await work_items.move(door, "a", "complete")).slug == "illegal_move"
    assert (await work_items.move(door, "a", "renew")).pointers == ["/fence"]


async def test_an_item_that_no_one_holds_is_completed_or_blocked_without_a_fence(door: Door) -> None:
    await work_items.created(door, "dep")
    await work_items.created(door, "a", depends_on=["dep"])

    blocked = await work_items.move(door, "a", "block", reason="No access.")
    assert (blocked.json["status"], blocked.json["blocked_reason"]) == ("blocked", "No access.")
    assert (await work_items.move(door, "a", "block", reason="No access.")).json["updated_at"] == blocked.json[
        "updated_at"
    ]
    ready = await work_items.move(door, "a", "unblock")
    assert (ready.json["status"], ready.json["blocked_reason"], ready.json["waits_for"]) == ("ready", None, 1)
    done = await work_items.move(door, "a", "complete", result="By hand.")
    assert (done.json["status"], done.json["done_by"]["key"]) == ("done", "deploy-bot")
    assert (await work_items.move(door, "a", "complete")).status == 200
    assert (await work_items.move(door, "a", "unblock")).slug == "illegal_move"
    assert (await work_items.move(door, "a", "block", reason="x")).slug == "illegal_move"
    assert await work_items.told(door) == ["created", "created", "blocked", "unblocked", "done"]
    await work_items.counts(door)


async def test_any_key_reclaims_and_is_named_in_the_history(door: Door) -> None:
    fence = await held(door)

    reply = await work_items.move(door, "a", "reclaim", reason="It hangs.")

    assert (reply.json["status"], reply.json["holder"], reply.json["attempts"]) == ("ready", None, fence)
    events = (await door.call("GET", "/v1/events", params={"types": "work.released"})).json["items"]
    assert [(e["change"]["reason"], e["change"]["by"]["key"], e["data"]["id"]) for e in events] == [
        ("It hangs.", "deploy-bot", "a")
    ]
    assert (await work_items.move(door, "a", "reclaim", reason="x")).status == 200
    await work_items.move(door, "a", "block", reason="x")
    assert (await work_items.move(door, "a", "reclaim", reason="x")).slug == "illegal_move"


async def test_a_sweep_makes_those_ready_whose_lease_ran_out_and_no_others(door: Door) -> None:
    for id in ("a", "b", "c"):
        await work_items.created(door, id, to=work_items.TO if id == "b" else None)
        await work_items.leased(door)
    await work_items.expire(door, "a", "b")
    assert (await work_items.stats(door))["expired_leases"] == 2

    assert sorted(await work_items.sweep(door)) == ["a", "b"]

    assert await work_items.sweep(door) == []
    assert (await work_items.stats(door))["expired_leases"] == 0
    assert (await work_items.get(door, "c")).json["status"] == "claimed"
    assert (await work_items.get(door, "a")).json["attempts"] == 1
    events = (await door.call("GET", "/v1/events", params={"types": "work.expired"})).json["items"]
    assert {event["change"]["by"]["key"] for event in events} == {"deploy-bot"} and len(events) == 2


async def test_a_sweep_tells_what_it_made_ready_before_one_that_another_holds(door: Door, dsn: str) -> None:
    for id in ("a", "b"):
        await work_items.created(door, id)
        await work_items.leased(door)
    for id in ("a", "b"):
        await work_items.expire(door, id)
    async with row_held(dsn, "select from work_items where name = 'b' for update"):
        assert await work_items.sweep(door) == ["a"]

    assert await work_items.sweep(door) == ["b"]


async def test_a_person_and_an_agent_hold_the_same_lease(door: Door) -> None:
    await work_items.created(door, "a", to=work_items.TO, take_seconds=3_600)

    assert (await work_items.click(door, "a", "take")).verdict is Verdict.WON
    taken = (await work_items.get(door, "a")).json
    assert (taken["status"], taken["attempts"], taken["holder"]["user"]) == ("claimed", 1, "U0ANA")
    refused = await work_items.lease(door, id="a")
    assert refused.slug == "illegal_move" and refused.json["thing"]["holder"]["user"] == "U0ANA"
    assert (await work_items.lease(door)).status == 204
    assert (await work_items.click(door, "a", "release")).verdict is Verdict.WON
    assert (await work_items.lease(door)).json["attempts"] == 2


async def test_of_many_moves_at_once_one_ends_the_lease(door: Door, other: Database) -> None:
    fence = await held(door)
    async with doors.door(other, door.tenant) as elsewhere:
        replies = await asyncio.gather(
            *(work_items.move(door, "a", "complete", fence=fence) for _ in range(5)),
            *(work_items.move(elsewhere, "a", "release", fence=fence) for _ in range(5)),
            *(work_items.move(elsewhere, "a", "block", fence=fence, reason="x") for _ in range(5)),
            *(work_items.move(door, "a", "reclaim", reason="x") for _ in range(5)),
        )

    assert {reply.status for reply in replies} <= {200, 409}
    ends = set(await work_items.told(door)) - {"created", "leased"}
    assert len(ends & {"done", "blocked", "released"}) == 1
    status = (await work_items.get(door, "a")).json["status"]
    assert ends == {{"done": "done", "blocked": "blocked", "ready": "released"}[status]}
