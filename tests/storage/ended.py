"""Builds questions that ended long ago, one as it really ends and thousands as copies of it."""

from typing import Any

from storage import interactions
from storage.model import Card, Interaction, Status, Verdict
from storage.pool import Database
from tests.storage import build, card_moves
from tests.storage.build import Tenant

_LIKE = """
with copies as (
    insert into interactions
    select (jsonb_populate_record(interactions, jsonb_build_object(
        'id', gen_random_uuid(), 'idempotency_key', null, 'request_hash', null,
        'ended_at', ended_at - make_interval(secs => number)))).*
    from interactions, generate_series(1, $2) as number
    where id = $1
    returning id
),
posted as (
    insert into cards
    select (jsonb_populate_record(cards, jsonb_build_object('interaction_id', copies.id))).*
    from cards, copies
    where cards.interaction_id = $1
),
told as (
    insert into events
    select (jsonb_populate_record(events, jsonb_build_object('interaction_id', copies.id, 'id', gen_random_uuid()))).*
    from events, copies
    where events.interaction_id = $1
)
insert into clicks
select (jsonb_populate_record(clicks, jsonb_build_object(
    'interaction_id', copies.id, 'claim_id', sha256(clicks.claim_id || convert_to(copies.id::text, 'UTF8'))))).*
from clicks, copies
where clicks.interaction_id = $1
"""


async def question(db: Database, tenant: Tenant, *, days: float, **other: Any) -> Interaction:
    """A question that was posted, answered and settled, so long ago."""
    asked = await build.question(db, tenant, **other)
    await card_moves.post(db, await _card(db, asked))
    claimed = await interactions.claim(db, build.click(asked))
    assert claimed.verdict is Verdict.WON
    await card_moves.edit(db, await _card(db, asked))
    return await ago(db, tenant, asked, days=days)


async def _card(db: Database, question: Interaction) -> Card:
    """Lease what is due, and take this question's card of it."""
    return next(card for card in await card_moves.lease(db, question) if card.interaction_id == question.id)


async def ago(db: Database, tenant: Tenant, question: Interaction, *, days: float) -> Interaction:
    """Let all of a question's life have been so much earlier; one that is pending stays so."""
    await db.fetch(
        "update interactions set created_at = created_at - make_interval(secs => $2), "
        "ended_at = ended_at - make_interval(secs => $2), expires_at = case when status = 'pending' then expires_at "
        "else expires_at - make_interval(secs => $2) end where id = $1",
        question.id,
        days * 86_400,
    )
    after = await build.read(db, tenant, question.id)
    assert (after.ended_at is None) == (after.status is Status.PENDING)
    return after


async def many_like(db: Database, question: Interaction, *, number: int) -> None:
    """So many copies more of an ended question, with copies of its cards, clicks and events."""
    async with db.acquire() as connection:
        await connection.execute("set statement_timeout = '60s'")  # takes longer than a replica ever waits
        await connection.execute(_LIKE, question.id, number, timeout=60)
