"""Looking at a question: once, or until something is true of it. No connection is held between two looks."""

import asyncio
import contextlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias
from uuid import UUID

from aiohttp import web

from bridge.agents.auth import auth
from bridge.agents.http.deadline import within
from bridge.agents.http.problems import NOT_FOUND, ApiProblem
from bridge.agents.limits.open_requests import ConcurrencyLimiter, Sort
from bridge.notifier import Notifier
from bridge.reader import Reader
from storage import cards
from storage.model import Card, Interaction, Status
from storage.pool import Database

HANG_UP_SECONDS = 5.0  # how soon a caller who hung up is noticed; nothing tells us
NO_SUCH = "No interaction of your organization has this id."

Look: TypeAlias = tuple[Interaction, list[Card]]
"""A question and its copies."""


async def once(db: Database, reader: Reader, organization_id: UUID, id: UUID) -> Look:
    """A question and its copies, as they are; a foreign one is as unknown as none. Raises ApiProblem."""
    return await within(_look(db, reader, organization_id, id))


@dataclass(frozen=True, slots=True, kw_only=True)
class LongPoll:
    """What it takes to wait for a question on one replica: the rows, the wake, and a place among those that wait."""

    db: Database
    reader: Reader
    notifier: Notifier
    concurrency: ConcurrencyLimiter

    async def until(
        self,
        done: Callable[[Interaction, list[Card]], bool],
        request: web.Request,
        id: UUID,
        *,
        seconds: float,
        insists: bool = False,
    ) -> Look:
        """Look at a question until it is `done`, at most for `seconds`; every look is at the rows. Raises ApiProblem.

        When there is no place to wait, that is a ApiProblem for who `insists`, and for others the end of waiting.
        """
        organization_id = auth.key(request).organization_id
        clock = asyncio.get_running_loop().time
        deadline = clock() + seconds
        with self.notifier.watching(organization_id, id) as signal, contextlib.ExitStack() as stack:
            has_place = False
            while True:
                signal.clear()
                row, copies = await once(self.db, self.reader, organization_id, id)
                if clock() >= deadline or self.notifier.closing.is_set() or done(row, copies):
                    return row, copies
                if not has_place:  # only who really waits takes one
                    has_place = stack.enter_context(self.concurrency.one(request, organization_id, Sort.WAIT))
                if not has_place and insists:
                    raise self.concurrency.refusal(organization_id, Sort.WAIT)
                if not has_place:
                    return row, copies
                while not signal.is_set() and (left := deadline - clock()) > 0:
                    with contextlib.suppress(TimeoutError):
                        async with asyncio.timeout(min(left, HANG_UP_SECONDS)):
                            await signal.wait()
                    if request.transport is None:
                        return row, copies  # nobody is there to read it


def ended(row: Interaction, _: list[Card]) -> bool:
    """Whether nothing about a question will change any more."""
    return row.status is not Status.PENDING


def shown(row: Interaction, copies: list[Card]) -> bool:
    """Whether the caller can be told that a card is up, or that none ever will be.

    Whoever posts wakes us when the link is known too, or known not to be had; it is not waited for by itself.
    """
    return row.status is not Status.PENDING or any(copy.ts for copy in copies)


async def _look(db: Database, reader: Reader, organization_id: UUID, id: UUID) -> Look:
    row = await reader.get(organization_id, id)
    if row is None:
        raise ApiProblem(NOT_FOUND, NO_SUCH)
    return row, await cards.of_interaction(db, organization_id, id)
