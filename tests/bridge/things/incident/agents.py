"""What agents do to incidents, by the operations of the API without HTTP."""

from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

from bridge.things.incident import operations
from bridge.things.incident.request import NewUpdate, Patch, StatusChange
from bridge.things.operations import Done
from storage.model import Json
from storage.pool import Database
from storage.things import Request
from tests.bridge.things.incident.building import create
from tests.bridge.things.reporting import Agent


@dataclass(frozen=True, kw_only=True)
class Opener(Agent):
    """An agent that opens incidents, with one run for all."""

    run: str | None = None

    def of(self, *, db: Database, run: str | None) -> "Opener":
        """The same agent in this run, whose requests go by this pool."""
        return replace(self, db=db, run=run)

    async def create(self, *, dedupe: bool = True, request: Request | None = None, **fields: Any) -> Done[Any]:
        """Open an incident, or reuse one."""
        context = self.context(request)
        assert context.common is not None
        agent: Json | None = {"run": self.run} if self.run else None
        context = replace(context, common=replace(context.common, agent=agent))
        done = await operations.create(context, None, create(dedupe_open_for_system=dedupe, **fields))
        assert isinstance(done, Done), done
        return done

    async def set_status(self, id: UUID, status: str) -> Done[Any]:
        """Set the status of an incident."""
        return self._done(
            await operations.set_status(self.context(), id, StatusChange.model_validate({"status": status}))
        )

    async def update(
        self, id: UUID, message: str, *, status: str | None = None, request: Request | None = None
    ) -> Done[Any]:
        """Add a comment, and set the status if one is given."""
        sent = NewUpdate.model_validate({"message": message, "status": status})
        return self._done(await operations.update(self.context(request), id, sent))

    async def patch(self, id: UUID, **fields: Any) -> Done[Any]:
        """Change an incident."""
        return self._done(await operations.patch(self.context(), id, Patch.model_validate(fields)))

    def _done(self, outcome: Any) -> Done[Any]:
        assert isinstance(outcome, Done), outcome
        return outcome
