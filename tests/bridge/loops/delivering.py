"""A replica's delivery loop by hand, and questions with somebody to be told of them."""

from collections.abc import AsyncIterator
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from bridge.loops.deliveries import Deliveries
from bridge.metrics import Metrics
from bridge.reader import Reader
from bridge.wake import Wake
from bridge.webhooks import outgoing, signature, target
from bridge.webhooks.guard import Guard
from bridge.webhooks.outgoing import Webhooks
from bridge.webhooks.sender import Sender
from bridge.webhooks.signature import WebhookKeys
from storage import deliveries, events, interactions, webhook_endpoints
from storage.model import Delivery, Interaction, Verdict, WebhookEndpoint
from storage.pool import Database
from tests.storage import build
from tests.storage.build import Tenant

KEYS = WebhookKeys.read("0123456789abcdef0123456789abcdef")
HERE = Guard.read("127.0.0.0/8")


@dataclass(kw_only=True)
class Loop:
    """One replica that delivers; its time passes by hand."""

    db: Database
    tenant: Tenant
    webhooks: Webhooks
    wake: Wake = field(default_factory=Wake)
    metrics: Metrics = field(default_factory=Metrics)
    chance: float = 0.5

    def __post_init__(self) -> None:
        self.reader = Reader(db=self.db, wake=self.wake, metrics=self.metrics)
        self.deliveries = Deliveries(
            db=self.db,
            reader=self.reader,
            wake=self.wake,
            webhooks=self.webhooks,
            metrics=self.metrics,
            chance=lambda: self.chance,
        )

    @property
    def organization_id(self) -> UUID:
        return self.tenant.scope.organization_id

    async def endpoint(self, url: str, types: list[str] | None = None) -> WebhookEndpoint:
        return await build.endpoint(self.db, self.tenant, url, types)

    async def again(self, endpoint: WebhookEndpoint) -> WebhookEndpoint:
        """The endpoint as it now is."""
        found = await webhook_endpoints.get(self.db, endpoint.organization_id, endpoint.id)
        assert found is not None
        return found

    def secret(self, endpoint: WebhookEndpoint | None, *, generation: int = 1) -> str:
        """As its receiver was told it; None: of callbacks."""
        if endpoint is None:
            return signature.written(outgoing.of_callbacks(KEYS, self.organization_id)[0])
        secrets = outgoing.of_endpoint(
            KEYS, endpoint.organization_id, endpoint.id, generation=generation, overlapping=False
        )
        return signature.written(secrets[0])

    async def answered(self, *, callback: str | None = None, **other: Any) -> Interaction:
        """A question that somebody answered."""
        question = await self.asked(callback=callback, **other)
        claimed = await interactions.claim(self.db, build.click(question))
        assert claimed.verdict is Verdict.WON
        await events.number(self.db)
        return question

    async def asked(self, *, callback: str | None = None, **other: Any) -> Interaction:
        there = target.server(callback) if callback else None
        return await build.question(self.db, self.tenant, callback=callback, callback_target=there, **other)

    async def step(self) -> int:
        """One step, and all that it began; what happened before has its deliveries by then."""
        await events.number(self.db)
        begun = await self.deliveries.step()
        await self.deliveries.in_hand()
        return begun

    async def settle(self) -> None:
        """Steps until nothing is due."""
        while await self.step():
            pass

    def counted(self, result: str) -> float | None:
        """How many attempts ended so, as its metrics tell."""
        return self.metrics.registry.get_sample_value("askbridge_deliveries_total", {"result": result})

    async def pass_time(self, seconds: float) -> None:
        """Let everything have been so much earlier."""
        await self.db.fetch(
            "update deliveries set due_at = due_at - make_interval(secs => $1), "
            "leased_until = leased_until - make_interval(secs => $1)",
            seconds,
        )
        await self.db.fetch(
            "update webhook_endpoints set failing_since = failing_since - make_interval(secs => $1), "
            "rotated_at = rotated_at - make_interval(secs => $1)",
            seconds,
        )

    async def page(self, endpoint: WebhookEndpoint) -> list[Delivery]:
        return await deliveries.page(
            self.db, endpoint.organization_id, endpoint.id, status=None, before=None, limit=200
        )

    async def row(self) -> dict[str, Any]:
        """The only delivery there is."""
        (row,) = await self.db.fetch(
            "select *, extract(epoch from due_at - clock_timestamp())::float as wait from deliveries"
        )
        return dict(row)


@asynccontextmanager
async def loop(
    db: Database,
    tenant: Tenant,
    *,
    guard: Guard = HERE,
    keys: WebhookKeys | None = KEYS,
    seconds: float = 10.0,
    **other: Any,
) -> AsyncIterator[Loop]:
    async with aclosing(Sender(guard, agent="askbridge test", seconds=seconds, **other)) as sender:
        running = Loop(db=db, tenant=tenant, webhooks=Webhooks(keys=keys, guard=guard, sender=sender))
        yield running
        await running.deliveries.close()
