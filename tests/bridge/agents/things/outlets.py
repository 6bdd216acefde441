"""Everything that a bridge keeps and puts out, read as texts: rows, Slack, API, events, webhooks, logs, metrics."""

import contextlib
import json
import logging
from collections.abc import AsyncIterator, Iterator
from dataclasses import asdict, dataclass, field
from typing import Any

from prometheus_client import generate_latest

from bridge import ids
from bridge.agents.openapi import document
from bridge.things.registry import NOUNS
from storage import events
from storage.model import Json, WebhookEndpoint
from storage.pool import Database
from tests.bridge import building
from tests.bridge.agents import door as doors
from tests.bridge.agents.door import Door
from tests.bridge.agents.listening import Listener, listening
from tests.bridge.loops.delivering import HERE, Loop
from tests.bridge.replica import Replica
from tests.bridge.things.noting import post_all
from tests.bridge.webhooks import receivers
from tests.bridge.webhooks.receivers import Receiver

_TABLES = (
    "select format('%I.%I', table_schema, table_name) as name from information_schema.tables "
    "where table_schema not in ('pg_catalog', 'information_schema') order by name"
)


async def rows(db: Database) -> list[Json]:
    """All rows of all tables, every column of them."""
    found: list[Json] = []
    for table in await db.fetch(_TABLES):
        lines = await db.fetch(f"select to_jsonb(line)::text as line from {table['name']} as line")
        found += [{"table": table["name"], **json.loads(each["line"])} for each in lines]
    return found


class Records(logging.Handler):
    """Keeps the records of this process, with all that the program's own log leaves out of them."""

    def __init__(self) -> None:
        super().__init__()
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(f"{record.name} {record.getMessage()} {record.args} {record.exc_info and record.exc_info[1]}")


@contextlib.contextmanager
def recorded() -> Iterator[Records]:
    """What is logged meanwhile."""
    root, records = logging.getLogger(), Records()
    root.addHandler(records)
    try:
        yield records
    finally:
        root.removeHandler(records)


_REPORTS = {"/v1/fixes/handover": {"session": "alert-1"}, "/v1/fixes/stats": {"key": "restart"}}
"""The reports that need parameters."""


@dataclass(kw_only=True)
class Bridge:
    """One replica with its API and its loops, Slack, an endpoint, a callback, and an open stream."""

    replica: Replica
    door: Door
    loop: Loop
    there: Receiver
    stream: Listener
    endpoint: WebhookEndpoint
    replies: list[doors.Reply] = field(default_factory=list)

    @property
    def callback(self) -> str:
        return f"{self.there.url}/callback"

    async def call(self, method: str, path: str, **other: Any) -> doors.Reply:
        """A request of the agent, whose response is kept."""
        reply = await self.door.call(method, path, **other)
        self.replies.append(reply)
        return reply

    async def show(self) -> None:
        """Post and edit cards and notes until all are as they should be."""
        await self.replica.settle()
        await post_all(self.replica)

    async def tell(self) -> None:
        """Number the events and deliver them."""
        await events.number(self.door.db)
        self.replica.notifier.feed_advanced(self.replica.tenant.scope.organization_id)
        await self.loop.settle()

    async def get_all(self) -> None:
        """GET everything that the API has about things, with every page of the lists."""
        for path, operations in document.document()["paths"].items():
            noun = next((noun for noun in NOUNS.values() if path.split("/")[2] == noun.plural), None)
            if noun is None or "get" not in operations:
                continue
            things = await self.door.db.fetch("select id from things where noun = $1 order by id desc", noun.name)
            for thing in things[:2] if "{id}" in path else [None]:
                id = noun.public_id(thing["id"]) if thing else ""
                if path in _REPORTS:
                    assert (await self.call("GET", path, params=_REPORTS[path])).status == 200
                    continue
                await self._pages(path.format(id=id), in_pages="{id}" not in path or path.endswith("updates"))
                if thing:
                    await self._pages(f"/v1/interactions?thing={id}", in_pages=False)
        await self._pages("/v1/events", in_pages=True)
        for path in ("/v1/webhook_endpoints", f"/v1/webhook_endpoints/{self._endpoint_id}/deliveries"):
            await self._pages(path, in_pages=False)

    @property
    def _endpoint_id(self) -> str:
        return ids.encode("whe", self.endpoint.id)

    async def _pages(self, path: str, *, in_pages: bool) -> None:
        query = {"limit": "100"} if in_pages else {}
        while True:
            reply = await self.call("GET", path, params=query)
            assert reply.status == 200, reply.json
            cursor = reply.json.get("next_cursor") if in_pages else None
            if not cursor:
                return
            query |= {"after" if path == "/v1/events" else "cursor": cursor}

    async def put_out(self) -> dict[str, Any]:
        """All of it by where it was found, decoded where it is JSON."""
        world = self.replica.slack.world
        registries = [self.replica.metrics.registry, self.loop.metrics.registry]
        numbered = await self.door.db.fetch("select count(*) as n from events where position is not null")
        return {
            "rows": await rows(self.door.db),
            "slack's messages": [asdict(message) for channel in world.channels for message in world.messages(channel)],
            "calls of slack": [request.args for request in self.replica.slack.requests],
            "responses": [[reply.raw.decode(), reply.json, dict(reply.headers)] for reply in self.replies],
            "webhooks": [[call.path, call.json, dict(call.headers)] for call in self.there.calls],
            "stream": await self.stream.events(numbered[0]["n"]),
            "metrics": [generate_latest(registry).decode() for registry in registries],
        }


@contextlib.asynccontextmanager
async def bridge(replica: Replica) -> AsyncIterator[Bridge]:
    """The bridge of this replica, whose agent is told of everything in every way."""
    tenant, settings = replica.tenant, building.settings(guard=HERE)
    async with (
        receivers.receiver() as there,
        building.opened(settings, replica.db) as resources,
        doors.door(
            replica.db, tenant, notifier=replica.notifier, metrics=replica.metrics, guard=HERE, serves=False
        ) as door,
        listening(door) as stream,
    ):
        loop = Loop(settings=settings, resources=resources, tenant=tenant)
        endpoint = await loop.endpoint(f"{there.url}/endpoint", [f"{noun}.*" for noun in NOUNS])
        yield Bridge(replica=replica, door=door, loop=loop, there=there, stream=stream, endpoint=endpoint)
