"""The pool: every call is bounded, every failure is raised as Unavailable, and the next call works again."""

import asyncio
import gc
import time
from collections.abc import AsyncIterator, Awaitable
from urllib.parse import urlsplit

import asyncpg
import pytest

from sandbox.postgres.cluster import Cluster
from storage import errors, pool
from storage.errors import BadDatabaseUrl, Failure, Unavailable
from storage.pool import Database
from storage.statements import Runs
from tests import proxy
from tests.proxy import Weather
from tests.storage.faults import admin, frozen, pid_of, until_running, until_waiting
from tests.waiting import until


@pytest.fixture
async def single(dsn: str) -> AsyncIterator[Database]:
    """A pool of one connection, so that the next call gets a known one."""
    async with pool.connect(dsn, name="single", size=1) as database:
        yield database


def password(dsn: str) -> str:
    found = urlsplit(dsn).password
    assert found
    return found


async def failure(call: Awaitable[object]) -> Failure:
    with pytest.raises(Unavailable) as caught:
        await call
    return caught.value.failure


async def test_a_frozen_backend_costs_its_caller_no_more_than_the_budget(single: Database) -> None:
    with frozen(await pid_of(single)):
        began = time.monotonic()
        assert await failure(single.fetch_within("select 1", seconds=1)) is Failure.UNKNOWN
        took = time.monotonic() - began

        assert 1 <= took < 1.8  # waiting for the cancelled statement would double it
        assert await single.fetch("select 1"), "the pool works while the old backend is still frozen"


class TestABoundedTransaction:
    async def test_commits_all_or_nothing(self, single: Database) -> None:
        await single.fetch("create table numbers (id int primary key)")

        async def add(runs: Runs, *ids: int) -> int:
            for id in ids:
                await runs.fetch("insert into numbers values ($1)", id)
            return len(ids)

        assert await single.transact_within(lambda runs: add(runs, 1, 2), seconds=5) == 2
        with pytest.raises(asyncpg.exceptions.UniqueViolationError):
            await single.transact_within(lambda runs: add(runs, 3, 2), seconds=5)

        assert [row["id"] for row in await single.fetch("select id from numbers order by id")] == [1, 2]

    async def test_that_waits_past_its_time_is_cut_off_and_writes_nothing(self, single: Database, dsn: str) -> None:
        await single.fetch("create table numbers (id int primary key)")
        async with admin(dsn) as holder, holder.transaction():
            await holder.execute("lock table numbers")

            async def add(runs: Runs) -> None:
                await runs.fetch("select 1")
                await runs.fetch("insert into numbers values (1)")

            assert await failure(single.transact_within(add, seconds=0.3)) is Failure.UNKNOWN
            await admin_ended(holder)

        assert await single.fetch("select from numbers") == [], "its transaction was never committed"

    async def test_on_a_frozen_backend_ends_in_time(self, single: Database) -> None:
        with frozen(await pid_of(single)):
            began = time.monotonic()
            assert (
                await failure(single.transact_within(lambda runs: runs.fetch("select 1"), seconds=1)) is Failure.UNKNOWN
            )
            took = time.monotonic() - began

            assert 1 <= took < 1.8
            assert await single.fetch("select 1")


async def admin_ended(holder: asyncpg.Connection) -> None:
    """Wait until the backend without a client ends while it waits for a lock, or end it as an operator would."""
    await holder.execute(
        "select pg_terminate_backend(pid) from pg_stat_activity "
        "where datname = current_database() and wait_event_type = 'Lock'"
    )


async def test_an_unhurried_call_on_a_frozen_backend_ends_too(dsn: str) -> None:
    async with pool.connect(dsn, name="hurried", size=1, command_timeout=0.3) as db:
        with frozen(await pid_of(db)):
            began = time.monotonic()
            assert await asyncio.wait_for(failure(db.fetch("select 1")), 5) is Failure.UNKNOWN
            assert time.monotonic() - began < 2
            assert await db.fetch("select 1")


async def test_a_caller_that_is_cancelled_while_the_server_is_frozen_learns_that_it_was_cancelled(
    single: Database,
) -> None:
    """A loop that took it for a failure of the database would never stop."""

    async def fetch() -> None:
        async with single.acquire(seconds=0.3) as connection:
            await connection.fetch("select 1")

    with frozen(await pid_of(single)):
        call = asyncio.create_task(fetch())
        await until(lambda: single.in_use)  # the statement follows at once; a frozen server cannot confirm it
        call.cancel()
        with pytest.raises(asyncio.CancelledError):
            await call

        assert await single.fetch("select 1")


