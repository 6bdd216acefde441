"""Fixtures of the tests of storage: a tenant, and a second replica's pool."""

from collections.abc import AsyncIterator

import pytest

from storage import pool
from storage.pool import Database
from tests.storage import build
from tests.storage.build import Tenant


@pytest.fixture
async def tenant(db: Database) -> Tenant:
    """An organization with one connection and one key."""
    return await build.tenant(db)


@pytest.fixture
async def other(dsn: str) -> AsyncIterator[Database]:
    """A second replica's pool on the same database."""
    async with pool.connect(dsn, name="other", size=10) as database:
        yield database
