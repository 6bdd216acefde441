"""An organization whose things the tests of this folder open."""

import pytest

from storage.pool import Database
from tests.storage import build
from tests.storage.build import Tenant


@pytest.fixture
async def tenant(db: Database) -> Tenant:
    """An organization with a connection and a key."""
    return await build.tenant(db)