async def test_a_pool_with_a_frozen_backend_closes_all_the_same(dsn: str) -> None:
    async with asyncio.timeout(5):
        async with pool.connect(dsn, name="closing", size=1, command_timeout=0.3) as db:
            pid = await pid_of(db)
            stopped = frozen(pid)
            stopped.__enter__()
        stopped.__exit__(None, None, None)


async def test_a_call_that_gets_no_connection_in_time_says_so_in_time(single: Database) -> None:
    async with single.acquire():
        began = time.monotonic()
        assert await failure(single.fetch_within("select 1", seconds=0.2)) is Failure.UNKNOWN
        assert time.monotonic() - began < 1

    assert await single.fetch("select 1")


async def test_a_silent_network_costs_no_more_than_the_budget_and_heals(dsn: str) -> None:
    async with proxy.before(dsn) as (network, through), pool.connect(through, name="far", size=2) as db:
        network.weather = Weather.BLACK_HOLE
        for _ in range(2):  # on the old connection, then on a new one that cannot be opened
            began = time.monotonic()
            assert await failure(db.fetch_within("select 1", seconds=0.3)) is Failure.UNKNOWN
            assert time.monotonic() - began < 1
        network.weather = Weather.FAIR

        assert await db.fetch_within("select 1", seconds=2)


async def test_a_cancelled_caller_leaves_a_working_pool_and_nothing_in_the_log(
    dsn: str, single: Database, caplog: pytest.LogCaptureFixture
) -> None:
    async with admin(dsn) as watcher:
        for sleeping in (
            single.fetch_within("select pg_sleep(30)", seconds=20),
            single.fetch("select pg_sleep(30)"),
        ):
            call = asyncio.create_task(sleeping)
            await until_running(watcher, "pg_sleep(30)")
            call.cancel()
            with pytest.raises(asyncio.CancelledError):
                await call

            assert await single.fetch_within("select 1", seconds=2)

    gc.collect()
    assert not caplog.records


async def test_a_terminated_backend_leaves_the_outcome_unknown_and_the_pool_working(dsn: str, single: Database) -> None:
    async with admin(dsn) as operator:
        call = asyncio.create_task(failure(single.fetch("select pg_sleep(30)")))
        await until_running(operator, "pg_sleep(30)")
        await operator.fetch(
            "select pg_terminate_backend(pid) from pg_stat_activity where query like '%pg_sleep(30)%' "
            "and pid <> pg_backend_pid() and datname = current_database()"
        )

        assert await call is Failure.UNKNOWN
        assert await single.fetch("select 1")


async def test_too_many_connections_are_to_be_tried_again(cluster: Cluster, dsn: str) -> None:
    async with admin(dsn) as operator:
        await operator.execute("create role crowd login password 'hidden' connection limit 1")
        try:
            crowd = dsn.replace("//askbridge:", "//crowd:").replace(password(dsn), "hidden")
            async with pool.connect(crowd, name="crowd", size=2) as db, db.acquire():
                assert await failure(db.fetch("select 1")) is Failure.RETRY
            with pytest.raises(Unavailable) as caught:
                async with pool.connect(crowd, name="first", size=1), pool.connect(crowd, name="second", size=1):
                    pass
            assert caught.value.failure is Failure.RETRY
        finally:
            await operator.execute("drop role crowd")


async def test_a_server_that_is_no_longer_the_primary_costs_the_whole_pool(dsn: str, db: Database) -> None:
    """The old connections stay open and would refuse every write; new ones reach the new primary."""
    name = dsn.rpartition("/")[2]
    create = "insert into organizations (organization_id, name) values (gen_random_uuid(), 'Acme')"
    async with admin(dsn) as operator:
        await operator.execute(f"alter database {name} set default_transaction_read_only = on")
        async with pool.connect(dsn, name="demoted", size=3, warm=3) as demoted:
            await operator.execute(f"alter database {name} reset default_transaction_read_only")

            assert await failure(demoted.fetch(create)) is Failure.READ_ONLY
            for _ in range(3):
                await demoted.fetch(create)


