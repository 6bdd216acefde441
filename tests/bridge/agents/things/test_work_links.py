"""Work items by the API: what depends on what, and what can never be."""

import asyncio
from datetime import timedelta
from functools import partial

import pytest

from bridge import ids
from bridge.things.work import NOUN
from storage import retention
from storage.model import Json, Verdict
from storage.pool import Database
from storage.statements import Runs
from tests.bridge.agents import door as doors
from tests.bridge.agents.door import Door, Reply
from tests.bridge.agents.things import work_items
from tests.storage import build
from tests.storage.elapse import elapse


async def chain(door: Door, *names: str) -> None:
    """Items of which each depends on the one before."""
    for before, name in zip((None, *names), names, strict=False):
        await work_items.created(door, name, depends_on=[before] if before else [])


async def test_an_item_is_ready_to_lease_once_all_that_it_depends_on_is_done(door: Door) -> None:
    await work_items.created(door, "x")
    made = await work_items.created(door)
    item = (await work_items.create(door, "a", priority=9, depends_on=["x", made, "x"])).json
    assert item["depends_on"] == [{"id": "x", "done": False}, {"id": made, "done": False}]
    assert (item["status"], item["waits_for"]) == ("ready", 2)

    await work_items.move(door, "x", "complete")
    assert (await work_items.lease(door)).json["id"] == made
    assert (await work_items.lease(door)).status == 204
    await work_items.move(door, made, "complete", fence=1)

    found = (await work_items.lease(door)).json
    assert (found["id"], found["waits_for"], [each["done"] for each in found["depends_on"]]) == ("a", 0, [True, True])
    await work_items.counts(door)


@pytest.mark.parametrize(
    ("depends_on", "pointer", "words"),
    [
        (["x", "no"], "/depends_on/1", "must be the id of a work item"),
        (["no", "x", "gone"], "/depends_on/0", "must be the id of a work item"),
        (["x", "a"], "/depends_on/1", "must be another work item"),
        ([NOUN.public_id(ids.new())], "/depends_on/0", "must be the id of a work item"),
    ],
)
async def test_an_unknown_dependency_or_itself_is_refused_with_the_pointer(
    door: Door, depends_on: list[str], pointer: str, words: str
) -> None:
    await work_items.created(door, "x")

    reply = await work_items.create(door, "a", depends_on=depends_on)

    assert (reply.status, reply.pointers) == (422, [pointer]) and words in reply.json["detail"]
    assert (await work_items.get(door, "a")).status == 404


async def test_things_of_others_are_no_dependencies(door: Door, db: Database) -> None:
    recovery = await door.call(
        "POST",
        "/v1/recoveries",
        json={"source": {"type": "b", "id": "1"}, "kind": "t", "cause": "c", "fingerprint": "f", "next_action": "n"},
    )
    async with doors.door(db, await build.tenant(db)) as theirs:
        foreign = [await work_items.created(theirs), await work_items.created(theirs, "named")]
    await work_items.created(door, "a")
    for id in (recovery.json["id"], *foreign):
        assert (await work_items.create(door, depends_on=[id])).pointers == ["/depends_on/0"]
        assert (await work_items.move(door, "a", "link", depends_on=id)).pointers == ["/depends_on"]


async def test_a_link_is_made_once_and_taken_away(door: Door) -> None:
    for id in ("a", "b", "c"):
        await work_items.created(door, id)
    await work_items.move(door, "c", "complete")

    for _ in range(2):
        linked = await work_items.move(door, "a", "link", depends_on="b")
        assert (linked.status, linked.json["waits_for"]) == (200, 1)
    met = await work_items.move(door, "a", "link", depends_on="c")
    assert met.json["depends_on"] == [{"id": "b", "done": False}, {"id": "c", "done": True}]
    assert (await work_items.lease(door, id="a")).json["missing"] == ["b"]
    for _ in range(2):
        free = await work_items.move(door, "a", "unlink", depends_on=await work_items.made_id(door, "b"))
        assert (free.status, free.json["waits_for"], len(free.json["depends_on"])) == (200, 0, 1)

    assert (await work_items.move(door, "a", "unlink", depends_on="no")).pointers == ["/depends_on"]
    assert (await work_items.lease(door)).json["id"] == "a"
    assert (await work_items.move(door, "a", "link", depends_on="b")).json["status"] == "claimed"
    await work_items.counts(door)


@pytest.mark.parametrize(("id", "depends_on"), [("a", "a"), ("a", "c"), ("a", "b"), ("b", "c")])
async def test_no_link_makes_a_cycle(door: Door, id: str, depends_on: str) -> None:
    await chain(door, "a", "b", "c")

    reply = await work_items.move(door, id, "link", depends_on=depends_on)

    assert (reply.status, reply.pointers) == (422, ["/depends_on"])
    assert (await work_items.move(door, "c", "link", depends_on="a")).status == 200
    await work_items.counts(door)


