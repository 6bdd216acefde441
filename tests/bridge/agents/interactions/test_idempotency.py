"""Creating again with the same idempotency key: the same interaction, never another one."""

import asyncio
import json

import pytest

from bridge import ids
from bridge.agents.interactions import requests
from storage import keys
from storage.pool import Database
from tests.bridge.agents import door as doors
from tests.bridge.agents.door import Door, body
from tests.storage import build


async def test_the_same_key_and_body_give_the_same_question(door: Door) -> None:
    first = await door.ask(idempotency="deploy-1.4")
    again = await door.ask(idempotency="deploy-1.4")

    assert (first.status, again.status) == (201, 200)
    assert again.headers["Idempotency-Replayed"] == "true"
    assert again.headers["Location"] == first.headers["Location"]
    assert again.json == first.json
    assert first.json["idempotency_key"] == "deploy-1.4"
    assert await door.rows() == 1


async def test_a_replay_shows_the_question_as_it_now_is(door: Door) -> None:
    first = await door.ask(idempotency="k")
    await door.click(first.id)

    again = await door.ask(idempotency="k", wait=60)

    assert (again.status, again.json["status"], again.json["answer"]["approved"]) == (200, "answered", True)


async def test_the_same_key_for_something_else_is_refused(door: Door) -> None:
    first = await door.ask(idempotency="k")
    others = [body(title="Deploy 1.5?"), body(expires_in=3600), body(metadata={"a": None}), body(to={"channel": "C0B"})]

    for other in others:
        reply = await door.ask(other, idempotency="k")
        assert (reply.status, reply.slug) == (422, "idempotency_mismatch")
        assert first.json["id"] not in str(reply.json)
    assert await door.rows() == 1


async def test_the_order_of_names_and_the_way_of_writing_do_not_matter(door: Door) -> None:
    sent = body(metadata={"a": 1, "b": {"c": "é", "d": []}})
    turned = dict(reversed(sent.items())) | {"metadata": {"b": {"d": [], "c": "é"}, "a": 1}}
    headers = {"Idempotency-Key": "k", "Content-Type": "application/json; charset=utf-8"}

    first = await door.ask(sent, idempotency="k")
    again = [
        await door.call("POST", "/v1/interactions", data=json.dumps(turned, **how).encode(), headers=headers)
        for how in ({"indent": 4}, {"ensure_ascii": False}, {"separators": (",", ":")})
    ]

    assert {(reply.status, reply.json["id"]) for reply in again} == {(200, first.json["id"])}


async def test_a_key_may_be_quoted_or_bare(door: Door) -> None:
    ids_seen = {(await door.ask(idempotency=key)).json["id"] for key in ("abc", '"abc"', ' "abc" ', " abc ")}

    assert len(ids_seen) == 1


@pytest.mark.parametrize(
    "key", ['""', " ", '"', '"abc', 'abc"', "a b", "a\\b", 'a"b', "é", "x" * 256, '"' + "x" * 256 + '"', "tab\tbed"]
)
async def test_a_bad_key_is_refused(door: Door, key: str) -> None:
    reply = await door.ask(idempotency=key)

    assert (reply.status, reply.slug) == (400, "invalid_parameter")
    assert "Idempotency-Key must be sent once" in reply.json["detail"]
    assert await door.rows() == 0


async def test_two_keys_are_no_key(door: Door) -> None:
    sent = [("Authorization", f"Bearer {door.tenant.secret}"), ("Idempotency-Key", "a"), ("Idempotency-Key", "b")]
    async with door.http.post("/v1/interactions", json=body(), headers=sent) as response:
        assert response.status == 400


async def test_the_longest_key_is_a_key(door: Door) -> None:
    assert (await door.ask(idempotency="~" * 255)).status == 201


async def test_fifty_at_once_on_two_replicas_are_one_question(door: Door, other: Database) -> None:
    async with doors.door(other, door.tenant) as second:
        for round_number in range(4):
            replies = await asyncio.gather(
                *((door, second)[n % 2].ask(idempotency=f"k{round_number}") for n in range(50))
            )

            assert len({reply.json["id"] for reply in replies}) == 1
            assert sorted(reply.status for reply in replies) == [*[200] * 49, 201]
            assert await door.rows() == round_number + 1


async def test_another_organization_has_keys_of_its_own(door: Door) -> None:
    neighbour = await build.tenant(door.db)

    ours, theirs = await door.ask(idempotency="k"), await door.ask(idempotency="k", key=neighbour.secret)

    assert (ours.status, theirs.status) == (201, 201)
    assert ours.json["id"] != theirs.json["id"]


async def test_two_keys_of_one_organization_share_their_idempotency(door: Door) -> None:
    _, secret = await keys.create(
        door.db, organization_id=door.tenant.scope.organization_id, id=ids.new(), name="second"
    )

    assert (await door.ask(idempotency="k")).json["id"] == (await door.ask(idempotency="k", key=secret)).json["id"]


async def test_a_replay_outlives_the_connection_it_was_asked_on(door: Door, db: Database) -> None:
    first = await door.ask(idempotency="retry-me")
    await db.fetch("update connections set disabled_at = clock_timestamp()")

    again = await door.ask(idempotency="retry-me")
    fresh = await door.ask(idempotency="another")

    assert (again.status, again.id) == (200, first.id)
    assert fresh.status == 422 and fresh.pointers == ["/connection"]


async def test_a_replay_outlives_a_rule_that_is_newer_than_its_question(door: Door) -> None:
    """A release may refuse what the one before accepted; the question may have its answer by then."""
    first = await door.ask(idempotency="k")
    alike = [{"id": "a", "label": "Delete"}, {"id": "b", "label": "D\u0435lete"}]
    refused = body(kind="choice", options=alike)
    assert (await door.ask(refused)).status == 422
    await door.db.fetch("update interactions set request_hash = $1", requests.fingerprint(refused))

    again = await door.ask(refused, idempotency="k")

    assert (again.status, again.json["id"]) == (200, first.json["id"])
    assert (await door.ask(refused, idempotency="another")).status == 422
