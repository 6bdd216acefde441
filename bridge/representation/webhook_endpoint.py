"""The resources of webhook endpoints and of deliveries to them."""

from collections.abc import Mapping
from uuid import UUID

from bridge import ids
from bridge.representation import interaction
from bridge.webhooks.outcome import DeliveryOutcome
from storage.model import Delivery, DeliveryStatus, Json, WebhookEndpoint


def endpoint(row: WebhookEndpoint) -> Json:
    """The endpoint, without its secret."""
    return {
        "id": ids.encode("whe", row.id),
        "url": row.url,
        "types": row.types,
        "status": "active" if row.disabled_at is None else "disabled",
        "disabled_reason": row.disabled_reason,
        "failing_since": interaction.moment(row.failing_since),
        "created_at": interaction.moment(row.created_at),
        "rotated_at": interaction.moment(row.rotated_at),
        "disabled_at": interaction.moment(row.disabled_at),
    }


def with_secret(row: WebhookEndpoint, secret: str) -> Json:
    """The endpoint with its current secret."""
    return {**endpoint(row), "secret": secret}


def page(rows: list[WebhookEndpoint], *, next_cursor: str | None, callback_secret: str | None) -> Json:
    """One page of an organization's endpoints, and the secret that signs its callbacks."""
    return {"items": [endpoint(row) for row in rows], "next_cursor": next_cursor, "callback_secret": callback_secret}


def attempt(envelope: Json, outcome: DeliveryOutcome) -> Json:
    """The outcome of one attempt to deliver an envelope."""
    return {
        "id": envelope["id"],
        "delivered": outcome.delivered,
        "status": outcome.status,
        "detail": outcome.detail,
    }


def delivery(row: Delivery, *, thing: str | None = None) -> Json:
    """One delivery and the outcome of its last attempt; `thing` is the id of the thing that it is of, if any."""
    return {
        "event": ids.encode("evt", row.event_id),
        "type": row.type,
        "interaction": ids.encode("int", row.interaction_id) if row.interaction_id else None,
        "thing": thing,
        "status": row.status.value,
        "failures": row.failures,
        "last": {"status": row.outcome["status"], "detail": row.outcome["detail"]} if row.outcome else None,
        "created_at": interaction.moment(row.created_at),
        "due_at": interaction.moment(row.due_at) if row.status is DeliveryStatus.PENDING else None,
        "ended_at": interaction.moment(row.ended_at),
    }


def delivery_page(rows: list[Delivery], things: Mapping[UUID, str], *, next_cursor: str | None) -> Json:
    """One page of deliveries; `things` has the ids of things by the ids of their events."""
    items = [delivery(row, thing=things.get(row.event_id)) for row in rows]
    return {"items": items, "next_cursor": next_cursor}
