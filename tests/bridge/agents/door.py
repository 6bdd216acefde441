"""The agents' API of one replica on a real server, and an agent that checks each response against the schemas."""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from aiohttp import web
from aiohttp.abc import AbstractResolver, ResolveResult
from aiohttp.test_utils import TestClient, TestServer
from multidict import CIMultiDictProxy
from yarl import URL

from bridge import ids
from bridge.agents.events.feed import DEFAULT_LIMITS, FeedLimits
from bridge.agents.events.streams import DEFAULT_TIMES, Streams, StreamTimes
from bridge.agents.http import problems
from bridge.agents.http.body import READ_SECONDS
from bridge.agents.interactions.long_poll import DISCONNECT_SECONDS
from bridge.agents.limits.limit_values import Limits
from bridge.agents.limits.open_requests import OpenRequest
from bridge.agents.options import ApiOptions
from bridge.kinds.registry import KINDS
from bridge.metrics import Metrics
from bridge.notifier import Notifier
from bridge.reader import Reader
from bridge.representation import schemas
from bridge.server import replica as server
from bridge.server.assembly import SharedState
from bridge.things.registry import NOUNS
from bridge.webhooks.guard import Guard
from storage import cards, interactions
from storage.interactions import Claimed
from storage.model import Card, Handle, Json
from storage.pool import Database
from tests import canaries
from tests.bridge import building
from tests.bridge.building import KEY
from tests.storage import build, card_moves
from tests.storage.build import Tenant
from tests.storage.elapse import set_deadline

UNSAID: Any = object()
KEYS = building.KEYS


class Nowhere(AbstractResolver):
    """Resolves every name to an address of a private network."""

    async def resolve(self, host: str, port: int = 0, family: int = socket.AF_INET) -> list[ResolveResult]:
        return [{"hostname": host, "host": "10.0.0.7", "port": port, "family": socket.AF_INET, "proto": 0, "flags": 0}]

    async def close(self) -> None:
        """Nothing is open."""


def body(**fields: Any) -> Json:
    """The body of a valid interaction; a field that is None is left out."""
    sent = {
        "kind": "approval",
        "title": "Deploy 1.4 to production?",
        "to": {"channel": "C0APPROVALS"},
        "responders": {"users": ["U0ANA"]},
    }
    return {name: value for name, value in (sent | fields).items() if value is not None}


@dataclass(frozen=True, kw_only=True)
class Reply:
    """A response."""

    status: int
    headers: CIMultiDictProxy[str]
    raw: bytes
    json: Json

    @property
    def id(self) -> UUID:
        found = ids.decode("int", self.json["id"])
        assert found is not None
        return found

    @property
    def slug(self) -> str:
        """The last part of the problem's type."""
        return str(self.json["type"]).removeprefix("urn:askbridge:problem:")

    @property
    def pointers(self) -> list[str]:
        return [error["pointer"] for error in self.json.get("errors", [])]


