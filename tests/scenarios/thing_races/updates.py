"""One incident that agents, people with buttons and people with forms change at once, through two replicas and Slack.

Each change that was told is one transition, and each comment is kept. One card shows all of it with at most one edit
for each change, and so do the replies in its thread, each word once and in order, joined while they wait.
"""

import asyncio
import random
from typing import Final

from tests.bridge.replica import Replica
from tests.bridge.things.agreement import agree
from tests.scenarios.thing_races.acting import CHANNEL, CLICKS, WON, OneIncident, shown
from tests.scenarios.thing_races.racing import Races
from tests.scenarios.thing_races.showing import Showing

CLICKERS: Final = ("U0ANA", "U0BOB", "U0CHO", "U0DAN", "U0EVE")
WRITERS: Final = ("U0FAY", "U0GIL")
AGENTS: Final = 10
FLOOD: Final = 100
"""From so many changes on there are not more edits than changes, although a click on a card that shows an earlier state
has that card edited once more."""
_SHOWN: Final = """
    select incidents.status, cards.wanted
    from incidents
    join things on things.organization_id = incidents.organization_id and things.id = incidents.id
    join cards on cards.organization_id = things.organization_id and cards.interaction_id = things.anchor_id
    where incidents.id = $1
"""
_LATE: Final = f"{CLICKS} and verdict not in ('won', 'added', 'opened')"


async def race(
    of: list[Replica],
    showing: Showing,
    *,
    rounds: int,
    seed: int = 7,
    number: int = 100,
    agents: int = AGENTS,
    pause: float = 0.2,
) -> Races:
    """So many updates of agents in each round, beside people who click and people who write."""
    seen = Races()
    for round_ in range(rounds):
        async with showing(of):
            each = await shown(of, random.Random(seed + round_), seen, pause)
            await asyncio.gather(
                each.agents(number, agents),
                *(each.clicker(user) for user in CLICKERS),
                *(each.writer(user) for user in WRITERS),
            )
            for replica in of:
                await replica.inbound.close()
        await _check(each)
    await agree(of[0].db)
    return seen


async def _check(race: OneIncident) -> None:
    db, seen = race.replicas[0].db, race.seen
    updates = await db.fetch(
        "select message, changes from incident_updates where incident_id = $1 order by number", race.id
    )
    said = [row["message"] for row in updates if row["message"] is not None]
    assert sorted(said) == sorted(race.comments), "comments that are kept, and that were told to be"

    won = len(await db.fetch(WON, race.id))
    transitions = len(await db.fetch("select from history where thing_id = $1", race.id)) - 1
    assert transitions == race.changes + won, (transitions, race.changes, won)

    calls = [call for call in race.slack.requests if call.n > race.since]
    posts = [call for call in calls if call.method == "chat.postMessage" and call.ok]
    assert len([call for call in posts if not call.args.get("thread_ts")]) == 1, "one card"
    edits = [call for call in calls if call.method == "chat.update"]
    assert {call.args["ts"] for call in edits} == {race.handle.ts}
    late = len(await db.fetch(_LATE, race.id))
    (row,) = await db.fetch(_SHOWN, race.id)
    assert len(edits) < row["wanted"] <= 1 + len(updates) + late, (len(edits), row["wanted"], len(updates), late)
    if len(updates) >= FLOOD:
        assert len(edits) <= len(updates), (len(edits), len(updates), late)
    assert row["status"].capitalize() in race.message.text.split("\n")[1]

    replies = [
        message.text
        for message in race.slack.world.messages(CHANNEL)
        if message.thread_ts == race.handle.ts and message.ts != race.handle.ts and message.ephemeral_to is None
    ]
    lines = [line for text in replies for line in text.split("\n")]
    assert len(lines) == len(updates)
    for line, update in zip(lines, updates, strict=True):
        assert update["message"] is None or f"“{update['message']}”" in line, (line, update["message"])
        status = (update["changes"] or {}).get("status")
        assert (status is not None) == (f"status *{(status or {}).get('from')}* → *{(status or {}).get('to')}*" in line)
    assert len(replies) < len(lines), "notes are joined while they wait"

    seen["comments of agents"] += sum(message.startswith("agent") for message in said)
    seen["transitions by agents"] += race.changes
    seen["transitions by clicks"] += won
    seen["clicks that came too late"] += late
    seen["edits"] += len(edits)
    seen["changes"] += len(updates)
    seen["messages in threads"] += len(replies)
