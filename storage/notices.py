"""Hints from replica to replica, as PostgreSQL's notices: ids only, over one connection that nothing else uses.

A hint may be lost, doubled or late: whoever hears one looks at the rows, and whoever hears none looks by itself. It is
told after the commit, apart from it: a notice inside the commit makes all commits of the server wait for each other.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from typing import TypeAlias, TypeVar
from uuid import UUID, uuid4

import asyncpg

from storage import errors, pool, statements
from storage.pool import Database

T = TypeVar("T")
Pair: TypeAlias = tuple[UUID, UUID]  # organization, and interaction; or the organization again, for its feed
Hear: TypeAlias = Callable[[list[Pair] | None], None]

_SQL = statements.load("notices")
_CHANNEL = "askbridge"
_PAIR_CHARACTERS = 64
_MOST_PAIRS = 7_999 // _PAIR_CHARACTERS  # a longer payload fails
_SECONDS = 2.0  # for anything: this connection never waits for a lock


class Notices:
    """A connection that listens, and tells others. `hear` gets pairs, or None when anything may have changed."""

    def __init__(self, connection: asyncpg.Connection, hear: Hear) -> None:
        self._connection = connection
        self._hear = hear

    @property
    def closed(self) -> bool:
        """Whether it is known to be lost; a connection that is only silent is found by `probe`."""
        return self._connection.is_closed()

    async def tell(self, pairs: Sequence[Pair]) -> None:
        """Let other replicas look at these; none of them: at everything. Raises Unavailable."""
        batches = [pairs[at : at + _MOST_PAIRS] for at in range(0, len(pairs), _MOST_PAIRS)]
        payloads = [_written(batch) for batch in batches] or [""]
        await self._within(_SQL["tell"].many(self._connection, payloads=payloads))

    async def probe(self) -> None:
        """See that the other end is there: a half-open connection says nothing by itself. Raises Unavailable."""
        await self._within(self._connection.fetchval("select 1"))

    async def close(self) -> None:
        """End it, politely if the server still answers."""
        with suppress(errors.Unavailable):
            await self._within(self._connection.close())

    async def _listen(self) -> None:
        await self._within(self._connection.add_listener(_CHANNEL, self._heard))

    def _heard(self, _: object, sender: int, __: str, payload: object) -> None:
        if sender != self._connection.get_server_pid():
            self._hear(_read(str(payload)))

    async def _within(self, work: Awaitable[T]) -> T:
        """Wait for it, but not for a server that is frozen: the connection is then terminated."""
        try:
            return await pool.bounded(self._connection, work, seconds=_SECONDS)
        except asyncpg.exceptions.ProgramLimitExceededError as error:
            # The queue of notices is full, because some listener sleeps in a transaction; ours are lost until it wakes.
            raise errors.Unavailable(errors.Failure.RETRY, type(error).__name__) from error
        except errors.FOREIGN as error:
            self._connection.terminate()
            raise errors.translate(error) from error


async def listen(dsn: str, hear: Hear, *, gone: Callable[[], None] = lambda: None) -> Notices:
    """Open the connection and listen; what was told before is not heard. `gone` is called when the server ends it.

    Raises Unavailable or BadDatabaseUrl.
    """
    try:
        connection = await asyncpg.connect(
            dsn,
            timeout=_SECONDS,
            command_timeout=_SECONDS,
            server_settings={"application_name": "askbridge notices"},
        )
    except ValueError:
        raise errors.BadDatabaseUrl from None  # the cause quotes pieces of it, perhaps of its password
    except errors.FOREIGN as error:
        raise errors.translate(error) from error
    connection.add_termination_listener(lambda _: gone())
    notices = Notices(connection, hear)
    await notices._listen()  # noqa: SLF001  -- a Notices that does not listen yet is never given away
    return notices


async def check(dsn: str, *, db: Database, claims: Database) -> None:
    """See that what `db` tells is heard over `dsn`, and that the limits of `claims` hold.

    Raises NotDirect and Unavailable.

    A pooler that hands its connections from transaction to transaction takes a LISTEN, and never passes on a notice.
    """
    mine = (uuid4(), uuid4())  # of no question: in another database others may be talking, and clicks would go there
    heard = asyncio.Event()
    notices = await listen(dsn, lambda pairs: heard.set() if mine in (pairs or ()) else None)
    try:
        if not (await _SQL["limited"].one(claims))["limited"]:
            raise errors.NotDirect
        await _SQL["tell"].many(db, payloads=[_written([mine])])
        with suppress(TimeoutError):
            async with asyncio.timeout(_SECONDS):
                await heard.wait()
        await notices.probe()  # a connection that is merely slow proves nothing; whatever was told comes before this
        if not heard.is_set():
            raise errors.NotDirect
    finally:
        await notices.close()


def _written(pairs: Sequence[Pair]) -> str:
    return "".join(organization.hex + interaction.hex for organization, interaction in pairs)


def _read(payload: str) -> list[Pair] | None:
    """The pairs; None for what this release cannot read, because another may have meant anything by it."""
    try:
        halves = [UUID(payload[at : at + 32]) for at in range(0, len(payload), 32)]
        return list(zip(halves[::2], halves[1::2], strict=True)) or None
    except ValueError:
        return None
