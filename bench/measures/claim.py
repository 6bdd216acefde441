"""The claim statement, which also writes the audit row and the event and bumps the cards, against a bare UPDATE.

Both run on the same pool.
"""

import secrets
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any
from uuid import UUID

from bench import click, rounds
from bench.environment import IN_FLIGHT, BenchDatabase, Environment
from bench.figures import Bar, Figure, Floor, percentile
from bench.sizes import Sizes
from bridge import ids
from storage import interactions
from storage.interactions import ClaimRequest
from storage.model import Intent, Verdict

_UPDATE = """
update interactions
set
    status = 'answered', answer = answers -> $4::text, choice = $4::text, answered_by = $5, claim_id = $6,
    ended_at = clock_timestamp()
where
    organization_id = $1 and connection_id = $2 and id = $3 and status = 'pending' and expires_at > clock_timestamp()
    and $5 = any (responders)
returning status, answer
"""
# Seconds; generous, because a busy machine may be slow, and the deadline of a click is not measured here.
_TIMEOUT = 20.0


async def figures(environment: Environment, sizes: Sizes) -> list[Figure]:
    """The cost of everything the claim writes beside the answer, with 1 and with `IN_FLIGHT` claims in flight."""
    database = environment.database
    results = await rounds.interleaved(
        sizes.rounds,
        {
            f"{name} {in_flight}": _turn(
                database, work, count=sizes.claims * (1 if in_flight == 1 else 4), many=in_flight
            )
            for in_flight in (1, IN_FLIGHT)
            for name, work in (("claim", claim), ("update", update))
        },
    )
    middle = {name: [percentile(took, 50) for took in turns] for name, turns in results.items()}
    return [
        Floor(name="bare UPDATE, same pool", values=middle[f"update {in_flight}"]).figure(
            f"claim with audit, event and card bump, {in_flight} in flight, p50",
            middle[f"claim {in_flight}"],
            unit="ms",
            bar=Bar(limit=2.5),
        )
        for in_flight in (1, IN_FLIGHT)
    ]


def _turn(
    database: BenchDatabase, work: Callable[[BenchDatabase, UUID], Awaitable[Any]], *, count: int, many: int
) -> Callable[[], Awaitable[list[float]]]:
    async def turn() -> list[float]:
        warm = await database.pending(many * 2)
        made = await database.pending(count)
        await rounds.each([partial(work, database, interaction_id) for interaction_id in warm], in_flight=many)
        return await rounds.each([partial(work, database, interaction_id) for interaction_id in made], in_flight=many)

    return turn


async def claim(database: BenchDatabase, interaction_id: UUID) -> None:
    """Claim as a click does. Raises RuntimeError unless the claim wins, because a losing claim writes less."""
    claimed = await interactions.claim(
        database.db,
        ClaimRequest(
            scope=database.scope,
            interaction_id=interaction_id,
            claim_id=secrets.token_bytes(32),
            event_id=ids.new(),
            choice="approve",
            intent=Intent.ANSWER,
            given=None,
            user_id=click.PERSON,
            user_name="ana",
            user_team=click.TEAM,
            channel=click.CHANNEL,
            ts="1763719200.000100",
        ),
        seconds=_TIMEOUT,
    )
    if claimed.verdict is not Verdict.WON:
        raise RuntimeError(f"the claim should have won, but its verdict is {claimed.verdict}")


async def update(database: BenchDatabase, interaction_id: UUID) -> None:
    """Make the smallest change that an answer needs: update one pending row. Raises RuntimeError if it matches none."""
    scope = database.scope
    rows = await database.db.fetch(
        _UPDATE,
        *(scope.organization_id, scope.connection_id, interaction_id, "approve", click.PERSON, secrets.token_bytes(32)),
    )
    if len(rows) != 1:
        raise RuntimeError("the update should have changed one row, but matched none")
