"""Work items by the API: the id that a creator gave is the id everywhere, in and out."""

import json

import pytest

from bridge import ids
from bridge.things.work import NOUN
from storage.pool import Database
from tests.bridge import building
from tests.bridge.agents import door as doors
from tests.bridge.agents.door import Door
from tests.bridge.agents.things import work_items
from tests.bridge.loops.delivering import HERE, Loop
from tests.bridge.webhooks import receivers
from tests.storage import build

NAME = "import-customers"


async def test_every_path_takes_the_given_id_and_the_made_one(door: Door) -> None:
    await work_items.created(door, NAME, to=work_items.TO)
    await work_items.created(door, "dep", status="done")
    made = await work_items.made_id(door, NAME)

    for id in (NAME, made):
        for method, path, sent in (
            ("GET", "", None),
            ("GET", "/timeline", None),
            ("POST", "/cards", {"to": {"channel": "C0GENERAL"}}),
            ("PATCH", "", {"priority": 1}),
            ("POST", "/link", {"depends_on": "dep"}),
            ("POST", "/unlink", {"depends_on": "dep"}),
            ("POST", "/block", {"reason": "x"}),
            ("POST", "/unblock", {}),
        ):
            reply = await door.call(method, f"/v1/work/{id}{path}", json=sent)
            assert reply.status == 200, (method, path, reply.json)
            assert reply.json.get("id", NAME) == NAME and made not in reply.raw.decode()
        fence = (await work_items.lease(door, id=id)).json["attempts"]
        for name, more in (("renew", {}), ("release", {"reason": "x"})):
            assert (await work_items.move(door, id, name, fence=fence, **more)).json["id"] == NAME
        assert (await door.call("GET", f"/v1/work/{id}", params={"wait": "0.1", "until": "ready"})).status == 200


@pytest.mark.parametrize("id", ["no", "wrk_x", "a%20b", "a%00", "..%2Fstats", "%F0%9F%98%80", "a" * 101, "-a"])
async def test_an_id_of_no_item_is_not_found(door: Door, id: str) -> None:
    await work_items.created(door, NAME)
    for method, path, sent in (("GET", "", None), ("GET", "/timeline", None), ("POST", "/complete", {})):
        reply = await door.call(method, f"/v1/work/{id}{path}", json=sent)
        assert reply.status in (400, 404), reply.json
    assert (await work_items.get(door, NOUN.public_id(ids.new()))).status == 404


async def test_the_words_in_paths_are_no_ids(door: Door) -> None:
    assert (await door.call("GET", "/v1/work/lease")).status in (404, 405)
    assert (await door.call("GET", "/v1/work/reclaim")).status in (404, 405)
    assert (await door.call("PATCH", "/v1/work/stats", json={"title": "x"})).status in (404, 405)


async def test_problems_name_it(door: Door) -> None:
    await work_items.created(door, NAME)
    await work_items.leased(door)
    made = await work_items.made_id(door, NAME)

    for reply in (
        await work_items.lease(door, id=made),
        await work_items.move(door, made, "complete"),
        await work_items.move(door, made, "renew", fence=7),
        await work_items.create(door, NAME),
    ):
        assert reply.status == 409 and reply.json["detail"].startswith(f"{NAME}: ")
        assert reply.json["thing"]["id"] == NAME and made not in reply.raw.decode()


async def test_events_and_rounds_have_it(door: Door) -> None:
    await work_items.created(door, NAME, to=work_items.TO)
    made = await work_items.made_id(door, NAME)

    events = (await door.call("GET", "/v1/events", params={"types": "work.*"})).json["items"]
    assert [event["data"]["id"] for event in events] == [NAME] and made not in json.dumps(events)
    for thing in (NAME, made):
        reply = await door.call("GET", "/v1/interactions", params={"thing": thing})
        (found,) = reply.json["items"]
        assert found["thing"] == NAME and NAME in found["message"] and made not in reply.raw.decode()
    (found,) = (await door.call("GET", "/v1/interactions", params={"thing": NAME})).json["items"]
    one = await door.call("GET", f"/v1/interactions/{found['id']}")
    assert one.json["thing"] == NAME
    refused = await door.call("POST", f"/v1/interactions/{found['id']}/cancel", json={})
    assert refused.slug == "belongs_to_thing" and NAME in refused.json["detail"] and made not in refused.raw.decode()
    await work_items.click(door, NAME, "take")
    items = (await door.call("GET", f"/v1/work/{NAME}/timeline")).raw.decode()
    assert made not in items


async def test_webhooks_callbacks_and_the_list_of_deliveries_have_it(db: Database) -> None:
    tenant = await build.tenant(db)
    settings = building.settings(guard=HERE)
    async with (
        receivers.receiver() as there,
        building.opened(settings, db) as resources,
        doors.door(db, tenant, guard=HERE) as door,
    ):
        loop = Loop(settings=settings, resources=resources, tenant=tenant)
        await loop.endpoint(f"{there.url}/all", ["work.*"])
        await work_items.created(door, NAME, callback=f"{there.url}/callback")
        await work_items.created(door)
        await work_items.move(door, NAME, "complete")
        await loop.settle()
        (endpoint,) = (await door.call("GET", "/v1/webhook_endpoints")).json["items"]
        listed = await door.call("GET", f"/v1/webhook_endpoints/{endpoint['id']}/deliveries")
        callbacks = await door.call("GET", "/v1/webhook_endpoints/callbacks/deliveries")

    told = [json.loads(call.body) for path in ("/all", "/callback") for call in there.at(path)]
    named = sorted(each["type"] for each in told if each["data"]["id"] == NAME)
    assert named == ["work.created", "work.created", "work.done", "work.done"] and len(told) == 5
    assert [row["thing"] for row in listed.json["items"]].count(NAME) == 2 and len(listed.json["items"]) == 3
    assert [row["thing"] for row in callbacks.json["items"]] == [NAME, NAME]


async def test_a_recovery_may_be_blocked_by_it(door: Door) -> None:
    await work_items.created(door, NAME)
    made = await work_items.made_id(door, NAME)
    for number, id in enumerate((NAME, made)):
        sent = {
            "source": {"type": "build", "id": f"{number}"},
            "kind": "timeout",
            "cause": "It hangs.",
            "fingerprint": "f",
            "next_action": "Wait.",
        }
        rec = (await door.call("POST", "/v1/recoveries", json=sent)).json["id"]
        body = {"outcome": "blocked", "blocker": {"id": id}}
        reply = await door.call("POST", f"/v1/recoveries/{rec}/resolve", json=body)
        assert (reply.status, reply.json["blocker"]["id"]) == (200, NAME) and NAME in reply.json["message"]
        other = body | {"blocker": {"id": "no"}}
        assert (await door.call("POST", f"/v1/recoveries/{rec}/resolve", json=other)).pointers == ["/blocker/id"]
    await work_items.move(door, NAME, "complete")
    events = (await door.call("GET", "/v1/events", params={"types": "recovery.unblocked"})).json["items"]
    assert [event["change"]["blocker"] for event in events] == [{"id": NAME}] * 2
