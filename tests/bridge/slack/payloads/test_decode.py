"""Decoded once, whichever way it came; and a claim id that a repeat has again."""

import hashlib
import json
from typing import Any

import pytest

from bridge.slack.payloads import fields
from bridge.slack.payloads.decode import decode
from tests import payloads

FORMS = {"slash_command", "ssl_check"}


@pytest.mark.parametrize("name", payloads.names())
def test_a_request_and_a_socket_bring_the_same(name: str) -> None:
    assert decode(payloads.body(name)).body == decode(payloads.load(name)).body == payloads.load(name)


@pytest.mark.parametrize("text", ['{"type":"block_actions","é":1}', '{ "é" : 1, "type":"block_actions" }\n'])
def test_the_claim_id_of_a_request_is_of_the_very_text_that_was_signed(text: str) -> None:
    assert decode(payloads.form_text(text)).claim_id == hashlib.sha256(text.encode()).digest()


@pytest.mark.parametrize("name", [name for name in payloads.names() if name not in FORMS])
def test_the_claim_id_of_json_does_not_depend_on_how_the_form_was_written(name: str) -> None:
    text = json.dumps(payloads.load(name))
    spelled = b"more=1&payload=" + b"".join(b"%%%02x" % byte for byte in text.encode())

    assert decode(spelled).claim_id == decode(payloads.form_text(text)).claim_id


def test_the_claim_id_of_an_object_is_of_its_canonical_text() -> None:
    sent = {"b": {"y": 1.5, "x": [True, None]}, "a": "é\ud800"}
    canonical = '{"a":"é\ud800","b":{"x":[true,null],"y":1.5}}'.encode("utf-8", "surrogatepass")

    assert decode(sent).claim_id == hashlib.sha256(canonical).digest()


def test_the_claim_id_of_an_object_does_not_depend_on_the_order_of_its_keys() -> None:
    sent = payloads.load("block_actions_message")

    assert decode(sent).claim_id == decode(dict(reversed(sent.items()))).claim_id
    assert decode(sent).claim_id != decode(sent | {"trigger_id": "1.2.3"}).claim_id


def _nested(depth: int) -> dict[str, Any]:
    value: dict[str, Any] = {}
    for _ in range(depth):
        value = {"a": value}
    return value


@pytest.mark.parametrize("sent", [{"a": 10**5_000}, {"a": {1, 2}}, {"a": b""}, {1: 1, "a": 1}, _nested(100_000)])
def test_an_object_that_cannot_be_written_as_json_is_refused(sent: Any) -> None:
    with pytest.raises(fields.Wrong, match="the payload is not JSON"):
        decode(sent)
