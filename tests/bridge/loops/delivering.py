"""The delivery loop of one replica, stepped by the test, and interactions whose events are delivered."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from aiohttp.abc import AbstractResolver

from bridge.loops.deliveries import Deliveries
from bridge.metrics import Metrics
from bridge.notifier import Notifier
from bridge.reader import Reader
from bridge.server import replica as server
from bridge.server.config import Settings
from bridge.server.resources import Resources
from bridge.webhooks import outgoing, signature, target
from bridge.webhooks.guard import Guard
from bridge.webhooks.outgoing import Webhooks
from storage import deliveries, events, interactions, webhook_endpoints
from storage.model import Delivery, Interaction, Verdict, WebhookEndpoint
from storage.pool import Database
from tests.bridge import building
from tests.bridge.building import KEY, KEYS
from tests.storage import build
from tests.storage.build import Tenant

HERE = Guard.read("127.0.0.0/8")


@dataclass(kw_only=True)
class Loop:
    """One replica that delivers. `pass_time` moves the due times of its deliveries; `chance` spreads their retries."""

    settings: Settings
    resources: Resources
    tenant: Tenant
    chance: float = 0.5

    def __post_init__(self) -> None:
        self.built = server.build(self.settings, self.resources, building.allotment(), chance=lambda: self.chance)

    @property
    def db(self) -> Database:
        return self.resources.db

    @property
    def reader(self) -> Reader:
        return self.built.parts.reader

    @property
    def webhooks(self) -> Webhooks:
        return self.built.parts.webhooks

    @property
    def deliveries(self) -> Deliveries:
        return self.built.parts.deliveries

    @property
    def notifier(self) -> Notifier:
        return self.built.state.notifier

    @property
    def metrics(self) -> Metrics:
        return self.built.state.metrics

    @property
    def organization_id(self) -> UUID:
        return self.tenant.scope.organization_id

    async def endpoint(self, url: str, types: list[str] | None = None) -> WebhookEndpoint:
        return await build.endpoint(self.db, self.tenant, url, types)

    async def again(self, endpoint: WebhookEndpoint) -> WebhookEndpoint:
        """The endpoint as it is stored now."""
        found = await webhook_endpoints.get(self.db, endpoint.organization_id, endpoint.id)
        assert found is not None
        return found

    def secret(self, endpoint: WebhookEndpoint | None, *, generation: int = 1) -> str:
        """The signing secret as its receiver was given it; that of callbacks if `endpoint` is None."""
        if endpoint is None:
            return signature.written(outgoing.of_callbacks(KEYS, self.organization_id)[0])
        secrets = outgoing.of_endpoint(
            KEYS, endpoint.organization_id, endpoint.id, generation=generation, overlapping=False
        )
        return signature.written(secrets[0])

    async def answered(self, *, callback: str | None = None, **other: Any) -> Interaction:
        """An answered interaction, whose events have their positions and deliveries."""
        interaction = await self.asked(callback=callback, **other)
        claimed = await interactions.claim(self.db, build.click(interaction))
        assert claimed.verdict is Verdict.WON
        await events.number(self.db)
        return interaction

    async def asked(self, *, callback: str | None = None, **other: Any) -> Interaction:
        there = target.server(callback) if callback else None
        return await build.question(self.db, self.tenant, callback=callback, callback_target=there, **other)

    async def step(self) -> int:
        """Number the events so far, make one step, and wait until the attempts that it began have ended."""
        await events.number(self.db)
        begun = await self.deliveries.step()
        await self.deliveries.in_hand()
        return begun

    async def settle(self) -> None:
        """Step until nothing is due."""
        while await self.step():
            pass

    def counted(self, result: str) -> float | None:
        """How many attempts had this result, by the metrics of the replica."""
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
        """The only delivery, with `wait`: the seconds until it is due."""
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
    keys: str | None = KEY,
    seconds: float = 10.0,
    resolver: AbstractResolver | None = None,
) -> AsyncIterator[Loop]:
    """A replica that delivers to what `guard` allows, nothing without `keys`; an attempt takes at most `seconds`."""
    settings = building.settings(guard=guard, key=keys)
    async with building.opened(settings, db, seconds=seconds, resolver=resolver) as resources:
        running = Loop(settings=settings, resources=resources, tenant=tenant)
        yield running
        await running.deliveries.close()
