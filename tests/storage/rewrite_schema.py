"""`make schema`: write `sql/schema.sql` from the migrations, on a temporary PostgreSQL server."""

import asyncio
from pathlib import Path

from sandbox.postgres.cluster import Cluster
from sandbox.postgres.programs import find_programs
from storage import migrate, pool, schema
from tests.conftest import reachable

SCHEMA = Path(__file__).parents[2] / "sql" / "schema.sql"


async def _dump(dsn: str) -> str:
    await migrate.migrate(dsn)
    async with pool.connect(dsn, name="schema", size=2) as db:
        return await schema.dump(db)


def main() -> None:
    programs = find_programs(prefer="installed")
    with reachable() as folder, Cluster(folder / "data", programs=programs, durable=False) as cluster:
        SCHEMA.write_text(asyncio.run(_dump(cluster.dsn)), "utf-8")


if __name__ == "__main__":
    main()
