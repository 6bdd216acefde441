"""Lives of fixes: proposed, decided and judged by people, superseded, and given outcomes by an agent."""

import random
from typing import Any

from bridge import ids
from bridge.things.fix import NOUN
from tests.scenarios.beside.acting import Actor, key

CHOICES = ["apply", "dismiss", "draft_template", "worked", "confirm"]
SESSIONS = 20  # few, so that fixes are superseded
OUTCOMES: list[dict[str, Any]] = [
    {"outcome": "applied_pending", "reason": "The nightly run."},
    {"outcome": "applied_partial", "notes": "Half of it."},
    {"outcome": "applied_failed", "reason": "It hangs."},
    {"outcome": "applied_success"},
]


async def live(actor: Actor) -> None:
    """One life."""
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
    await actor.db.execute("update fixes set due_at = clock_timestamp() where id = $1 and due_at is not null", id)
    await actor.clicks(id, CHOICES, 1)
    for outcome in random.sample(OUTCOMES, 2):
        status, _ = await actor.call("PATCH", path, outcome)
        actor.expect("an outcome", status, 200, 409)
        await actor.clicks(id, CHOICES, 1)  # on a card that may be stale
