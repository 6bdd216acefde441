"""Hints from replica to replica: their delivery, how a dead connection is found, and which poolers are refused."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from uuid import UUID

import pytest

from bridge import ids
from storage import errors, notices, pool
from storage.notices import Notices, Pair
from storage.pool import Database
from tests import pgbouncer, proxy
from tests.proxy import Weather
from tests.storage.faults import frozen
from tests.waiting import pause, until

EVERYTHING = None
LIMITS = ("statement_timeout", "lock_timeout", "idle_in_transaction_session_timeout")


@dataclass
class Received:
    """The hints that a connection received, in order."""

    hints: asyncio.Queue[list[Pair] | None] = field(default_factory=asyncio.Queue)

    async def next(self) -> list[Pair] | None:
        async with asyncio.timeout(5):
            return await self.hints.get()


@asynccontextmanager
async def listening(dsn: str) -> AsyncIterator[tuple[Notices, Received]]:
    received = Received()
    open_ = await notices.listen(dsn, received.hints.put_nowait)
    try:
        yield open_, received
    finally:
        await open_.close()


def pair() -> Pair:
    return ids.new(), ids.new()


async def test_others_hear_what_is_told_and_the_teller_does_not(dsn: str) -> None:
    pairs = [pair(), pair()]
    async with listening(dsn) as (one, mine), listening(dsn) as (_, other):
        await one.send(pairs)

        assert await other.next() == pairs
        assert mine.hints.empty(), "this connection sent it, before the other received it"


async def test_more_than_one_notice_can_hold_arrives_all_the_same(dsn: str) -> None:
    """A payload has at most 7,999 bytes; PostgreSQL refuses a longer one."""
    pairs = [pair() for _ in range(1000)]
    async with listening(dsn) as (one, _), listening(dsn) as (_, other):
        await one.send(pairs)

        arrived: list[Pair] = []
        while len(arrived) < len(pairs):
            arrived += await other.next() or []
        assert arrived == pairs


async def test_nothing_in_particular_means_everything(dsn: str) -> None:
    async with listening(dsn) as (one, _), listening(dsn) as (_, other):
        await one.send([])

        assert await other.next() is EVERYTHING


@pytest.mark.parametrize("payload", ["x", "ü" * 64, f"{UUID(int=1).hex}", "0" * 7999])
async def test_what_another_release_may_tell_means_everything(dsn: str, db: Database, payload: str) -> None:
    async with listening(dsn) as (_, ear):
        await db.fetch("select pg_notify('askbridge', $1)", payload)

        assert await ear.next() is EVERYTHING


async def test_a_silent_connection_is_found_by_asking_and_costs_two_seconds(dsn: str) -> None:
    async with proxy.before(dsn) as (way, through), listening(through) as (one, _):
        way.weather = Weather.BLACK_HOLE
        began = time.monotonic()
        with pytest.raises(errors.Unavailable):
            await one.probe()

        assert one.closed
        assert time.monotonic() - began < 4
        await way.cut()


async def test_a_frozen_backend_is_not_waited_for(dsn: str, db: Database) -> None:
    async with listening(dsn) as (one, _):
        (row,) = await db.fetch(
            "select pid from pg_stat_activity "
            "where application_name = 'askbridge notices' and datname = current_database()"
        )
        with frozen(row["pid"]):
            with pytest.raises(errors.Unavailable):
                await one.send([pair()])
            assert one.closed


async def test_a_connection_that_was_cut_says_so(dsn: str) -> None:
    async with proxy.before(dsn) as (way, through), listening(through) as (one, _):
        await way.cut()
        with pytest.raises(errors.Unavailable):
            await one.probe()
        assert one.closed


async def test_m071_a_full_queue_is_no_mistake_of_ours_and_the_next_notice_may_pass(dsn: str, db: Database) -> None:
    """It takes gigabytes to fill the real queue, so a function raises the error that the server then raises."""
    await db.fetch("create schema full_queue")
    first = f"{dsn}?search_path=full_queue,pg_catalog"
    await db.fetch(
        "create function full_queue.pg_notify(text, text) returns void language plpgsql as "
        "$$ begin raise exception 'too many notifications in the NOTIFY queue' using errcode = '54000'; end $$"
    )
    async with listening(first) as (one, _):
        with pytest.raises(errors.Unavailable):
            await one.send([pair()])

        await db.fetch("drop function full_queue.pg_notify")
        await one.send([pair()])


async def test_an_address_that_cannot_be_read_is_not_quoted() -> None:
    with pytest.raises(errors.BadDatabaseUrl) as refused:
        await notices.listen("postgresql://u:se[cret@h/db", print)
    assert "cret" not in str(refused.value)


class TestPoolers:
    """With PgBouncer before the server, which shares two server connections between transactions."""

    async def test_postgres_itself_passes(self, dsn: str, db: Database) -> None:
        async with pool.connect(dsn, name="claims", size=1) as claims:
            await notices.check(dsn, db=db, claims=claims)

    async def test_m072_without_a_way_around_it_is_refused_at_once(self, dsn: str, reachable_path: Path) -> None:
        with pgbouncer.before(dsn, reachable_path) as through, pytest.raises(errors.NotDirect, match="DIRECT_URL"):
            async with pool.connect(through, name="replica", size=1):
                pass

    async def test_m072_one_that_swallows_our_settings_is_found_out(self, dsn: str, reachable_path: Path) -> None:
        limits = "ignore_startup_parameters = statement_timeout,lock_timeout,idle_in_transaction_session_timeout"
        with pgbouncer.before(dsn, reachable_path, limits) as through:
            async with pool.connect(through, name="replica", size=1, pooled=True) as db:
                with pytest.raises(errors.NotDirect):
                    await notices.check(through, db=db, claims=db)

    async def test_m072_one_that_passes_on_no_notice_is_found_out(self, dsn: str, reachable_path: Path) -> None:
        with pgbouncer.before(dsn, reachable_path) as through:
            async with (
                pool.connect(through, name="replica", size=1, pooled=True) as db,
                pool.connect(dsn, name="claims", size=1) as claims,
            ):
                with pytest.raises(errors.NotDirect):
                    await notices.check(through, db=db, claims=claims)

    async def test_m072_with_a_way_around_it_everything_works(self, dsn: str, reachable_path: Path) -> None:
        with pgbouncer.before(dsn, reachable_path) as through:
            async with (
                pool.connect(through, name="replica", size=8, pooled=True) as db,
                pool.connect(dsn, name="claims", size=1) as claims,
            ):
                await notices.check(dsn, db=db, claims=claims)

                queries = [(f"select $1::int + {n % 40} as sum, '{{}}'::jsonb as json", n) for n in range(400)]
                rows = await asyncio.gather(*(db.fetch(query, n) for query, n in queries))
                assert [row["sum"] for (row,) in rows] == [n + n % 40 for n in range(400)]
                assert all(row["json"] == {} for (row,) in rows)

    async def test_one_that_is_full_is_waited_for(self, dsn: str, reachable_path: Path) -> None:
        """In a rolling deployment old and new replicas need connections at once, so a new one must retry."""
        with pgbouncer.before(dsn, reachable_path, "max_client_conn = 1") as through:
            async with pool.connect(through, name="other", size=1, pooled=True):
                with pytest.raises(errors.Unavailable, match="ProtocolViolationError") as refused:
                    async with pool.connect(through, name="replica", size=1, pooled=True):
                        pass
        assert "full" in refused.value.advice

    async def test_a_transaction_through_it_ends_when_its_client_falls_silent(
        self, dsn: str, reachable_path: Path
    ) -> None:
        """Nothing else would end it: an interaction that a frozen replica has locked could not be answered any more."""
        with pgbouncer.before(dsn, reachable_path) as through:
            async with pool.connect(through, name="replica", size=1, pooled=True, seconds=0.5) as db:

                async def fall_silent() -> None:
                    async with db.acquire() as held, held.transaction():
                        shown = [await held.fetchval("select current_setting($1)", name) for name in LIMITS]
                        assert shown == ["475ms"] * 3
                        await pause(1.0)
                        await held.fetch("select 1")

                with pytest.raises(errors.Unavailable):
                    await fall_silent()
                (row,) = await db.fetch("select current_setting('statement_timeout') as limit")
                assert row["limit"] == "0", "the setting stays on the connection for its next client"

    async def test_two_addresses_of_two_databases_are_found_out(self, dsn: str, empty_dsn: str, db: Database) -> None:
        with pytest.raises(errors.NotDirect):
            await notices.check(empty_dsn, db=db, claims=db)

    async def test_the_other_of_two_databases_is_found_out_also_while_hints_are_sent_there(
        self, dsn: str, empty_dsn: str, db: Database
    ) -> None:
        """Another bridge uses that database; claims decided there would find none of our interactions."""
        async with listening(empty_dsn) as (one, _):

            async def talk() -> None:
                while True:
                    await one.send([pair()])
                    await one.send([])

            talking = asyncio.create_task(talk())
            with pytest.raises(errors.NotDirect):
                await notices.check(empty_dsn, db=db, claims=db)
            talking.cancel()
            await asyncio.wait({talking})

    async def test_a_database_that_is_slow_is_not_called_a_pooler(self, dsn: str, db: Database) -> None:
        """Else the operator would be told to change a setting that is right."""
        async with proxy.before(dsn) as (way, through), pool.connect(dsn, name="claims", size=1) as claims:
            async with claims.acquire():  # so that it stops between listening and sending
                checking = asyncio.create_task(notices.check(through, db=db, claims=claims))
                look = "select from pg_stat_activity where datname = current_database() and query ilike 'listen%'"
                await until(lambda: db.fetch(look))
                way.weather = Weather.BLACK_HOLE
            with pytest.raises(errors.Unavailable):
                await checking
            await way.cut()
