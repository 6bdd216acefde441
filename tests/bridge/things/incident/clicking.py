"""What people do to incidents: clicks and submissions on their open rounds, claimed as a replica claims them."""

from uuid import UUID

from bridge.things import transactions
from bridge.things.incident import NOUN, people
from storage.interactions import Claimed, ClaimRequest
from storage.model import Intent
from storage.pool import Database
from tests.bridge.things import recoveries
from tests.storage.build import Tenant

_MOVES = {name: move for moves in people.MOVES.values() for name, move in moves.items()}


async def round_of(db: Database, tenant: Tenant, id: UUID) -> UUID | None:
    """The open round of an incident; None if it is resolved."""
    found = await NOUN.table.get(db, tenant.scope.organization_id, id)
    assert found is not None
    return found.round_id


def click(tenant: Tenant, round_id: UUID, choice: str, *, user: str = "U0ANA", **given: str) -> ClaimRequest:
    """A click on a round, or the submission of the form of this move, by a person of the workspace."""
    move = _MOVES[choice]
    return recoveries.click(
        tenant,
        round_id,
        choice,
        user_id=user,
        intent=Intent.ADD if move.adds else Intent.ANSWER,
        given=given if move.has_form else None,
    )


async def moved(
    db: Database, tenant: Tenant, id: UUID, choice: str, *, user: str = "U0ANA", **given: str
) -> Claimed | None:
    """What became of a move on the open round that a person sees; None if there is none."""
    round_id = await round_of(db, tenant, id)
    if round_id is None:
        return None
    request = click(tenant, round_id, choice, user=user, **given)
    return (await transactions.claim(db, NOUN, id, request, seconds=20)).claimed
