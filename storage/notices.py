"""Hints from replica to replica by NOTIFY: ids only, over one connection that nothing else uses.

A hint may be lost, repeated or late: a replica that receives one reads the rows, and without one it polls them. A hint
is sent after the commit, apart from it: a NOTIFY inside the commit makes all commits of the server wait for each other.
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
OnPairs: TypeAlias = Callable[[list[Pair] | None], None]

_SQL = statements.load("notices")
_CHANNEL = "askbridge"
_PAIR_CHARACTERS = 64
_MAX_PAIRS = 7_999 // _PAIR_CHARACTERS  # PostgreSQL refuses a payload of 8,000 bytes or more
_SECONDS = 2.0  # for every call: this connection never waits for a lock


class Notices:
    """A connection that sends and receives hints.

    `on_pairs` is called with the pairs of each hint from another connection, or with None if anything may have changed.
    """

    def __init__(self, connection: asyncpg.Connection, on_pairs: OnPairs) -> None:
        self._connection = connection
        self._on_pairs = on_pairs

    @property
    def closed(self) -> bool:
        """Whether the connection is known to be lost; a half-open connection is found by `probe` alone."""
        return self._connection.is_closed()

    async def send(self, pairs: Sequence[Pair]) -> None:
        """Send a hint about these pairs to other replicas; no pairs mean everything. Raises Unavailable."""
        batches = [pairs[at : at + _MAX_PAIRS] for at in range(0, len(pairs), _MAX_PAIRS)]
        payloads = [_written(batch) for batch in batches] or [""]
        await self._within(_SQL["notify"].many(self._connection, payloads=payloads))

    async def probe(self) -> None:
        """Check that the server answers: a half-open connection reports no error by itself. Raises Unavailable."""
        await self._within(self._connection.fetchval("select 1"))

    async def close(self) -> None:
        """Close the connection, gracefully if the server still answers."""
        with suppress(errors.Unavailable):
            await self._within(self._connection.close())

    async def _listen(self) -> None:
        await self._within(self._connection.add_listener(_CHANNEL, self._received))

    def _received(self, _: object, sender: int, __: str, payload: object) -> None:
        if sender != self._connection.get_server_pid():
            self._on_pairs(_read(str(payload)))

    async def _within(self, work: Awaitable[T]) -> T:
        """Await a call on the connection; if it fails or takes too long, the connection is terminated."""
        try:
            return await pool.bounded(self._connection, work, seconds=_SECONDS)
        except asyncpg.exceptions.ProgramLimitExceededError as error:
            # The server's queue is full, because a listener idles in a transaction; hints are lost until that ends.
            raise errors.Unavailable(errors.Failure.RETRY, type(error).__name__) from error
        except errors.FOREIGN as error:
            self._connection.terminate()
            raise errors.translate(error) from error


async def listen(dsn: str, on_pairs: OnPairs, *, gone: Callable[[], None] = lambda: None) -> Notices:
    """Open a connection that receives the hints sent from now on. `gone` is called when the server closes it.

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
        raise errors.BadDatabaseUrl from None  # the cause quotes parts of the URL, perhaps of its password
    except errors.FOREIGN as error:
        raise errors.translate(error) from error
    connection.add_termination_listener(lambda _: gone())
    notices = Notices(connection, on_pairs)
    await notices._listen()  # noqa: SLF001  -- a Notices that does not listen yet is never returned
    return notices


async def check(dsn: str, *, db: Database, claims: Database) -> None:
    """Check that a hint sent by `db` arrives over `dsn`, and that the server keeps the time limits of `claims`.

    Raises NotDirect and Unavailable. A pooler that shares server connections between transactions accepts a LISTEN and
    never delivers a notification.
    """
    mine = (uuid4(), uuid4())  # random, because a bridge on another database may send hints there at the same time
    arrived = asyncio.Event()
    notices = await listen(dsn, lambda pairs: arrived.set() if mine in (pairs or ()) else None)
    try:
        if not (await _SQL["limited"].one(claims))["limited"]:
            raise errors.NotDirect
        await _SQL["notify"].many(db, payloads=[_written([mine])])
        with suppress(TimeoutError):
            async with asyncio.timeout(_SECONDS):
                await arrived.wait()
        await notices.probe()  # a slow connection proves nothing; the reply to this comes after any notification
        if not arrived.is_set():
            raise errors.NotDirect
    finally:
        await notices.close()


def _written(pairs: Sequence[Pair]) -> str:
    return "".join(organization.hex + interaction.hex for organization, interaction in pairs)


def _read(payload: str) -> list[Pair] | None:
    """Return the pairs of a payload; None if this release cannot read it: one of another release may mean anything."""
    try:
        halves = [UUID(payload[at : at + 32]) for at in range(0, len(payload), 32)]
        return list(zip(halves[::2], halves[1::2], strict=True)) or None
    except ValueError:
        return None
