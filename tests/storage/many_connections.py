"""The cost of a lease of cards while other connections have thousands of cards that no replica can post.

`python -m tests.storage.many_connections` measures it against a database with one connection, and prints both.
"""

import asyncio
import statistics
import tempfile
import time
from pathlib import Path

from bridge import ids
from bridge.kinds.registry import KINDS
from sandbox.postgres.cluster import Cluster
from sandbox.postgres.programs import find_programs
from storage import cards, migrate, pool, serving
from storage.model import Scope
from storage.pool import Database
from tests.storage import build, card_moves

CONNECTIONS, UNSERVED_CARDS = 5_000, 10_000
_LEASES = 300

# Every second connection is unserved and has four due cards; the others are served by other replicas.
OTHERS = f"""
create temp table seeds as
    select number, gen_random_uuid() as organization_id, gen_random_uuid() as connection_id, gen_random_uuid() as key_id
    from generate_series(1, {CONNECTIONS}) as number;
insert into organizations select organization_id, 'Other ' || number from seeds;
insert into keys (organization_id, id, name, prefix, digest)
    select organization_id, key_id, 'other', 'askb_none', sha256(organization_id::text::bytea) from seeds;
insert into connections (organization_id, id, app_id, team_id, home_teams, bot_user_id, name)
    select organization_id, connection_id, 'A0ASKBRIDGE', 'T0OTHER' || number, '{{T0OTHER}}', 'U0BOT', 'Other'
    from seeds;
insert into serving (organization_id, connection_id, served_since, served_until)
    select organization_id, connection_id, now() - interval '1 day', now() + interval '1 day' * (number % 2 * 2 - 1) / 2
    from seeds;
insert into interactions (
    organization_id, connection_id, id, kind, request, digest, answers, key_id, asked_by, cards_left, expires_at)
select
    organization_id, connection_id, gen_random_uuid(), 'approval', '{{}}', '', '{{}}', key_id, 'other', 1,
    now() + interval '1 hour'
from seeds, generate_series(1, {2 * UNSERVED_CARDS // CONNECTIONS})
where number % 2 = 0;
insert into cards (organization_id, connection_id, interaction_id, id, ordinal, address, due_at)
    select organization_id, connection_id, id, gen_random_uuid(), 1, '{{}}', now() - interval '1 hour' from interactions
    where asked_by = 'other';
drop table seeds;
analyze;
"""


async def fill(db: Database) -> None:
    """Add CONNECTIONS connections, half of them unserved with UNSERVED_CARDS due cards in all."""
    async with db.acquire() as connection:
        await connection.execute("set statement_timeout = '60s'")
        await connection.execute(OTHERS, timeout=60)
        await connection.execute("reset statement_timeout")


async def shelve(db: Database) -> int:
    """Shelve all cards of connections that no replica serves; returns how many."""
    every = 0
    while number := await serving.shelve(db, reason={}, new_id=ids.new):
        every += number
    return every


async def _lease(db: Database, served: list[Scope]) -> float:
    """Return the seconds that one lease of 20 cards takes; it is then rolled back."""
    async with db.acquire() as connection:
        transaction = connection.transaction()
        await transaction.start()
        began = time.perf_counter()
        leased = await cards.lease(connection, served, kinds=KINDS, limit=20)
        seconds = time.perf_counter() - began
        await transaction.rollback()
        assert len(leased) == 20
        return seconds


async def _measure(dsns: list[str]) -> None:
    async with pool.connect(dsns[0], name="one", size=1) as one, pool.connect(dsns[1], name="many", size=1) as many:
        served: list[list[Scope]] = []
        for db in (one, many):
            tenant = await build.tenant(db)
            await build.question(db, tenant, **card_moves.copies(20))
            await serving.renew(db, [tenant.scope])
            served.append([tenant.scope])
        await fill(many)

        async def compare(what: str) -> None:
            taken: tuple[list[float], list[float]] = ([], [])
            for _ in range(_LEASES):
                for db, mine, seconds in zip((one, many), served, taken, strict=True):
                    seconds.append(await _lease(db, mine))
            medians = [statistics.median(seconds) * 1e3 for seconds in taken]
            _say(f"{what}: {medians[0]:.3f} ms with one, {medians[1]:.3f} ms, {medians[1] / medians[0]:.2f} ×")

        await compare("before its unserved cards are shelved")
        began = time.perf_counter()
        number = await shelve(many)
        _say(f"{number} cards shelved in {time.perf_counter() - began:.2f} s")
        await compare(f"{CONNECTIONS} connections, {number} cards unserved")


def _say(words: str) -> None:
    print(words, flush=True)  # noqa: T201  -- printing the measurements is what this program does


def main() -> None:
    """Measure on a PostgreSQL server started for it."""
    with tempfile.TemporaryDirectory(prefix="askbridge-test-") as name:
        Path(name).chmod(0o711)
        with Cluster(Path(name) / "data", programs=find_programs(prefer="installed"), durable=False) as cluster:
            asyncio.run(_prepare_and_measure(cluster))


async def _prepare_and_measure(cluster: Cluster) -> None:
    dsns = [cluster.database(name) for name in ("one", "many")]
    async with pool.connect(cluster.dsn, name="admin", size=1) as admin:
        for name in ("one", "many"):
            await admin.fetch(f"create database {name}")
    for dsn in dsns:
        await migrate.migrate(dsn)
    await _measure(dsns)


if __name__ == "__main__":
    main()
