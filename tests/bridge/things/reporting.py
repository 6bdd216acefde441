"""What agents do to recoveries, by the operations of the API without HTTP."""

import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from bridge.agents.things.turns import Turns
from bridge.things.operations import Common, Context, Done, IllegalMove, NoSuchThing, Wrong
from bridge.things.recovery import operations
from bridge.things.recovery.request import Resolve, ResolveSource
from storage.model import Json, Key
from storage.pool import Database
from storage.things import Request
from tests.bridge.things import recoveries
from tests.storage.build import Tenant


@dataclass(frozen=True, kw_only=True)
class Agent:
    """An agent whose requests one replica serves; without `turns` they only take turns by the lock of the name."""

    db: Database
    tenant: Tenant
    to: tuple[Json, ...] = ({"channel": recoveries.CHANNEL},)
    turns: Turns | None = None
    seconds: float = 30.0

    def by(self, db: Database) -> "Agent":
        """The same agent, whose requests another replica serves."""
        return replace(self, db=db)

    async def report(self, source_id: str = "job-1", *, request: Request | None = None, **fields: Any) -> Done[Any]:
        """Report a source."""
        done = await operations.report(self.context(request), None, recoveries.report_of(source_id, **fields))
        assert isinstance(done, Done), done
        return done

    async def resolve_source(self, source_id: str = "job-1", **fields: Any) -> Done[Any] | NoSuchThing:
        """End the open recovery of a source."""
        sent = {"source": {"type": "job", "id": source_id}, "outcome": "restored", **fields}
        done = await operations.resolve_source(self.context(), None, ResolveSource.model_validate(sent))
        assert isinstance(done, Done | NoSuchThing), done
        return done

    async def resolve(self, id: UUID, **fields: Any) -> Done[Any] | IllegalMove | Wrong:
        """End a recovery."""
        sent = Resolve.model_validate({"outcome": "restored", **fields})
        done = await operations.resolve(self.context(), id, sent)
        assert isinstance(done, Done | IllegalMove | Wrong), done
        return done

    def context(self, request: Request | None = None) -> Context:
        """What the operations of this agent work with."""
        tenant = self.tenant
        organization_id = tenant.scope.organization_id
        key = Key(
            organization_id=organization_id,
            id=tenant.key_id,
            name="deploy-bot",
            prefix="askb_none",
            created_at=datetime.now(UTC),
            revoked_at=None,
        )
        common = Common(
            given=frozenset(),
            to=list(self.to) or None,
            responders=None,
            anyone=False,
            outsiders=False,
            agent=None,
            tags=[],
            metadata={},
            callback=None,
            connection=tenant.connection,
        )

        async def may_open() -> bool:
            return True

        turns = self.turns
        return Context(
            db=self.db,
            key=key,
            common=common,
            request=request,
            seconds=self.seconds,
            may_open=may_open,
            turn=_no_turn if turns is None else lambda name: turns.take(organization_id, name),
        )


@contextlib.asynccontextmanager
async def _no_turn(_: str) -> AsyncIterator[None]:
    yield
