"""A full text over the API: what may be sent, what resources show of it, and how an auditor reads it."""

import hashlib
import json
from typing import Any

import pytest

from bridge.agents.http.body import MAX_BYTES as MAX_BODY
from bridge.full_text import MAX_BYTES
from storage.model import Json
from tests.bridge.agents.door import Door, body
from tests.bridge.test_full_text import WIDE

TEXT = "".join(f"line {number}\n" for number in range(5_000))


def asking(full: Any) -> Json:
    return body(action={"name": "run", "arguments": {}, "full": full})


def summary(text: str, preview: str) -> Json:
    encoded = text.encode()
    return {"size": len(encoded), "sha256": hashlib.sha256(encoded).hexdigest(), "preview": preview}


async def test_every_resource_has_the_summary_and_only_who_asks_gets_the_text(door: Door) -> None:
    created = await door.ask(asking(TEXT))
    path = f"/v1/interactions/{created.json['id']}"
    expected = summary(TEXT, "".join(f"line {number}\n" for number in range(6)))

    got = (await door.call("GET", path)).json
    whole = (await door.call("GET", f"{path}?include=full")).json
    waited = (await door.call("GET", f"{path}?wait=0&include=full")).json
    [listed] = (await door.call("GET", "/v1/interactions?include=body")).json["items"]

    assert [each["action"]["full"] for each in (created.json, got, listed)] == [expected] * 3
    assert [each["action"]["full"] for each in (whole, waited)] == [expected | {"text": TEXT}] * 2
    assert {each["digest"] for each in (created.json, got, whole, listed)} == {created.json["digest"]}


async def test_an_auditor_computes_the_digest_from_the_resource_alone(door: Door) -> None:
    created = await door.ask(asking(TEXT))
    read = (await door.call("GET", f"/v1/interactions/{created.json['id']}")).json

    full = {name: read["action"]["full"][name] for name in ("size", "sha256")}
    covered = {"kind": read["kind"], "title": read["title"], "action": read["action"] | {"full": full}}

    written = json.dumps(covered, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    assert hashlib.sha256(written.encode()).hexdigest() == read["digest"]


async def test_a_question_without_a_full_text_reads_the_same_with_and_without_it(door: Door) -> None:
    asked = await door.ask(body(action={"name": "run"}))
    path = f"/v1/interactions/{asked.json['id']}"

    assert (await door.call("GET", f"{path}?include=full")).json == (await door.call("GET", path)).json
    assert "full" not in asked.json["action"]
    refused = await door.call("GET", f"{path}?include=body")
    assert (refused.status, refused.json["detail"]) == (400, "include must be full.")


@pytest.mark.parametrize(
    ("full", "words"),
    [
        ("x" * (MAX_BYTES + 1), "must be at most 102400 bytes of UTF-8"),
        ("\u200b", "must contain a visible character"),
        ("a\u001b", "must not contain control characters"),
        ("a\r\n", "must end its lines with \\n alone, because its bytes are digested"),
        (1, "must be a string"),
    ],
)
async def test_what_cannot_be_shown_is_refused_by_its_pointer(door: Door, full: Any, words: str) -> None:
    refused = await door.ask(asking(full))

    assert (refused.status, refused.json["errors"]) == (422, [{"pointer": "/action/full", "message": words}])
    assert await door.rows() == 0


@pytest.mark.parametrize("text", ["é" * (MAX_BYTES // 2), *WIDE.values()], ids=["escaped most", *WIDE])
async def test_the_largest_texts_are_taken_however_a_client_writes_them(door: Door, text: str) -> None:
    """Most JSON libraries write each character beyond ASCII as an escape of six bytes."""
    sent = json.dumps(asking(text) | {"body": "é" * 9_000, "metadata": {"a": "😀" * 4_000}}).encode()
    assert len(sent) < MAX_BODY

    asked = await door.call("POST", "/v1/interactions", data=sent, headers={"Content-Type": "application/json"})

    assert asked.status == 201, asked.json
    whole = (await door.call("GET", f"/v1/interactions/{asked.json['id']}?include=full")).json
    assert whole["action"]["full"]["text"] == text


async def test_another_text_under_the_same_idempotency_key_is_refused(door: Door) -> None:
    first = await door.ask(asking(TEXT), idempotency="k")
    again = await door.ask(asking(TEXT), idempotency="k")
    other = await door.ask(asking(f"{TEXT}x"), idempotency="k")

    assert (first.status, again.status, again.json["id"]) == (201, 200, first.json["id"])
    assert (other.status, other.slug) == (422, "idempotency_mismatch")
    assert await door.rows() == 1
