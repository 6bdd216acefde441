"""An event as the feed, streams and webhooks show it: what happened, and the interaction as it now is."""

import json
from datetime import datetime
from uuid import UUID

from bridge import ids
from bridge.representation import interaction
from storage.events import Event
from storage.model import ENDS, Card, Interaction, Json


def envelope(*, id: UUID, type: str, at: datetime, data: Json) -> Json:
    """One event, the same wherever it is told of; `data` is what it is about."""
    return {"id": ids.encode("evt", id), "type": type, "timestamp": interaction.moment(at), "data": data}


def of_interaction(*, id: UUID, type: str, at: datetime, row: Interaction, copies: list[Card]) -> Json:
    """An event of a question. `data` is the whole resource, never older than the event, and perhaps newer."""
    return envelope(id=id, type=type, at=at, data=interaction.interaction(row, copies))


def written(told: Json) -> bytes:
    """The bytes of an envelope as a body, which are what is signed."""
    return json.dumps(told, ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode()


def unheard_end(event: Event, told: Json) -> UUID | None:
    """The question whose end this event tells, if no agent had heard that before: whoever is given it hears it."""
    return event.interaction_id if event.type in ENDS and told["data"]["heard_at"] is None else None
