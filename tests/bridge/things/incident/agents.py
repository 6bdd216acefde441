"""What agents do to incidents, by the operations of the API without HTTP."""

from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

from bridge.things.incident import operations
from bridge.things.incident.request import NewUpdate, Patch, StatusChange
from bridge.things.operations import Done
from storage.model import Json
from tests.bridge.things.incident.building import create
from tests.bridge.things.reporting import Agent


@dataclass(frozen=True, kw_only=True)
class Opener(Agent):
    """An agent that opens incidents, with one run for all."""

    run: str | None = None

    async def create(self, *, dedupe: bool = True, **fields: Any) -> Done[Any]:
        """Open an incident, or reuse one."""
        context = self.context()
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

    async def update(self, id: UUID, message: str) -> Done[Any]:
        """Add a comment."""
        return self._done(await operations.update(self.context(), id, NewUpdate.model_validate({"message": message})))

    async def patch(self, id: UUID, **fields: Any) -> Done[Any]:
        """Change an incident."""
        return self._done(await operations.patch(self.context(), id, Patch.model_validate(fields)))

    def _done(self, outcome: Any) -> Done[Any]:
        assert isinstance(outcome, Done), outcome
        return outcome
