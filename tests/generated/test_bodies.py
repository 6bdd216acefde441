"""Generated bodies over HTTP: never a 5xx, nothing half-stored, and what is accepted comes back as it was sent."""

import json
import random
from dataclasses import dataclass
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.agents.requests import MODELS
from bridge.card.frame import View
from bridge.kinds import KINDS
from storage.model import Interaction, Json
from storage.pool import Database
from tests.bridge.agents.door import Door, Reply, check
from tests.generated import grammar, hostile, scale, sight
from tests.generated.scale import Tried, generated
from tests.storage import build

_ROWS = "select (select count(*) from interactions) i, (select count(*) from cards) c, (select count(*) from events) e"


@dataclass(kw_only=True)
class Ledger:
    """What must be stored after all that was sent so far."""

    door: Door
    interactions: int = 0
    cards: int = 0

    async def send(self, sent: Any) -> Reply:
        """Send a body of any shape, and hold the answer against what is stored."""
        raw = json.dumps(sent).encode()
        headers = {"Content-Type": "application/json"}
        reply = await self.door.call("POST", "/v1/interactions", data=raw, headers=headers)
        assert reply.status in {201, 400, 413, 422}, (reply.status, raw[:2_000])
        if reply.status == 201:
            check(reply)
            self.interactions += 1
            self.cards += len(sent["to"]) if isinstance(sent["to"], list) else 1
            told = {name: reply.json[name] for name in ("metadata", "tags") if name in sent}
            assert told == {name: sent[name] for name in told}, "returned untouched"
        else:
            assert len(reply.raw) < 20_000, "a refusal does not repeat what was refused"
        [row] = await self.door.db.fetch(_ROWS)
        assert tuple(row) == (self.interactions, self.cards, self.interactions), raw[:2_000]
        return reply

    async def stored(self, reply: Reply) -> Interaction:
        return await build.read(self.door.db, self.door.tenant, reply.id)


@pytest.fixture
async def ledger(door: Door, caplog: pytest.LogCaptureFixture) -> Ledger:
    return Ledger(door=door)


async def all_of_it_can_be_read(db: Database, door: Door) -> None:
    """Whatever was stored comes back, one by one and in pages."""
    cursor: Json = {}
    seen = 0
    while True:
        page = (await door.list(limit=200, **cursor)).json
        seen += len(page["items"])
        if not page["next_cursor"]:
            break
        cursor = {"cursor": page["next_cursor"]}
    assert seen == await door.rows()


@generated(250)
@given(body=grammar.bodies(), data=st.data())
async def test_a_body_is_refused_in_words_or_stored_whole(
    ledger: Ledger, tried: Tried, body: Json, data: st.DataObject
) -> None:
    which = data.draw(st.sampled_from(["as made", "mended", "mended", "spoiled"]))
    model = MODELS[body["kind"]]
    sent = body if which == "as made" else grammar.mended(model, body) or body
    if which == "spoiled":
        sent = data.draw(grammar.spoiled(sent))
    reply = await ledger.send(sent)
    tried(reply.status)
    if reply.status == 201:
        row = await ledger.stored(reply)
        for plain in (False, True):
            sight.check(KINDS[row.kind].draw(View(row, version=1, plain=plain)), row)


async def test_every_field_takes_or_refuses_whatever_is_sent(ledger: Ledger, tried: Tried) -> None:
    """Each field of each kind by itself: of the odd values as many as there is time for, others with every seed."""
    chance = random.Random(scale.SEED)
    most = min(scale.many(16), len(hostile.ODD))
    for kind, model in MODELS.items():
        for path in grammar.fields(model):
            for value in chance.sample(hostile.ODD, most):
                reply = await ledger.send(grammar.placed(grammar.whole(kind), path, value))
                tried(reply.status)
    assert tried.counts["201"] > 10 and tried.counts["422"] > 100
    await all_of_it_can_be_read(ledger.door.db, ledger.door)
