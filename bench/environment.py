"""The environment of a benchmark: a durable PostgreSQL, two replicas and two bare Bolt apps, each its own process."""

import contextlib
import itertools
import secrets
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any
from uuid import UUID

import asyncpg

from bench import click, floors, interactions, typed
from bridge import ids
from bridge.forms import given
from sandbox import temporary
from sandbox.children import Child
from sandbox.postgres import cluster
from sandbox.postgres.cluster import Cluster
from sandbox.postgres.programs import find_programs
from storage import connections, keys, migrate, organizations, pool
from storage.model import Scope
from storage.pool import Database

IN_FLIGHT = 16  # requests at once; the pool on which statements are measured has as many connections
_numbers = itertools.count(1)
_UNREACHABLE = "http://127.0.0.1:1/api/"  # a replica without a token calls no Slack; if it did, the call would fail


@dataclass(frozen=True, slots=True, kw_only=True)
class BenchDatabase:
    """One migrated database with one organization in it."""

    dsn: str = field(repr=False)
    db: Database
    scope: Scope
    key_id: UUID
    key: str = field(repr=False)

    async def pending(self, count: int, asked: Mapping[str, Any] = interactions.PLAIN) -> list[UUID]:
        """Create `count` pending interactions that asked this, with posted cards; returns their ids."""
        return await interactions.pending(self.db, self.scope, self.key_id, count, asked)

    async def paged(self, count: int) -> list[UUID]:
        """The same for questions with a form of 20 inputs, whose first page was sent."""
        pending = await self.pending(count, typed.TYPED)
        opened = {id: click.opened_by(id) for id in pending}
        await interactions.keep_pages(self.db, self.scope, opened, given.kept(typed.kept()))
        return pending

    async def another_key(self) -> str:
        """The secret of a key of another organization, with a workspace of its own."""
        scope = await _organization(self.db, team_id=f"T0BENCH{next(_numbers)}")
        return (await keys.create(self.db, organization_id=scope.organization_id, id=ids.new(), name="bench"))[1]


@dataclass(frozen=True, slots=True, kw_only=True)
class Environment:
    """The running processes and the database that the measures use."""

    database: BenchDatabase
    replicas: tuple[Child, Child]
    before: Child  # bare Bolt with process_before_response
    default: Child  # bare Bolt in its default mode
    secret: str = field(repr=False)
    cluster: Cluster
    log: IO[bytes]

    def url(self, child: Child) -> str:
        """The base URL of one of the processes."""
        url: str = child.ready_info["url"]
        return url

    def click(self, child: Child, interaction_id: UUID, *, choice: str = "approve", value: str = "") -> bytes:
        """The bytes of a new click on an interaction, addressed to this process."""
        return click.request(self.url(child), interaction_id, secret=self.secret, choice=choice, value=value)

    def opening(self, child: Child, interaction_id: UUID) -> bytes:
        """The bytes of a new click that opens a form, addressed to this process."""
        return click.request(self.url(child), interaction_id, secret=self.secret, opens=True)

    def submission(self, child: Child, interaction_id: UUID) -> bytes:
        """The bytes of a form that was sent, addressed to this process."""
        return click.submission(self.url(child), interaction_id, secret=self.secret)

    def last_page(self, child: Child, interaction_id: UUID) -> bytes:
        """The bytes of the last page of a form with 20 inputs that was sent, addressed to this process."""
        return click.last_page(self.url(child), interaction_id, secret=self.secret)

    def replica(self, *, profile: Path | None = None, limited: bool = False) -> Child:
        """One more replica, not started yet; `limited`: with the default limits on requests.

        With `profile`, it writes a profile to this path when it is stopped.
        """
        return _replica(self.database.dsn, secret=self.secret, log=self.log, profile=profile, limited=limited)

    def bare(self) -> Child:
        """One more bare Bolt app, not started yet."""
        return _floor("before", secret=self.secret, log=self.log)

    async def drop_notifications(self) -> None:
        """Drop every NOTIFY that a replica sends from now on."""
        await _notify(self.database.dsn, "select")

    @contextlib.asynccontextmanager
    async def another_database(self, name: str, *, settled: int) -> AsyncIterator[BenchDatabase]:
        """A separate database that holds `settled` settled interactions."""
        async with AsyncExitStack() as stack:
            database = await _create_database(stack, self.cluster, name)
            await interactions.settled(database.dsn, database.scope, database.key_id, settled)
            yield database


