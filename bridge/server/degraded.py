"""What does not stop a replica from taking clicks, and needs an operator all the same: for `/readyz` and `/metrics`."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from bridge import ids
from bridge.slack.errors import SlackFailure
from storage import connections, errors
from storage.connections import DegradedConnection
from storage.model import Json
from storage.pool import Database

WRONG_SIGNATURES = 5  # in a row, before a replica reports them
READ_INTERVAL = 10.0  # seconds between two reads of the database, however many requests ask
DATABASE_SECONDS = 1.0  # for the database to answer

_NO_REPLICA = (
    "Start a replica with the workspace's bot token; if one runs, its log says why Slack does not take it "
    "(token_missing, slack_token_refused, slack_awaited)."
)
_CLICK_FIX = (
    "Press a button on a card. If that changes nothing: askbridge doctor --click C… says what to look at, the app's "
    "Interactivity with its Request URL, and the signing secret."
)
_SIGNATURE_FIX = (
    "If clicks fail, set this replica's ASKBRIDGE_SLACK_SIGNING_SECRET to the app's (Basic Information), and restart "
    "it. If all clicks work, a stranger sends forged requests, which have no effect."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Counts:
    """How many connections need an operator."""

    unserved: int  # cards wait, and no replica can post
    unclicked: int  # no signed click ever came


class Degraded:
    """Reads the connections that need an operator, once for all that ask within READ_INTERVAL.

    `wrong_signatures` returns how many requests in a row had a wrong signature at this replica; `token_failure`, why
    it has no bot token that Slack accepts, or None. `clock` decides when the database is read again; its default is
    the time of the event loop.
    """

    def __init__(
        self,
        *,
        db: Database,
        wrong_signatures: Callable[[], int],
        token_failure: Callable[[], SlackFailure | None],
        clock: Callable[[], float] | None = None,
    ) -> None:
        self._db = db
        self._wrong_signatures = wrong_signatures
        self._token_failure = token_failure
        self._clock = clock or (lambda: asyncio.get_running_loop().time())
        self._reading = asyncio.Lock()
        self._next_read = float("-inf")
        self._found: Sequence[DegradedConnection] | None = None

    def of_this_replica(self) -> list[Json]:
        """`{code, connection, detail, fix}` of what only this replica has, without a connection; needs no database."""
        number, failure = self._wrong_signatures(), self._token_failure()
        findings = [_without_token(failure)] if failure is not None else []
        return findings + ([_wrong(number)] if number >= WRONG_SIGNATURES else [])

    async def of_connections(self) -> list[Json] | None:
        """`{code, connection, detail, fix}` of each; None while the database cannot be asked."""
        found = await self._look()
        if found is None:
            return None
        unserved = [_unserved(one) for one in found if one.cards]
        return unserved + [_unclicked(one) for one in found if one.is_unclicked]

    async def counts(self) -> Counts | None:
        """How many there are; None while the database cannot be asked."""
        found = await self._look()
        if not found:
            return None if found is None else Counts(unserved=0, unclicked=0)
        return Counts(unserved=found[0].unserved, unclicked=found[0].unclicked)

    async def _look(self) -> Sequence[DegradedConnection] | None:
        async with self._reading:
            if self._clock() >= self._next_read:
                try:
                    self._found = await self._db.insist(connections.degraded, seconds=DATABASE_SECONDS)
                except errors.Unavailable:
                    self._found = None
                self._next_read = self._clock() + READ_INTERVAL
            return self._found


def _wrong(number: int) -> Json:
    detail = f"This replica refused the last {number} requests with a signature, as wrong, and accepted none since."
    return {"code": "signatures_wrong", "connection": None, "detail": detail, "fix": _SIGNATURE_FIX}


def _without_token(failure: SlackFailure) -> Json:
    detail = f"This replica posts no cards and opens no forms: it has no bot token that Slack accepts. {failure.detail}"
    return {"code": "replica_without_token", "connection": None, "detail": detail, "fix": failure.fix}


def _unserved(one: DegradedConnection) -> Json:
    cards = "1 card waits" if one.cards == 1 else f"{one.cards} cards wait"
    detail = f"{cards}, and no replica has a valid bot token for the workspace."
    return {"code": "token_missing", "connection": ids.encode("con", one.id), "detail": detail, "fix": _NO_REPLICA}


def _unclicked(one: DegradedConnection) -> Json:
    detail = "No replica has ever received a signed click from this workspace."
    return {"code": "never_clicked", "connection": ids.encode("con", one.id), "detail": detail, "fix": _CLICK_FIX}
