"""Opens an interaction from a request body: validated, given its connection and ids, stored with one statement."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from bridge import ids
from bridge.agents.http import problems, webhook_url
from bridge.agents.http.deadline import within
from bridge.agents.http.problems import ApiProblem
from bridge.agents.interactions import requests
from bridge.agents.interactions.common_fields import Routing
from bridge.agents.limits.pending_quota import OpenOutcome, PendingQuota
from bridge.kinds.contract import Kind
from bridge.webhooks import target
from bridge.webhooks.outgoing import Webhooks
from storage import connections, interactions
from storage.interactions import Opening
from storage.model import Connection, Json, Key
from storage.pool import Database

NO_OLDER = "is not an interaction of your organization"


@dataclass(frozen=True, slots=True, kw_only=True)
class OpeningResult:
    """The outcome of opening, and the interaction that the body asked to supersede, if any."""

    outcome: OpenOutcome
    supersedes: UUID | None = None


async def open_from_body(
    db: Database, quota: PendingQuota, key: Key, body: Json, *, idempotency_key: str | None, webhooks: Webhooks
) -> OpeningResult:
    """Open an interaction from a body; raises ApiProblem when the body is invalid or no connection fits.

    The other outcomes, such as a full organization or an older request with the same key, are in the result.
    """
    try:
        kind, routing, request = requests.validate(body)
        on_expiry = requests.on_expiry(kind, routing, request)
        if routing.callback is not None:
            webhook_url.address(routing.callback, webhooks, pointer="/callback")
        connection = await choose_connection(db, key, routing.connection)
    except ApiProblem:
        # A repeated request gets its first response, even if a rule is newer, or its callback or connection not allowed
        # any more.
        if idempotency_key:
            replay = interactions.replayed(
                db,
                key.organization_id,
                idempotency_key=idempotency_key,
                request_hash=requests.fingerprint(body),
            )
            if (outcome := await within(replay)) is not None:
                return OpeningResult(outcome=outcome)
        raise
    supersedes = _older(routing.supersedes)
    opening = _opening(
        key,
        connection,
        kind,
        routing,
        request,
        idempotency_key=idempotency_key,
        request_hash=requests.fingerprint(body) if idempotency_key else None,
        on_expiry=on_expiry,
        supersedes=supersedes,
    )
    return OpeningResult(outcome=await within(quota.open(opening)), supersedes=supersedes)


def _opening(
    key: Key,
    connection: Connection,
    kind: Kind[Any],
    routing: Routing,
    request: Any,
    *,
    idempotency_key: str | None,
    request_hash: bytes | None,
    on_expiry: str | None,
    supersedes: UUID | None,
) -> Opening:
    """All values of the new interaction and its cards."""
    addresses = [address.model_dump(exclude_none=True) for address in routing.to]
    return Opening(
        scope=connection.scope,
        id=ids.new(),
        event_id=ids.new(),
        kind=kind.name,
        request=kind.stored(request),
        digest=kind.digest(request),
        answers=kind.answers(request),
        forms=kind.stored_forms(request),
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
        callback=routing.callback,
        callback_target=target.server(routing.callback) if routing.callback is not None else None,
        supersedes=supersedes,
        superseded_event_id=ids.new(),
        full_text=kind.full_text(request),
    )


def _older(text: str | None) -> UUID | None:
    """The id of the interaction to supersede, if the body has one; raises ApiProblem when it is malformed."""
    if text is not None and (older := ids.decode("int", text)) is None:
        raise problems.invalid("/supersedes", NO_OLDER)
    return older if text is not None else None


async def choose_connection(db: Database, key: Key, text: str | None) -> Connection:
    """The active connection with this id, or without an id the only one; raises ApiProblem.

    A connection of another organization is refused in the same words as one that does not exist.
    """
    active = await within(connections.of_organization(db, key.organization_id))
    if text is not None:
        wanted = ids.decode("con", text)
        active = [connection for connection in active if connection.id == wanted]
    if len(active) == 1:
        return active[0]
    if text is not None:
        wrong = "is not an active connection of your organization"
    elif active:
        wrong = f"must be one of {_listed(active)}, because your organization has several connections"
    else:
        wrong = (
            "cannot be chosen: your organization has no active Slack connection; the operator of this bridge must "
            "connect or enable a workspace"
        )
    raise problems.invalid("/connection", wrong)


def _listed(active: list[Connection]) -> str:
    """The first ten connections, with their ids and names, in a list for people."""
    listed = [f"{ids.encode('con', connection.id)} ({connection.name})" for connection in active[:10]]
    return ", ".join(listed) + (", …" if len(active) > len(listed) else "")
