"""Updates of many agents and people at once: each is kept once, in one order, and each transition is told once."""

import asyncio

from bridge.things.incident.row import MAX_RECENT
from storage.model import Verdict
from storage.pool import Database
from tests.bridge.things.agreement import agree
from tests.bridge.things.incident import clicking
from tests.bridge.things.incident.agents import Opener
from tests.storage import build

UPDATES = 30
STATUSES = ["identified", "fixing", "monitoring", "resolved", "investigating"] * 3


async def test_every_comment_is_kept_and_every_transition_is_told_once(db: Database, other: Database) -> None:
    tenant = await build.tenant(db)
    one, two = Opener(db=db, tenant=tenant), Opener(db=other, tenant=tenant)
    id = (await one.create()).settled.after.thing.id

    async def comment(agent: Opener, name: str) -> None:
        for number in range(UPDATES):
            await agent.update(id, f"{name}{number}")

    async def flip(agent: Opener) -> None:
        for status in STATUSES:
            await agent.set_status(id, status)

    async def write(user: str) -> int:
        added = 0
        for number in range(UPDATES):
            claimed = await clicking.moved(db, tenant, id, "update", user=user, message=f"{user}{number}")
            added += claimed is not None and claimed.verdict is Verdict.ADDED
        return added

    results = await asyncio.gather(
        comment(one, "a"), comment(two, "b"), flip(one), flip(two), write("U0ANA"), write("U0BOB")
    )

    added = sum(each for each in results if each)
    assert added, "people took part"
    rows = await db.fetch("select number, message, changes from incident_updates order by number")
    words = [row["message"] for row in rows if row["changes"] is None]
    assert len(words) == len(set(words)) == 2 * UPDATES + added
    for name in "ab":
        assert [each for each in words if each.startswith(name)] == [f"{name}{n}" for n in range(UPDATES)]
    assert [row["number"] for row in rows] == list(range(1, len(rows) + 1))
    (incident,) = await db.fetch("select update_count, recent_updates from incidents")
    assert incident["update_count"] == len(rows)
    assert [each["message"] for each in incident["recent_updates"]] == [row["message"] for row in rows[-MAX_RECENT:]]
    changes = [row["changes"]["status"] for row in rows if row["changes"] is not None]
    moves = await db.fetch("select move, from_status, to_status from history order by number")
    assert [(row["from_status"], row["to_status"]) for row in moves[1:]] == [
        (change["from"], change["to"]) for change in changes
    ]
    assert [row["move"] for row in moves[1:]] == [
        "resolved" if change["to"] == "resolved" else "updated" for change in changes
    ]
    assert len(await db.fetch("select from events where thing_id = $1", id)) == len(moves)
    assert len(await db.fetch("select from cards where ordinal > 0")) == 1
    await agree(db)
