"""Things of all nouns, which this release opens, while replicas of the former release get a part of their clicks."""

from collections.abc import Callable
from dataclasses import dataclass

from bridge.things.registry import NOUNS
from tests.scenarios.beside import recoveries
from tests.scenarios.beside.acting import Actor
from tests.scenarios.beside.incidents import Incidents
from tests.scenarios.beside.stories import Stories
from tests.waiting import jitter

TYPES = [f"{noun.name}.{move}" for noun in NOUNS.values() for move in noun.moves if move != "unreachable"]


async def begin(stories: Stories, url: str) -> "ThingStories":
    """Stories of things, with an endpoint that gets their events; replicas of this release are running."""
    actor = Actor(agent=stories.agent, db=stories.db, acked=stories.acked)
    await actor.call("POST", "/v1/webhook_endpoints", {"url": f"{url}/things", "types": TYPES})
    return ThingStories(actor=actor, incidents=Incidents(actor=actor))


@dataclass(kw_only=True)
class ThingStories:
    """Runs one life of a thing after the other."""

    actor: Actor
    incidents: Incidents
    begun: int = 0

    async def tell(self, goes_on: Callable[[], bool]) -> None:
        """Live lives of recoveries and incidents in turn, until told to stop."""
        while goes_on():
            self.begun += 1
            number = self.begun
            await (self.incidents.live(number) if number % 2 else recoveries.live(self.actor, f"job-{number}"))
            await jitter(0.5)
