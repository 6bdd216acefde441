"""The clicks that were decided on this replica and whose card is to be edited within EDIT_SECONDS.

In memory only, because the response URL in a click is a secret that is never stored. An entry that is lost with its
replica costs the clicker the fallback; the edit itself is due in the card's row, and any replica makes it.
"""

import asyncio
from collections import defaultdict, deque
from dataclasses import dataclass
from typing import Final, TypeAlias
from uuid import UUID

from bridge.slack.payloads.incoming import Click
from storage.interactions import Claimed
from storage.model import Connection, Handle, Verdict

EDIT_SECONDS: Final = 2.0
"""Seconds from the acknowledgement until a card that was not edited is replaced: a click has its result within 3 s."""

MAX_EXPECTED: Final = 2_000

_Key: TypeAlias = tuple[UUID, Handle | None]


@dataclass(slots=True, kw_only=True, eq=False)
class ExpectedEdit:
    """A click on an interaction that has ended, or on a thing, and whose card is to show that."""

    click: Click
    connection: Connection
    claimed: Claimed
    due_at: float  # by the event loop's clock
    moves: int | None = None  # of the clicked thing, which the edit must show; None: an interaction that has ended

    @property
    def handle(self) -> Handle | None:
        """The address of the clicked card if an edit of it can be made; None for an ephemeral message."""
        click = self.click
        if click.is_ephemeral or click.channel is None or click.ts is None:
            return None
        return Handle(channel=click.channel, ts=click.ts)

    @property
    def won(self) -> bool:
        """Whether this click gave the answer, so that only the card says so to the clicker."""
        return self.claimed.verdict is Verdict.WON


class ExpectedEdits:
    """Clicks that wait for the edit of their card. `wake` is set when one of them is overdue."""

    def __init__(self, *, seconds: float = EDIT_SECONDS, max_expected: int = MAX_EXPECTED) -> None:
        self.wake = asyncio.Event()
        self._seconds = seconds
        self._max_expected = max_expected
        self._waiting: defaultdict[_Key, dict[ExpectedEdit, asyncio.TimerHandle]] = defaultdict(dict)
        self._overdue: deque[ExpectedEdit] = deque()
        self._count = 0

    def __len__(self) -> int:
        return self._count

    def add(self, click: Click, connection: Connection, claimed: Claimed, *, moves: int | None = None) -> bool:
        """Expect the edit of the clicked card. False if as many are expected as may be: this one is not.

        `moves`: of the clicked thing; only an edit that shows it after them counts.
        """
        if self._count >= self._max_expected:
            return False
        loop = asyncio.get_running_loop()
        expected = ExpectedEdit(
            click=click, connection=connection, claimed=claimed, due_at=loop.time() + self._seconds, moves=moves
        )
        self._count += 1
        self._waiting[_key(expected)][expected] = loop.call_later(self._seconds, self._is_overdue, expected)
        if expected.handle is None:  # no edit will come
            self._is_overdue(expected)
        return True

    def edited(self, connection_id: UUID, handle: Handle, *, moves: int | None = None) -> None:
        """Slack has accepted an edit of this card on this replica; `moves`: of the thing, as the edit shows it."""
        key = (connection_id, handle)
        shown = [each for each in self._waiting.get(key, ()) if each.moves is None or (moves or 0) >= each.moves]
        for expected in shown:
            self._waiting[key].pop(expected).cancel()
            self._count -= 1
        if not self._waiting.get(key, True):
            del self._waiting[key]

    def not_edited(self, connection_id: UUID, handle: Handle, *, seconds: float) -> None:
        """An edit of this card failed or was not tried on this replica, which tries again in `seconds`."""
        again_at = asyncio.get_running_loop().time() + seconds
        for expected in list(self._waiting.get((connection_id, handle), ())):
            if again_at >= expected.due_at:
                self._is_overdue(expected)

    def hurry(self) -> None:
        """Treat all expected edits as overdue, because this replica stops."""
        for expected in [expected for waiting in self._waiting.values() for expected in waiting]:
            self._is_overdue(expected)

    def take(self, limit: int) -> list[ExpectedEdit]:
        """Pop up to `limit` clicks whose card was not edited in time, the oldest first."""
        taken = [self._overdue.popleft() for _ in range(min(limit, len(self._overdue)))]
        self._count -= len(taken)
        return taken

    def _is_overdue(self, expected: ExpectedEdit) -> None:
        key = _key(expected)
        self._waiting[key].pop(expected).cancel()
        if not self._waiting[key]:
            del self._waiting[key]
        self._overdue.append(expected)
        self.wake.set()


def _key(expected: ExpectedEdit) -> _Key:
    return expected.connection.id, expected.handle
