"""Fixtures of the tests of storage: a tenant."""

import pytest

from storage.pool import Database
from tests.storage import build
from tests.storage.build import Tenant


@pytest.fixture
async def tenant(db: Database) -> Tenant:
    """An organization with one connection and one key."""
    return await build.tenant(db)
