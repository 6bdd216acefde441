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

    A statement that waits for the lock itself decides from the snapshot that it took before the wait. Its update then
    begins at the version of the row in that snapshot, and waits for others who wait there, while they wait for the
    newer version that it holds: a deadlock, if a foreign key's check still locks the old version. The claim is one
    statement all the same; it is run again when that happens (`Database.insist`).
    """
    async with db.acquire() as connection, connection.transaction():
        await _SQL["lock"].run(connection, organization_id=organization_id, id=id)
        yield connection
