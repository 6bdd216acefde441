"""Incidents by the API, each response compared with its schema."""

from typing import Any

from pydantic import BaseModel

from bridge.things.incident import NOUN
from bridge.things.incident.schemas import Incident, IncidentOpened, IncidentUpdate, IncidentUpdated
from storage.interactions import Claimed
from storage.model import Intent, Json
from tests.bridge.agents.door import UNSAID, Door, Reply
from tests.bridge.agents.things import rounds

TO = {"channel": "C0OPS"}


def body(**fields: Any) -> Json:
    """The body of a valid incident; a field that is None is left out."""
    sent = {"title": "Checkout is slow", "severity": "minor", "systems": ["checkout", "payments"]}
    return {name: value for name, value in (sent | fields).items() if value is not None}


async def create(door: Door, *, idempotency: str = "", key: str | None = UNSAID, **fields: Any) -> Reply:
    """POST an incident."""
    return await send(door, "POST", "", IncidentOpened, idempotency=idempotency, key=key, json=body(**fields))


async def update(door: Door, id: str = "", /, *, idempotency: str = "", key: str | None = UNSAID, **sent: Any) -> Reply:
    """POST an update, by id, or with `run`."""
    path = f"/{id}/updates" if id else "/updates"
    return await send(door, "POST", path, IncidentUpdated, idempotency=idempotency, key=key, json=sent)


async def status(door: Door, id: str = "", /, *, idempotency: str = "", key: str | None = UNSAID, **sent: Any) -> Reply:
    """POST a status, by id, or with `run`."""
    path = f"/{id}/status" if id else "/status"
    return await send(door, "POST", path, Incident, idempotency=idempotency, key=key, json=sent)


async def resolve(
    door: Door, id: str = "", /, *, idempotency: str = "", key: str | None = UNSAID, **sent: Any
) -> Reply:
    """POST the end of an incident, by id, or with `run`."""
    path = f"/{id}/resolve" if id else "/resolve"
    return await send(door, "POST", path, Incident, idempotency=idempotency, key=key, json=sent)


async def patch(door: Door, id: str, /, *, idempotency: str = "", key: str | None = UNSAID, **sent: Any) -> Reply:
    """PATCH an incident."""
    return await send(door, "PATCH", f"/{id}", Incident, idempotency=idempotency, key=key, json=sent)


async def get(door: Door, id: str, *, key: str | None = UNSAID, **query: Any) -> Reply:
    """GET one incident."""
    reply = await door.call("GET", f"/v1/incidents/{id}", key=key, params=query)
    if reply.status == 200:
        Incident.model_validate({name: value for name, value in reply.json.items() if name != "reached"})
    return reply


async def listed(door: Door, *, key: str | None = UNSAID, **query: Any) -> list[str]:
    """The ids of the incidents on one page."""
    reply = await door.call("GET", "/v1/incidents", key=key, params=query)
    assert reply.status == 200, reply.json
    for item in reply.json["items"]:
        Incident.model_validate(item, extra="forbid")
    return [item["id"] for item in reply.json["items"]]


async def updates(door: Door, id: str, **query: Any) -> tuple[list[Json], str | None]:
    """One page of the updates of an incident, and the cursor of the next."""
    reply = await door.call("GET", f"/v1/incidents/{id}/updates", params=query)
    assert reply.status == 200, reply.json
    for item in reply.json["items"]:
        IncidentUpdate.model_validate(item, extra="forbid")
    return reply.json["items"], reply.json["next_cursor"]


async def told(door: Door) -> list[str]:
    """The types of all events of incidents, oldest first."""
    rows = await door.db.fetch("select type from events where type like 'incident.%' order by at, id")
    return [row["type"].removeprefix("incident.") for row in rows]


async def click(door: Door, id: str, choice: str, *, user: str = "U0ANA", **other: Any) -> Claimed:
    """Claim the open round of an incident as a click, or with `given` as the submission of a form, does."""
    intent = Intent.ADD if choice == "update" else Intent.ANSWER
    row = await rounds.open_round(door, NOUN, id)
    return await rounds.claim(door, NOUN, row, choice, user, **({"intent": intent} | other))


async def send(
    door: Door, method: str, path: str, schema: type[BaseModel], *, idempotency: str, key: str | None, json: Json
) -> Reply:
    """Send one request, and compare a successful response with its schema."""
    headers = {"Idempotency-Key": idempotency} if idempotency else {}
    reply = await door.call(method, f"/v1/incidents{path}", key=key, json=json, headers=headers)
    if reply.status < 400:
        schema.model_validate_json(reply.raw, extra="forbid")
    return reply
