"""Secrets that requests name: a canary in every field of every request is afterwards found nowhere."""

import io
import json
from typing import Any
from urllib.parse import quote

import pytest
from prometheus_client import generate_latest

from bridge import ids
from bridge.things.recovery import NOUN
from bridge.things.secrets import HIDDEN
from storage import events
from tests.bridge.agents import door as doors
from tests.bridge.agents.door import Door
from tests.bridge.agents.things import recoveries
from tests.bridge.replica import Replica
from tests.bridge.things.noting import noted, post_all
from tests.storage.scope_checks import TENANT

CANARY = "kanarie-7f3a9c51e0"
REPORT = {
    **recoveries.body(),
    "to": [{"channel": "C0APPROVALS"}],
    "responders": {"anyone_in_channel": True},
    "agent": {"name": "bot", "run": "run-1", "url": "https://agents.example.com/1"},
    "tags": ["night"],
    "metadata": {"a": {"b": ["c"]}},
    "evidence": {"log": ["line", {"deep": "value"}]},
    "source": {"type": "build", "id": "4711", "url": "https://ci.example.com/1"},
    "owner": {"agent": "fixer"},
    "previous_owner": {"agent": "before"},
    "return_owner": {"agent": "after"},
    "recovery_ref": "ref",
    "wake_policy": {"step_seconds": 60, "x": "y"},
    "monitor_policy": {"every": "hour"},
}
RESOLVE = {
    "outcome": "blocked",
    "note": "a note",
    "blocker": {"external": {"type": "t", "id": "i", "url": "https://x.example.com/"}},
}
REQUESTS: dict[str, Any] = {
    "/v1/recoveries": REPORT,
    "/v1/recoveries/resolve": {**RESOLVE, "source": {"type": "build", "id": "4711"}},
    "/v1/recoveries/search": {"sources": [{"type": "build", "id": "4711"}]},
    "/v1/recoveries/{id}/resolve": RESOLVE,
    "/v1/recoveries/{id}/cards": {"to": [{"channel": "C0OTHER"}]},
}
FREE = {
    "/v1/recoveries": {"/cause", "/next_action", "/metadata/a/b/0", "/evidence/log/0", "/evidence/log/1/deep"},
    "/v1/recoveries/resolve": {"/note"},
    "/v1/recoveries/{id}/resolve": {"/note"},
}


def places(value: Any, pointer: str = "") -> list[str]:
    """The pointers of all texts of a body."""
    if isinstance(value, dict):
        return [place for name, inner in value.items() for place in places(inner, f"{pointer}/{name}")]
    if isinstance(value, list):
        return [place for number, inner in enumerate(value) for place in places(inner, f"{pointer}/{number}")]
    return [pointer] if isinstance(value, str) else []


def with_canary(body: Any, place: str) -> Any:
    """The body with the canary in one of its texts."""
    changed = json.loads(json.dumps(body))
    at = changed
    *way, last = place.split("/")[1:]
    for step in way:
        at = at[int(step)] if isinstance(at, list) else at[step]
    key: Any = int(last) if isinstance(at, list) else last
    at[key] = f"{at[key]}{CANARY}"
    return changed


def names(value: Any, pointer: str = "") -> list[str]:
    """The pointers of all objects of a body."""
    if isinstance(value, dict):
        return [pointer, *(place for name, inner in value.items() for place in names(inner, f"{pointer}/{name}"))]
    if isinstance(value, list):
        return [place for number, inner in enumerate(value) for place in names(inner, f"{pointer}/{number}")]
    return []


async def everything(db: Any) -> str:
    """All rows of all tables as text."""
    found = []
    for table in sorted(TENANT):
        rows = await db.fetch(f"select row_to_json({table})::text as row from {table}")
        found += [row["row"] for row in rows]
    return "\n".join(found)


async def send(door: Door, path: str, id: str, body: Any, **headers: str) -> doors.Reply:
    return await door.call("POST", path.format(id=id), json=body, headers=headers)


@pytest.mark.parametrize("path", REQUESTS)
async def test_a_canary_in_every_field_is_hidden_or_refused(door: Door, log: io.StringIO, path: str) -> None:
    id = (await recoveries.report(door)).json["id"]
    rows = await everything(door.db)
    free = FREE.get(path, set())
    refused = [place for place in places(REQUESTS[path]) if place not in free]
    assert refused

    for place in refused:
        reply = await send(door, path, id, with_canary(REQUESTS[path], place) | {"secrets": ["unused-secret", CANARY]})
        assert (reply.status, reply.slug, reply.pointers) == (422, "invalid_body", [place]), place
        assert CANARY.encode() not in reply.raw
    for place in names(REQUESTS[path]):
        body = json.loads(json.dumps(REQUESTS[path]))
        at = body
        for step in place.split("/")[1:]:
            at = at[int(step)] if isinstance(at, list) else at[step]
        at[f"x{CANARY}"] = 1
        reply = await send(door, path, id, body | {"secrets": [CANARY]})
        assert reply.status == 422 and reply.pointers == [place], place
        assert CANARY.encode() not in reply.raw
    reply = await send(door, path, id, REQUESTS[path] | {"secrets": [CANARY]}, **{"Idempotency-Key": f"k{CANARY}"})
    assert (reply.status, reply.pointers) == (422, ["/secrets/0"]) and CANARY.encode() not in reply.raw
    assert await everything(door.db) == rows, "nothing was written"

    body = REQUESTS[path]
    for place in free:
        body = with_canary(body, place)
    reply = await send(door, path, id, body | {"secrets": [CANARY]}, **{"Idempotency-Key": "k"})
    assert reply.status < 300, reply.json
    assert CANARY.encode() not in reply.raw
    assert (HIDDEN in reply.raw.decode()) == bool(free)
    assert CANARY not in await everything(door.db)
    assert CANARY not in log.getvalue()


