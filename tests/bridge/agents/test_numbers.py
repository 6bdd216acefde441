"""Numbers that are not integers come back digit for digit, wherever an agent or a person meets them."""

import hashlib
import json
import re
from decimal import Decimal

import pytest

from bridge.agents.interactions import requests
from bridge.card.frame import CardView
from bridge.kinds.registry import KINDS
from bridge.representation import event
from storage import cards, json_text
from storage.model import Json
from tests.bridge.agents.door import Door, body
from tests.storage import build

SENT = ["12345678901234567890.123456789", "1e-400", "1.50", "1e-07", "1E+22", "0.1", "-2.0", "9007199254740993", "0"]
KEPT = {"1e-07": "0.0000001", "1E+22": "1" + "0" * 22, "1e-400": "0." + "0" * 399 + "1"}
WRITTEN = [KEPT.get(number, number) for number in SENT]


def asked() -> bytes:
    """A body with the numbers in its arguments and its metadata."""
    text = json.dumps(body(action={"name": "pay", "arguments": {"n": "N"}}, metadata={"deep": [{"n": "N"}]}))
    return text.replace('"N"', f"[{', '.join(SENT)}]").encode()


def numbers(text: str) -> list[list[str]]:
    """The lists of numbers under the name `n` in JSON."""
    return [re.split(r",\s*", found.strip()) for found in re.findall(r'"n":\s*\[([^\]]*)\]', text)]


async def test_every_digit_comes_back_in_responses_lists_the_feed_webhooks_and_on_the_card(door: Door) -> None:
    headers = {"Content-Type": "application/json", "Idempotency-Key": "k"}
    first = await door.call("POST", "/v1/interactions", data=asked(), headers=headers)
    again = await door.call("POST", "/v1/interactions", data=asked(), headers=headers)
    got, listed, fed = [
        await door.call("GET", path)
        for path in (f"/v1/interactions/{first.json['id']}", "/v1/interactions", "/v1/events?after=beginning")
    ]
    row = await build.read(door.db, door.tenant, first.id)
    copies = await cards.of_interaction(door.db, row.organization_id, row.id)
    envelope = event.of_interaction(id=row.id, type="x", at=row.created_at, row=row, cards=copies)
    drawn = KINDS["approval"].draw(CardView(interaction=row, version=1))
    shown = next(block for block in drawn.blocks if "preformatted" in str(block))

    assert (first.status, again.status) == (201, 200)
    for reply in (first, again, got, listed, fed):
        assert numbers(reply.raw.decode()) == [WRITTEN] * 2
    assert numbers(event.encode(envelope).decode()) == [WRITTEN] * 2
    assert numbers(shown["elements"][1]["elements"][0]["text"]) == [WRITTEN]


async def test_the_digest_covers_every_digit_as_it_is_returned(door: Door) -> None:
    reply = await door.call("POST", "/v1/interactions", data=asked(), headers={"Content-Type": "application/json"})
    got = json_text.loads(reply.raw.decode())
    covered = {name: got[name] for name in ("kind", "action")} | {"title": body()["title"]}
    written = json_text.dumps(covered, sort_keys=True, separators=(",", ":"), ensure_ascii=False)

    assert got["digest"] == hashlib.sha256(written.encode()).hexdigest()


async def test_another_digit_is_another_request(door: Door) -> None:
    for number, status in (("0.30000000000000004", 201), ("0.300000000000000040", 200), ("0.300000000000000041", 422)):
        sent = json.dumps(body(metadata={"a": "N"})).replace('"N"', number).encode()
        headers = {"Content-Type": "application/json", "Idempotency-Key": "k"}

        assert (await door.call("POST", "/v1/interactions", data=sent, headers=headers)).status == status, number


@pytest.mark.parametrize("value", [0.1, 1e-07, 1e22, 100.0, 1.5e300, 5e-324, 3600.0, -2.5, 7, 10**30])
def test_a_request_of_the_release_before_has_the_same_fingerprint(value: float) -> None:
    """Releases up to this one read numbers as doubles, and hashed what Python writes for them."""
    sent: Json = body(metadata={"a": [value]})
    text = json.dumps(sent, sort_keys=True, separators=(",", ":"))

    assert requests.fingerprint(json_text.loads(json.dumps(sent))) == hashlib.sha256(text.encode()).digest()


def test_a_whole_number_may_have_a_fraction_of_zeros() -> None:
    for number in ("3600.0", "36e2", "3600.00"):
        _, routing, _ = requests.validate(body(expires_in=Decimal(number)))

        assert routing.expires_in == 3600
