"""How what an agent sent becomes a question: validated, given its connection and ids, opened in one statement."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from bridge import ids
from bridge.agents.http import problems, webhook_url
from bridge.agents.http.deadline import within
from bridge.agents.http.problems import ApiProblem
from bridge.agents.interactions import requests
from bridge.agents.interactions.routing import Routing
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
    """What became of a body, and which older question it names, if any."""

    outcome: OpenOutcome
    supersedes: UUID | None = None


async def ask(
    db: Database, quota: PendingQuota, key: Key, sent: Json, *, idempotency_key: str | None, webhooks: Webhooks
) -> OpeningResult:
    """Open what was sent if there is room for it; raises ApiProblem when it is not valid, or has nowhere to go."""
    kind, routing, asked = requests.validate(sent)
    on_expiry = requests.on_expiry(kind, routing, asked)
    request_hash = requests.fingerprint(sent) if idempotency_key else None
    try:
        if routing.callback is not None:
            webhook_url.address(routing.callback, webhooks, pointer="/callback")
        connection = await _connection(db, key, routing.connection)
    except ApiProblem:
        # A repeated request is answered for what it asked when it could, whatever became of that.
        if idempotency_key and request_hash:
            before = interactions.replayed(
                db, key.organization_id, idempotency_key=idempotency_key, request_hash=request_hash
            )
            if (found := await within(before)) is not None:
                return OpeningResult(outcome=found)
        raise
    supersedes = _older(routing.supersedes)
    opening = _opening(
        key,
        connection,
        kind,
        routing,
        asked,
        idempotency_key=idempotency_key,
        request_hash=request_hash,
        on_expiry=on_expiry,
        supersedes=supersedes,
    )
    return OpeningResult(outcome=await within(quota.open(opening)), supersedes=supersedes)


def _opening(
    key: Key,
    connection: Connection,
    kind: Kind[Any],
    routing: Routing,
    asked: Any,
    *,
    idempotency_key: str | None,
    request_hash: bytes | None,
    on_expiry: str | None,
    supersedes: UUID | None,
) -> Opening:
    """Everything the new row and its copies are made of."""
    addresses = [address.model_dump(exclude_none=True) for address in routing.to]
    return Opening(
        scope=connection.scope,
        id=ids.new(),
        event_id=ids.new(),
        kind=kind.name,
        request=kind.stored(asked),
        digest=kind.digest(asked),
        answers=kind.answers(asked),
        forms=kind.stored_forms(asked),
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
    )


def _older(named: str | None) -> UUID | None:
    """The interaction to be superseded, if one was named; what is no id at all is as unknown as a foreign one."""
    if named is not None and (older := ids.decode("int", named)) is None:
        raise problems.invalid("/supersedes", NO_OLDER)
    return older if named is not None else None


async def _connection(db: Database, key: Key, named: str | None) -> Connection:
    """The connection that was named, or the only one; a foreign one is as unknown as none."""
    active = await within(connections.of_organization(db, key.organization_id))
    if named is not None:
        wanted = ids.decode("con", named)
        active = [connection for connection in active if connection.id == wanted]
    if len(active) == 1:
        return active[0]
    if named is not None:
        wrong = "is not an active connection of your organization"
    elif active:
        wrong = f"must be one of {_listed(active)}, because your organization has several connections"
    else:
        wrong = (
            "cannot be chosen: your organization has no active Slack connection; whoever runs this bridge has to "
            "connect a workspace, or enable one"
        )
    raise problems.invalid("/connection", wrong)


def _listed(active: list[Connection]) -> str:
    """Which connections there are, in words; not all of very many."""
    listed = [f"{ids.encode('con', connection.id)} ({connection.name})" for connection in active[:10]]
    return ", ".join(listed) + (", …" if len(active) > len(listed) else "")
