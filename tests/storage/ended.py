"""Builders of interactions that ended long ago: one by the real statements, thousands as copies of its rows."""

from datetime import timedelta
from typing import Any

from storage import events, interactions
from storage.model import Card, Interaction, Status, Verdict
from storage.pool import Database
from tests.storage import build, card_moves
from tests.storage.build import Tenant
from tests.storage.elapse import elapse

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
    select (jsonb_populate_record(cards, jsonb_build_object(
        'interaction_id', copies.id,
        'ts', (cards.ts::numeric + 0.000001 * row_number() over ())::text))).* -- as in Slack: no two have the same
    from cards, copies
    where cards.interaction_id = $1
),
told as (
    insert into events
    select (jsonb_populate_record(events, jsonb_build_object(
        'interaction_id', copies.id, 'id', gen_random_uuid(), 'position', 1000 + row_number() over ()))).*
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
    """An interaction that was posted, answered and settled `days` ago, with its events numbered."""
    interaction = await build.question(db, tenant, **other)
    await card_moves.post(db, await _card(db, interaction))
    claimed = await interactions.claim(db, build.click(interaction))
    assert claimed.verdict is Verdict.WON
    await card_moves.edit(db, await _card(db, interaction))
    return await ago(db, tenant, interaction, days=days)


async def _card(db: Database, question: Interaction) -> Card:
    """Lease the due cards, and return the one of this interaction."""
    return next(card for card in await card_moves.lease(db, question) if card.interaction_id == question.id)


async def ago(db: Database, tenant: Tenant, question: Interaction, *, days: float) -> Interaction:
    """Move the times of an interaction back by `days`, with its events numbered; a pending one stays pending."""
    await events.number(db)
    before = await build.read(db, tenant, question.id)
    columns = ["created_at"] if before.status is Status.PENDING else ["created_at", "expires_at", "ended_at"]
    await elapse(db, "interactions", timedelta(days=days), question.id, where="id = $1", columns=columns)
    after = await build.read(db, tenant, question.id)
    assert (after.ended_at is None) == (after.status is Status.PENDING)
    return after


async def many_like(db: Database, question: Interaction, *, number: int) -> None:
    """Insert `number` copies of an ended interaction, with its cards, clicks and events."""
    async with db.acquire() as connection:
        await connection.execute(
            "set statement_timeout = '60s'"
        )  # this takes longer than any statement of a replica may
        await connection.execute(_LIKE, question.id, number, timeout=60)
