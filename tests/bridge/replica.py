"""One replica in the process of the test: real pools, the real routes, the sandbox as Slack; tests call its steps."""

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
from pydantic import SecretStr

from bridge import ids
from bridge.card import action_ids
from bridge.loops import expiry
from bridge.loops.cards import Cards
from bridge.metrics import Metrics
from bridge.notifier import Notifier
from bridge.reader import Reader
from bridge.server import replica as server
from bridge.server.assembly import Parts, SharedState
from bridge.server.config import Settings
from bridge.server.resources import Resources
from bridge.slack.clicks import Clicks
from bridge.slack.client import Client
from bridge.slack.connections import Installations
from bridge.slack.expected_edits import ExpectedEdits
from bridge.slack.inbound import PATH, READ_SECONDS, Inbound
from bridge.slack.message_cache import MessageCache
from bridge.slack.receive import Receiver
from bridge.slack.verify import SigningSecrets
from bridge.webhooks.sender import Sender
from sandbox.slack import signing
from sandbox.slack.faults import Fault, Kind
from sandbox.slack.server import Sandbox
from storage import cards, pool
from storage.model import Card, Handle, Interaction
from storage.pool import Database
from tests import payloads
from tests.bridge import building
from tests.storage import build
from tests.storage.build import Tenant
from tests.storage.elapse import set_deadline


class Counting(Database):
    """A database on the same pool, which records every statement that it runs with `fetch`."""

    def __init__(self, whole: Database) -> None:
        super().__init__(whole.pool)
        self.statements: list[str] = []

    async def fetch(self, query: str, *args: Any) -> list[Record]:
        self.statements.append(query)
        return await super().fetch(query, *args)


@dataclass(kw_only=True)
class Answer:
    """The response of the route."""

    status: int
    body: bytes


