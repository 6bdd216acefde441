"""Lives of fixes: proposed for few sessions, decided on and judged by people and agents."""

import random
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import asyncpg

from bridge import ids
from bridge.things.fix import NOUN
from tests.bridge.things.fix.agreement import contradictions
from tests.scenarios.beside.acting import Actor, key
from tests.scenarios.beside.stories import Stories
from tests.waiting import jitter

CHOICES = ["apply", "dismiss", "draft_template", "worked", "confirm"]
SESSIONS = 20
OUTCOMES: list[dict[str, Any]] = [
    {"outcome": "applied_pending", "reason": "The nightly run."},
    {"outcome": "applied_partial", "notes": "Half of it."},
    {"outcome": "applied_failed", "reason": "It hangs."},
    {"outcome": "applied_success"},
]


def begin(stories: Stories) -> "Fixes":
    """Lives of fixes; replicas of this release are running."""
    return Fixes(actor=Actor(agent=stories.agent, db=stories.db, acked=stories.acked))


async def found(db: "asyncpg.Pool[asyncpg.Record]") -> dict[str, list[str]]:
    """The cases that must not be, by the rule that they break."""
    return {"fixes whose rows contradict each other": await contradictions(db)}


@dataclass(kw_only=True)
class Fixes:
    """Runs one life of a fix after the other; several at once are of the same session."""

    actor: Actor

    async def tell(self, goes_on: Callable[[], bool]) -> None:
        """Live one life after the other, until told to stop."""
        while goes_on():
            await self._live()
            await jitter(0.5)

    async def _live(self) -> None:
        actor = self.actor
        channel = {"channel": random.choice(actor.agent.rig.channels)}
        body = {"session": f"session-{random.randrange(SESSIONS)}", "title": "Restart it", "to": channel}
        status, fix = await actor.call("POST", "/v1/fixes", body, **key())
        actor.expect("a proposal", status, 200, 201)
        if status not in (200, 201):
            return
        actor.agent.done["fixes proposed"] += 1
        id, path = ids.decode(NOUN.prefix, fix["id"]), f"/v1/fixes/{fix['id']}"
        assert id is not None
        await actor.clicks(id, CHOICES, random.randint(1, 3))
        status, _ = await actor.call("POST", f"{path}/outcome_proposal", {"outcome": "applied_success"})
        actor.expect("a proposed outcome", status, 200, 409)
        await actor.clicks(id, CHOICES, 1)
        for outcome in random.sample(OUTCOMES, 2):
            status, _ = await actor.call("PATCH", path, outcome)
            actor.expect("an outcome", status, 200, 409)
            await actor.clicks(id, CHOICES, 1)  # on a card that may be stale
