"""Reads things with their cards, as agents are shown them."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Any
from uuid import UUID

from bridge.things import representation
from bridge.things.contract import Noun
from bridge.things.registry import NOUNS
from storage import cards
from storage.model import Card, FeedEvent, Json
from storage.pool import Database
from storage.things import ThingRow


async def resource(db: Database, noun: Noun[Any], organization_id: UUID, id: UUID) -> Json | None:
    """The resource of one thing of an organization as it is now; None if there is none."""
    found = await noun.table.get(db, organization_id, id)
    return representation.resource(noun, found, await cards_of(db, found)) if found else None


async def resources(db: Database, noun: Noun[Any], organization_id: UUID, ids: Iterable[UUID]) -> dict[UUID, Json]:
    """The resources of several things by id; those that do not exist are left out."""
    return await resources_of(db, noun, organization_id, await noun.table.several(db, organization_id, ids))


async def resources_of(
    db: Database, noun: Noun[Any], organization_id: UUID, found: Mapping[UUID, ThingRow[Any]]
) -> dict[UUID, Json]:
    """The resources of things that were read already, by id, with their cards as they are now."""
    anchors = [each.thing.anchor_id for each in found.values() if each.thing.anchor_id is not None]
    of_anchors = await cards.of_interactions(db, organization_id, anchors) if anchors else {}
    return {
        id: representation.resource(
            noun, each, of_anchors.get(each.thing.anchor_id, []) if each.thing.anchor_id else []
        )
        for id, each in found.items()
    }


async def cards_of(db: Database, found: ThingRow[Any]) -> list[Card]:
    """The cards of a thing, in the order of their addresses."""
    thing = found.thing
    if thing.anchor_id is None:
        return []
    return await cards.of_interaction(db, thing.organization_id, thing.anchor_id)


async def of_events(db: Database, organization_id: UUID, events: Iterable[FeedEvent]) -> dict[UUID, Json]:
    """The resources of the things that these events are of, by id; those of unknown nouns are left out."""
    by_noun: defaultdict[str, set[UUID]] = defaultdict(set)
    for event in events:
        noun = event.type.partition(".")[0]
        if event.thing_id is not None and noun in NOUNS:
            by_noun[noun].add(event.thing_id)
    found: dict[UUID, Json] = {}
    for noun, ids in by_noun.items():
        found |= await resources(db, NOUNS[noun], organization_id, ids)
    return found