@pytest.mark.parametrize(
    ("given", "pointer"),
    [
        (["1234567"], "/secrets/0"),
        (["long enough", ""], "/secrets/1"),
        ([" " * 8], "/secrets/0"),
        (["x" * 8_193], "/secrets/0"),
        ([f"secret-{number:03}" for number in range(21)], "/secrets"),
        (["long enough", 12345678], "/secrets/1"),
        ("a single text", "/secrets"),
        ({"a": "b"}, "/secrets"),
    ],
)
async def test_what_is_no_list_of_secrets_is_refused(door: Door, given: Any, pointer: str) -> None:
    reply = await door.call("POST", "/v1/recoveries", json=recoveries.body(secrets=given))

    assert (reply.status, reply.pointers) == (422, [pointer])
    assert not isinstance(given, str) or given not in reply.raw.decode()


@pytest.mark.parametrize("given", [None, []])
async def test_no_secrets_are_none(door: Door, given: Any) -> None:
    reply = await door.call("POST", "/v1/recoveries", json=recoveries.body() | {"secrets": given})

    assert reply.status == 201 and "secrets" not in reply.json


async def test_secrets_are_remembered_for_no_later_request(door: Door) -> None:
    await recoveries.report(door, cause=f"it is {CANARY}", secrets=[CANARY])

    reply = await recoveries.report(door, cause=f"it is {CANARY}")

    assert reply.json["cause"] == f"it is {CANARY}"


async def test_a_repeat_of_the_key_is_the_same_request_whatever_is_hidden(door: Door) -> None:
    first = await recoveries.report(door, idempotency="k", cause=f"it is {CANARY}", secrets=[CANARY])

    rotated = await recoveries.report(door, idempotency="k", cause="it is another-secret", secrets=["another-secret"])
    unhidden = await recoveries.report(door, idempotency="k", cause=f"it is {CANARY}")

    assert (first.status, rotated.status, unhidden.slug) == (201, 200, "idempotency_mismatch")
    assert rotated.headers["Idempotency-Replayed"] == "true"
    hashes = await door.db.fetch("select request_hash from thing_requests")
    assert len(hashes) == 1


async def test_an_address_that_is_brought_into_form_is_checked_again(door: Door) -> None:
    source = {"type": "build", "id": "1", "url": "https://SECRET.example.com/"}

    replies = [
        await door.call("POST", "/v1/recoveries", json=recoveries.body(source=source, secrets=["secret.example.com"])),
        await door.call(
            "POST",
            "/v1/recoveries",
            json=recoveries.body(
                source=source | {"url": f"https://x.example.com/?p={quote('pä/ss@word', safe='')}"},
                secrets=["pä/ss@word"],
            ),
        ),
    ]

    assert [(reply.status, reply.pointers) for reply in replies] == [(422, ["/source/url"])] * 2


async def test_line_breaks_and_escapes_are_hidden_as_well(door: Door) -> None:
    secret = '-----BEGIN KEY-----\nabc"def\n-----END KEY-----'
    written = secret.replace("\n", "\r\n")
    raw = json.dumps(recoveries.body(cause=f"a {written} b", evidence={"log": json.dumps({"key": secret})}))

    reply = await door.call(
        "POST",
        "/v1/recoveries",
        data=raw[:-1] + ', "secrets": [' + "".join(json.dumps(secret)).replace("K", "\\u004b") + "]}",
        headers={"Content-Type": "application/json"},
    )

    assert reply.json["cause"] == f"a {HIDDEN} b"
    assert reply.json["evidence"]["log"] == json.dumps({"key": "?"}).replace("?", HIDDEN)


async def test_a_canary_is_found_nowhere_after_it_went_through_everything(replica: Replica, log: io.StringIO) -> None:
    async with doors.door(replica.db, replica.tenant) as door:
        body = REPORT
        for place in FREE["/v1/recoveries"]:
            body = with_canary(body, place)
        reported = await send(door, "/v1/recoveries", "", body | {"secrets": [CANARY]}, **{"Idempotency-Key": "k"})
        id = reported.json["id"]
        thing_id = ids.decode(NOUN.prefix, id)
        assert thing_id is not None
        await replica.settle()
        await noted(replica.db, replica.tenant.scope, thing_id, reported.json["cause"])
        await post_all(replica)
        resolved = await send(
            door, "/v1/recoveries/{id}/resolve", id, with_canary(RESOLVE, "/note") | {"secrets": [CANARY]}
        )
        await replica.settle()
        await events.number(replica.db)
        seen = [
            await everything(replica.db),
            json.dumps([reported.json, resolved.json]),
            json.dumps(await recoveries.timeline(door, id)),
            json.dumps((await door.call("GET", "/v1/events")).json),
            json.dumps((await recoveries.get(door, id)).json),
            json.dumps([request.args for request in replica.slack.requests]),
            log.getvalue(),
            generate_latest(replica.metrics.registry).decode(),
            generate_latest(door.built.state.metrics.registry).decode(),
        ]

    assert resolved.status == 200 and any(
        HIDDEN in json.dumps(request.args, ensure_ascii=False) for request in replica.slack.requests
    )
    assert not [number for number, text in enumerate(seen) if CANARY in text]
