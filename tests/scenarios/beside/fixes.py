"""Fixes, which this release opens, while replicas of the former release get a part of the clicks on them."""

import random
from typing import Any

import asyncpg

from bridge import ids
from bridge.things.fix import NOUN
from tests.bridge.things.fix.agreement import contradictions
from tests.scenarios.beside.stories import Stories
from tests.scenarios.beside.things import ThingStories

TYPES = [f"fix.{move}" for move in ("proposed", "superseded", "decided", "outcome")]
CHOICES = ["apply", "dismiss", "draft_template", "worked", "confirm"]
SESSIONS = 20
OUTCOMES: list[dict[str, Any]] = [
    {"outcome": "applied_pending", "reason": "The nightly run."},
    {"outcome": "applied_partial", "notes": "Half of it."},
    {"outcome": "applied_failed", "reason": "It hangs."},
    {"outcome": "applied_success"},
]


async def begin(stories: Stories, url: str) -> "FixStories":
    """Stories of fixes, with an endpoint that gets their events; replicas of this release are running."""
    told = FixStories(agent=stories.agent, db=stories.db, acked=stories.acked, choices=CHOICES)
    await told.call("POST", "/v1/webhook_endpoints", {"url": f"{url}/fixes", "types": TYPES})
    return told


async def found(db: "asyncpg.Pool[asyncpg.Record]") -> dict[str, list[str]]:
    """The cases that must not be, by the rule that they break."""
    return {"fixes whose rows contradict each other": await contradictions(db)}


class FixStories(ThingStories):
    """Runs one life of a fix after the other; several at once are of the same session."""

    async def _story(self, _: str) -> None:
        channel = {"channel": random.choice(self.agent.rig.channels)}
        body = {"session": f"session-{random.randrange(SESSIONS)}", "title": "Restart it", "to": channel}
        key = f"key-{random.getrandbits(64):x}"
        status, fix = await self.call("POST", "/v1/fixes", body, **{"Idempotency-Key": key})
        self._expect("a proposal", status, 200, 201)
        if status not in (200, 201):
            return
        self.agent.done["fixes proposed"] += 1
        id, path = ids.decode(NOUN.prefix, fix["id"]), f"/v1/fixes/{fix['id']}"
        await self._clicks(id, random.randint(1, 3))
        status, _body = await self.call("POST", f"{path}/outcome_proposal", {"outcome": "applied_success"})
        self._expect("a proposed outcome", status, 200, 409)
        await self.db.execute("update fixes set due_at = clock_timestamp() where id = $1 and due_at is not null", id)
        await self._clicks(id, 1)
        for outcome in random.sample(OUTCOMES, 2):
            status, _body = await self.call("PATCH", path, outcome)
            self._expect("an outcome", status, 200, 409)
            await self._clicks(id, 1)  # on a card that may be stale
