"""One replica inside the test's own process: real pools, the real route, the sandbox as Slack; loops only by hand."""

import io
import json
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import aiohttp
from aiohttp import web
from asyncpg import Record

from bridge import ids
from bridge.card import action_ids
from bridge.connection_limit import ConnectionLimiter
from bridge.loops import expiry
from bridge.loops.cards import Cards
from bridge.metrics import Metrics
from bridge.notifier import Notifier
from bridge.reader import Reader
from bridge.slack import client as slack_client
from bridge.slack.clicks import Clicks
from bridge.slack.client import Client
from bridge.slack.connections import Installations
from bridge.slack.inbound import MOST_BYTES, PATH, READ_SECONDS, Inbound
from bridge.slack.message_cache import MessageCache
from bridge.slack.receive import Receiver
from bridge.slack.verify import SigningSecrets
from sandbox.slack import signing
from sandbox.slack.faults import Fault, Kind
from sandbox.slack.server import Sandbox
from storage import cards, pool
from storage.model import Card, Handle, Interaction
from storage.pool import Database
from tests import payloads
from tests.storage import build
from tests.storage.build import Tenant


class Counting(Database):
    """A pool that remembers what it was asked."""

    def __init__(self, whole: Database) -> None:
        super().__init__(whole._pool)
        self.statements: list[str] = []

    async def fetch(self, query: str, *args: Any) -> list[Record]:
        self.statements.append(query)
        return await super().fetch(query, *args)


@dataclass(kw_only=True)
class Answer:
    """What the route answered."""

    status: int
    body: bytes


