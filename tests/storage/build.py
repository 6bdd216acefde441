"""Builders of valid rows; a test names only the values that matter to it."""

import hashlib
import itertools
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any
from uuid import UUID

from bridge import ids
from storage import connections, deadlines, interactions, keys, organizations, serving, webhook_endpoints
from storage.interactions import ClaimRequest, Opening
from storage.model import Connection, Intent, Interaction, Scope, WebhookEndpoint
from storage.pool import Database
from tests.storage import elapse

_numbers = itertools.count(1)

ANSWERS = {
    "approve": {"decision": "approve", "approved": True, "option": None, "label": "Approve"},
    "deny": {"decision": "deny", "approved": False, "option": None, "label": "Deny"},
}


@dataclass(frozen=True, kw_only=True)
class Tenant:
    """An organization with one connection and one key."""

    connection: Connection
    key_id: UUID
    secret: str

    @property
    def scope(self) -> Scope:
        return self.connection.scope


async def tenant(db: Database, *, team: str | None = None, app: str = "A0ASKBRIDGE") -> Tenant:
    organization_id = ids.new()
    number = next(_numbers)
    await organizations.create(db, organization_id=organization_id, name=f"Organization {number}")
    team = team or f"T{number:09}"
    connection = await connections.connect(
        db,
        organization_id=organization_id,
        id=ids.new(),
        app_id=app,
        enterprise_id=None,
        team_id=team,
        home_teams=[team],
        bot_user_id="U0ASKBRIDGE",
        name="Acme",
    )
    key, secret = await keys.create(db, organization_id=organization_id, id=ids.new(), name="deploy-bot")
    return Tenant(connection=connection, key_id=key.id, secret=secret)


def opening(tenant: Tenant, **other: Any) -> Opening:
    return replace(
        Opening(
            scope=tenant.scope,
            id=ids.new(),
            event_id=ids.new(),
            kind="approval",
            request={"kind": "approval", "title": "Deploy 1.4 to production?"},
            digest="0" * 64,
            answers=ANSWERS,
            forms={},
            responders=["U0ANA"],
            home_teams=tenant.connection.home_teams,
            key_id=tenant.key_id,
            asked_by="deploy-bot",
            tags=[],
            metadata={},
            idempotency_key=None,
            request_hash=None,
            addresses=[{"channel": "C0APPROVALS"}],
            card_ids=[ids.new()],
            expires_in=3600,
            on_expiry=None,
            callback=None,
            callback_target=None,
            supersedes=None,
            superseded_event_id=ids.new(),
        ),
        **other,
    )


async def question(db: Database, tenant: Tenant, **other: Any) -> Interaction:
    opened = await interactions.open(db, opening(tenant, **other))
    assert isinstance(opened, interactions.Opened)
    return await read(db, tenant, opened.id)


async def serve(db: Database, tenant: Tenant) -> None:
    """A replica has a working token of the tenant's connection, for a day, and had it yesterday."""
    await serving.renew(db, [tenant.scope])
    await elapse.set_time(db, "serving", "served_since", timedelta(days=-1))
    await elapse.set_time(db, "serving", "served_until", timedelta(days=1))


async def read(db: Database, tenant: Tenant, id: UUID) -> Interaction:
    """An interaction as it is stored."""
    found = await interactions.get(db, tenant.scope.organization_id, id)
    assert found is not None
    return found


async def read_with_end(db: Database, tenant: Tenant, id: UUID) -> Interaction:
    """An interaction as a reader reports it: its end is written if its deadline has passed."""
    await deadlines.end_named(db, tenant.scope.organization_id, [id], event_ids=[ids.new()])
    return await read(db, tenant, id)


def envelope(number: object = None) -> bytes:
    """The claim id of one signed payload; the same number is the same payload."""
    return hashlib.sha256(str(next(_numbers) if number is None else f"envelope {number}").encode()).digest()


def click(question: Interaction, **other: Any) -> ClaimRequest:
    return replace(
        ClaimRequest(
            scope=question.scope,
            interaction_id=question.id,
            claim_id=envelope(),
            event_id=ids.new(),
            choice="approve",
            intent=Intent.ANSWER,
            given=None,
            user_id="U0ANA",
            user_name="ana",
            user_team=(question.home_teams or ["T0ANY"])[0],
            channel="C0APPROVALS",
            ts="1700000000.000100",
        ),
        **other,
    )


async def endpoint(
    db: Database, tenant: Tenant, url: str = "https://hooks.example.com/?token=7", types: list[str] | None = None
) -> WebhookEndpoint:
    """Create an endpoint for events of these types; None: those of every final status."""
    made = await webhook_endpoints.create(db, tenant.scope.organization_id, id=ids.new(), url=url, types=types)
    assert isinstance(made, WebhookEndpoint)
    return made
