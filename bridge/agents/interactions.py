"""The questions of agents: asked, read, waited for, listed, withdrawn."""

import asyncio
import contextlib
from collections.abc import Callable
from typing import TypeAlias, assert_never
from uuid import UUID

from aiohttp import web

from bridge import ids
from bridge.agents import auth, body, filters, message, requests, resource
from bridge.agents.deadline import within
from bridge.agents.problems import CONFLICT, INVALID, KEY_REUSED, NOT_FOUND, Problem
from bridge.logs import Log
from bridge.wake import Wake
from storage import cards, connections, errors, interactions
from storage.interactions import Disconnected, Mismatch, NoSuchOlder, OlderEnded, Opened, Opening, Replayed
from storage.model import Card, Connection, Interaction, Json, Key, Status
from storage.pool import Database

_log = Log("agents")

FIRST_POST_SECONDS = 2.0
HANG_UP_SECONDS = 5.0  # how soon a caller who hung up is noticed; nothing tells us

_Open: TypeAlias = Opened | Replayed | Mismatch | Disconnected | NoSuchOlder | OlderEnded

_NO_SUCH = "No interaction of your organization has this id."
_NO_OLDER = "is not an interaction of your organization"


class Interactions:
    """The handlers. A request that waits holds no database connection."""

    def __init__(self, *, db: Database, wake: Wake) -> None:
        self._db = db
        self._wake = wake

    async def create(self, request: web.Request) -> web.Response:
        """POST /v1/interactions: make a question durable; Slack is called by the card loop, after the commit."""
        clock = asyncio.get_running_loop().time
        began = clock()
        key = auth.key(request)
        wait = requests.wait(request.query.get("wait"))
        idempotency_key = requests.idempotency_key(request.headers.getall("Idempotency-Key", []))
        sent = await body.read(request)
        opening, opened = await self._open(key, sent, idempotency_key)
        match opened:
            case Mismatch():
                raise Problem(KEY_REUSED, "This Idempotency-Key was used with another body. Use a new key.")
            case Disconnected():
                told = "is not active any more"
                raise Problem(INVALID, f"connection {told}.", errors=[("/connection", told)])
            case Opened():
                _log.info("interaction_created", interaction=ids.encode("int", opened.id), key=key.name)
                self._wake.cards.set()
                if opening and opening.supersedes:
                    _log.info("interaction_superseded", interaction=ids.encode("int", opening.supersedes))
                    self._wake.changed(key.organization_id, opening.supersedes)
            case NoSuchOlder():
                raise Problem(INVALID, f"supersedes {_NO_OLDER}.", errors=[("/supersedes", _NO_OLDER)])
            case OlderEnded():
                row, copies = await within(self._look(key, opened.id))
                raise _ended_before(row, copies, "It cannot be superseded, and nothing was asked")
            case Replayed():
                pass
            case _:
                assert_never(opened)
        try:
            # Together they take no longer than the longer of the two: a client's own time limit is set by `wait`.
            row, copies = await self._until(request, opened.id, seconds=FIRST_POST_SECONDS, done=_shown)
            if (left := began + wait - clock()) > 0:
                row, copies = await self._until(request, opened.id, seconds=left, done=_ended)
        except errors.Unavailable:
            if not isinstance(opened, Opened):
                raise
            # It is asked, and saying anything else would have it asked twice. It is told as it was written.
            row, copies = opened.interaction, opened.cards
        replayed = isinstance(opened, Replayed)
        headers = {"Location": f"/v1/interactions/{ids.encode('int', opened.id)}"}
        if replayed:
            headers["Idempotency-Replayed"] = "true"
        return web.json_response(resource.interaction(row, copies), status=200 if replayed else 201, headers=headers)

    async def get(self, request: web.Request) -> web.Response:
        """GET /v1/interactions/{id}: the question as it is, or, with ?wait=, as soon as it has ended."""
        id, wait = self._id(request), requests.wait(request.query.get("wait"))
        row, copies = await self._until(request, id, seconds=wait, done=_ended)
        return web.json_response(resource.interaction(row, copies))

    async def page(self, request: web.Request) -> web.Response:
        """GET /v1/interactions: those that fit the filters, newest first, in pages."""
        key, asked = auth.key(request), filters.read(request.query)
        rows, copies = await within(self._page(key, asked))
        more = len(rows) > asked.limit
        rows = rows[: asked.limit]
        next_cursor = filters.cursor(rows[-1].id) if more else None
        return web.json_response(resource.page(rows, copies, next_cursor=next_cursor))

    async def cancel(self, request: web.Request) -> web.Response:
        """POST /v1/interactions/{id}/cancel: withdraw a question, unless it has ended otherwise."""
        key, id = auth.key(request), self._id(request)
        reason = requests.cancellation(await body.read(request) if request.can_read_body else {})
        cancelled = await within(
            interactions.cancel(
                self._db,
                key.organization_id,
                id,
                reason={"code": "cancelled", "detail": reason, "fix": "Ask again if it still matters."},
                cancelled_by=key.name,
                event_id=ids.new(),
            )
        )
        if cancelled:
            _log.info("interaction_cancelled", interaction=ids.encode("int", id), key=key.name)
            self._wake.cards.set()
            self._wake.changed(key.organization_id, id)
        # An end is final, so this look is as true as the statement itself.
        row, copies = await within(self._look(key, id))
        if row.status is not Status.CANCELLED:
            raise _ended_before(row, copies, "It cannot be cancelled any more")
        return web.json_response(resource.interaction(row, copies))

    async def timeline(self, request: web.Request) -> web.Response:
        """GET /v1/interactions/{id}/timeline: why it is not answered yet."""
        key, id = auth.key(request), self._id(request)
        await within(self._look(key, id))
        moments = await within(interactions.timeline(self._db, key.organization_id, id))
        return web.json_response(resource.timeline(moments))

    async def _open(self, key: Key, sent: Json, idempotency_key: str | None) -> tuple[Opening | None, _Open]:
        """Open what was sent; without an Opening, it was opened before."""
        kind, routing, asked = requests.validate(sent)
        on_expiry = requests.on_expiry(kind, routing, asked)
        request_hash = requests.fingerprint(sent) if idempotency_key else None
        try:
            connection = await self._connection(key, routing.connection)
        except Problem:
            # A repeated request is answered for what it asked when it could, whatever became of the connection.
            if idempotency_key and request_hash:
                before = interactions.replayed(
                    self._db, key.organization_id, idempotency_key=idempotency_key, request_hash=request_hash
                )
                if (found := await within(before)) is not None:
                    return None, found
            raise
        supersedes = requests.interaction_id(routing.supersedes) if routing.supersedes else None
        if routing.supersedes is not None and supersedes is None:
            raise Problem(INVALID, f"supersedes {_NO_OLDER}.", errors=[("/supersedes", _NO_OLDER)])
        addresses = [address.model_dump(exclude_none=True) for address in routing.to]
        opening = Opening(
            scope=connection.scope,
            id=ids.new(),
            event_id=ids.new(),
            kind=kind.name,
            request=kind.stored(asked),
            digest=kind.digest(asked),
            answers=kind.answers(asked),
            responders=routing.responder_ids,
            home_teams=None if routing.outsiders else connection.home_teams,
            key_id=key.id,
            asked_by=key.name,
            tags=routing.tags,
            metadata=routing.metadata,
            idempotency_key=idempotency_key,
            request_hash=request_hash,
            addresses=addresses,
            card_ids=[ids.new() for _ in addresses],
            expires_in=routing.expires_in,
            on_expiry=on_expiry,
            supersedes=supersedes,
            superseded_event_id=ids.new(),
        )
        return opening, await within(interactions.open(self._db, opening))

    async def _until(
        self, request: web.Request, id: UUID, *, seconds: float, done: Callable[[Interaction, list[Card]], bool]
    ) -> tuple[Interaction, list[Card]]:
        """Look at a question until it is `done`, at most for `seconds`; every look is at the rows."""
        key = auth.key(request)
        clock = asyncio.get_running_loop().time
        deadline = clock() + seconds
        with self._wake.watching(key.organization_id, id) as signal:
            while True:
                signal.clear()
                row, copies = await within(self._look(key, id))
                if clock() >= deadline or self._wake.closing.is_set() or done(row, copies):
                    return row, copies
                while not signal.is_set() and (left := deadline - clock()) > 0:
                    with contextlib.suppress(TimeoutError):
                        async with asyncio.timeout(min(left, HANG_UP_SECONDS)):
                            await signal.wait()
                    if request.transport is None:
                        return row, copies  # nobody is there to read it

    async def _look(self, key: Key, id: UUID) -> tuple[Interaction, list[Card]]:
        """A question and its copies, as they are; a foreign one is as unknown as none."""
        row = await interactions.get(self._db, key.organization_id, id)
        if row is None:
            raise Problem(NOT_FOUND, _NO_SUCH)
        return row, await cards.of_interaction(self._db, key.organization_id, id)

    async def _page(self, key: Key, asked: filters.Asked) -> tuple[list[Interaction], dict[UUID, list[Card]]]:
        """One more question than asked for, if there is one, and the copies of all of them."""
        rows = await interactions.page(
            self._db, key.organization_id, asked.filters, before=asked.before, most=asked.limit + 1
        )
        return rows, await cards.of_interactions(self._db, key.organization_id, [row.id for row in rows])

    async def _connection(self, key: Key, named: str | None) -> Connection:
        """The connection that was named, or the only one; a foreign one is as unknown as none."""
        active = await within(connections.of_organization(self._db, key.organization_id))
        if named is not None:
            wanted = ids.decode("con", named)
            active = [connection for connection in active if connection.id == wanted]
        if len(active) == 1:
            return active[0]
        if named is not None:
            told = "is not an active connection of your organization"
        elif active:
            told = f"must be one of {_named(active)}, because your organization has several connections"
        else:
            told = "cannot be chosen: your organization has no active Slack connection; connect a workspace first"
        raise Problem(INVALID, f"connection {told}.", errors=[("/connection", told)])

    @staticmethod
    def _id(request: web.Request) -> UUID:
        if (id := requests.interaction_id(request.match_info["id"])) is None:
            raise Problem(NOT_FOUND, _NO_SUCH)
        return id


def _ended_before(row: Interaction, copies: list[Card], told: str) -> Problem:
    """Whoever came too late is told how it ended."""
    return Problem(CONFLICT, f"{told}. {message.sentence(row)}", interaction=resource.interaction(row, copies))


def _ended(row: Interaction, _: list[Card]) -> bool:
    return row.status is not Status.PENDING


def _shown(row: Interaction, copies: list[Card]) -> bool:
    """Whether the caller can be told that a card is up, or that none ever will be.

    Whoever posts wakes us when the link is known too, or known not to be had; it is not waited for by itself.
    """
    return row.status is not Status.PENDING or any(copy.ts for copy in copies)


def _named(active: list[Connection]) -> str:
    """Which connections there are, in words; not all of very many."""
    named = [f"{ids.encode('con', connection.id)} ({connection.name})" for connection in active[:10]]
    return ", ".join(named) + (", …" if len(active) > len(named) else "")
