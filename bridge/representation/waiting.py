"""Why a card does not show yet what it should, and until when."""

from datetime import datetime
from typing import Final

from storage.model import Card, Json

TOKEN_MISSING: Final[Json] = {
    "code": "token_missing",
    "detail": "No replica of the bridge has a valid bot token for this workspace.",
    "fix": "Ask the operator of this bridge to set the workspace's bot token; askbridge doctor shows what is missing.",
}


def reason(card: Card, now: datetime) -> Json | None:
    """`{code, detail, fix}` of why a card waits or was given up; None: nothing is known to be in its way.

    `now` is the database's clock at the time of the read.
    """
    # A posted card with a time has been tried since: its own reason says more, such as that Slack refused the token.
    if card.unserved and (card.ts is None or card.reason is None or until(card, now) is None):
        return TOKEN_MISSING
    return card.reason


def until(card: Card, now: datetime) -> datetime | None:
    """When a card that waits for a reason is tried again; None: at any moment, or it is not known, or never."""
    waits = card.reason is not None and card.given_up_at is None and card.shown < card.wanted
    lost = card.unserved and card.ts is None
    return card.due_at if waits and not lost and card.due_at > now else None
