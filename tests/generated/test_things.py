"""Generated bodies of requests about things: never a 5xx, pointers into what was sent, nothing written if refused."""

import json
import random
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

import pytest
from hypothesis import given

from bridge.agents.openapi import document
from bridge.agents.things import common_fields
from bridge.fields import Strict
from bridge.things import drawing, reading
from bridge.things.apis import APIS
from bridge.things.contract import Noun
from bridge.things.registry import NOUNS
from storage.model import Json
from tests.bridge import limits
from tests.bridge.agents.door import Door, Reply
from tests.bridge.agents.things import secret_places
from tests.bridge.agents.things.secret_places import BODIES, Described
from tests.generated import grammar, hostile, scale
from tests.generated.scale import Tried, chances, generated
from tests.generated.test_requests import raw
from tests.storage.scope_checks import TENANT

MODELS: dict[str, type[Strict]] = {
    f"{operation.method} /v1/{api.noun.plural}{operation.path}": common_fields.model(api.noun.name, operation)
    for api in APIS.values()
    for operation in api.operations
} | {f"POST /v1/{noun.plural}/{{id}}/cards": common_fields.Showing for noun in NOUNS.values()}
REQUESTS = {each.name: each for each in secret_places.described()}
FOUND_BY = ("to", "run", "source")  # fields that say where a thing is shown, and which one is meant
ELSEWHERE = (
    "connection",
    "callback",
    "id",
    "blocker",
    "responders",
    "secrets",
    "depends_on",
)  # what may refer to something else
REFUSED = {400, 404, 409, 413, 422}


@dataclass(kw_only=True)
class Ledger:
    """Compares the rows before and after each request."""

    door: Door = field(repr=False)
    things: dict[str, str] = field(default_factory=dict)  # an open one of each noun
    rows: Any = field(default=None, repr=False)

    async def send(self, described: Described, sent: Any, *, id: str | None = None) -> Reply:
        """Send a body of any shape."""
        path = described.path.format(id=id or self.things[described.plural])
        raw = json.dumps(sent).encode()
        reply = await self.door.call(described.method, path, data=raw, headers={"Content-Type": "application/json"})
        before, self.rows = self.rows, await self.read()
        if reply.status < 300:
            return reply
        assert reply.status in REFUSED, (reply.status, described.name, raw[:2_000])
        assert before == self.rows, ("a refused request has written something", described.name, raw[:2_000])
        assert len(reply.raw) < 20_000 or reply.status == 409, "a refusal does not repeat what was refused"
        for pointer in reply.pointers:
            assert leads_into(sent, pointer), (pointer, described.name, raw[:2_000])
        return reply

    async def read(self) -> Any:
        """A number for all rows of all tables."""
        sums = " union all ".join(
            f"select coalesce(sum(hashtextextended(row::text, 0)::numeric), 0) as n from {table} as row"
            for table in sorted(TENANT)
        )
        return [row["n"] for row in await self.door.db.fetch(sums)]

    async def open(self) -> None:
        """Have an open thing of each noun."""
        for noun in NOUNS.values():
            name = f"POST /v1/{noun.plural}"
            reply = await self.door.call("POST", f"/v1/{noun.plural}", json=BODIES[name])
            assert reply.status < 300
            self.things[noun.plural] = reply.json["id"]
        self.rows = await self.read()


def leads_into(sent: Any, pointer: str) -> bool:
    """Whether a pointer leads to a value that was sent, or to a field that an object could have."""
    *way, last = pointer.split("/")[1:] or [""]
    at = sent
    for step in way:
        if (found := members(at, step)) == []:
            return False
        at = found[0]
    return pointer == "" or isinstance(at, dict) or members(at, last) != []


def members(at: Any, step: str) -> list[Any]:
    """What one step of a pointer, whose long names are cut, leads to."""
    name = step.replace("~1", "/").replace("~0", "~")
    if isinstance(at, list):
        return [at[int(name)]] if name.isdecimal() and int(name) < len(at) else []
    return [inner for each, inner in at.items() if each[:200] == name] if isinstance(at, dict) else []


@pytest.fixture
async def ledger(door: Door) -> Ledger:
    made = Ledger(door=door)
    await made.open()
    return made


