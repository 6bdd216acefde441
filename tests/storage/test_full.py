"""The limit of pending interactions: counted for one organization when one is opened, unless it supersedes another."""

import pytest

from bridge import ids
from storage import interactions
from storage.interactions import Disconnected, Opened, Replayed, TooManyPending
from storage.pool import Database
from tests.storage import build
from tests.storage.build import Tenant


@pytest.fixture
async def full(db: Database, tenant: Tenant) -> Tenant:
    """An organization with three pending interactions."""
    for _ in range(3):
        await build.question(db, tenant)
    return tenant


async def test_one_is_opened_as_long_as_fewer_are_pending(db: Database, full: Tenant) -> None:
    opened = await interactions.open(db, build.opening(full), max_pending=4)

    assert isinstance(opened, Opened) and opened.pending == 3
    assert await interactions.open(db, build.opening(full), max_pending=4) == TooManyPending()
    (row,) = await db.fetch("select (select count(*) from interactions) + (select count(*) from cards) as rows")
    assert row["rows"] == 8, "the refused one has left no row"


async def test_nothing_is_counted_unless_it_is_asked_for(db: Database, full: Tenant) -> None:
    opened = await interactions.open(db, build.opening(full))

    assert isinstance(opened, Opened) and opened.pending is None


async def test_what_has_ended_needs_no_room(db: Database, full: Tenant) -> None:
    question = await build.question(db, full)
    await interactions.claim(db, build.click(question))

    opened = await interactions.open(db, build.opening(full), max_pending=4)

    assert isinstance(opened, Opened) and opened.pending == 3


async def test_what_takes_another_s_place_needs_no_room(db: Database, full: Tenant) -> None:
    older = await build.question(db, full)

    opened = await interactions.open(db, build.opening(full, supersedes=older.id), max_pending=3)

    assert isinstance(opened, Opened) and opened.pending is None


async def test_what_was_asked_before_needs_no_room(db: Database, full: Tenant) -> None:
    keyed = build.opening(full, idempotency_key="k", request_hash=b"1")
    await interactions.open(db, keyed)

    again = await interactions.open(db, build.opening(full, idempotency_key="k", request_hash=b"1"), max_pending=3)

    assert again == Replayed(id=keyed.id)


async def test_neighbours_do_not_count(db: Database, full: Tenant) -> None:
    neighbour = await build.tenant(db)

    opened = await interactions.open(db, build.opening(neighbour), max_pending=1)

    assert isinstance(opened, Opened) and opened.pending == 0


async def test_without_a_connection_that_is_told_and_not_that_there_is_no_room(db: Database, full: Tenant) -> None:
    await db.fetch("update connections set disabled_at = clock_timestamp() where id = $1", full.connection.id)

    assert await interactions.open(db, build.opening(full, id=ids.new()), max_pending=1) == Disconnected()
