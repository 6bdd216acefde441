"""Recoveries for tests: opened and reported in the transactions of the bridge, without its API."""

from typing import Any
from uuid import UUID

from bridge import ids
from bridge.things import transactions
from bridge.things.contract import Decision, Locked
from bridge.things.recovery import NOUN, life
from bridge.things.recovery.request import Report
from bridge.things.recovery.row import Recovery
from bridge.things.transactions import ClaimedRound, Settled
from storage import interactions, things
from storage.interactions import ClaimRequest
from storage.model import Handle, Intent, Json, Scope
from storage.pool import Database
from storage.statements import Runs
from storage.things import LockedConnection, Opening
from tests.storage.build import Tenant

BY = {"key": "deploy-bot"}
CHANNEL = "C0APPROVALS"
HANDLE = Handle(channel=CHANNEL, ts="1.1")


def body(source_id: str = "job-1", **fields: Any) -> Json:
    """The body of a report."""
    return {
        "source": {"type": "job", "id": source_id},
        "kind": "stalled",
        "cause": "no heartbeat for 10 minutes",
        "fingerprint": "worker/heartbeat",
        "next_action": "restart the worker",
        **fields,
    }


def report_of(source_id: str = "job-1", **fields: Any) -> Report:
    """A report as it was validated."""
    return Report.model_validate(body(source_id, **fields))


async def opened(
    db: Database,
    tenant: Tenant,
    report: Report | None = None,
    *,
    to: list[Json] | None = None,
    id: UUID | None = None,
    **common: Any,
) -> Settled[Recovery]:
    """A new recovery, whose cards are to be posted to `to`: a channel unless others are given."""
    report = report or report_of()

    async def work(runs: Runs) -> Settled[Recovery]:
        connection = await things.lock_connection(runs, tenant.scope)
        now = await things.now(runs)
        opening = Opening(
            scope=tenant.scope,
            id=id or ids.new(),
            noun="recovery",
            key_id=tenant.key_id,
            opened_by="deploy-bot",
            now=now,
            asked_addresses=[{"channel": CHANNEL}] if to is None else to,
            home_teams=tenant.connection.home_teams,
            **common,
        )
        thing = await things.open(runs, opening)
        return await transactions.write(runs, NOUN, thing, connection, life.opened(report, now, BY), now=now)

    return await db.transact_within(work, seconds=5)


async def reported(db: Database, tenant: Tenant, id: UUID, report: Report | None = None) -> Settled[Recovery]:
    """The recovery after one more report."""

    async def decide(_: Runs, locked: Locked[Recovery], __: LockedConnection) -> Decision[Recovery]:
        return life.reported(locked, report or report_of(), BY)

    settled = await transactions.change(db, NOUN, tenant.scope, id, decide, seconds=5)
    assert settled is not None
    return settled


async def round_of(db: Database, tenant: Tenant, id: UUID) -> UUID:
    """The open round of a recovery."""
    found = await NOUN.table.get(db, tenant.scope.organization_id, id)
    assert found is not None and found.round_id is not None
    return found.round_id


def click(tenant: Tenant, round_id: UUID, choice: str = "restored", **fields: Any) -> ClaimRequest:
    """A click on a round by a person of the workspace."""
    fields = {"user_team": tenant.connection.home_teams[0], "choice": choice, **fields}
    return request(tenant.scope, round_id, **fields)


def request(scope: Scope, round_id: UUID, **fields: Any) -> ClaimRequest:
    """A click on a round of this scope; `user_team` is the clicker's workspace."""
    values: dict[str, Any] = {
        "choice": "restored",
        "claim_id": ids.new().bytes * 2,
        "event_id": ids.new(),
        "intent": Intent.ANSWER,
        "given": None,
        "user_id": "U0ANA",
        "user_name": "ana",
        "channel": CHANNEL,
        "ts": "1.1",
    }
    return ClaimRequest(scope=scope, interaction_id=round_id, **{**values, **fields})


async def clicked(db: Database, request: ClaimRequest, *, seconds: float = 5.0) -> ClaimedRound[Recovery]:
    """What became of a click, claimed as a replica claims it."""
    passed = await interactions.claim(db, request)
    assert passed.round_of is not None, f"not passed over: {passed}"
    return await transactions.claim(db, NOUN, passed.round_of.id, request, seconds=seconds)
