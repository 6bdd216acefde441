"""The backlog of a race: items in layers, of which many depend on some of the layers before."""

import asyncio
from typing import Any, Final

from tests.scenarios.work_races.race import Race

LAYER: Final = 40  # items
PHASES: Final = ("build", "test")
_WITH_CARD: Final = 0.25
_WAITING: Final = 0.6
_MOST: Final = 3  # dependencies
_AT_ONCE: Final = 8


async def fill(race: Race, number: int) -> None:
    """Add so many items, each after those that it depends on."""
    slots = asyncio.Semaphore(_AT_ONCE)

    async def add(place: int) -> None:
        async with slots:
            await race.call("POST", "", _item(race, place), key=True, good=(201, 200))

    for first in range(0, number, LAYER):
        await asyncio.gather(*(add(place) for place in range(first, min(first + LAYER, number))))


def _item(race: Race, place: int) -> dict[str, Any]:
    chance, before = race.chance, place // LAYER * LAYER
    count = chance.randint(1, _MOST) if before and chance.random() < _WAITING else 0
    to = {"to": {"channel": chance.choice(race.rig.channels)}} if chance.random() < _WITH_CARD else {}
    return {
        "id": f"item-{place}",
        "title": f"Item {place}",
        "phase": chance.choice(PHASES),
        "priority": chance.randint(-1, 1),
        "depends_on": [f"item-{chance.randrange(before)}" for _ in range(count)],
        **to,
    }
