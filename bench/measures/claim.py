"""The claim statement, which also audits, tells and bumps the cards, against the bare UPDATE, on the same pool."""

import secrets
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any
from uuid import UUID

from bench import click, rounds
from bench.figures import Bar, Figure, Floor, percentile
from bench.ground import IN_FLIGHT, Ground, Place
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
_SECONDS = 20.0  # a busy machine may be slow; how a click is bounded is not measured here


async def figures(ground: Ground, sizes: Sizes) -> list[Figure]:
    """What everything else that the claim writes costs, alone and in company."""
    place = ground.place
    given = await rounds.interleaved(
        sizes.rounds,
        {
            f"{name} {in_flight}": _turn(place, work, count=sizes.claims * (1 if in_flight == 1 else 4), many=in_flight)
            for in_flight in (1, IN_FLIGHT)
            for name, work in (("claim", claim), ("update", update))
        },
    )
    middle = {name: [percentile(took, 50) for took in turns] for name, turns in given.items()}
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
    place: Place, work: Callable[[Place, UUID], Awaitable[Any]], *, count: int, many: int
) -> Callable[[], Awaitable[list[float]]]:
    async def turn() -> list[float]:
        warm = await place.pending(many * 2)
        made = await place.pending(count)
        await rounds.each([partial(work, place, question) for question in warm], in_flight=many)
        return await rounds.each([partial(work, place, question) for question in made], in_flight=many)

    return turn


async def claim(place: Place, question: UUID) -> None:
    """Claim as a click does; raises RuntimeError unless it wins, because a loser writes less."""
    claimed = await interactions.claim(
        place.db,
        ClaimRequest(
            scope=place.scope,
            interaction_id=question,
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
        seconds=_SECONDS,
    )
    if claimed.verdict is not Verdict.WON:
        raise RuntimeError(f"a claim that was to win is {claimed.verdict}")


async def update(place: Place, question: UUID) -> None:
    """Do the least that an answer needs, which is to change one pending row; raises RuntimeError if it is not."""
    scope = place.scope
    rows = await place.db.fetch(
        _UPDATE,
        *(scope.organization_id, scope.connection_id, question, "approve", click.PERSON, secrets.token_bytes(32)),
    )
    if len(rows) != 1:
        raise RuntimeError("an update that was to find its row found none")
