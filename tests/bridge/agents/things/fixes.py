"""Fixes by the API, each response compared with its schema."""

from typing import Any

from pydantic import BaseModel

from bridge.things.fix import NOUN
from bridge.things.fix.schemas import Fix
from storage.interactions import Claimed
from storage.model import Json
from tests.bridge.agents.door import UNSAID, Door, Reply
from tests.bridge.agents.things import rounds

TO = {"channel": "C0OPS"}
BODY: Json = {
    "session": "alert-8841",
    "title": "Restart the workers",
    "confidence": 80,
    "key": "stuck-workers",
    "to": TO,
}


async def propose(door: Door, *, idempotency: str = "", by: str | None = UNSAID, **fields: Any) -> Reply:
    """POST a fix with the key `by`; a field that is None is left out."""
    sent = {name: value for name, value in (BODY | fields).items() if value is not None}
    return await send(door, "POST", "", idempotency=idempotency, by=by, json=sent)


async def judge(door: Door, id: str, /, *, idempotency: str = "", by: str | None = UNSAID, **sent: Any) -> Reply:
    """PATCH a fix."""
    return await send(door, "PATCH", f"/{id}", idempotency=idempotency, by=by, json=sent)


async def propose_outcome(door: Door, id: str, /, *, by: str | None = UNSAID, **sent: Any) -> Reply:
    """POST a proposed outcome."""
    return await send(door, "POST", f"/{id}/outcome_proposal", by=by, json=sent)


async def get(door: Door, id: str, *, by: str | None = UNSAID, **query: Any) -> Reply:
    """GET one fix."""
    reply = await door.call("GET", f"/v1/fixes/{id}", key=by, params=query)
    if reply.status == 200:
        Fix.model_validate({name: value for name, value in reply.json.items() if name != "reached"}, extra="forbid")
    return reply


async def report(door: Door, path: str, schema: type[BaseModel], *, by: str | None = UNSAID, **query: Any) -> Reply:
    """GET the hand-over or the counts."""
    reply = await door.call("GET", f"/v1/fixes/{path}", key=by, params=query)
    if reply.status == 200:
        schema.model_validate_json(reply.raw, extra="forbid")
    return reply


async def listed(door: Door, *, by: str | None = UNSAID, **query: Any) -> list[str]:
    """The ids of the fixes on one page."""
    reply = await door.call("GET", "/v1/fixes", key=by, params=query)
    assert reply.status == 200, reply.json
    for item in reply.json["items"]:
        Fix.model_validate(item, extra="forbid")
    return [item["id"] for item in reply.json["items"]]


async def told(door: Door) -> list[str]:
    """The types of all events of fixes, oldest first."""
    rows = await door.db.fetch("select type from events where type like 'fix.%' order by at, id")
    return [row["type"].removeprefix("fix.") for row in rows]


async def click(door: Door, id: str, choice: str, *, user: str = "U0ANA", **other: Any) -> Claimed:
    """Claim the open round of a fix as a click, or with `given` as the submission of a form, does."""
    row = await rounds.open_round(door, NOUN, id)
    return await rounds.claim(door, NOUN, row, choice, user, **other)


async def send(
    door: Door, method: str, path: str, *, json: Json, idempotency: str = "", by: str | None = UNSAID
) -> Reply:
    """Send one request, and compare a successful response with its schema."""
    headers = {"Idempotency-Key": idempotency} if idempotency else {}
    reply = await door.call(method, f"/v1/fixes{path}", key=by, json=json, headers=headers)
    if reply.status < 400:
        Fix.model_validate_json(reply.raw, extra="forbid")
    return reply
