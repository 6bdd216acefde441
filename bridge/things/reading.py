"""Reads things with their cards, as agents are shown them."""

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Any
from uuid import UUID

from bridge import ids as public_ids
from bridge.things import registry, representation
from bridge.things.contract import Noun
from bridge.things.registry import NOUNS
from storage import cards
from storage.model import Card, FeedEvent, Json
from storage.pool import Database
from storage.statements import Runs
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


async def names(db: Runs, organization_id: UUID, of: Iterable[tuple[str, UUID]]) -> dict[UUID, str]:
    """The ids of things as agents know them, by their made ids; `of`: their nouns and made ids.

    Those of unknown nouns are left out, and so are things that do not exist where agents may give ids.
    """
    by_noun: defaultdict[str, set[UUID]] = defaultdict(set)
    for name, id in of:
        if name in NOUNS:
            by_noun[name].add(id)
    found: dict[UUID, str] = {}
    for name, ids in by_noun.items():
        noun = NOUNS[name]
        if noun.has_names:
            rows = await noun.table.several(db, organization_id, ids)
            found |= {id: noun.id_of(id, each.row) for id, each in rows.items()}
        else:
            found |= {id: noun.public_id(id) for id in ids}
    return found


async def find(db: Runs, organization_id: UUID, text: str) -> UUID | None:
    """Find the thing of any noun that agents know by this id; None if it is no made id, and no thing was given it."""
    if (id := registry.decode(text)) is not None:
        return id
    named = await find_named(db, organization_id, text)
    return named[1] if named else None


async def find_named(db: Runs, organization_id: UUID, name: str) -> tuple[Noun[Any], UUID] | None:
    """Find the thing to which an agent gave this id, with its noun; None if there is none."""
    if re.fullmatch(public_ids.NAME, name):
        for noun in NOUNS.values():
            if noun.has_names and (id := await noun.table.find(db, organization_id, name)) is not None:
                return noun, id
    return None


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
