"""What agents and people do to fixes, by the operations of the API without HTTP and by claims."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from bridge.things import transactions
from bridge.things.fix import NOUN, operations
from bridge.things.fix.request import Judge, ProposeOutcome
from bridge.things.fix.row import Fix
from bridge.things.operations import Done
from bridge.things.transactions import ClaimedRound
from storage.interactions import ClaimRequest
from storage.model import Intent, Thing
from storage.pool import Database
from storage.things import Request, ThingRow
from tests.bridge.things import recoveries
from tests.bridge.things.fix.building import propose
from tests.bridge.things.reporting import Agent
from tests.storage.build import Tenant


@dataclass(frozen=True, kw_only=True)
class Proposer(Agent):
    """An agent that proposes fixes."""

    async def propose(self, session: str = "alert-8841", *, request: Request | None = None, **fields: Any) -> Thing:
        """Propose a fix of a session."""
        done = await operations.propose(self.context(request), None, propose(session=session, **fields))
        assert isinstance(done, Done), done
        thing: Thing = done.settled.after.thing
        return thing

    async def judge(self, id: UUID, outcome: str | None = None, **fields: Any) -> Any:
        """Say what became of a fix; returns the outcome of the operation."""
        return await operations.judge(self.context(None), id, Judge.model_validate({"outcome": outcome, **fields}))

    async def propose_outcome(self, id: UUID, outcome: str, **fields: Any) -> Any:
        """Propose what became of a fix."""
        sent = ProposeOutcome.model_validate({"outcome": outcome, **fields})
        return await operations.propose_outcome(self.context(None), id, sent)


async def found(db: Database, tenant: Tenant, id: UUID) -> ThingRow[Fix]:
    """A fix as it is now."""
    row = await NOUN.table.get(db, tenant.scope.organization_id, id)
    assert row is not None
    return row


async def click(db: Database, tenant: Tenant, id: UUID, choice: str, **fields: Any) -> ClaimRequest:
    """A click on the open round of a fix."""
    round_id = (await found(db, tenant, id)).round_id
    assert round_id is not None
    return recoveries.click(tenant, round_id, choice, **fields)


async def clicked(db: Database, tenant: Tenant, id: UUID, choice: str, **fields: Any) -> ClaimedRound[Fix]:
    """What became of a click on the open round of a fix; with `given`, of a submitted form."""
    intent = Intent.ADD if choice == "reason" else Intent.ANSWER
    request = await click(db, tenant, id, choice, **({"intent": intent} | fields))
    return await transactions.claim(db, NOUN, id, request, seconds=20)
