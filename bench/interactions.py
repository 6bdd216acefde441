"""Creates interactions in bulk by SQL, without the bridge's API: creating them is not what is measured."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Final
from uuid import UUID

import asyncpg

from bench import click
from bridge import ids
from bridge.kinds.registry import KINDS
from storage.model import Json, Scope
from storage.pool import Database

_PENDING = """
with opened as (
    insert into interactions (
        organization_id, connection_id, id, kind, request, digest, answers, forms, responders, home_teams, key_id,
        asked_by, cards_left, cards_shown, expires_at)
    select
        $1, $2, id, $12, $8::jsonb, $9, $10::jsonb, $11::jsonb, array[$5], array[$6], $3,
        'bench', 0, 1, clock_timestamp() + interval '1 day'
    from unnest($4::uuid[]) as made (id)
    returning id
),
shown as (
    insert into cards (
        organization_id, connection_id, interaction_id, id, ordinal, address, channel, ts, permalink, shown)
    select $1, $2, id, id, 1, jsonb_build_object('channel', $7::text), $7::text, '1763719200.000100', '', 1
    from opened
)
insert into events (organization_id, id, interaction_id, type)
select $1, id, id, 'interaction.created'
from opened
"""

_PAGES = """
insert into form_pages (organization_id, interaction_id, form, user_id, page, entered, changed_at)
select $1, id, form, $4, 1, $5::jsonb, clock_timestamp()
from unnest($2::uuid[], $3::bytea[]) as kept (id, form)
"""

# Ids that grow with time, as ids.new() makes them, but of a time long ago, apart from those of pending interactions.
_LONG_AGO = """
create function pg_temp.id(kind bigint, n bigint) returns uuid language sql immutable as $body$
    select (
        lpad(to_hex(1600000000000 + n), 12, '0') || '70008000' || lpad(to_hex(kind * 4294967296 + n), 12, '0')
    )::uuid
$body$
"""
_INTERACTIONS = """
insert into interactions (
    organization_id, connection_id, id, kind, status, request, digest, answers, responders, home_teams, key_id,
    asked_by, answer, choice, answered_by, claim_id, cards_left, cards_shown, created_at, expires_at, ended_at)
select
    $1, $2, pg_temp.id(0, n), 'approval', 'answered', '{"kind": "approval", "title": "Deploy?"}', repeat('0', 64),
    '{"approve": {"label": "Approve"}}', array['U0ANA'], array['T0BENCH'], $3, 'bench',
    '{"decision": "approve", "approved": true}', 'approve', 'U0ANA', sha256(n::text::bytea), 0, 1,
    clock_timestamp() - interval '2 hours', clock_timestamp() - interval '1 hour',
    clock_timestamp() - interval '90 minutes'
from generate_series(1, $4::int) as series (n)
"""
_CARDS = """
insert into cards (
    organization_id, connection_id, interaction_id, id, ordinal, address, channel, ts, permalink, wanted, shown)
select
    $1, $2, pg_temp.id(0, n), pg_temp.id(1, n), 1, '{"channel": "C0BENCH"}', 'C0BENCH', '1.1', '', 2, 2
from generate_series(1, $3::int) as series (n)
"""
_CLICKS = """
insert into clicks (
    organization_id, claim_id, connection_id, interaction_id, verdict, choice, user_id, user_name, user_team, channel)
select
    $1, sha256(n::text::bytea), $2, pg_temp.id(0, n), 'won', 'approve', 'U0ANA', 'ana', 'T0BENCH', 'C0BENCH'
from generate_series(1, $3::int) as series (n)
"""
_EVENTS = """
insert into events (organization_id, id, interaction_id, type)
select $1, pg_temp.id(2, n), pg_temp.id(0, n), 'interaction.answered'
from generate_series(1, $2::int) as series (n)
"""


PLAIN: Final = MappingProxyType({"kind": "approval", "title": "Deploy?"})
COMMENTED: Final = MappingProxyType({**PLAIN, "comment": {"deny": "required"}})


async def pending(db: Database, scope: Scope, key_id: UUID, count: int, asked: Mapping[str, Any] = PLAIN) -> list[UUID]:
    """Create `count` pending interactions that asked this and whose cards are posted; returns their ids."""
    kind = KINDS[asked["kind"]]
    request = kind.request.model_validate(dict(asked))
    stored = (kind.stored(request), kind.digest(request), kind.answers(request), kind.stored_forms(request), kind.name)
    made = [ids.new() for _ in range(count)]
    for at in range(0, count, 1000):  # in batches, so that each statement ends long before the pool's deadline
        batch = made[at : at + 1000]
        await db.fetch(
            _PENDING,
            *(scope.organization_id, scope.connection_id, key_id, batch, click.PERSON, click.TEAM, click.CHANNEL),
            *stored,
        )
    return made


async def keep_pages(db: Database, scope: Scope, opened: Mapping[UUID, bytes], entered: Json) -> None:
    """Keep what was entered on the first page of a form of each interaction; `opened` has the click that opened it."""
    await db.fetch(_PAGES, scope.organization_id, list(opened), list(opened.values()), click.PERSON, entered)


async def settled(dsn: str, scope: Scope, key_id: UUID, count: int) -> None:
    """Create `count` answered interactions with their cards, clicks and events, and update the planner's statistics."""
    organization, connection = scope.organization_id, scope.connection_id
    server = await asyncpg.connect(dsn)  # not from the pool: a million rows take longer than its deadline
    try:
        await server.execute(_LONG_AGO)
        await server.execute(_INTERACTIONS, organization, connection, key_id, count)
        await server.execute(_CARDS, organization, connection, count)
        await server.execute(_CLICKS, organization, connection, count)
        await server.execute(_EVENTS, organization, count)
        await server.execute("vacuum analyze")
        await server.execute("checkpoint")  # otherwise writing these rows out would slow the next minute's measurements
    finally:
        await server.close()
