"""What a card of a thing shows: the thing, its row and its open round as they are when it is drawn."""

from typing import Any

from bridge.forms.form import MAX_OPTIONS
from bridge.things.contract import Choosable, Noun, ThingView
from bridge.things.registry import NOUNS
from storage import things
from storage.model import Card, Interaction
from storage.statements import Runs
from storage.things import ThingRow


async def of_anchor(db: Runs, anchor: Interaction) -> tuple[Noun[Any], ThingRow[Any]] | None:
    """The thing of an anchor or of any other round; None if it does not exist, or its noun is of a later release."""
    noun = NOUNS.get(anchor.kind)
    if noun is None or anchor.thing_id is None:
        return None
    found = await noun.table.get(db, anchor.organization_id, anchor.thing_id)
    return (noun, found) if found else None


def view(
    noun: Noun[Any], found: ThingRow[Any], card: Card, *, version: int, is_plain: bool, newer: str | None = None
) -> ThingView[Any]:
    """The view of one card; only a card at an address of the thing has buttons, and only while a round is open."""
    has_buttons = card.retired_at is None and noun.offers(found.row)
    return ThingView(
        thing=found.thing,
        row=found.row,
        card=card,
        round_id=found.round_id if has_buttons else None,
        version=version,
        is_plain=is_plain,
        newer=newer,
        name=noun.named(found.row),
    )


async def choosable(db: Runs, found: ThingRow[Any]) -> list[Choosable]:
    """The newest open things of its workspace but this one, for a menu: at most MAX_OPTIONS.

    Their titles are for people of the workspace: none are offered where people of other organizations may act.
    """
    thing = found.thing
    if thing.home_teams is None:
        return []
    newest = await things.newest_open(db, thing.scope, limit=MAX_OPTIONS + 1)
    rows: dict[Any, Choosable] = {}
    for name in {noun for _, noun in newest} & NOUNS.keys():
        noun = NOUNS[name]
        wanted = [id for id, of_noun in newest if of_noun == name and id != thing.id]
        for id, each in (await noun.table.several(db, thing.organization_id, wanted)).items():
            rows[id] = Choosable(id=noun.public_id(id), label=noun.offer(each.thing, each.row).title)
    return [rows[id] for id, _ in newest if id in rows][:MAX_OPTIONS]
