"""Work items by the API, each response compared with its schema."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

from bridge.things.work import NOUN
from bridge.things.work.schemas import ReclaimedWork, WorkItem, WorkStats
from storage.interactions import Claimed
from storage.model import Json
from tests.bridge.agents.door import UNSAID, Door, Reply
from tests.bridge.agents.things import rounds
from tests.storage.elapse import elapse

TO = {"channel": "C0OPS"}
COUNTS = """
    select work_items.id
    from work_items
    left join work_dependencies on work_dependencies.item_id = work_items.id
    group by work_items.organization_id, work_items.id
    having work_items.unmet <> count(*) filter (where not work_dependencies.is_met)
"""


async def create(
    door: Door, id: str | None = None, /, *, idempotency: str = "", by: Any = UNSAID, **sent: Any
) -> Reply:
    """POST an item with the key `by`."""
    body = {"title": "Import the customers"} | ({"id": id} if id is not None else {}) | sent
    return await send(door, "", idempotency=idempotency, by=by, json=body)


async def created(door: Door, id: str | None = None, /, **sent: Any) -> str:
    """The id of a new item."""
    reply = await create(door, id, **sent)
    assert reply.status == 201, reply.json
    return str(reply.json["id"])


async def lease(
    door: Door, owner: str = "worker-1", /, *, wait: object = None, idempotency: str = "", by: Any = UNSAID, **sent: Any
) -> Reply:
    """POST a lease."""
    query = "" if wait is None else f"?wait={wait}"
    return await send(door, f"/lease{query}", idempotency=idempotency, by=by, json={"owner": owner} | sent)


async def leased(door: Door, owner: str = "worker-1", /, **sent: Any) -> tuple[str, int]:
    """The id of an item that was leased, and the fence."""
    reply = await lease(door, owner, **sent)
    assert reply.status == 200, reply.json
    return str(reply.json["id"]), int(reply.json["attempts"])


async def move(door: Door, id: str, name: str, /, *, idempotency: str = "", by: Any = UNSAID, **sent: Any) -> Reply:
    """POST a move of one item."""
    return await send(door, f"/{id}/{name}", idempotency=idempotency, by=by, json=sent)


async def insist(request: Callable[[], Awaitable[Reply]]) -> Reply:
    """Send a request again for as long as the answer is 503, as agents do."""
    while (reply := await request()).status == 503:
        await asyncio.sleep(0.05)
    return reply


async def change(door: Door, id: str, /, *, idempotency: str = "", **sent: Any) -> Reply:
    """PATCH an item."""
    return await send(door, f"/{id}", method="PATCH", idempotency=idempotency, json=sent)


async def get(door: Door, id: str, *, by: Any = UNSAID, **query: Any) -> Reply:
    """GET one item."""
    reply = await door.call("GET", f"/v1/work/{id}", key=by, params=query)
    if reply.status == 200:
        WorkItem.model_validate(
            {name: value for name, value in reply.json.items() if name != "reached"}, extra="forbid"
        )
    return reply


async def sweep(door: Door, *, by: Any = UNSAID) -> list[str]:
    """The items that were reclaimed because their lease ran out."""
    reply = await door.call("POST", "/v1/work/reclaim", key=by, json={})
    assert reply.status == 200, reply.json
    return ReclaimedWork.model_validate_json(reply.raw, extra="forbid").ids


async def stats(door: Door, *, by: Any = UNSAID) -> Json:
    """How the backlog stands."""
    reply = await door.call("GET", "/v1/work/stats", key=by)
    assert reply.status == 200, reply.json
    WorkStats.model_validate_json(reply.raw, extra="forbid")
    return reply.json


async def page(door: Door, *, by: Any = UNSAID, **query: Any) -> Reply:
    """GET one page."""
    reply = await door.call("GET", "/v1/work", key=by, params=query)
    if reply.status == 200:
        for item in reply.json["items"]:
            WorkItem.model_validate(item, extra="forbid")
    return reply


async def listed(door: Door, **query: Any) -> list[str]:
    """The ids of the items on one page."""
    reply = await page(door, **query)
    assert reply.status == 200, reply.json
    return [item["id"] for item in reply.json["items"]]


async def told(door: Door) -> list[str]:
    """The types of all events of work items, oldest first."""
    rows = await door.db.fetch("select type from events where type like 'work.%' order by at, id")
    return [row["type"].removeprefix("work.") for row in rows]


async def expire(door: Door, *names: str) -> None:
    """Let the leases of these items run out, as if an hour and more had passed."""
    moved = await elapse(
        door.db,
        "work_items",
        timedelta(days=2),
        list(names),
        where="name = any ($1)",
        columns=["leased_at", "leased_until"],
    )
    assert moved == len(names)


async def click(door: Door, id: str, choice: str, *, user: str = "U0ANA", **other: Any) -> Claimed:
    """Claim the open round of an item as a click, or with `given` as the submission of a form, does."""
    row = await rounds.open_round(door, NOUN, await made_id(door, id))
    return await rounds.claim(door, NOUN, row, choice, user, **other)


async def made_id(door: Door, id: str) -> str:
    """The made id of an item."""
    if id.startswith("wrk_"):
        return id
    (row,) = await door.db.fetch("select id from work_items where name = $1", id)
    return NOUN.public_id(row["id"])


async def counts(door: Door) -> None:
    """Check that no item counts other dependencies than those that are not met."""
    assert not await door.db.fetch(COUNTS)


async def send(
    door: Door, path: str, *, json: Any, method: str = "POST", idempotency: str = "", by: Any = UNSAID
) -> Reply:
    """Send one request, and compare a successful response with its schema."""
    headers = {"Idempotency-Key": idempotency} if idempotency else {}
    reply = await door.call(method, f"/v1/work{path}", key=by, json=json, headers=headers)
    if reply.status == 204:
        assert reply.raw == b""
    elif reply.status < 400:
        WorkItem.model_validate_json(reply.raw, extra="forbid")
    return reply
