"""Creates a backlog of work items in bulk by SQL, and beside it a bare table of the same rows, which is leased too."""

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
    """
    create table bare (
        id uuid primary key, priority int not null, created_at timestamptz not null, status text not null,
        unmet int not null, attempts int not null, owner text, leased_until timestamptz)
    """,
    "create index on bare (priority desc, created_at, id) where status = 'ready' and unmet = 0",
    """
    insert into bare (id, priority, created_at, status, unmet, attempts)
    select id, waits::int, created_at, 'ready', waits::int, 0
    from made
    """,
)
BARE: Final = """
update bare
set
    status = 'leased', attempts = attempts + 1, owner = $1,
    leased_until = clock_timestamp() + make_interval(secs => $2::float8)
where
    id = (
        select id
        from bare
        where status = 'ready' and unmet = 0
        order by priority desc, created_at, id
        limit 1
        for update skip locked
    )
returning id, attempts
"""
"""The least that leases the best free row: one statement, which skips what others have locked."""


async def filled(database: BenchDatabase, *, items: int, waiting: int) -> None:
    """Make so many ready items, and the same in `bare`; the first `waiting` of them in order wait for the next one."""
    scope = database.scope
    given: list[tuple[object, ...]] = [
        (waiting, items),
        (scope.organization_id, scope.connection_id, database.key_id),
        *[(scope.organization_id,)] * 3,
        *[()] * 3,
    ]
    server = await asyncpg.connect(database.dsn)
    try:
        for statement, values in zip(_FILL, given, strict=True):
            await server.execute(statement, *values)
        await server.execute("vacuum analyze")
        await server.execute("checkpoint")
    finally:
        await server.close()
