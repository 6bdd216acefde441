"""Delays commits, as a slow synchronous standby does to a click decided just before the deadline."""

import asyncpg

_HOLD = """
    create or replace function hold_commit() returns trigger language plpgsql as $$
    begin
        perform pg_sleep({seconds});
        return null;
    end $$;
    create constraint trigger hold_commit after update on interactions
    deferrable initially deferred for each row
    when (
        (old.status = 'pending' and new.answered_by is not null)
        or (old.status = 'pending' and new.status in ('cancelled', 'superseded'))
        or (old.status = 'pending' and old.cards_shown = 0 and new.cards_shown = 1
            and new.expires_at < clock_timestamp() + interval '1 s')
    )
    execute function hold_commit();
"""


async def hold(db: "asyncpg.Pool[asyncpg.Record]", seconds: float) -> None:
    """Delay each later commit of a claim, cancel, supersede, or first post near a deadline by so many seconds."""
    await db.execute(_HOLD.format(seconds=float(seconds)))
