"""Recoveries by the API, each response compared with its schema."""

from typing import Any

from bridge.things.recovery import NOUN
from bridge.things.recovery.schemas import Recovery
from bridge.things.schemas import ThingTimeline
from storage.interactions import Claimed
from storage.model import Interaction, Json
from tests.bridge.agents.door import UNSAID, Door, Reply
from tests.bridge.agents.things import rounds


def body(**fields: Any) -> Json:
    """The body of a valid report; a field that is None is left out."""
    sent = {
        "source": {"type": "build", "id": "4711"},
        "kind": "timeout",
        "cause": "The runner did not answer for 30 minutes.",
        "fingerprint": "runner-timeout",
        "next_action": "Restart the runner.",
    }
    return {name: value for name, value in (sent | fields).items() if value is not None}


async def report(door: Door, *, idempotency: str = "", key: str | None = UNSAID, **fields: Any) -> Reply:
    """POST a report."""
    headers = {"Idempotency-Key": idempotency} if idempotency else {}
    return check(await door.call("POST", "/v1/recoveries", key=key, json=body(**fields), headers=headers))


async def resolve(door: Door, id: str = "", *, idempotency: str = "", key: str | None = UNSAID, **fields: Any) -> Reply:
    """POST the end of a recovery, by id, or by its source."""
    headers = {"Idempotency-Key": idempotency} if idempotency else {}
    path = f"/v1/recoveries/{id}/resolve" if id else "/v1/recoveries/resolve"
    sent = {"outcome": "restored"} | ({} if id else {"source": body()["source"]}) | fields
    return check(await door.call("POST", path, key=key, json=sent, headers=headers))


async def get(door: Door, id: str, *, key: str | None = UNSAID, **query: Any) -> Reply:
    """GET one recovery."""
    reply = await door.call("GET", f"/v1/recoveries/{id}", key=key, params=query)
    if reply.status == 200:
        Recovery.model_validate({name: value for name, value in reply.json.items() if name != "reached"})
        assert "reached" in reply.json
    return reply


async def listed(door: Door, *, key: str | None = UNSAID, **query: Any) -> list[str]:
    """The ids of the recoveries on one page."""
    reply = await door.call("GET", "/v1/recoveries", key=key, params=query)
    assert reply.status == 200, reply.json
    for item in reply.json["items"]:
        Recovery.model_validate(item, extra="forbid")
    return [item["id"] for item in reply.json["items"]]


async def timeline(door: Door, id: str) -> Json:
    """GET the timeline of a recovery."""
    reply = await door.call("GET", f"/v1/recoveries/{id}/timeline")
    assert reply.status == 200, reply.json
    ThingTimeline.model_validate_json(reply.raw, extra="forbid")
    return reply.json


def check(reply: Reply) -> Reply:
    """Assert that a successful response is the whole resource and nothing else."""
    if reply.status < 400:
        Recovery.model_validate_json(reply.raw, extra="forbid")
    return reply


async def click(door: Door, id: str, *, choice: str = "restored", user: str = "U0ANA", **other: Any) -> Claimed:
    """Claim the open round of a recovery as a click does."""
    return await click_on(door, await open_round(door, id), choice=choice, user=user, **other)


async def open_round(door: Door, id: str) -> Interaction:
    """The open round of a recovery."""
    return await rounds.open_round(door, NOUN, id)


async def click_on(
    door: Door, row: Interaction, *, choice: str = "restored", user: str = "U0ANA", **other: Any
) -> Claimed:
    """Claim a round as a click does, whatever has become of it."""
    return await rounds.claim(door, NOUN, row, choice, user, **other)