@dataclass(kw_only=True)
class Replica:
    """A built replica whose parts are used one by one.

    After a field was assigned, `forget` makes a card loop with the new value, and `__post_init__` all parts.
    """

    slack: Sandbox
    tenant: Tenant
    db: Database
    claims: Database
    http: aiohttp.ClientSession
    sender: Sender
    settings: Settings
    read_seconds: float = READ_SECONDS
    message_cache: MessageCache = field(default_factory=MessageCache)
    notifier: Notifier = field(default_factory=Notifier)
    installations: Installations = field(default_factory=Installations)
    metrics: Metrics = field(default_factory=Metrics)
    expected: ExpectedEdits = field(default_factory=ExpectedEdits)
    url: str = ""

    def __post_init__(self) -> None:
        self.built = self._build()
        self.cards: Cards = self.parts.cards
        self.installations.put(self.tenant.scope, self.client)

    def _build(self) -> server.Replica:
        state = SharedState(
            notifier=self.notifier,
            metrics=self.metrics,
            installations=self.installations,
            message_cache=self.message_cache,
            expected=self.expected,
        )
        resources = Resources(db=self.db, claims=self.claims, http=self.http, replies=self.http, sender=self.sender)
        return server.build(self.settings, resources, building.allotment(), state=state, read_seconds=self.read_seconds)

    @property
    def parts(self) -> Parts:
        return self.built.parts

    @property
    def reader(self) -> Reader:
        return self.parts.reader

    @property
    def client(self) -> Client:
        assert self.parts.client is not None
        return self.parts.client

    @property
    def clicks(self) -> Clicks:
        return self.parts.clicks

    @property
    def receiver(self) -> Receiver:
        return self.parts.receiver

    @property
    def inbound(self) -> Inbound:
        return self.parts.inbound

    @property
    def secrets(self) -> SigningSecrets:
        return self.settings.signing_secrets

    def forget(self) -> None:
        """Lose what the card loop has in memory: the pauses that its own pace and Slack ask for."""
        self.cards = self._build().parts.cards

    # Cards.

    async def show(self, interaction: Interaction) -> Handle:
        """Post the first card of an interaction; return its handle."""
        await self.cards.step()
        card = await self.card(interaction)
        assert card.channel and card.ts, card
        return Handle(channel=card.channel, ts=card.ts)

    async def copies(self, interaction: Interaction) -> list[Card]:
        return await cards.of_interaction(self.db, interaction.organization_id, interaction.id)

    async def card(self, interaction: Interaction) -> Card:
        """The row of the first card."""
        return (await self.copies(interaction))[0]

    async def settle(self) -> None:
        """Step until every card shows what it should, with all pauses treated as over."""
        for _ in range(10):
            self.forget()
            await self.pass_time()
            if await self.cards.step() == 0:
                return
        raise AssertionError("the cards are still due after ten steps")

    async def pass_time(self) -> None:
        """Make every card due, every lease expired, and every pause of a channel or connection over."""
        await self.db.fetch("delete from throttles")
        await self.db.fetch("update cards set due_at = clock_timestamp(), leased_until = null")

    async def expire(self, interaction: Interaction) -> None:
        """Move the deadline of an interaction into the past, and step the expiry loop."""
        await self.pass_deadline(interaction)
        await expiry.step(self.db, self.notifier, self.reader)

    async def pass_deadline(self, interaction: Interaction) -> None:
        await set_deadline(self.db, interaction.id)

    # Slack.

    def fault(self, on: str, kind: Kind, **more: Any) -> None:
        """Make the next call of this kind fail."""
        self.slack.faults.add(Fault(on=on, kind=kind, **more))

    def called(self, method: str) -> list[dict[str, Any]]:
        """The arguments of every call of a method so far."""
        return [request.args for request in self.slack.requests if request.method == method]

    def shown(self, handle: Handle) -> str:
        """Everything that a card shows, as JSON."""
        message = self.slack.world.message(channel=handle.channel, ts=handle.ts)
        assert message is not None
        return json.dumps([message.text, message.blocks])

    def has_buttons(self, handle: Handle) -> bool:
        return '"type": "actions"' in self.shown(handle)

    def whispers(self, channel: str) -> list[tuple[str | None, str, str | None]]:
        """The ephemeral messages of a channel: recipient, text, thread."""
        return [
            (message.ephemeral_to, message.text, message.thread_ts)
            for message in self.slack.world.messages(channel)
            if message.ephemeral_to is not None
        ]

    async def click(self, interaction: Interaction, handle: Handle, **other: Any) -> Any:
        """Click on a card as a person in Slack; return the sandbox's report once the work after the ack is done."""
        report = await self.click_without_waiting(interaction, handle, **other)
        await self.inbound.close()
        return report

    async def click_without_waiting(self, interaction: Interaction, handle: Handle, **other: Any) -> Any:
        choice = other.pop("choice", "approve")
        stale = {
            "block_id": action_ids.block_id(interaction.id, 1),
            "action_id": action_ids.choose(choice),
            "value": "1",
        }
        click = {
            "user": "U0ANA",
            "channel": handle.channel,
            "ts": handle.ts,
            "stale": stale,
            "request_url": self.url,
        } | other
        async with self.http.post(f"{self.slack.url}/sandbox/clicks", json=click) as response:
            report = await response.json()
            assert response.status == 200, report
            return report

    # Requests made by the test itself.

    def payload(self, interaction: Interaction, *, user: str = "U0ANA", choice: str = "approve", **other: Any) -> Any:
        """The payload of a click, which the test may change."""
        payload = payloads.load("block_actions_message")
        payload["user"] |= {"id": user, "username": user.lower(), "name": user.lower()}
        payload["response_url"] = f"{self.slack.url}/actions/T0SANDBOX/1/not-given-out"
        payload["trigger_id"] = ids.new().hex  # so that no click repeats another
        payload["actions"][0] |= {
            "block_id": action_ids.block_id(interaction.id, 1),
            "action_id": action_ids.choose(choice),
        }
        return payload | other

    def signed(self, body: bytes, *, secret: str | None = None, at: float | None = None) -> dict[str, str]:
        """The headers that Slack would send with this body now, or `at` another time (epoch seconds)."""
        return dict(
            signing.headers(
                secret=secret or self.slack.world.app.signing_secret, timestamp=int(at or time.time()), body=body
            )
        )

    async def send(self, body: bytes, headers: Any = None) -> Answer:
        """Send a body to the route, signed unless `headers` are given; return after the work that follows the ack."""
        sent = self.signed(body) if headers is None else headers
        async with self.http.post(self.url, data=io.BytesIO(body), headers=sent) as response:
            answer = Answer(status=response.status, body=await response.read())
        await self.inbound.close()
        return answer

    async def send_click(self, payload: Any) -> Answer:
        return await self.send(payloads.form(payload))

    async def verdicts(self) -> list[str]:
        """The verdicts of every audited click, in order."""
        query = "select verdict from clicks order by clicked_at"
        rows = await self.db.insist(lambda runs: runs.fetch(query), seconds=5)  # its connection may have been ended
        return [row["verdict"] for row in rows]


@asynccontextmanager
async def running(
    slack: Sandbox, dsn: str, *, claims_dsn: str | None = None, secrets: str | None = None, **other: Any
) -> AsyncIterator[Replica]:
    """A replica whose routes are served on a free port; `secrets` are its signing secrets, the sandbox's by default."""
    app = slack.world.app
    settings = building.settings(
        dsn=dsn,
        secrets=secrets or app.signing_secret,
        slack_api_url=slack.api_url,
        slack_bot_token=SecretStr(app.bot_token),
    )
    async with AsyncExitStack() as stack:
        db = await stack.enter_async_context(pool.connect(dsn, name="replica", size=10))
        claims = await stack.enter_async_context(pool.connect(claims_dsn or dsn, name="claims", size=4))
        opened = await stack.enter_async_context(building.opened(settings, db, claims=claims))
        tenant = other.pop("tenant", None) or await build.tenant(db, team=slack.world.workspace.id)
        replica = Replica(
            slack=slack,
            tenant=tenant,
            db=db,
            claims=claims,
            http=opened.http,
            sender=opened.sender,
            settings=settings,
            **other,
        )
        runner = web.AppRunner(replica.built.web_app, shutdown_timeout=0.1, access_log=None)
        await runner.setup()
        stack.push_async_callback(runner.cleanup)
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        replica.url = f"http://127.0.0.1:{runner.addresses[0][1]}{PATH}"
        yield replica
        await replica.inbound.close()
