"""What clients in the wild send that means something is taken as what it means, on every route."""

from typing import Any

import pytest
from multidict import MultiDict
from yarl import URL

from bridge.agents.http import parameters
from bridge.agents.interactions.requests import MODELS, Cancellation, Report
from bridge.agents.webhook_endpoints.requests import ChangedEndpoint, NewEndpoint, Replay
from bridge.kinds.registry import KINDS
from bridge.question import Action
from storage.pool import Database
from tests.bridge.agents import door as doors
from tests.bridge.agents.door import Door, body
from tests.storage import build

STREAM = "text/event-stream"


async def test_a_whole_number_may_have_a_fraction_of_zero(door: Door) -> None:
    whole = await door.call("POST", "/v1/interactions", json=body(expires_in=3600.0))
    part = await door.call("POST", "/v1/interactions", json=body(expires_in=3600.5))

    assert whole.status == 201
    assert (part.status, part.pointers) == (422, ["/expires_in"])
    assert (await door.list(limit="1.0")).status == 200


@pytest.mark.parametrize("kind", KINDS)
async def test_every_optional_field_may_be_null(door: Door, kind: str) -> None:
    fields = MODELS[kind].model_fields
    required = {name: value for name, value in KINDS[kind].examples[0].request.items() if fields[name].is_required()}
    optional = {name: None for name, field in fields.items() if not field.is_required()}
    sent = optional | body() | required | {"action": {"name": "deploy", "arguments": None}}
    sent["responders"] = {"users": ["U0ANA"], "anyone_in_channel": None, "outsiders": None}
    reply = await door.call("POST", "/v1/interactions", json=sent)

    assert (reply.status, reply.json["tags"], reply.json["metadata"]) == (201, [], {})


async def test_a_field_that_must_be_given_may_not_be_null_nor_one_that_is_unknown(door: Door) -> None:
    for name in ("title", "to", "surprise"):
        reply = await door.call("POST", "/v1/interactions", json=body() | {name: None})

        assert (reply.status, reply.pointers) == (422, [f"/{name}"])


@pytest.mark.parametrize(
    "model", [*MODELS.values(), Action, Cancellation, Report, NewEndpoint, ChangedEndpoint, Replay]
)
def test_every_optional_field_is_described_as_nullable(model: Any) -> None:
    schema = model.model_json_schema()
    for name, field in schema["properties"].items():
        assert name in schema.get("required", []) or {"type": "null"} in field["anyOf"], name


async def test_head_answers_as_get_does_without_a_body(door: Door) -> None:
    id = (await door.ask()).json["id"]
    for path in ("/openapi.json", "/v1/interactions", f"/v1/interactions/{id}", "/v1/events", "/v1/webhook_endpoints"):
        got, head = await door.call("GET", path), await door.call("HEAD", path)

        assert (head.status, head.raw) == (got.status, b"")
        assert head.headers["Content-Length"] == str(len(got.raw))


async def test_head_of_a_stream_ends_at_once(door: Door) -> None:
    reply = await door.call("HEAD", "/v1/events", headers={"Accept": STREAM})

    assert (reply.status, reply.headers["Content-Type"], len(door.streams)) == (200, STREAM, 0)


async def test_head_does_not_tell_an_agent_how_it_ended(door: Door) -> None:
    asked = await door.ask()
    await door.click(asked.id)
    await door.call("HEAD", f"/v1/interactions/{asked.json['id']}")

    assert not door.notifier.has_acknowledged


@pytest.mark.parametrize(
    "accept",
    [
        "*/*",
        "text/*",
        f"{STREAM};q=0",
        f"application/json, {STREAM};q=0.5",
        f"*/*, {STREAM};q=0.9",
        f"application/*;q=0.8, {STREAM};q=0.7",
    ],
)
async def test_a_page_is_what_is_wanted_more(door: Door, accept: str) -> None:
    assert (await door.call("GET", "/v1/events", headers={"Accept": accept})).json["items"] == []


@pytest.mark.parametrize(
    "accept",
    [STREAM, f"{STREAM};q=0.1", f"application/json;q=0.5, {STREAM}", f"*/*;q=0.1, {STREAM.upper()} ; Q=0.2"],
)
async def test_a_stream_is_what_is_wanted_more(door: Door, accept: str) -> None:
    reply = await door.call("HEAD", "/v1/events", headers={"Accept": accept, "Last-Event-ID": ""})

    assert (reply.status, reply.headers["Content-Type"]) == (200, STREAM)


@pytest.mark.parametrize("query", ["tag=%ff", "%ff=x", "tag=%ed%a0%80", "run=%c3"])
async def test_a_query_that_is_not_utf8_is_refused(door: Door, query: str) -> None:
    reply = await door.call("GET", URL(f"/v1/interactions?{query}", encoded=True))

    assert (reply.status, reply.slug) == (400, "invalid_parameter")
    assert "UTF-8" in reply.json["detail"]


async def test_wait_0_does_not_wait_for_the_first_card(db: Database) -> None:
    async with doors.door(db, await build.tenant(db), first_post_seconds=3600.0) as door:
        reply = await door.ask(wait=0)

        assert (reply.status, reply.json["cards"][0]["status"]) == (201, "queued")


@pytest.mark.parametrize(("asked", "seconds"), [("0", 0), ("50", 50), ("55", 55), ("55.1", 55), ("60", 55)])
def test_a_wait_is_answered_after_55_seconds(asked: str, seconds: float) -> None:
    assert parameters.wait(MultiDict(wait=asked)) == seconds


def test_no_wait_is_not_a_wait_of_0() -> None:
    assert parameters.wait(MultiDict[str]()) is None