@dataclass(kw_only=True)
class Replica:
    """The parts of a replica, to be used one by one."""

    slack: Sandbox
    tenant: Tenant
    db: Database
    claims: Database
    http: aiohttp.ClientSession
    secrets: SigningSecrets
    read_seconds: float = READ_SECONDS
    message_cache: MessageCache = field(default_factory=MessageCache)
    notifier: Notifier = field(default_factory=Notifier)
    installations: Installations = field(default_factory=Installations)
    metrics: Metrics = field(default_factory=Metrics)
    url: str = ""

    def __post_init__(self) -> None:
        token = self.slack.world.app.bot_token
        self.reader = Reader(db=self.db, notifier=self.notifier, metrics=self.metrics)
        self.client = Client(token=token, api_url=self.slack.api_url, http=self.http)
        self.installations.put(self.tenant.scope, self.client)
        self.clicks = Clicks(
            claims=self.claims,
            db=self.db,
            reader=self.reader,
            message_cache=self.message_cache,
            notifier=self.notifier,
            replies=self.http,
            metrics=self.metrics,
        )
        self.receiver = Receiver(api_url=self.slack.api_url, clicks=self.clicks)
        self.inbound = Inbound(
            secrets=self.secrets,
            receive=self.receiver.receive,
            limiter=ConnectionLimiter(max_connections=1_000_000),
            read_seconds=self.read_seconds,
            metrics=self.metrics,
        )
        self.forget()

    def forget(self) -> None:
        """Lose what the card loop has in memory: whose turn it is, and Slack's pauses."""
        self.cards = Cards(
            db=self.db,
            reader=self.reader,
            installations=self.installations,
            message_cache=self.message_cache,
            notifier=self.notifier,
            metrics=self.metrics,
        )

    # Cards.

    async def show(self, question: Interaction) -> Handle:
        """Post a question's first copy; where it is."""
        await self.cards.step()
        card = await self.card(question)
        assert card.channel and card.ts, card
        return Handle(channel=card.channel, ts=card.ts)

    async def copies(self, question: Interaction) -> list[Card]:
        return await cards.of_interaction(self.db, question.organization_id, question.id)

    async def card(self, question: Interaction) -> Card:
        """The first copy as its row is."""
        return (await self.copies(question))[0]

    async def settle(self) -> None:
        """Let every card become what it should, as if the time until then had passed."""
        for _ in range(10):
            self.forget()
            await self.pass_time()
            if await self.cards.step() == 0:
                return
        raise AssertionError("the cards do not come to rest")

    async def pass_time(self) -> None:
        """Let every card be due, every lease be over, and everybody's turn come."""
        await self.db.fetch("delete from throttles")
        await self.db.fetch("update cards set due_at = clock_timestamp(), leased_until = null")

    async def expire(self, question: Interaction) -> None:
        """Let a question's deadline have passed, and sweep."""
        await self.pass_deadline(question)
        await expiry.step(self.db, self.notifier, self.reader)

    async def pass_deadline(self, question: Interaction) -> None:
        await self.db.fetch(
            "update interactions set created_at = clock_timestamp() - interval '2 hours', "
            "expires_at = clock_timestamp() - interval '1 second' where id = $1",
            question.id,
        )

    # Slack.

    def fault(self, on: str, kind: Kind, **more: Any) -> None:
        """Let the next call of this sort go wrong."""
        self.slack.faults.add(Fault(on=on, kind=kind, **more))

    def called(self, method: str) -> list[dict[str, Any]]:
        """The arguments of every call of a method so far."""
        return [request.args for request in self.slack.requests if request.method == method]

    def shown(self, handle: Handle) -> str:
        """Everything a copy shows, as text."""
        message = self.slack.world.message(channel=handle.channel, ts=handle.ts)
        assert message is not None
        return json.dumps([message.text, message.blocks])

    def has_buttons(self, handle: Handle) -> bool:
        return '"type": "actions"' in self.shown(handle)

    def whispers(self, channel: str) -> list[tuple[str | None, str, str | None]]:
        """What was said privately in a channel: to whom, what, in which thread."""
        return [
            (message.ephemeral_to, message.text, message.thread_ts)
            for message in self.slack.world.messages(channel)
            if message.ephemeral_to is not None
        ]

    async def click(self, question: Interaction, handle: Handle, **other: Any) -> Any:
        """Click on a copy as a person in Slack; the sandbox's account of it, once all that follows is done."""
        told = await self.click_without_waiting(question, handle, **other)
        await self.inbound.close()
        return told

    async def click_without_waiting(self, question: Interaction, handle: Handle, **other: Any) -> Any:
        choice = other.pop("choice", "approve")
        stale = {"block_id": action_ids.block_id(question.id, 1), "action_id": action_ids.choose(choice), "value": "1"}
        click = {
            "user": "U0ANA",
            "channel": handle.channel,
            "ts": handle.ts,
            "stale": stale,
            "request_url": self.url,
        } | other
        async with self.http.post(f"{self.slack.url}/sandbox/clicks", json=click) as answer:
            told = await answer.json()
            assert answer.status == 200, told
            return told

    # Requests made by hand.

    def payload(self, question: Interaction, *, user: str = "U0ANA", choice: str = "approve", **other: Any) -> Any:
        """The payload of a click, to be changed at will."""
        payload = payloads.load("block_actions_message")
        payload["user"] |= {"id": user, "username": user.lower(), "name": user.lower()}
        payload["response_url"] = f"{self.slack.url}/actions/T0SANDBOX/1/not-given-out"
        payload["trigger_id"] = ids.new().hex  # so that every click is one of its own
        payload["actions"][0] |= {
            "block_id": action_ids.block_id(question.id, 1),
            "action_id": action_ids.choose(choice),
        }
        return payload | other

    def signed(self, body: bytes, *, secret: str | None = None, at: float | None = None) -> dict[str, str]:
        """The headers with which Slack would send this body now."""
        return dict(
            signing.headers(
                secret=secret or self.slack.world.app.signing_secret, timestamp=int(at or time.time()), body=body
            )
        )

    async def send(self, body: bytes, headers: Any = None) -> Answer:
        """Send a body to the route, signed unless other headers are given; what follows is done when it returns."""
        sent = self.signed(body) if headers is None else headers
        async with self.http.post(self.url, data=io.BytesIO(body), headers=sent) as answer:
            told = Answer(status=answer.status, body=await answer.read())
        await self.inbound.close()
        return told

    async def send_click(self, payload: Any) -> Answer:
        return await self.send(payloads.form(payload))

    async def verdicts(self) -> list[str]:
        """The verdicts of every audited click, in order."""
        asked = "select verdict from clicks order by clicked_at"
        rows = await self.db.insist(lambda runs: runs.fetch(asked), seconds=5)  # its connection may have been ended
        return [row["verdict"] for row in rows]


@asynccontextmanager
async def running(slack: Sandbox, dsn: str, *, claims_dsn: str | None = None, **other: Any) -> AsyncIterator[Replica]:
    """A replica whose route listens on a free port."""
    async with AsyncExitStack() as stack:
        db = await stack.enter_async_context(pool.connect(dsn, name="replica", size=10))
        claims = await stack.enter_async_context(pool.connect(claims_dsn or dsn, name="claims", size=4))
        http = await stack.enter_async_context(slack_client.session())
        tenant = other.pop("tenant", None) or await build.tenant(db, team=slack.world.workspace.id)
        secrets = other.pop("secrets", None) or SigningSecrets([slack.world.app.signing_secret])
        replica = Replica(slack=slack, tenant=tenant, db=db, claims=claims, http=http, secrets=secrets, **other)
        app = web.Application(client_max_size=MOST_BYTES)
        app.add_routes([web.post(PATH, replica.inbound.handle)])
        runner = web.AppRunner(app, shutdown_timeout=0.1, access_log=None)
        await runner.setup()
        stack.push_async_callback(runner.cleanup)
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        replica.url = f"http://127.0.0.1:{runner.addresses[0][1]}{PATH}"
        yield replica
        await replica.inbound.close()
