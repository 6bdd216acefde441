"""Work items by the API: with cards in several workspaces, in one that is disconnected, and never of another tenant."""

import asyncio
from functools import partial

from bridge import ids
from storage import connections
from storage.model import Connection
from storage.pool import Database
from tests.bridge.agents import door as doors
from tests.bridge.agents.door import Door
from tests.bridge.agents.things import work_items
from tests.storage import build


async def another(door: Door) -> Connection:
    """A second connection of the organization, to another workspace."""
    return await connections.connect(
        door.db,
        organization_id=door.tenant.scope.organization_id,
        id=ids.new(),
        app_id="A0ASKBRIDGE",
        enterprise_id=None,
        team_id="T0SECOND",
        home_teams=["T0SECOND"],
        bot_user_id="U0ASKBRIDGE",
        name="Second",
    )


async def test_items_of_several_connections_are_leased_in_one_order(door: Door) -> None:
    first, second = door.tenant.connection, await another(door)
    for number in range(12):
        con = ids.encode("con", (first, second)[number % 2].id)
        to = {"to": work_items.TO} if number % 3 else {}
        await work_items.created(door, f"i{number}", connection=con, **to)

    found = [(await work_items.leased(door))[0] for _ in range(12)]

    assert found == [f"i{number}" for number in range(12)]
    assert (await work_items.lease(door)).status == 204


async def test_many_lease_items_of_several_connections_at_once(door: Door, other: Database) -> None:
    second = await another(door)
    for number in range(20):
        con = ids.encode("con", (door.tenant.connection, second)[number % 2].id)
        await work_items.created(door, f"i{number}", connection=con, to=work_items.TO)
    async with doors.door(other, door.tenant) as elsewhere:
        leases = [
            partial(work_items.lease, where, wait=5, idempotency=f"lease-{number}")
            for number, where in enumerate([door, elsewhere] * 10)
        ]
        replies = await asyncio.gather(*map(work_items.insist, leases))

    assert {reply.status for reply in replies} == {200}
    assert sorted(reply.json["id"] for reply in replies) == sorted(f"i{number}" for number in range(20))


async def test_an_item_of_a_disconnected_workspace_is_leased_and_ended_like_others(door: Door) -> None:
    await work_items.created(door, "a", to=work_items.TO)
    await work_items.created(door, "b")
    scope = door.tenant.scope
    await connections.disable(door.db, organization_id=scope.organization_id, id=scope.connection_id, new_id=ids.new)

    for id in ("a", "b"):
        assert (await work_items.leased(door, id=id)) == (id, 1)
        assert (await work_items.move(door, id, "complete", fence=1)).json["status"] == "done"


async def test_nothing_of_another_organization_is_read_or_moved(door: Door, db: Database) -> None:
    await work_items.created(door, "a", to=work_items.TO)
    await work_items.created(door, "b")
    made = await work_items.made_id(door, "a")
    _, fence = await work_items.leased(door, id="a")
    await work_items.expire(door, "a")
    before = (await work_items.get(door, "a")).json
    async with doors.door(db, await build.tenant(db)) as theirs:
        await work_items.created(theirs, "theirs")
        for id in ("a", made):
            for method, path, sent in (
                ("GET", "", None),
                ("GET", "/timeline", None),
                ("PATCH", "", {"title": "x"}),
                ("POST", "/renew", {"fence": fence}),
                ("POST", "/release", {"fence": fence}),
                ("POST", "/complete", {"fence": fence}),
                ("POST", "/block", {"reason": "x"}),
                ("POST", "/unblock", {}),
                ("POST", "/reclaim", {"reason": "x"}),
                ("POST", "/link", {"depends_on": "theirs"}),
                ("POST", "/unlink", {"depends_on": "theirs"}),
                ("POST", "/cards", {"to": work_items.TO}),
            ):
                reply = await theirs.call(method, f"/v1/work/{id}{path}", json=sent)
                assert reply.status == 404, (method, path)
            assert (await work_items.lease(theirs, id=id)).status == 404
            assert (await theirs.call("GET", "/v1/interactions", params={"thing": id})).json["items"] == []
            assert (await work_items.move(theirs, "theirs", "link", depends_on=id)).pointers == ["/depends_on"]
        assert await work_items.sweep(theirs) == []
        assert await work_items.listed(theirs) == ["theirs"]
        assert (await work_items.lease(theirs)).json["id"] == "theirs"
        assert (await work_items.lease(theirs)).status == 204
    assert (await work_items.get(door, "a")).json == before


async def test_without_a_key_nothing_is_done(door: Door) -> None:
    await work_items.created(door, "a")
    for method, path in (("GET", ""), ("GET", "/stats"), ("POST", "/lease"), ("POST", "/reclaim"), ("GET", "/a")):
        assert (await door.call(method, f"/v1/work{path}", key=None, json={"owner": "w"})).status == 401
    assert (await work_items.stats(door))["counts"]["ready"] == 1


async def test_a_repeated_move_is_replayed_and_a_sweep_keeps_no_key(door: Door) -> None:
    await work_items.created(door, "a")
    await work_items.leased(door)
    first = await work_items.move(door, "a", "block", fence=1, reason="x", idempotency="k")
    await work_items.move(door, "a", "unblock")

    again = await work_items.move(door, "a", "block", fence=1, reason="x", idempotency="k")

    assert (first.json["status"], again.json["status"]) == ("blocked", "ready")
    assert again.headers["Idempotency-Replayed"] == "true"
    headers = {"Idempotency-Key": "k"}
    assert (await door.call("POST", "/v1/work/reclaim", json={}, headers=headers)).json == {"ids": []}
    assert (await work_items.move(door, "a", "complete", idempotency="k")).slug == "idempotency_mismatch"
