"""Lives of recoveries: reported, clicked, reported again, and ended."""

import random
from typing import Any

from bridge import ids
from bridge.things.recovery import NOUN
from tests.scenarios.beside.acting import Actor, key
from tests.scenarios.trials.rig import PEOPLE

CHOICES = ["restored", "cancelled", "false_positive"]


async def live(actor: Actor, source: str) -> None:
    """One life."""
    opened = await _report(actor, source)
    if opened is None:
        return
    id = ids.decode(NOUN.prefix, opened["id"])
    assert id is not None
    for number in range(random.randint(1, 4)):
        if random.random() < 0.7:
            await _report(actor, source, cause=random.choice(["no heartbeat", "out of memory", f"cause {number}"]))
        await actor.clicks(id, CHOICES, random.randint(1, 3))
    status, _ = await actor.call("POST", f"/v1/recoveries/{opened['id']}/resolve", {"outcome": "restored"})
    actor.expect("an end", status, 200, 409)
    await actor.clicks(id, CHOICES, 1)  # on a card that may be stale


async def _report(actor: Actor, source: str, **fields: Any) -> Any:
    channel = {"channel": random.choice(actor.agent.rig.channels)}
    body = {
        "source": {"type": "job", "id": source},
        "kind": "stalled",
        "cause": "no heartbeat",
        "fingerprint": "heartbeat",
        "next_action": "restart it",
        "to": random.choice([channel, channel, {"user": random.choice(PEOPLE)}]),
        **fields,
    }
    if fields:  # a report keeps the addresses that it does not give
        del body["to"]
    status, response = await actor.call("POST", "/v1/recoveries", body, **key())
    actor.expect("a report", status, 200, 201)
    if status not in (200, 201):
        return None
    actor.agent.done["reports of recoveries"] += 1
    return response