async def test_two_links_at_once_make_no_cycle(door: Door, other: Database) -> None:
    pairs = [(f"a{number}", f"b{number}") for number in range(20)]
    for name in (name for pair in pairs for name in pair):
        await work_items.created(door, name)
    replies: list[Reply] = []
    async with doors.door(other, door.tenant) as elsewhere:
        for one, two in pairs:
            replies += await asyncio.gather(
                work_items.move(door, one, "link", depends_on=two),
                work_items.move(elsewhere, two, "link", depends_on=one),
            )

    assert sorted(reply.status for reply in replies) == [200] * 20 + [422] * 20
    reached = await door.db.fetch(
        "with recursive r as (select item_id, depends_on_id from work_dependencies union select r.item_id, "
        "d.depends_on_id from r join work_dependencies d on d.item_id = r.depends_on_id) "
        "select from r where item_id = depends_on_id"
    )
    assert not reached
    await work_items.counts(door)


async def test_links_and_completions_at_once_count_right(door: Door, other: Database) -> None:
    for number in range(8):
        await work_items.created(door, f"d{number}")
    await work_items.created(door, "a", to=work_items.TO)
    async with doors.door(other, door.tenant) as elsewhere:
        requests = [
            request
            for number in range(8)
            for request in (
                partial(work_items.move, door, "a", "link", depends_on=f"d{number}"),
                partial(work_items.move, elsewhere, f"d{number}", "complete"),
                partial(
                    work_items.create, elsewhere, f"n{number}", depends_on=[f"d{number}"], idempotency=f"n{number}"
                ),
            )
        ]
        await asyncio.gather(*map(work_items.insist, requests))

    assert (await work_items.get(door, "a")).json["waits_for"] == 0
    assert len(await work_items.listed(door, ready_only="true")) == 9
    await work_items.counts(door)


async def test_a_click_that_completes_frees_what_waits(door: Door) -> None:
    await work_items.created(door, "a", to=work_items.TO)
    await work_items.created(door, "b", depends_on=["a"])
    await work_items.click(door, "a", "take")

    assert (await work_items.click(door, "a", "done", given={"result": "By hand."})).verdict is Verdict.WON

    assert (await work_items.lease(door)).json["id"] == "b"
    await work_items.counts(door)


async def test_a_met_dependency_stays_met_when_it_is_forgotten(door: Door) -> None:
    await chain(door, "x", "a")
    await work_items.move(door, "x", "complete")
    scope = door.tenant.scope
    x = ids.decode(NOUN.prefix, await work_items.made_id(door, "x"))
    assert x is not None

    async def forgotten(runs: Runs) -> int:
        await runs.fetch("delete from events where thing_id = $1", x)
        return await retention.delete_things(runs, [(scope.organization_id, x)])

    assert await door.db.transact_within(forgotten, seconds=5) == 1
    assert (await work_items.get(door, "x")).status == 404

    found = (await work_items.get(door, "a")).json
    assert (found["depends_on"], found["waits_for"]) == ([{"id": "x", "done": True}], 0)
    assert (await work_items.lease(door)).json["id"] == "a"
    assert (await work_items.move(door, "a", "unlink", depends_on="x")).json["depends_on"] == []


async def test_a_done_item_waits_for_nothing(door: Door) -> None:
    for id in ("a", "b"):
        await work_items.created(door, id)
    await work_items.move(door, "a", "complete")

    assert (await work_items.move(door, "a", "link", depends_on="b")).slug == "illegal_move"


@pytest.mark.parametrize("sent", [{}, {"depends_on": ["a"]}, {"depends_on": ""}, {"depends_on": "a", "fence": 1}])
async def test_a_bad_link_is_refused(door: Door, sent: Json) -> None:
    await work_items.created(door, "a")

    for name in ("link", "unlink"):
        assert (await work_items.send(door, f"/a/{name}", json=sent)).status == 422


async def test_a_repeated_link_is_replayed(door: Door) -> None:
    for id in ("a", "b"):
        await work_items.created(door, id)
    first = await work_items.move(door, "a", "link", depends_on="b", idempotency="k")
    again = await work_items.move(door, "a", "link", depends_on="b", idempotency="k")

    assert again.headers["Idempotency-Replayed"] == "true" and again.json == first.json


@pytest.mark.parametrize("change", ["link", "unlink", "complete"])
async def test_the_loop_is_woken_for_cards_that_show_other_dependencies(door: Door, change: str) -> None:
    await work_items.created(door, "a")
    await work_items.created(door, "b")
    await work_items.created(door, "shown", depends_on=["a"], to=work_items.TO)
    await elapse(door.db, "things", timedelta(days=2), columns=["updated_at"])
    door.notifier.things.clear()

    match change:
        case "link" | "unlink":
            reply = await work_items.move(door, "shown", change, depends_on="b" if change == "link" else "a")
        case _:
            reply = await work_items.move(door, "a", change)

    assert reply.status == 200 and door.notifier.things.is_set()
    assert await door.built.parts.things.step() >= 1
    assert not await door.db.fetch("select from work_items where refresh_at is not null")