def meant(name: str, body: Json) -> Json:
    """The body, about a thing that exists and without fields that refer to anything else."""
    known = {each: BODIES[name][each] for each in FOUND_BY if each in BODIES[name]}
    return {each: value for each, value in body.items() if each not in ELSEWHERE} | known


async def can_be_read_and_shown(door: Door, noun: Noun[Any], reply: Reply) -> None:
    """Check that a thing of this noun is returned again, and its cards, with every text that was accepted."""
    id = reply.json["id"]
    assert (await door.call("GET", f"/v1/{noun.plural}/{id}")).status == 200
    thing_id = await reading.find(door.db, door.tenant.scope.organization_id, id)
    assert thing_id is not None
    found = await noun.table.get(door.db, door.tenant.scope.organization_id, thing_id)
    assert found is not None
    channels = {address["channel"] for address in found.thing.addresses if "channel" in address}
    for card in await reading.cards_of(door.db, found):
        for is_plain in (False, True):
            view = drawing.view(noun, found, card, version=1, is_plain=is_plain)
            limits.check_drawing(noun.card(view), channels=channels)


def has_ended(reply: Reply) -> bool:
    """Whether the thing of a response has ended; one without a body is of no thing."""
    return bool((reply.json or {}).get("ended_at"))


def test_every_request_has_a_model_here() -> None:
    assert MODELS.keys() == REQUESTS.keys()


@generated(80)
@given(chance=chances())
async def test_a_body_is_refused_in_words_or_does_all_of_it(
    ledger: Ledger, tried: Tried, chance: random.Random
) -> None:
    name = chance.choice(sorted(MODELS))
    body, which = grammar.request(MODELS[name], chance), chance.choice(["as made", "mended", "mended", "spoiled"])
    sent: Any = body if which == "as made" else grammar.mended(MODELS[name], meant(name, body)) or body
    if which == "spoiled":
        sent = grammar.spoiled(sent, chance)
    reply = await ledger.send(REQUESTS[name], sent)
    tried(f"{which}: {reply.status}")
    if reply.status < 300 and "id" in (reply.json or {}):
        noun = next(noun for noun in NOUNS.values() if noun.plural == REQUESTS[name].plural)
        await can_be_read_and_shown(ledger.door, noun, reply)
    if has_ended(reply):
        await ledger.open()


async def test_every_field_of_a_request_about_things_takes_or_refuses_whatever_is_sent(
    ledger: Ledger, tried: Tried
) -> None:
    """Each field of each request by itself, with a few of the odd values; another seed tries others."""
    chance = random.Random(scale.SEED)
    count = min(scale.many(2), len(hostile.ODD))
    for name, model in MODELS.items():
        for path in grammar.fields(model):
            for value in chance.sample(hostile.ODD, count):
                reply = await ledger.send(REQUESTS[name], grammar.placed(BODIES[name], path, value))
                tried(reply.status)
                if has_ended(reply):
                    await ledger.open()
    assert tried.counts["422"] > 100


async def test_every_parameter_of_a_get_of_things_takes_or_refuses_whatever_is_sent(
    ledger: Ledger, tried: Tried
) -> None:
    """Each parameter of each GET about things by itself."""
    chance = random.Random(scale.SEED)
    odd = [*hostile.REFUSED, *hostile.UNSEEN, *(value for value in hostile.ODD if isinstance(value, str))]
    for path, operations in document.document()["paths"].items():
        plural = path.split("/")[2]
        if plural not in ledger.things or "get" not in operations:
            continue
        where = path.format(id=ledger.things[plural])
        names = [each["name"] for each in operations["get"]["parameters"] if each["in"] == "query"]
        for name in [*names, "unknown"]:
            for value in chance.sample(odd, min(scale.many(4), len(odd))):
                encoded = quote(value[:2_000].encode("utf-8", "surrogatepass"), safe="")
                key = {"Authorization": f"Bearer {ledger.door.tenant.secret}"}
                response = await raw(ledger.door, "GET", f"{where}?{name}={encoded}", key, None)
                tried(response.status)

                assert response.status in {200, 400}, (path, name, encoded, response.content)
    assert await ledger.read() == ledger.rows and tried.counts["400"] > 50
