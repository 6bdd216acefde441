"""Migrated databases for tests: empty when lent, and lent again, as making one costs more than most tests."""

import contextlib
import itertools
from collections.abc import AsyncIterator

import asyncpg

from sandbox.postgres.cluster import Cluster
from storage import migrate

_TEMPLATE = "template_askbridge"

_END_OTHERS = """
    select pg_terminate_backend(pid, 10000) from pg_stat_activity
    where datname = current_database() and pid <> pg_backend_pid()
"""

# Whatever a test can change besides rows. Statistics belong to it, since plans depend on them.
_SHAPE = """
    select md5(string_agg(part, ',' order by part)) from (
        select 'relation ' || oid || relname || relkind::text || coalesce(reloptions::text, '') from pg_class
        where relnamespace = 'public'::regnamespace
        union all select 'column ' || attrelid || ' ' || attnum || attname || atttypid || attnotnull::text
        from pg_attribute where attrelid in (select oid from pg_class where relnamespace = 'public'::regnamespace)
        union all select 'default ' || oid || ' ' || xmin from pg_attrdef
        union all select 'constraint ' || oid || ' ' || xmin from pg_constraint where oid >= 16384
        union all select 'index ' || indexrelid || ' ' || xmin from pg_index where indexrelid >= 16384
        union all select 'trigger ' || oid || ' ' || xmin from pg_trigger where not tgisinternal
        union all select 'function ' || oid || ' ' || xmin from pg_proc where oid >= 16384
        union all select 'schema ' || oid from pg_namespace where oid >= 16384
        union all select 'statistics of ' || tablename from pg_stats where schemaname = 'public'
        union all select 'migration ' || migrations::text from migrations
        union all select 'settings ' || setrole || setconfig::text from pg_db_role_setting
        join pg_database on pg_database.oid = setdatabase where datname = current_database()
    ) as parts (part)
"""

# A truncation makes new files for every table and index that refer to each other; a few rows are gone faster.
_EMPTY = """
    do $$
    declare
        one regclass;
        found boolean;
    begin
        set local session_replication_role = replica; -- what refers to them goes too
        for one in
            select oid from pg_class
            where relnamespace = 'public'::regnamespace and relkind = 'r' and relname <> 'migrations'
        loop
            if pg_relation_size(one) > 262144 then -- dead rows count too
                execute format('truncate %s cascade', one);
            end if;
            execute format('select exists (select from %s)', one) into found;
            if found then
                execute format('delete from %s', one);
            end if;
        end loop;
    end $$
"""


class Databases:
    """Those of one server, which belongs to one run of the tests."""

    def __init__(self, cluster: Cluster) -> None:
        self._cluster = cluster
        self._numbers = itertools.count(1)
        self._free: list[str] = []
        self._shape = ""

    async def prepare(self) -> None:
        """Make the one that all others are copies of."""
        await self._command(f"create database {_TEMPLATE}")
        await migrate.migrate(self._cluster.database(_TEMPLATE))
        async with self._connected(_TEMPLATE) as connection:
            self._shape = await connection.fetchval(_SHAPE)

    async def lend(self) -> str:
        """The name of one without a row, on which nobody else works."""
        if self._free:
            return self._free.pop()
        return await self.copy(_TEMPLATE)

    async def take_back(self, name: str) -> None:
        """End whoever still works on it, and empty it; one that differs in anything but rows is dropped."""
        with contextlib.suppress(asyncpg.PostgresError):  # it may take no connection any more, or no write
            async with self._connected(name) as connection:
                await connection.execute(_END_OTHERS)
                if await connection.fetchval(_SHAPE) == self._shape:
                    await connection.execute(_EMPTY)
                    self._free.append(name)
                    return
        await self.drop(name)

    async def copy(self, template: str) -> str:
        """The name of one that is like another, to which nobody is connected; whoever asked for it drops it."""
        name = f"test_{next(self._numbers)}"
        await self._command(f"create database {name} template {template}")
        return name

    async def make(self) -> str:
        """The name of one that is not even migrated; whoever asked for it drops it."""
        name = f"empty_{next(self._numbers)}"
        await self._command(f"create database {name}")
        return name

    async def drop(self, name: str) -> None:
        await self._command(f"drop database {name} with (force)")

    async def _command(self, command: str) -> None:
        async with self._connected("postgres") as connection:
            await connection.execute(command)

    @contextlib.asynccontextmanager
    async def _connected(self, name: str) -> AsyncIterator[asyncpg.Connection]:
        connection = await asyncpg.connect(self._cluster.database(name))
        try:
            yield connection
        finally:
            await connection.close()
