"""Rounds of things of any noun: read, and claimed as clicks claim them."""

from typing import Any

from bridge import ids
from bridge.things import transactions
from bridge.things.contract import Noun
from storage.interactions import Claimed
from storage.model import Interaction
from tests.bridge.agents.door import Door
from tests.storage import build


async def open_round(door: Door, noun: Noun[Any], id: str) -> Interaction:
    """The open round of a thing."""
    thing_id = ids.decode(noun.prefix, id)
    assert thing_id is not None
    found = await noun.table.get(door.db, door.tenant.scope.organization_id, thing_id)
    assert found is not None and found.round_id is not None
    return await build.read(door.db, door.tenant, found.round_id)


async def claim(door: Door, noun: Noun[Any], row: Interaction, choice: str, user: str, **other: Any) -> Claimed:
    """Claim a round as a click does, whatever has become of it."""
    thing_id = row.thing_id
    assert thing_id is not None
    request = build.click(row, choice=choice, user_id=user, **other)
    claimed = await transactions.claim(door.db, noun, thing_id, request, seconds=5.0)
    door.notifier.thing_changed(row.organization_id, thing_id)
    return claimed.claimed
