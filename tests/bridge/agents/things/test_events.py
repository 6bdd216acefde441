"""Events of things in the feed, in streams, at endpoints and callbacks."""

import json
from collections.abc import AsyncIterator
from typing import Any

import pytest

from bridge.things.event_schemas import EventPage
from storage import events
from storage.model import Json
from storage.pool import Database
from tests.bridge import building
from tests.bridge.agents import door as doors
from tests.bridge.agents.door import Door
from tests.bridge.agents.listening import listening
from tests.bridge.agents.things import recoveries
from tests.bridge.loops.delivering import HERE, Loop
from tests.bridge.webhooks import receivers
from tests.bridge.webhooks.receivers import Receiver
from tests.storage import build


async def page(door: Door, **query: Any) -> list[Json]:
    """The events on the first page of the feed."""
    reply = await door.call("GET", "/v1/events", params=query)
    assert reply.status == 200, reply.json
    EventPage.model_validate_json(reply.raw)
    items: list[Json] = reply.json["items"]
    return items


async def test_the_feed_tells_every_move_with_the_thing_as_it_is(door: Door) -> None:
    id = (await recoveries.report(door, owner={"agent": "a"}, max_attempts=1)).json["id"]
    await recoveries.report(door, owner={"agent": "b"}, max_attempts=1)
    await recoveries.resolve(door, id, note="Done.")

    told = await page(door)

    now = {name: value for name, value in (await recoveries.get(door, id)).json.items() if name != "reached"}
    assert [event["type"] for event in told] == ["recovery.opened", "recovery.escalated", "recovery.resolved"]
    assert all(event["data"] == now for event in told)
    opened, escalated, resolved = (event["change"] for event in told)
    assert (opened["move"], opened["from"], opened["to"]) == ("opened", None, "active")
    assert opened["by"] == {"key": "deploy-bot"} and opened["wakes"] == {"owner": {"agent": "a"}}
    assert opened["source"] == {"type": "build", "id": "4711"} and opened["next_action"] == "Restart the runner."
    assert (escalated["from"], escalated["to"]) == ("active", "escalated")
    assert (resolved["from"], resolved["to"], resolved["reason"]) == ("escalated", "resolved", "Done.")
    assert all(event["change"]["at"] == event["timestamp"] for event in told)


async def test_rounds_tell_no_events_of_their_own(door: Door) -> None:
    id = (await recoveries.report(door, to={"channel": "C0OPS"})).json["id"]
    await recoveries.report(door, cause="Other")
    await door.post_card()
    await recoveries.click(door, id)

    assert {event["type"].partition(".")[0] for event in await page(door)} == {"recovery"}


async def test_types_and_wildcards_choose(door: Door) -> None:
    await door.ask()
    id = (await recoveries.report(door)).json["id"]
    await recoveries.resolve(door, id)

    for types, expected in (
        ("recovery.*", ["recovery.opened", "recovery.resolved"]),
        ("recovery.resolved", ["recovery.resolved"]),
        ("recovery.resolved,interaction.created", ["interaction.created", "recovery.resolved"]),
        ("recovery.*,recovery.resolved", ["recovery.opened", "recovery.resolved"]),
        ("interaction.created", ["interaction.created"]),
    ):
        assert [event["type"] for event in await page(door, types=types)] == expected
    for wrong in ("recovery", "recovery.gone", "*", "invoice.*", "recovery.*,recovery.*", "card.*"):
        reply = await door.call("GET", "/v1/events", params={"types": wrong})
        assert reply.status == 400 and "recovery.*" in reply.json["detail"]


async def test_a_stream_tells_them_as_they_come_and_when_it_resumes(door: Door) -> None:
    async with listening(door) as every, listening(door, types="recovery.*") as chosen:
        await door.ask()
        id = (await recoveries.report(door)).json["id"]
        await recoveries.resolve(door, id)
        await events.number(door.db)
        door.notifier.feed_advanced(door.tenant.scope.organization_id)

        told = await every.events(3)
        assert [event["type"] for event in told] == ["interaction.created", "recovery.opened", "recovery.resolved"]
        assert await chosen.events(2) == told[1:]

    async with listening(door, last=told[0]["id"]) as again:
        assert [event["type"] for event in await again.events(2)] == ["recovery.opened", "recovery.resolved"]


class TestEndpoints:
    async def test_types_are_stored_as_given(self, door: Door) -> None:
        sent = {"url": "https://hooks.example.com/", "types": ["recovery.*", "recovery.opened", "interaction.answered"]}

        made = await door.call("POST", "/v1/webhook_endpoints", json=sent)
        changed = await door.call(
            "PATCH", f"/v1/webhook_endpoints/{made.json['id']}", json={"types": ["recovery.resolved"]}
        )

        assert (made.status, made.json["types"]) == (201, sent["types"])
        assert changed.json["types"] == ["recovery.resolved"]

    @pytest.mark.parametrize("type", ["recovery", "recovery.gone", "*", "interaction.*", 7])
    async def test_an_unknown_type_is_named(self, door: Door, type: object) -> None:
        sent = {"url": "https://hooks.example.com/", "types": [type]}

        refused = await door.call("POST", "/v1/webhook_endpoints", json=sent)

        assert (refused.status, refused.pointers) == (422, ["/types/0"])

    async def test_a_delivery_names_its_thing(self, door: Door) -> None:
        endpoint = await door.call(
            "POST", "/v1/webhook_endpoints", json={"url": "https://hooks.example.com/", "types": ["recovery.*"]}
        )
        id = (await recoveries.report(door)).json["id"]

        listed = await door.call("GET", f"/v1/webhook_endpoints/{endpoint.json['id']}/deliveries")

        (row,) = listed.json["items"]
        assert (row["thing"], row["interaction"], row["type"]) == (id, None, "recovery.opened")


class TestDelivered:
    @pytest.fixture
    async def there(self) -> AsyncIterator[Receiver]:
        async with receivers.receiver() as running:
            yield running

    async def test_endpoints_and_callbacks_hear_what_they_asked_for(self, db: Database, there: Receiver) -> None:
        tenant = await build.tenant(db)
        settings = building.settings(guard=HERE)
        async with building.opened(settings, db) as resources, doors.door(db, tenant, guard=HERE) as door:
            loop = Loop(settings=settings, resources=resources, tenant=tenant)
            every = await loop.endpoint(f"{there.url}/all", ["recovery.*"])
            await loop.endpoint(f"{there.url}/ends", ["recovery.resolved"])
            await loop.endpoint(f"{there.url}/usual")
            id = (await recoveries.report(door, callback=f"{there.url}/callback")).json["id"]
            await recoveries.resolve(door, id)

            await loop.settle()

        heard = {
            path: sorted(json.loads(call.body)["type"] for call in there.at(path))
            for path in ("/all", "/ends", "/usual", "/callback")
        }
        both = ["recovery.opened", "recovery.resolved"]
        assert heard == {"/all": both, "/ends": ["recovery.resolved"], "/usual": [], "/callback": both}
        for path, endpoint in (("/all", every), ("/callback", None)):
            for call in there.at(path):
                told = call.verified(loop.secret(endpoint))
                assert told["id"] == call.id and told["data"]["id"] == id
                assert told["change"]["move"] == told["type"].removeprefix("recovery.")


async def test_the_feed_of_another_organization_tells_none_of_them(db: Database, door: Door) -> None:
    await recoveries.report(door)
    async with doors.door(db, await build.tenant(db)) as theirs:
        assert await page(theirs) == []
