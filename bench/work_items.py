"""Creates a backlog of work items in bulk by SQL, and has the barest statement that leases one of them."""

from typing import Final

import asyncpg

from bench.environment import BenchDatabase

_FILL: Final = (
    """
    create temp table made as
    select
        gen_random_uuid() as id, number, number <= $1 as waits,
        statement_timestamp() - interval '1 d' + number * interval '1 ms' as created_at
    from generate_series(1, $2::int) as number
    """,
    """
    insert into things (organization_id, id, noun, connection_id, key_id, opened_by, addresses, moves)
    select $1, id, 'work', $2, $3, 'bench', '[]', 1
    from made
    """,
    """
    insert into work_items (
        organization_id, id, title, priority, status, attempts, take_seconds, unmet, created_at)
    select
        $1, id, 'An item of the backlog', waits::int, 'ready', 0, 28800, waits::int, created_at
    from made
    """,
    """
    insert into work_dependencies (organization_id, item_id, depends_on_id, depends_on, is_met, at)
    select $1, made.id, other.id, other.id::text, false, made.created_at
    from made
    join made as other on made.waits and other.number = made.number + 1
    """,
    """
    insert into history (organization_id, thing_id, id, number, move, to_status, by, at)
    select $1, id, id, 1, 'created', 'ready', '{}', created_at
    from made
    """,
)
BARE: Final = """
update work_items
set
    status = 'leased', attempts = attempts + 1, holder_agent = $2, leased_at = clock_timestamp(),
    leased_until = clock_timestamp() + make_interval(secs => $3::float8), lease_end = null
where
    organization_id = $1
    and id = (
        select id
        from work_items
        where organization_id = $1 and status = 'ready' and unmet = 0
        order by -priority, created_at, id
        limit 1
        for no key update skip locked
    )
returning id, attempts
"""
"""The smallest change that a lease needs: one statement leases the best free row, and skips what others have locked."""


async def filled(database: BenchDatabase, *, items: int, waiting: int) -> None:
    """Make so many ready items; the first `waiting` of them in order wait for the next one."""
    scope = database.scope
    given: list[tuple[object, ...]] = [
        (waiting, items),
        (scope.organization_id, scope.connection_id, database.key_id),
        *[(scope.organization_id,)] * 3,
    ]
    server = await asyncpg.connect(database.dsn)
    try:
        for statement, values in zip(_FILL, given, strict=True):
            await server.execute(statement, *values)
        await server.execute("vacuum analyze")
        await server.execute("checkpoint")
    finally:
        await server.close()
