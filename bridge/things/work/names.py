"""Names of the noun `work`: statuses as agents are told them, moves of people, and the lock of dependencies."""

from enum import StrEnum
from typing import Final

from bridge.things.work.row import Status

WORK_LOCK: Final = "work"
"""The name that is locked before what changes how many dependencies of items are unfinished."""

CLAIMED: Final = "claimed"
"""What agents are told of an item that is leased."""

STATUSES: Final = (Status.READY.value, CLAIMED, Status.BLOCKED.value, Status.DONE.value)


class Choice(StrEnum):
    """What people can do to an item from its cards."""

    TAKE = "take"
    KEEP = "keep"
    RELEASE = "release"
    DONE = "done"  # with a form, as the next one
    BLOCKED = "blocked"
    RECLAIM = "reclaim"
    UNBLOCK = "unblock"


def told(status: str) -> str:
    """The status of a row as agents are told it."""
    return CLAIMED if status == Status.LEASED else status


def stored(status: str) -> str:
    """The status that agents name as rows have it."""
    return Status.LEASED.value if status == CLAIMED else status
