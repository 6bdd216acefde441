"""Creates open recoveries in bulk by SQL, with their rounds, posted cards, history and events."""

from typing import Final
from uuid import UUID

from bench import click
from bridge import ids
from storage.model import Scope
from storage.pool import Database

_BATCH: Final = 1_000
_OPEN = """
with made as (
    select thing_id, round_id
    from unnest($4::uuid[], $5::uuid[]) as ids (thing_id, round_id)
),
opened as (
    insert into things (
        organization_id, id, noun, connection_id, key_id, opened_by, addresses, asked_addresses, home_teams, anchor_id,
        moves)
    select
        $1, thing_id, 'recovery', $2, $3, 'bench', jsonb_build_array(jsonb_build_object('channel', $8::text)),
        jsonb_build_array(jsonb_build_object('channel', $8::text)), array[$7], round_id, 1
    from made
),
described as (
    insert into recoveries (
        organization_id, id, status, source_type, source_id, kind, cause, fingerprint, next_action, attempt_count,
        last_attempt_at)
    select
        $1, thing_id, 'active', 'job', thing_id::text, 'stalled', 'no heartbeat for 10 minutes',
        'worker/heartbeat/' || right(thing_id::text, 2), 'restart the worker', 1, clock_timestamp()
    from made
),
offered as (
    insert into interactions (
        organization_id, connection_id, id, kind, request, digest, answers, forms, responders, home_teams, key_id,
        asked_by, unheard, cards_left, cards_shown, expires_at, thing_id, is_anchor)
    select
        $1, $2, round_id, 'recovery', '{"title": "job", "moves": {}, "identity": {}}', repeat('0', 64), '{}',
        '{"restored": {"move": "restored", "label": "Restored"}}', array[$6], array[$7], $3, 'bench', false, 0, 1,
        '9999-12-31Z', thing_id, true
    from made
),
shown as (
    insert into cards (
        organization_id, connection_id, interaction_id, id, ordinal, address, channel, ts, permalink, shown)
    select $1, $2, round_id, round_id, 1, jsonb_build_object('channel', $8::text), $8, '1763719200.000100', '', 1
    from made
),
told as (
    insert into history (organization_id, thing_id, id, number, move, to_status, by, at)
    select $1, thing_id, thing_id, 1, 'opened', 'active', '{}', clock_timestamp()
    from made
)
insert into events (organization_id, id, thing_id, type)
select $1, thing_id, thing_id, 'recovery.opened'
from made
"""


async def opened(db: Database, scope: Scope, key_id: UUID, count: int) -> list[tuple[UUID, UUID]]:
    """Open `count` recoveries, whose sources are of the type `job` and have their ids; returns (id, round) of each."""
    made = [(ids.new(), ids.new_round()) for _ in range(count)]
    for at in range(0, count, _BATCH):  # in batches, so that each statement ends long before the pool's deadline
        batch = made[at : at + _BATCH]
        await db.fetch(
            _OPEN,
            *(scope.organization_id, scope.connection_id, key_id),
            [id for id, _ in batch],
            [round_id for _, round_id in batch],
            *(click.PERSON, click.TEAM, click.CHANNEL),
        )
    return made
