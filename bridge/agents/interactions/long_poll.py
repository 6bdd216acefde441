"""Reads a row once, or until a condition holds. No database connection is held between two reads."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import TypeAlias, TypeVar
from uuid import UUID

from aiohttp import web

from bridge.agents.auth import auth
from bridge.agents.auth.open_keys import OpenKeys
from bridge.agents.http.deadline import within
from bridge.agents.http.problems import NOT_FOUND, ApiProblem
from bridge.agents.limits.open_requests import ConcurrencyLimiter, OpenRequest
from bridge.notifier import Notifier
from bridge.reader import Reader
from storage import cards
from storage.model import Card, Interaction, Status
from storage.pool import Database

DISCONNECT_SECONDS = 5.0  # how often to check whether the client disconnected, which gives no signal
NO_SUCH = "No interaction of your organization has this id."

T = TypeVar("T")
E = TypeVar("E", bound=asyncio.Event)

Snapshot: TypeAlias = tuple[Interaction, list[Card]]
"""An interaction and its cards."""


async def read(db: Database, reader: Reader, organization_id: UUID, id: UUID) -> Snapshot:
    """An interaction and its cards as they are now.

    Raises ApiProblem when there is none; an interaction of another organization is answered alike.
    """
    return await within(_read(db, reader, organization_id, id))


@dataclass(frozen=True, slots=True, kw_only=True)
class LongPoll:
    """Waits for changes of rows on one replica, as far as its limit of waiting requests allows."""

    notifier: Notifier
    concurrency: ConcurrencyLimiter
    open_keys: OpenKeys
    disconnect_seconds: float = DISCONNECT_SECONDS

    async def until(
        self,
        done: Callable[[T], bool],
        request: web.Request,
        read: Callable[[E], Awaitable[T]],
        watching: AbstractContextManager[E],
        *,
        seconds: float,
        required: bool = False,
    ) -> T:
        """Read until what was read is `done`, at most for `seconds`; every read is of the rows. Raises ApiProblem.

        `watching` gives the signal that is set when it may have changed; `read` gets that signal. Raises ApiProblem too
        when the key of the request is revoked meanwhile. When too many requests wait already, raises it if waiting is
        `required`, and else returns at once.
        """
        key, is_revoked = auth.key(request), asyncio.Event()
        organization_id = key.organization_id
        clock = asyncio.get_running_loop().time
        deadline = clock() + seconds
        with watching as signal, contextlib.ExitStack() as stack:
            is_admitted = False

            def revoke() -> None:
                is_revoked.set()
                signal.set()

            while True:
                if is_revoked.is_set():
                    raise auth.refusal()
                signal.clear()
                found = await read(signal)
                if clock() >= deadline or self.notifier.closing.is_set() or done(found):
                    return found
                if not is_admitted:  # counted only once it really waits
                    is_admitted = stack.enter_context(
                        self.concurrency.admit(request, organization_id, OpenRequest.WAIT)
                    )
                    stack.enter_context(self.open_keys.watching(key, revoke))
                if not is_admitted and required:
                    raise self.concurrency.refusal(organization_id, OpenRequest.WAIT)
                if not is_admitted:
                    return found
                while not signal.is_set() and (left := deadline - clock()) > 0:
                    with contextlib.suppress(TimeoutError):
                        async with asyncio.timeout(min(left, self.disconnect_seconds)):
                            await signal.wait()
                    if request.transport is None:
                        return found  # the client disconnected


def ended(snapshot: Snapshot) -> bool:
    """Whether the interaction has a final status."""
    return snapshot[0].status is not Status.PENDING


def shown(snapshot: Snapshot) -> bool:
    """Whether a card is posted, or none ever will be because the interaction has ended.

    A permalink is not waited for: the card loop notifies once it knows the link, or that there is none.
    """
    row, cards = snapshot
    return row.status is not Status.PENDING or any(card.ts for card in cards)


async def _read(db: Database, reader: Reader, organization_id: UUID, id: UUID) -> Snapshot:
    row = await reader.get(organization_id, id)
    if row is None:
        raise ApiProblem(NOT_FOUND, NO_SUCH)
    return row, await cards.of_interaction(db, organization_id, id)
