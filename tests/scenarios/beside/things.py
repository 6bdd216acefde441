"""Things of all nouns, which this release opens, while replicas of the former release get a part of their clicks."""

from collections.abc import Callable
from dataclasses import dataclass

from bridge.things.registry import NOUNS
from tests.scenarios.beside import fixes, recoveries
from tests.scenarios.beside.acting import Actor
from tests.scenarios.beside.incidents import Incidents
from tests.scenarios.beside.stories import Stories
from tests.scenarios.beside.work_items import WorkItems
from tests.waiting import jitter

TYPES = [f"{noun.name}.{move}" for noun in NOUNS.values() for move in noun.moves if move != "unreachable"]


async def begin(stories: Stories, url: str) -> "ThingStories":
    """Stories of things, with an endpoint that gets their events; replicas of this release are running."""
    actor = Actor(agent=stories.agent, db=stories.db, acked=stories.acked)
    await actor.call("POST", "/v1/webhook_endpoints", {"url": f"{url}/things", "types": TYPES})
    return ThingStories(actor=actor, incidents=Incidents(actor=actor), work_items=WorkItems(actor=actor))


@dataclass(kw_only=True)
class ThingStories:
    """Runs one life of a thing after the other."""

    actor: Actor
    incidents: Incidents
    work_items: WorkItems
    begun: int = 0

    async def tell(self, goes_on: Callable[[], bool]) -> None:
        """Live lives of all nouns in turn, until told to stop."""
        while goes_on():
            self.begun += 1
            await self._live(self.begun)
            await jitter(0.5)

    async def _live(self, number: int) -> None:
        match number % 4:
            case 0:
                await fixes.live(self.actor)
            case 1:
                await self.incidents.live(number)
            case 2:
                await self.work_items.live(number)
            case _:
                await recoveries.live(self.actor, f"job-{number}")
