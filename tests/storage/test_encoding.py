"""A database that is not UTF-8 is refused before anything is stored in it."""

import asyncpg
import pytest

from storage import migrate, pool
from storage.errors import WrongEncoding


async def test_no_migration_is_applied_to_it(other_encoding: tuple[str, str]) -> None:
    encoding, dsn = other_encoding

    with pytest.raises(
        WrongEncoding, match=f"is {encoding}, and must be UTF8. To fix it: .*createdb -E UTF8 -T template0"
    ):
        await migrate.migrate(dsn)

    connection = await asyncpg.connect(dsn)
    try:
        assert await connection.fetchval("select to_regclass('migrations')") is None
    finally:
        await connection.close()


@pytest.mark.parametrize("pooled", [False, True])
async def test_no_pool_is_opened_on_it(other_encoding: tuple[str, str], *, pooled: bool) -> None:
    with pytest.raises(WrongEncoding):
        async with pool.connect(other_encoding[1], name="test", size=1, pooled=pooled):
            pass
