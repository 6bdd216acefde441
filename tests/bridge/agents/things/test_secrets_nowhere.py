"""Two hundred canaries in every field of every request about things: afterwards none is found anywhere."""

import io
import json
import struct
from collections.abc import Iterator, Sequence
from typing import Any

import pytest

from bridge.forms import codec
from bridge.things.registry import NOUNS
from bridge.things.secrets import HIDDEN
from storage.model import Handle, Interaction, Json
from tests.bridge.agents.door import Door
from tests.bridge.agents.things import outlets, rounds, secret_places
from tests.bridge.agents.things.outlets import Bridge
from tests.bridge.agents.things.secret_canaries import BATCHES, CANARIES, full_of, left_in, left_in_json
from tests.bridge.agents.things.secret_places import BODIES, Described
from tests.bridge.loops.asking import own_channel
from tests.bridge.replica import Replica
from tests.bridge.slack.forms import asking

REQUESTS = secret_places.described()
DIGITS = "70170170170"
SHOWN_EACH_TIME = 1  # batches after each of whose requests the cards are drawn


def test_every_request_has_a_body_here() -> None:
    assert secret_places.names_without_body() == set()
    assert {each.plural for each in REQUESTS} == {noun.plural for noun in NOUNS.values()}


def cases(described: Described) -> Iterator[tuple[Json, str, Sequence[str]]]:
    """Bodies with a canary where it cannot be hidden: as a text, as a number, as a name; the pointer; the secrets."""
    places = [(place, False) for place in described.bound] + [(place, True) for place in described.names]
    for count, (place, is_name) in enumerate(places):
        number = count * 7 % len(CANARIES)  # of another sort each time
        canary, batch = CANARIES[number], BATCHES[number // len(BATCHES[0])]
        where, value = ((*place.path, canary), 1) if is_name else (place.path, f"a {canary}!")
        yield described.with_values({where: value}), place.pointer, batch
        if not is_name:
            yield described.with_values({place.path: int(f"1{DIGITS}1")}), place.pointer, [DIGITS]


@pytest.mark.parametrize("described", REQUESTS, ids=lambda described: described.name)
async def test_a_canary_where_it_cannot_be_hidden_is_refused_with_its_pointer(
    door: Door, log: io.StringIO, described: Described
) -> None:
    path = described.path.format(id=await opened(door, described.plural))
    before = await outlets.rows(door.db)

    with outlets.recorded() as records:
        for body, pointer, batch in cases(described):
            sent = body | {"secrets": batch}
            reply = await door.call(described.method, path, json=sent, headers={"Idempotency-Key": "k"})
            assert reply.status == 422, (pointer, reply.json)
            assert (reply.slug, reply.pointers) == ("invalid_body", [pointer]), reply.json
            assert left_in(reply.raw.decode()) == [] and DIGITS not in reply.raw.decode()
        sent = described.body | {"secrets": ["another secret", CANARIES[0]]}
        reply = await door.call(described.method, path, json=sent, headers={"Idempotency-Key": f"k{CANARIES[0]}"})

    assert (reply.status, reply.pointers) == (422, ["/secrets/1"]) and left_in(reply.raw.decode()) == []
    assert left_in(log.getvalue()) == left_in_json(records.lines) == []
    assert await outlets.rows(door.db) == before, "nothing was written"


async def opened(door: Door, plural: str, **fields: Any) -> str:
    """The id of a new thing, or of the open one of the same name."""
    reply = await door.call("POST", f"/v1/{plural}", json=BODIES[f"POST /v1/{plural}"] | fields)
    assert reply.status < 300, reply.json
    return str(reply.json["id"])


async def test_two_hundred_canaries_in_all_free_text_are_found_nowhere(replica: Replica, log: io.StringIO) -> None:
    with outlets.recorded() as records:
        async with outlets.bridge(replica) as bridge:
            for number, batch in enumerate(BATCHES):
                await send_all(bridge, batch, number)
            await act(bridge)
            await bridge.show()
            await bridge.tell()
            await bridge.get_all()
            found = await bridge.put_out()
    found |= {"log": log.getvalue(), "records": records.lines}

    for where, what in found.items():
        assert left_in_json(what) == [], where
    for where in ("rows", "slack's messages", "calls of slack", "responses", "webhooks", "stream"):
        assert HIDDEN in json.dumps(found[where], ensure_ascii=False), f"in {where} there is a text of the agent"
    tables = {row["table"].partition(".")[2] for row in found["rows"] if HIDDEN in str(row)}
    assert tables >= {
        "recoveries",
        "incidents",
        "incident_updates",
        "fixes",
        "work_items",
        "things",
        "history",
        "events",
        "notes",
    }
    assert {call.path for call in bridge.there.calls} == {"/endpoint", "/callback"}


async def send_all(bridge: Bridge, batch: Sequence[str], number: int) -> None:
    """Send every request with this batch in all its free text, and repeat each with the next batch in its place."""
    following = BATCHES[(number + 1) % len(BATCHES)]
    things: dict[str, str] = {}
    for plural, id in secret_places.NAMED.items():
        await bridge.call("POST", f"/v1/{plural}", json=BODIES[f"POST /v1/{plural}"] | {"id": id, "to": own(bridge)})
    for place, described in enumerate(REQUESTS):
        if described.plural not in things and not described.is_opening:
            things[described.plural] = await opened(bridge.door, described.plural, to=[own(bridge)])
        path = described.path.format(id=things.get(described.plural))
        key = {"Idempotency-Key": f"{place}-{number}"}
        body = filled(described, batch, bridge)
        if described.name in secret_places.HELD:
            fence = await leased(bridge, things[described.plural])
            body |= {"fence": fence} if "fence" in body else {}
        reply = await bridge.call(described.method, path, **spelled(body, number, key))
        assert reply.status < 300, (described.name, reply.json)
        told = set(texts(reply.json))
        if described.name in secret_places.HELD:  # only its history says why
            told |= set(texts((await bridge.call("GET", f"{path.rpartition('/')[0]}/timeline")).json))
        assert {full_of(batch, place.limit)[1] for place in described.free} <= told, described.name
        if reply.json.get("ended_at"):
            del things[described.plural]
        elif "id" in reply.json:
            things[described.plural] = reply.json["id"]
        if number >= SHOWN_EACH_TIME:
            continue
        await bridge.show()
        other = filled(described, following, bridge) | {name: body[name] for name in ("to", "fence") if name in body}
        again = await bridge.call(described.method, path, **spelled(other, 0, key))
        assert again.status == 200 and (again.headers.get("Idempotency-Replayed") == "true" or not described.free)


async def leased(bridge: Bridge, id: str) -> int:
    """The fence of the lease of a work item, which is leased now unless it is already."""
    found = (await bridge.call("GET", f"/v1/work/{id}")).json
    if found["status"] != "claimed":
        found = (await bridge.call("POST", "/v1/work/lease", json={"owner": "worker-1", "id": id})).json
    return int(found["attempts"])


def filled(described: Described, batch: Sequence[str], bridge: Bridge) -> Json:
    """The body with all its free text full of these canaries."""
    body = described.with_values({place.path: full_of(batch, place.limit)[0] for place in described.free})
    if "to" in body:
        body["to"] = own(bridge)
    if described.is_opening:
        body["callback"] = bridge.callback
    return body | {"secrets": batch}


def own(bridge: Bridge) -> Json:
    """A channel of its own for a card, which would else wait until another was posted for a second."""
    return {"channel": own_channel(bridge.replica)}


def spelled(body: Json, number: int, headers: dict[str, str]) -> dict[str, Any]:
    """A request with this body in one of three spellings of JSON: in ASCII, in UTF-8, or all of it escaped."""
    written = (json.dumps, lambda value: json.dumps(value, ensure_ascii=False), escaped)[number % 3](body)
    return {"data": written.encode(), "headers": headers | {"Content-Type": "application/json"}}


def escaped(value: Any) -> str:
    r"""JSON with every character of its texts as \u…, those beyond the first 65,536 as pairs."""
    match value:
        case str():
            raw = value.encode("utf-16-be")
            return '"' + "".join(f"\\u{unit:04x}" for unit in struct.unpack(f">{len(raw) // 2}H", raw)) + '"'
        case dict():
            return "{" + ", ".join(f"{escaped(name)}: {escaped(inner)}" for name, inner in value.items()) + "}"
        case list():
            return "[" + ", ".join(map(escaped, value)) + "]"
    return json.dumps(value)


def texts(value: Any) -> Iterator[str]:
    """The texts in a JSON value."""
    match value:
        case str():
            yield value
        case dict() | list():
            for inner in value.values() if isinstance(value, dict) else value:
                yield from texts(inner)


async def act(bridge: Bridge) -> None:
    """Let people open forms and come too late, and let an agent make a move that is not possible."""
    recovery, recovery_round, recovery_card = await shown(bridge, "recovery")
    incident, incident_round, incident_card = await shown(bridge, "incident")
    form = await asking.opened(bridge.replica, recovery_round, recovery_card, choice="blocked")
    assert HIDDEN in json.dumps(form, ensure_ascii=False), "it offers the incident by its title"
    outcomes = [
        await change(bridge, "POST /v1/recoveries/{id}/resolve", recovery),
        await change(bridge, "POST /v1/recoveries/{id}/resolve", recovery, outcome="cancelled"),
        await change(bridge, "POST /v1/incidents/{id}/status", incident),
    ]
    assert outcomes == [200, 409, 200]
    await asking.submit(bridge.replica, form, values={codec.block_id("link"): {codec.INPUT: "https://x.example/"}})
    await bridge.replica.click(incident_round, incident_card, choice="identified", user="U0BOB")
    assert [who for who, *_ in bridge.replica.whispers(incident_card.channel)] == ["U0BOB"]


async def shown(bridge: Bridge, name: str) -> tuple[str, Interaction, Handle]:
    """A new thing that is full of canaries: its id, its open round, and its card."""
    noun = NOUNS[name]
    described = next(each for each in REQUESTS if each.name == f"POST /v1/{noun.plural}")
    made = await bridge.call("POST", described.path, **spelled(filled(described, BATCHES[0], bridge), 0, {}))
    await bridge.show()
    (card, *_) = (await bridge.call("GET", f"{described.path}/{made.json['id']}")).json["cards"]
    found = await rounds.open_round(bridge.door, noun, made.json["id"])
    return made.json["id"], found, Handle(channel=card["channel"], ts=card["ts"])


async def change(bridge: Bridge, name: str, id: str, **fields: Any) -> int:
    """The status of the response to a request that is full of canaries."""
    described = next(each for each in REQUESTS if each.name == name)
    body = filled(described, BATCHES[0], bridge) | fields
    return (await bridge.call(described.method, described.path.format(id=id), json=body)).status
