"""A database that is not UTF-8 is refused before anything is stored in it."""

from collections.abc import AsyncIterator

import asyncpg
import pytest

from sandbox.postgres.cluster import Cluster
from storage import migrate, pool
from storage.errors import WrongEncoding
from tests.databases import Databases


@pytest.fixture(params=["LATIN1", "SQL_ASCII"])
async def other(
    request: pytest.FixtureRequest, cluster: Cluster, databases: Databases
) -> AsyncIterator[tuple[str, str]]:
    """The encoding of a database that is not UTF-8, and its address."""
    encoding = str(request.param)
    name = await databases.make(encoding=encoding)
    yield encoding, cluster.database(name)
    await databases.drop(name)


async def test_no_migration_is_applied_to_it(other: tuple[str, str]) -> None:
    encoding, dsn = other

    with pytest.raises(WrongEncoding, match=f"is {encoding}, and must be UTF8: .*createdb -E UTF8 -T template0"):
        await migrate.migrate(dsn)

    connection = await asyncpg.connect(dsn)
    try:
        assert await connection.fetchval("select to_regclass('migrations')") is None
    finally:
        await connection.close()


@pytest.mark.parametrize("pooled", [False, True])
async def test_no_pool_is_opened_on_it(other: tuple[str, str], *, pooled: bool) -> None:
    with pytest.raises(WrongEncoding):
        async with pool.connect(other[1], name="test", size=1, pooled=pooled):
            pass
