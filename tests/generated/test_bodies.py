"""Generated bodies over HTTP: never a 5xx, nothing half-stored, and accepted values are returned unchanged."""

import json
import random
from dataclasses import dataclass
from typing import Any

import pytest
from hypothesis import given

from bridge.agents.interactions.requests import MODELS, Cancellation
from bridge.card.frame import CardView
from bridge.kinds.registry import KINDS
from storage.model import Interaction, Json, Status
from storage.pool import Database
from tests.bridge.agents.door import Door, Reply, check
from tests.generated import grammar, hostile, scale, sight
from tests.generated.scale import Tried, chances, generated
from tests.storage import build

_ROWS = "select (select count(*) from interactions) i, (select count(*) from cards) c, (select count(*) from events) e"


@dataclass(kw_only=True)
class Ledger:
    """Counts the rows that must be stored after all requests so far."""

    door: Door
    interactions: int = 0
    cards: int = 0

    async def send(self, sent: Any) -> Reply:
        """Send a body of any shape, and compare the response with the stored rows."""
        raw = json.dumps(sent).encode()
        headers = {"Content-Type": "application/json"}
        reply = await self.door.call("POST", "/v1/interactions", data=raw, headers=headers)
        assert reply.status in {201, 400, 413, 422}, (reply.status, raw[:2_000])
        if reply.status == 201:
            check(reply)
            self.interactions += 1
            self.cards += len(sent["to"]) if isinstance(sent["to"], list) else 1
            returned = {name: reply.json[name] for name in ("metadata", "tags") if sent.get(name) is not None}
            assert _in_doubles(returned) == _in_doubles({name: sent[name] for name in returned}), "returned unchanged"
        else:
            assert len(reply.raw) < 20_000, "a refusal does not repeat what was refused"
        [row] = await self.door.db.fetch(_ROWS)
        assert tuple(row) == (self.interactions, self.cards, self.interactions), raw[:2_000]
        return reply

    async def stored(self, reply: Reply) -> Interaction:
        return await build.read(self.door.db, self.door.tenant, reply.id)


def _in_doubles(value: Any) -> Any:
    """The value with its numbers as doubles, as most JSON parsers read them: 1e308 and its 309 digits are equal."""
    return json.loads(json.dumps(value), parse_int=float)


@pytest.fixture
async def ledger(door: Door, caplog: pytest.LogCaptureFixture) -> Ledger:
    return Ledger(door=door)


async def all_of_it_can_be_read(db: Database, door: Door) -> None:
    """Assert that every stored interaction is returned in the pages of the list."""
    cursor: Json = {}
    seen = 0
    while True:
        page = (await door.list(limit=200, **cursor)).json
        seen += len(page["items"])
        if not page["next_cursor"]:
            break
        cursor = {"cursor": page["next_cursor"]}
    assert seen == await door.rows()


@generated(150)
@given(chance=chances())
async def test_a_body_is_refused_in_words_or_stored_whole(ledger: Ledger, tried: Tried, chance: random.Random) -> None:
    body, which = grammar.body(chance), chance.choice(["as made", "mended", "mended", "spoiled"])
    sent = body if which == "as made" else grammar.mended(MODELS[body["kind"]], grammar.addressed(body)) or body
    if which == "spoiled":
        sent = grammar.spoiled(sent, chance)
    reply = await ledger.send(sent)
    tried(f"{which}: {reply.status}")
    if reply.status == 201:
        row = await ledger.stored(reply)
        for plain in (False, True):
            sight.check(KINDS[row.kind].draw(CardView(row, version=1, plain=plain)), row)


@generated(40)
@given(chance=chances())
async def test_a_cancellation_is_refused_in_words_or_done(door: Door, tried: Tried, chance: random.Random) -> None:
    created = await door.ask()
    sent = grammar.request(Cancellation, chance)
    if chance.random() < 0.5:
        sent = grammar.spoiled(sent, chance)
    reply = await door.call("POST", f"/v1/interactions/{created.json['id']}/cancel", json=sent)
    row = await build.read(door.db, door.tenant, created.id)
    tried(reply.status)

    assert reply.status in {200, 400, 413, 422}, sent
    assert row.status is (Status.CANCELLED if reply.status == 200 else Status.PENDING)
    if reply.status == 200:
        check(reply)
        sight.check(KINDS[row.kind].draw(CardView(row, version=1)), row)


async def test_every_field_takes_or_refuses_whatever_is_sent(ledger: Ledger, tried: Tried) -> None:
    """Each field of each kind by itself, with a few of the odd values; another seed tries others."""
    chance = random.Random(scale.SEED)
    count = min(scale.many(8), len(hostile.ODD))
    for kind, model in MODELS.items():
        for path in grammar.fields(model):
            for value in chance.sample(hostile.ODD, count):
                reply = await ledger.send(grammar.placed(grammar.whole(kind), path, value))
                tried(reply.status)
    assert tried.counts["201"] > 10 and tried.counts["422"] > 100
    await all_of_it_can_be_read(ledger.door.db, ledger.door)
