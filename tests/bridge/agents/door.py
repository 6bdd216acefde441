"""Agents' door on a real server, and an agent that checks every answer it gets against the published shapes."""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from aiohttp import web
from aiohttp.abc import AbstractResolver, ResolveResult
from aiohttp.test_utils import TestClient, TestServer
from multidict import CIMultiDictProxy
from yarl import URL

from bridge import ids
from bridge.agents import api, problems, responses
from bridge.agents.limits import Limits
from bridge.agents.places import Places
from bridge.agents.streams import Streams
from bridge.crowd import Crowd
from bridge.kinds import KINDS
from bridge.metrics import Metrics
from bridge.reader import Reader
from bridge.wake import Wake
from bridge.webhooks.guard import Guard
from bridge.webhooks.outgoing import Webhooks
from bridge.webhooks.sender import Sender
from bridge.webhooks.signature import WebhookKeys
from storage import cards, interactions
from storage.interactions import Claimed
from storage.model import Card, Handle, Json
from storage.pool import Database
from tests import canaries
from tests.storage import build, card_moves
from tests.storage.build import Tenant

UNSAID: Any = object()
KEYS = WebhookKeys.read("0123456789abcdef0123456789abcdef")


class Nowhere(AbstractResolver):
    """Every name means a machine in a private network."""

    async def resolve(self, host: str, port: int = 0, family: int = socket.AF_INET) -> list[ResolveResult]:
        return [{"hostname": host, "host": "10.0.0.7", "port": port, "family": socket.AF_INET, "proto": 0, "flags": 0}]

    async def close(self) -> None:
        """Nothing is open."""


def body(**fields: Any) -> Json:
    """A valid question; a field that is None is left out."""
    sent = {
        "kind": "approval",
        "title": "Deploy 1.4 to production?",
        "to": {"channel": "C0APPROVALS"},
        "responders": {"users": ["U0ANA"]},
    }
    return {name: value for name, value in (sent | fields).items() if value is not None}


@dataclass(frozen=True, kw_only=True)
class Reply:
    """What came back."""

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
        """The sort of problem."""
        return str(self.json["type"]).removeprefix("urn:askbridge:problem:")

    @property
    def pointers(self) -> list[str]:
        return [error["pointer"] for error in self.json.get("errors", [])]


@dataclass(frozen=True, kw_only=True)
class Door:
    """One replica, and what a test may do behind its back."""

    http: TestClient[web.Request, web.Application]
    db: Database
    reader: Reader
    tenant: Tenant
    wake: Wake
    streams: Streams

    async def call(self, method: str, path: str | URL, *, key: str | None = UNSAID, **other: Any) -> Reply:
        """One request with this tenant's key, or another, or none."""
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
            told = responses.Problem.model_validate_json(raw, extra="forbid")
            assert told.status == reply.status and told.detail
        return reply

    async def ask(self, sent: Json | None = None, *, wait: object = None, idempotency: str = "", **other: Any) -> Reply:
        """POST a question."""
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
            responses.Page.model_validate_json(reply.raw, extra="forbid")
        return reply

    async def pass_deadline(self, id: UUID) -> None:
        await self.db.fetch(
            "update interactions set created_at = created_at - interval '1 day', expires_at = clock_timestamp() "
            "where id = $1",
            id,
        )

    async def post_card(self, *, linked: bool = True) -> Card:
        """Let the one card that is due appear, as the card loop does it."""
        (card,) = await cards.lease(self.db, [self.tenant.scope], kinds=KINDS, limit=1)
        handle: Handle = card_moves.handle()
        await card_moves.post(self.db, card, handle)
        if linked:
            await cards.permalink(self.db, card, handle, f"https://acme.slack.example/{handle.ts}")
        self.wake.changed(card.organization_id, card.interaction_id)
        return card

    async def click(self, id: UUID, *, on: Database | None = None, **other: Any) -> Claimed:
        """Let somebody click; on another replica, nobody here is woken."""
        question = await build.read(self.db, self.tenant, id)
        claimed = await interactions.claim(on or self.db, build.click(question, **other))
        if on is None:
            self.wake.changed(question.organization_id, id)
        return claimed

    async def waiting(self) -> None:
        """Return as soon as some request has looked at its question and waits."""
        while not any(signal._waiters for signals in self.wake._watchers.values() for signal in signals):
            await asyncio.sleep(0)

    async def rows(self) -> int:
        """How many questions are stored."""
        return int((await self.db.fetch("select count(*) as n from interactions"))[0]["n"])


def check(reply: Reply) -> None:
    """Every answer is the whole resource, with nothing beside it."""
    responses.Interaction.model_validate_json(reply.raw, extra="forbid")


class _Server(TestServer):
    """Serves as a replica does: a request is not cancelled when its caller hangs up, and a body is not unpacked."""

    async def _make_runner(self, **_: Any) -> web.AppRunner:
        return web.AppRunner(self.app, access_log=None, handler_cancellation=False, auto_decompress=False)


# What a test sends is no flood, however fast the machine is; those about floods say how much is too much.
FAR = Limits(
    requests_per_second=1_000_000, request_burst=1_000_000, pending_questions=1_000_000, open_requests=1_000_000
)


@asynccontextmanager
async def door(
    db: Database,
    tenant: Tenant,
    *,
    wake: Wake | None = None,
    limits: Limits = FAR,
    metrics: Metrics | None = None,
    guard: Guard | None = None,
    keys: WebhookKeys | None = KEYS,
    most: int = 1_000_000,
) -> AsyncIterator[Door]:
    """Another replica; its other parts share its `wake` and `metrics`. Its webhooks reach nobody but by its `guard`."""
    wake, guard = wake or Wake(), guard or Guard()
    crowd = Crowd(most=most)
    app = web.Application(middlewares=[crowd.attend, api.in_words])
    reader = Reader(db=db, wake=wake, metrics=metrics)
    streams = Streams(db=db, reader=reader, wake=wake)
    async with aclosing(Sender(guard, agent="askbridge test", seconds=5, resolver=Nowhere())) as sender:
        webhooks = Webhooks(keys=keys, guard=guard, sender=sender)
        app.add_routes(
            api.routes(
                db=db,
                reader=reader,
                wake=wake,
                streams=streams,
                places=Places(each=limits.open_requests, most=most, crowd=crowd),
                webhooks=webhooks,
                limits=limits,
                metrics=metrics,
            )
        )
        async with TestClient(_Server(app)) as http:
            try:
                yield Door(http=http, db=db, reader=reader, tenant=tenant, wake=wake, streams=streams)
            finally:
                wake.close()  # or the server would wait for every stream to notice that its client has gone
                streams.close()
