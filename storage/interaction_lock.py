"""The lock of one interaction, taken in a statement of its own before one that changes it."""

import contextlib
from collections.abc import AsyncIterator
from uuid import UUID

from storage import statements
from storage.pool import Database
from storage.statements import Runs

_SQL = statements.load("interactions")


@contextlib.asynccontextmanager
async def locked(db: Database, organization_id: UUID, id: UUID) -> AsyncIterator[Runs]:
    """A transaction that holds the interaction's row; raises what Database.acquire raises.

    A statement that waits for the lock itself decides from the snapshot that it took before the wait. And two such
    statements can deadlock, if they wait for a third that updates the row while the check of a foreign key still locks
    the old version of it. The claim is one statement all the same; it is run again then (`Database.insist`).
    """
    async with db.acquire() as connection, connection.transaction():
        await _SQL["lock"].run(connection, organization_id=organization_id, id=id)
        yield connection