@contextlib.asynccontextmanager
async def running(log: IO[bytes]) -> AsyncIterator[Environment]:
    """Start the environment, and remove all of it at the end. The processes log to `log`; raises ChildFailed."""
    async with AsyncExitStack() as stack:
        folder = stack.enter_context(temporary.folder())
        server = await stack.enter_async_context(
            cluster.run(folder / "postgres", programs=find_programs(prefer="installed"))
        )
        database = await _create_database(stack, server, "bench")
        await _notify(database.dsn, "select pg_catalog.pg_notify($1, $2)", everywhere=True)
        secret = secrets.token_hex(16)
        children = [
            *(_replica(database.dsn, secret=secret, log=log) for _ in range(2)),
            *(_floor(mode, secret=secret, log=log) for mode in ("before", "default")),
        ]
        for child in children:
            await stack.enter_async_context(child)
        for child in children:
            await child.ready()
        one, other, before, default = children
        yield Environment(
            database=database,
            replicas=(one, other),
            before=before,
            default=default,
            secret=secret,
            cluster=server,
            log=log,
        )


async def _create_database(stack: AsyncExitStack, server: Cluster, name: str) -> BenchDatabase:
    admin = await asyncpg.connect(server.dsn)
    try:
        await admin.execute(f"create database {name}")
    finally:
        await admin.close()
    dsn = server.database(name)
    await migrate.migrate(dsn)
    db = await stack.enter_async_context(pool.connect(dsn, name="bench", size=IN_FLIGHT, warm=IN_FLIGHT))
    scope = await _organization(db, team_id=click.TEAM)
    key, secret = await keys.create(db, organization_id=scope.organization_id, id=ids.new(), name="bench")
    return BenchDatabase(dsn=dsn, db=db, scope=scope, key_id=key.id, key=secret)


async def _organization(db: Database, *, team_id: str) -> Scope:
    """A new organization with one connection, to this workspace."""
    organization_id = ids.new()
    await organizations.create(db, organization_id=organization_id, name=f"Bench {team_id}")
    connection = await connections.connect(
        db,
        organization_id=organization_id,
        id=ids.new(),
        app_id=click.APP,
        enterprise_id=None,
        team_id=team_id,
        home_teams=[team_id],
        bot_user_id="U0ASKBRIDGE",
        name="Bench",
    )
    return connection.scope


async def _notify(dsn: str, body: str, *, everywhere: bool = False) -> None:
    """Shadow PostgreSQL's `pg_notify` by a function of our own with this body.

    `everywhere` puts the function first in the search path of every session that begins from now on.
    """
    server = await asyncpg.connect(dsn)
    try:
        await server.execute(
            "create or replace function public.pg_notify(text, text) returns void language sql volatile "
            f"as $body$ {body} $body$"
        )
        if everywhere:
            await server.execute("alter database bench set search_path = public, pg_catalog")
    finally:
        await server.close()


def _replica(dsn: str, *, secret: str, log: IO[bytes], profile: Path | None = None, limited: bool = False) -> Child:
    settings = {
        "ASKBRIDGE_DATABASE_URL": dsn,
        "ASKBRIDGE_SLACK_SIGNING_SECRET": secret,
        "ASKBRIDGE_SLACK_API_URL": _UNREACHABLE,
        "ASKBRIDGE_PORT": "0",
        "ASKBRIDGE_DRAIN_SECONDS": "0",
    }
    if not limited:  # otherwise requests without a pause would measure the rate limit
        settings["ASKBRIDGE_REQUESTS_PER_SECOND"] = "1000000"
    command = ["bridge", "serve", "--json"]
    if profile is not None:
        command = ["cProfile", "-o", str(profile), "-m", *command]
    return Child("a replica", *command, settings=settings, unset="ASKBRIDGE_", log=log)


def _floor(mode: str, *, secret: str, log: IO[bytes]) -> Child:
    return Child(f"bare Bolt ({mode})", "bench.floors", mode, settings={floors.SECRET: secret}, log=log)
