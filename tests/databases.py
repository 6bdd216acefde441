"""Migrated databases for tests, empty when lent; they are reused, because creating one takes longer than most tests.

One connection to each database stays open from test to test, on an event loop in its own thread: a new connection
to PostgreSQL needs 15 ms to load the catalog of the tables that it empties, 1,500 times in a run.
"""

import asyncio
import contextlib
import itertools
import threading
from collections.abc import Coroutine, Iterator
from concurrent.futures import Future
from typing import Any, TypeVar

import asyncpg

from sandbox.postgres.cluster import Cluster
from storage import migrate

T = TypeVar("T")

_TEMPLATE = "template_askbridge"

_END_OTHERS = """
    select pg_terminate_backend(pid, 10000) from pg_stat_activity
    where datname = current_database() and pid <> pg_backend_pid()
"""

# A hash of everything that a test can change besides rows, including statistics, since plans depend on them.
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

# TRUNCATE creates new files for all referencing tables and their indexes; deleting a few rows is faster.
_EMPTY = """
    do $$
    declare
        one regclass;
        found boolean;
    begin
        set local session_replication_role = replica; -- no foreign key checks: referencing rows are deleted too
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
    """The databases of one server, which belongs to one run of the tests. Use them within `running()`."""

    def __init__(self, cluster: Cluster) -> None:
        self._cluster = cluster
        self._loop = asyncio.new_event_loop()
        self._numbers = itertools.count(1)
        self._free: list[str] = []
        self._kept: dict[str, asyncpg.Connection] = {}
        self._shape = ""

    @contextlib.contextmanager
    def running(self) -> Iterator[None]:
        """Create the template database of which all others are copies; close all connections at the end."""
        thread = threading.Thread(target=self._loop.run_forever, name="databases of tests")
        thread.start()
        try:
            self._submit(self._prepare()).result()
            yield
            self._submit(self._close()).result()
        finally:
            self._loop.call_soon_threadsafe(self._loop.stop)
            thread.join()
            self._loop.close()

    async def lend(self) -> str:
        """The name of a database without rows, which no other test uses at the same time."""
        if self._free:
            return self._free.pop()
        return await self.copy(_TEMPLATE)

    async def take_back(self, name: str) -> None:
        """End all other connections to the database and empty it; drop it if more than its rows has changed."""
        if await self._run(self._empty(name)):
            self._free.append(name)
        else:
            await self.drop(name)

    async def copy(self, template: str) -> str:
        """Copy a database to which nothing is connected; returns the copy's name. The caller must drop it."""
        name = f"test_{next(self._numbers)}"
        await self._run(self._copy(name, template))
        return name

    async def make(self, *, encoding: str = "UTF8") -> str:
        """Create a database without migrations; returns its name. The caller must drop it."""
        name = f"empty_{next(self._numbers)}"
        await self._run(self._command(f"create database {name} encoding '{encoding}' template template0"))
        return name

    async def drop(self, name: str) -> None:
        await self._run(self._drop(name))

    async def _prepare(self) -> None:
        await self._command(f"create database {_TEMPLATE}")
        await migrate.migrate(self._cluster.database(_TEMPLATE))
        self._shape = await (await self._connection(_TEMPLATE)).fetchval(_SHAPE)

    async def _copy(self, name: str, template: str) -> None:
        await self._disconnect(template)  # PostgreSQL copies a database only while it has no connections
        await self._command(f"create database {name} template {template}")

    async def _empty(self, name: str) -> bool:
        """Empty the database. False when more than its rows has changed, or it cannot be emptied."""
        try:
            connection = await self._connection(name)
            await connection.execute(_END_OTHERS)
            if await connection.fetchval(_SHAPE) != self._shape:
                return False
            await connection.execute(_EMPTY)
        except (asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError, OSError):
            return False  # a test may have forbidden connections or writes, or ended this connection a moment ago
        return True

    async def _drop(self, name: str) -> None:
        if connection := self._kept.pop(name, None):
            connection.terminate()  # it may be broken, and closing it could wait for the server
        await self._command(f"drop database {name} with (force)")

    async def _command(self, command: str) -> None:
        await (await self._connection("postgres")).execute(command)

    async def _connection(self, name: str) -> asyncpg.Connection:
        """The kept connection to this database, or a new one if there is none or a test ended it."""
        if name not in self._kept or self._kept[name].is_closed():
            self._kept[name] = await asyncpg.connect(self._cluster.database(name))
        return self._kept[name]

    async def _disconnect(self, name: str) -> None:
        if connection := self._kept.pop(name, None):
            await connection.close()

    async def _close(self) -> None:
        for connection in self._kept.values():
            connection.terminate()

    async def _run(self, work: Coroutine[Any, Any, T]) -> T:
        return await asyncio.wrap_future(self._submit(work))

    def _submit(self, work: Coroutine[Any, Any, T]) -> Future[T]:
        return asyncio.run_coroutine_threadsafe(work, self._loop)
