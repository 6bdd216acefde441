"""Secrets that requests name: a canary in every field of every request is afterwards found nowhere."""

import json
from typing import Any
from urllib.parse import quote

import pytest

from bridge.things.secrets import HIDDEN
from tests.bridge.agents.door import Door
from tests.bridge.agents.things import incidents, recoveries

CANARY = "kanarie-7f3a9c51e0"


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


async def test_what_people_enter_is_not_hidden(door: Door) -> None:
    """An agent's secrets are those of one request: what a person writes in a form is no part of it."""
    made = await incidents.create(door, to=incidents.TO, description=f"it is {CANARY}", secrets=[CANARY])

    await incidents.click(door, made.json["id"], "update", given={"message": f"it is {CANARY}"})

    now = (await incidents.get(door, made.json["id"])).json
    assert (now["description"], now["updates"][0]["message"]) == (f"it is {HIDDEN}", f"it is {CANARY}")


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


UNREADABLE = (
    ('{"a": {"SECRET": 1, "SECRET": 2}}', "/metadata/a"),
    ('{"a": 1, "SECRET": "\\u0000"}', "/metadata"),
    ('{"a": {"SECRET": {"b": "\\ud800"}}}', "/metadata/a"),
    ('{"SECRET": -0}', "/metadata"),
    ('{"a": ["SECRET\\u0000"]}', "/metadata/a/0"),
    ('{"%41\\ud800": "SECRET"}', "/metadata"),
)


@pytest.mark.parametrize("secret", [CANARY, CANARY * 30, f"{CANARY}/~{CANARY}"])
async def test_a_body_that_cannot_be_kept_is_refused_without_its_secrets(door: Door, secret: str) -> None:
    for metadata, pointer in UNREADABLE:
        whole = json.dumps(incidents.body(metadata="?", secrets=[secret]))
        raw = whole.replace('"?"', metadata.replace("SECRET", secret)).encode()

        reply = await door.call("POST", "/v1/incidents", data=raw, headers={"Content-Type": "application/json"})

        assert (reply.status, reply.slug, reply.pointers) == (422, "invalid_body", [pointer]), raw
        assert CANARY not in reply.raw.decode()
    doubled = json.dumps(incidents.body(secrets=[secret])).replace('"title"', '"severity": "minor", "title"').encode()
    reply = await door.call("POST", "/v1/incidents", data=doubled, headers={"Content-Type": "application/json"})
    assert reply.json["detail"] == 'An object has the field "severity" twice.'
