"""The card that replaced another one: where readers of the older card are sent."""

from uuid import UUID

from storage import cards
from storage.model import Life
from storage.pool import Database


async def permalink(
    db: Database, organization_id: UUID, life: Life, *, channel: str | None, anywhere: bool
) -> str | None:
    """The permalink of a card of the interaction that superseded this one; None if there is none. Raises Unavailable.

    Of the same channel; with `anywhere`, of another one if the same channel has none.
    """
    if life.superseded_by is None:
        return None
    newer = await cards.of_interaction(db, organization_id, life.superseded_by)
    links = [(card.channel != channel, card.ordinal, card.permalink) for card in newer if card.permalink]
    best = min(links, default=None)
    return best[2] if best and (anywhere or not best[0]) else None
