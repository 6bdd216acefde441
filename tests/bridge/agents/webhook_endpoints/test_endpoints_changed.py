"""A changed webhook endpoint: another URL and other types, with the same secret."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any

import pytest

from bridge import ids
from bridge.representation import webhook_schemas
from storage.model import WebhookEndpoint
from tests.bridge.agents import door as doors
from tests.bridge.agents.door import Door, Reply
from tests.bridge.loops.delivering import HERE, Loop
from tests.bridge.webhooks import receivers
from tests.bridge.webhooks.receivers import Receiver

ELSEWHERE = "https://elsewhere.example.com/hook"


@pytest.fixture
async def door(loop: Loop) -> AsyncIterator[Door]:
    async with doors.door(loop.db, loop.tenant, guard=HERE) as running:
        yield running


@pytest.fixture
async def there() -> AsyncIterator[Receiver]:
    async with receivers.receiver() as running:
        yield running


async def change(door: Door, endpoint: WebhookEndpoint, **sent: Any) -> Reply:
    reply = await door.call("PATCH", f"/v1/webhook_endpoints/{ids.encode('whe', endpoint.id)}", json=sent)
    if reply.status < 400:
        webhook_schemas.Endpoint.model_validate_json(reply.raw, extra="forbid")
    return reply


async def test_what_waits_goes_to_the_new_address_signed_as_before(loop: Loop, there: Receiver, door: Door) -> None:
    endpoint = await loop.endpoint(f"{there.url}/old")
    there.status = 503
    await loop.answered()
    await loop.step()
    there.status = 204

    changed = await change(door, endpoint, url=f"{there.url}/new")
    await loop.pass_time(60)
    await loop.settle()

    assert (changed.status, changed.json["url"]) == (200, f"{there.url}/new")
    assert changed.json["failing_since"] is None, "the new address has not failed yet"
    old, new = there.calls
    assert (old.path, new.path) == ("/old", "/new")
    assert old.verified(loop.secret(endpoint)) == new.verified(loop.secret(endpoint))


@pytest.mark.parametrize("status", [410, 503])
async def test_what_the_old_address_says_after_the_change_is_not_held_against_the_new_one(
    loop: Loop, there: Receiver, door: Door, status: int
) -> None:
    endpoint = await loop.endpoint(f"{there.url}{there.slow}")
    await loop.answered()
    there.status, there.gate = status, asyncio.Event()
    await loop.deliveries.step()
    await there.until(1)

    await change(door, endpoint, url=ELSEWHERE)
    there.gate.set()
    await loop.deliveries.in_hand()

    after = await loop.again(endpoint)
    assert (after.disabled_reason, after.failing_since) == (None, None)
    assert (await loop.row())["outcome"]["status"] == status


async def test_what_the_old_address_wants_no_more_goes_to_the_new_one(loop: Loop, there: Receiver, door: Door) -> None:
    endpoint = await loop.endpoint(f"{there.url}{there.slow}")
    await loop.answered()
    there.status, there.gate = 410, asyncio.Event()
    await loop.deliveries.step()
    await there.until(1)

    await change(door, endpoint, url=f"{there.url}/new")
    there.gate.set()
    await loop.deliveries.in_hand()
    there.status = 204
    await loop.pass_time(60)
    await loop.settle()

    assert [call.path for call in there.calls] == [there.slow, "/new"]
    assert (await loop.row())["status"] == "delivered"


async def test_what_is_left_out_stays_and_null_is_not_left_out(loop: Loop, door: Door) -> None:
    endpoint = await loop.endpoint(ELSEWHERE, types=["interaction.created"])

    async def patched(**sent: Any) -> tuple[str, list[str] | None]:
        changed = (await change(door, endpoint, **sent)).json
        return changed["url"], changed["types"]

    assert await patched() == (ELSEWHERE, ["interaction.created"])
    assert await patched(url=f"{ELSEWHERE}/2") == (f"{ELSEWHERE}/2", ["interaction.created"])
    assert await patched(types=["interaction.failed"]) == (f"{ELSEWHERE}/2", ["interaction.failed"])
    assert await patched(url=None, types=None) == (f"{ELSEWHERE}/2", None)
    assert (await loop.again(endpoint)).types is None


async def test_from_the_next_event_on_it_hears_of_other_types(loop: Loop, there: Receiver, door: Door) -> None:
    endpoint = await loop.endpoint(there.url, types=["interaction.created"])
    await loop.asked()
    await change(door, endpoint, types=["interaction.answered"])
    await loop.answered()

    await loop.settle()

    assert sorted(call.json["type"] for call in there.calls) == ["interaction.answered", "interaction.created"]


async def test_the_same_address_keeps_its_failures_and_a_disabled_endpoint_stays_so(loop: Loop, door: Door) -> None:
    endpoint = await loop.endpoint(ELSEWHERE)
    since = datetime(2026, 11, 20, 8, tzinfo=UTC)
    await loop.db.fetch(
        "update webhook_endpoints set failing_since = $1, disabled_at = now(), disabled_reason = 'failing'", since
    )

    same, types = await change(door, endpoint, url=ELSEWHERE), await change(door, endpoint, types=None)

    assert same.json["failing_since"] == types.json["failing_since"] == "2026-11-20T08:00:00.000Z"
    assert (types.json["status"], types.json["disabled_reason"]) == ("disabled", "failing")


@pytest.mark.parametrize(
    ("sent", "pointer"),
    [
        ({"url": "https://10.1.2.3/"}, "/url"),
        ({"url": "https://[2606:4700::1%lo]/"}, "/url"),
        ({"url": ""}, "/url"),
        ({"url": 7}, "/url"),
        ({"types": []}, "/types"),
        ({"types": ["interaction.answerd"]}, "/types/0"),
        ({"secret": "whsec_mine"}, "/secret"),
    ],
    ids=str,
)
async def test_what_could_not_be_made_cannot_be_made_of_it(loop: Loop, door: Door, sent: Any, pointer: str) -> None:
    endpoint = await loop.endpoint(ELSEWHERE)

    refused = await change(door, endpoint, **sent)

    assert (refused.status, refused.pointers) == (422, [pointer])
    assert await loop.again(endpoint) == endpoint


async def test_without_a_key_types_can_be_changed_and_addresses_cannot(loop: Loop) -> None:
    endpoint = await loop.endpoint(ELSEWHERE)
    async with doors.door(loop.db, loop.tenant, keys=None) as off:
        assert (await change(off, endpoint, url=ELSEWHERE)).slug == "webhooks_off"
        assert (await change(off, endpoint, types=["interaction.created"])).status == 200
