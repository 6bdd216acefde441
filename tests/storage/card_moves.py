"""The calls that the card loop makes for a card, with default values."""

import itertools
from datetime import timedelta
from typing import Any
from uuid import UUID

from bridge import ids
from bridge.kinds.registry import KINDS
from storage import cards
from storage.model import Card, Handle, Interaction, Json, Status
from storage.pool import Database
from tests.storage.elapse import set_time

_numbers = itertools.count(1)

ARCHIVED: Json = {"code": "is_archived", "detail": "The channel is archived.", "fix": "Ask in another one."}


def handle() -> Handle:
    """The handle of a new message."""
    return Handle(channel="C0APPROVALS", ts=f"1700000000.{next(_numbers):06}")


def copies(number: int) -> dict[str, Any]:
    """The fields of an opening with this many addresses."""
    return {
        "addresses": [{"channel": f"C{place:09}"} for place in range(number)],
        "card_ids": [ids.new() for _ in range(number)],
    }


async def of(db: Database, question: Interaction) -> list[Card]:
    return await cards.of_interaction(db, question.organization_id, question.id)


async def lease(db: Database, question: Interaction, *, limit: int = 100) -> list[Card]:
    return await cards.lease(db, [question.scope], kinds=KINDS, limit=limit)


async def take(db: Database, question: Interaction) -> Card:
    """Lease the one card that is due."""
    (card,) = await lease(db, question)
    return card


async def post(db: Database, card: Card, where: Handle | None = None) -> bool:
    return await cards.posted(db, card, where or handle(), plain=False, stray_id=ids.new(), event_id=ids.new())


async def edit(db: Database, card: Card) -> bool:
    return await cards.edited(db, card, plain=False, settles=True, event_id=ids.new())


async def fail(db: Database, card: Card, *, unsure: bool = False, seconds: float = 0) -> None:
    await cards.retry(db, card, seconds=seconds, reason=ARCHIVED, failed=True, unsure=unsure, event_id=ids.new())


async def give_up(db: Database, card: Card) -> Status | None:
    return await cards.give_up(db, card, reason=ARCHIVED, event_id=ids.new())


async def lose_leases(db: Database, question_id: UUID) -> None:
    """Let the leases of an interaction's cards run out."""
    leased = "interaction_id = $1 and leased_until is not null"
    await set_time(db, "cards", "leased_until", timedelta(milliseconds=-1), question_id, where=leased)