@dataclass(frozen=True, kw_only=True)
class Door:
    """One replica, an agent that calls it, and what a test may do beside the API."""

    http: TestClient[web.Request, web.Application]
    tenant: Tenant
    built: server.Replica

    @property
    def db(self) -> Database:
        return self.built.resources.db

    @property
    def reader(self) -> Reader:
        return self.built.parts.reader

    @property
    def notifier(self) -> Notifier:
        return self.built.state.notifier

    @property
    def streams(self) -> Streams:
        return self.built.parts.streams

    async def call(self, method: str, path: str | URL, *, key: str | None = UNSAID, **other: Any) -> Reply:
        """Send one request with the key of this tenant, with another key, or with None."""
        key = self.tenant.secret if key is UNSAID else key
        headers = {"Authorization": f"Bearer {key}"} if key else {}
        async with self.http.request(method, path, headers=headers | other.pop("headers", {}), **other) as response:
            raw = await response.read()
            belongs = canaries.shown(method, str(path))
            canaries.none_in(raw, {self.tenant.secret}, where=f"the answer to {method} {path}", but=belongs)
            reply = Reply(
                status=response.status, headers=response.headers, raw=raw, json=await response.json(content_type=None)
            )
        if reply.status >= 400:
            assert response.content_type == problems.CONTENT_TYPE
            problem = schemas.Problem.model_validate_json(raw, extra="forbid")
            assert problem.status == reply.status and problem.detail
        return reply

    async def ask(self, sent: Json | None = None, *, wait: object = None, idempotency: str = "", **other: Any) -> Reply:
        """POST an interaction."""
        headers = {"Idempotency-Key": idempotency} if idempotency else {}
        query = "" if wait is None else f"?wait={wait}"
        reply = await self.call("POST", f"/v1/interactions{query}", json=sent or body(), headers=headers, **other)
        if reply.status < 400:
            check(reply)
        return reply

    async def get(self, id: str, *, wait: object = None, **other: Any) -> Reply:
        reply = await self.call("GET", f"/v1/interactions/{id}{'' if wait is None else f'?wait={wait}'}", **other)
        if reply.status < 400:
            check(reply)
        return reply

    async def cancel(self, id: str, reason: str | None = None, **other: Any) -> Reply:
        sent = {"json": {"reason": reason}} if reason is not None else {}
        reply = await self.call("POST", f"/v1/interactions/{id}/cancel", **(sent | other))
        if reply.status < 400:
            check(reply)
        return reply

    async def report(self, id: str, *, key: str | None = UNSAID, **sent: Any) -> Reply:
        """POST a receipt."""
        reply = await self.call("POST", f"/v1/interactions/{id}/receipt", key=key, json=sent)
        if reply.status < 400:
            check(reply)
        return reply

    async def list(self, **query: Any) -> Reply:
        reply = await self.call("GET", "/v1/interactions", key=query.pop("key", UNSAID), params=query)
        if reply.status < 400:
            schemas.Page.model_validate_json(reply.raw, extra="forbid")
        return reply

    async def pass_deadline(self, id: UUID) -> None:
        await set_deadline(self.db, id)

    async def post_card(self, *, linked: bool = True) -> Card:
        """Store the one due card as posted, as the card loop does."""
        (card,) = await cards.lease(self.db, [self.tenant.scope], kinds=[*KINDS, *NOUNS], limit=1)
        handle: Handle = card_moves.handle()
        await card_moves.post(self.db, card, handle)
        if linked:
            await cards.permalink(self.db, card, handle, f"https://acme.slack.example/{handle.ts}")
        self.notifier.interaction_changed(card.organization_id, card.interaction_id)
        return card

    async def click(self, id: UUID, *, on: Database | None = None, **other: Any) -> Claimed:
        """Claim as a click does; with `on`, as a click on another replica, which wakes no request here."""
        interaction = await build.read(self.db, self.tenant, id)
        claimed = await interactions.claim(on or self.db, build.click(interaction, **other))
        if on is None:
            self.notifier.interaction_changed(interaction.organization_id, id)
        return claimed

    async def waiting(self) -> None:
        """Return as soon as a request has looked at its interaction and waits for a change."""
        while not self.built.parts.concurrency.count(OpenRequest.WAIT):
            await asyncio.sleep(0)

    async def rows(self) -> int:
        """How many interactions are stored."""
        return int((await self.db.fetch("select count(*) as n from interactions"))[0]["n"])


def check(reply: Reply) -> None:
    """Assert that a response is the whole resource and nothing else."""
    schemas.Interaction.model_validate_json(reply.raw, extra="forbid")


class _Server(TestServer):
    """Serves as a replica does: no request is cancelled when its client disconnects, no body is decompressed."""

    async def _make_runner(self, **_: Any) -> web.AppRunner:
        return web.AppRunner(self.app, access_log=None, handler_cancellation=False, auto_decompress=False)


# No test reaches these limits, however fast the machine is; the tests of limits set their own.
FAR = Limits(
    requests_per_second=1_000_000, request_burst=1_000_000, pending_questions=1_000_000, open_requests=1_000_000
)


@asynccontextmanager
async def door(
    db: Database,
    tenant: Tenant,
    *,
    notifier: Notifier | None = None,
    limits: Limits = FAR,
    metrics: Metrics | None = None,
    guard: Guard | None = None,
    keys: str | None = KEY,
    most: int = 1_000_000,
    read_seconds: float = READ_SECONDS,
    first_post_seconds: float = 0.0,
    disconnect_seconds: float = DISCONNECT_SECONDS,
    stream_times: StreamTimes = DEFAULT_TIMES,
    feed_limits: FeedLimits = DEFAULT_LIMITS,
    serves: bool = True,
) -> AsyncIterator[Door]:
    """Another replica, with the `notifier` and `metrics` of one of its other parts if given; no loop runs.

    Its webhooks reach only what `guard` allows, and it has none without `keys`. At most `most` requests stay open.
    `serves`: it can post cards.
    """
    api = ApiOptions(
        read=read_seconds,
        first_post=first_post_seconds,
        disconnect=disconnect_seconds,
        streams=stream_times,
        feed=feed_limits,
    )
    settings = building.settings(guard=guard, key=keys)
    state = SharedState(notifier=notifier or Notifier(), metrics=metrics or Metrics())
    if serves:
        await build.serve(db, tenant)  # so that cards wait for no token
    async with building.opened(settings, db, seconds=5, resolver=Nowhere()) as resources:
        built = server.build(
            settings, resources, building.allotment(connections=most), state=state, limits=limits, api=api
        )
        async with TestClient(_Server(built.web_app)) as http:
            try:
                yield Door(http=http, tenant=tenant, built=built)
            finally:
                state.notifier.close()  # or the server would wait for every stream to notice that its client has gone
                built.parts.streams.close()