async def test_a_lock_that_is_not_to_be_had_is_to_be_tried_again(single: Database, db: Database) -> None:
    await db.fetch("insert into organizations (organization_id, name) values (gen_random_uuid(), 'Acme')")
    async with db.acquire() as holder, holder.transaction():
        await holder.execute("select from organizations for update")

        assert await failure(single.fetch("select from organizations for update nowait")) is Failure.RETRY


async def test_of_two_in_a_deadlock_one_is_to_try_again(dsn: str, db: Database) -> None:
    await db.fetch("create table locks (id int primary key)")
    await db.fetch("insert into locks values (1), (2)")

    async def lock(first: int, second: int, mine: asyncio.Event, theirs: asyncio.Event) -> None:
        async with db.acquire() as connection, connection.transaction():
            await connection.execute("set local deadlock_timeout = '10ms'")
            await connection.execute("select from locks where id = $1 for update", first)
            mine.set()
            await theirs.wait()
            await connection.execute("select from locks where id = $1 for update", second)

    one, two = asyncio.Event(), asyncio.Event()
    ended = await asyncio.gather(lock(1, 2, one, two), lock(2, 1, two, one), return_exceptions=True)

    (loser,) = [error for error in ended if error is not None]
    assert isinstance(loser, Unavailable) and loser.failure is Failure.RETRY


async def test_our_own_mistakes_are_not_called_unavailability(db: Database) -> None:
    with pytest.raises(asyncpg.exceptions.PostgresSyntaxError):
        await db.fetch("selekt 1")
    with pytest.raises(asyncpg.exceptions.DataError):
        await db.fetch("select $1::int", "one")
    with pytest.raises(asyncpg.exceptions.CheckViolationError):
        await db.fetch("insert into organizations (organization_id, name) values (gen_random_uuid(), '')")


@pytest.mark.parametrize(
    "address",
    ["127.0.0.1:1/askbridge", "nowhere.invalid/askbridge", "127.0.0.1:port/askbridge", "/askbridge?sslmode=what"],
)
async def test_no_error_repeats_the_password(address: str) -> None:
    await refuses(f"postgresql://askbridge:hidden@{address}", (Unavailable, BadDatabaseUrl))


@pytest.mark.parametrize("password", ["hid/den", "hid#den", "hid?den", "hid[den"])
async def test_no_error_repeats_a_password_that_was_not_encoded(password: str) -> None:
    await refuses(f"postgresql://askbridge:{password}@127.0.0.1/askbridge", BadDatabaseUrl)


async def test_a_refused_password_is_not_repeated(dsn: str) -> None:
    await refuses(dsn.replace(password(dsn), "hidden"), Unavailable)


async def refuses(dsn: str, kind: type[Exception] | tuple[type[Exception], ...]) -> None:
    with pytest.raises(kind) as caught:
        async with pool.connect(dsn, name="test", size=1):
            pass
    seen: BaseException | None = caught.value
    while seen is not None:
        assert "hid" not in f"{seen!s} {seen!r}"
        seen = seen.__cause__ or (None if seen.__suppress_context__ else seen.__context__)


def test_a_failure_is_named_and_says_nothing_of_the_data() -> None:
    error = asyncpg.exceptions.DeadlockDetectedError("Process 1 waits for … of relation keys: (digest)=(secret)")

    assert str(errors.translate(error)) == "the database is not available (retry: DeadlockDetectedError)"


async def test_a_replica_knows_jsonb_as_plain_values(db: Database) -> None:
    value = {"text": "ü \u2028", "list": [1, None, True], "number": 1.5}

    (row,) = await db.fetch("select $1::jsonb as value, null::jsonb as nothing", value)

    assert (row["value"], row["nothing"]) == (value, None)


async def test_waiting_statements_are_seen_waiting(dsn: str, db: Database) -> None:
    """A check of the helper: a race in which no statement waited would prove nothing."""
    await db.fetch("insert into organizations (organization_id, name) values (gen_random_uuid(), 'Acme')")
    async with admin(dsn) as holder:
        transaction = holder.transaction()
        await transaction.start()
        await holder.execute("select from organizations for update")
        waiting = asyncio.create_task(db.fetch("select from organizations for update"))
        await asyncio.wait_for(until_waiting(holder), 5)
        await transaction.rollback()

    assert await waiting
