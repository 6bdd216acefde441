"""Limits an organization's pending interactions, counted by the statement that opens one when that is needed.

Counting 10,000 rows takes some milliseconds, so a replica that found much room opens up to ALLOWANCE interactions
before it counts again. Near the limit it counts before each one, and opens one at a time. So an organization never has
more than the limit, plus ALLOWANCE for each replica.
"""

import asyncio
from dataclasses import dataclass, field
from typing import TypeAlias
from uuid import UUID

from cachetools import LRUCache

from bridge.agents.http.problems import TOO_MANY_PENDING, ApiProblem
from bridge.agents.limits.limit_values import Limits
from storage import interactions
from storage.interactions import (
    Disconnected,
    Mismatch,
    NoSuchOlder,
    OlderEnded,
    Opened,
    Opening,
    Replayed,
    TooManyPending,
)
from storage.pool import Database

OpenOutcome: TypeAlias = Opened | Replayed | Mismatch | Disconnected | TooManyPending | NoSuchOlder | OlderEnded

ALLOWANCE = 50
RETRY_SECONDS = 30  # a guess: when a person will answer is not known
_REPLICAS = 8  # assumed to run at once: each may use this fraction of the free quota, so that all stay within it
_PAUSE = 0.2  # seconds in which a full organization is not counted again
_REMEMBERED = 10_000  # organizations; forgetting one costs a count


@dataclass(slots=True)
class _QuotaShare:
    """What this replica knows of one organization."""

    left: int = 0  # interactions it may open before the next count
    full_until: float = 0.0  # by the event loop's clock
    counting: asyncio.Lock = field(default_factory=asyncio.Lock)


class PendingQuota:
    """The pending interactions that every organization may still open on this replica."""

    def __init__(self, *, db: Database, limits: Limits) -> None:
        self._db = db
        self._limit = limits.pending_questions
        self._shares: LRUCache[UUID, _QuotaShare] = LRUCache(maxsize=_REMEMBERED)

    async def open(self, opening: Opening) -> OpenOutcome:
        """Open an interaction unless the organization has too many; a superseding or a repeated one needs no room."""
        if opening.supersedes is not None:
            return await interactions.open(self._db, opening)
        share = self._shares.setdefault(opening.scope.organization_id, _QuotaShare())
        if not share.left:
            async with share.counting:  # concurrent counts would all find the same room
                if not share.left:
                    return await self._open_counted(opening, share)
        share.left -= 1
        return await interactions.open(self._db, opening)

    def refusal(self) -> ApiProblem:
        """The problem of a request that was refused because the organization is at its limit."""
        return ApiProblem(
            TOO_MANY_PENDING,
            f"Your organization has {self._limit:,} questions pending, as many as it may, and nothing was asked. There "
            "is room when one of them ends: cancel what does not matter any more, let a new question supersede an "
            f"older one, give them a shorter expires_in. Send this again in {RETRY_SECONDS} s.",
            retry_after=RETRY_SECONDS,
        )

    async def _open_counted(self, opening: Opening, share: _QuotaShare) -> OpenOutcome:
        clock = asyncio.get_running_loop().time
        if clock() < share.full_until:
            return await self._replayed(opening) or TooManyPending()
        outcome = await interactions.open(self._db, opening, max_pending=self._limit)
        match outcome:
            case Opened(pending=int(pending)):
                share.left = min(ALLOWANCE, (self._limit - pending - 1) // _REPLICAS)
            case TooManyPending():
                share.full_until = clock() + _PAUSE
            case _:
                pass
        return outcome

    async def _replayed(self, opening: Opening) -> Replayed | Mismatch | None:
        if opening.idempotency_key is None or opening.request_hash is None:
            return None
        return await interactions.replayed(
            self._db,
            opening.scope.organization_id,
            idempotency_key=opening.idempotency_key,
            request_hash=opening.request_hash,
        )
