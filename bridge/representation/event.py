"""The envelope of an event in the feed, in streams and in webhooks: its type, and the interaction as it is now."""

from datetime import datetime
from uuid import UUID

from bridge import ids
from bridge.representation import interaction
from storage import json_text
from storage.model import ENDS, Card, FeedEvent, Interaction, Json


def envelope(*, id: UUID, type: str, at: datetime, data: Json) -> Json:
    """One event, in the same shape wherever it is sent; `data` is its subject."""
    return {"id": ids.encode("evt", id), "type": type, "timestamp": interaction.moment(at), "data": data}


def of_interaction(*, id: UUID, type: str, at: datetime, row: Interaction, cards: list[Card]) -> Json:
    """The envelope of an interaction's event. `data` is the whole resource, as recent as the event or more."""
    return envelope(id=id, type=type, at=at, data=interaction.interaction(row, cards))


def encode(envelope: Json) -> bytes:
    """The body of a webhook with this envelope; these bytes are signed."""
    return json_text.dumps(envelope, ensure_ascii=False, separators=(",", ":")).encode()


def unacknowledged_end(event: FeedEvent, envelope: Json) -> UUID | None:
    """The interaction whose end this event reports, if no agent had acknowledged that end; else None.

    The sender acknowledges it once the envelope was delivered.
    """
    return event.interaction_id if event.type in ENDS and envelope["data"]["heard_at"] is None else None
