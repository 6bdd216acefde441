"""A session has one active fix: proposing another supersedes it, and its card says so and links on."""

import asyncio

from bridge.things import transactions
from bridge.things.fix import NOUN
from bridge.things.operations import Done, IllegalMove
from storage.model import Verdict
from storage.pool import Database
from tests.bridge.replica import Replica
from tests.bridge.things.fix.agents import Proposer, click, clicked, found
from tests.storage import build
from tests.storage.build import Tenant

CHANNEL = "C0APPROVALS"


async def test_thirty_at_once_are_thirty_fixes_of_which_one_is_active(db: Database, other: Database) -> None:
    tenant = await build.tenant(db)
    agents = [Proposer(db=pool, tenant=tenant) for pool in (db, other)]

    things = await asyncio.gather(*(agents[number % 2].propose(title=f"Fix {number}") for number in range(30)))

    rows = await db.fetch("select id, superseded_at, superseded_by from fixes")
    assert {row["id"] for row in rows} == {thing.id for thing in things} and len(rows) == 30
    [active] = [row["id"] for row in rows if row["superseded_at"] is None]
    followers = [row["superseded_by"] for row in rows if row["id"] != active]
    assert len(set(followers)) == 29 and set(followers) <= {row["id"] for row in rows}, "each by another one"
    moves = await db.fetch("select move from history order by at")
    assert sorted(row["move"] for row in moves) == ["proposed"] * 30 + ["superseded"] * 29
    pending = await db.fetch("select thing_id from interactions where status = 'pending'")
    assert [row["thing_id"] for row in pending] == [active]


async def test_a_click_on_a_superseded_fix_loses_and_is_told_why(db: Database, tenant: Tenant) -> None:
    agent = Proposer(db=db, tenant=tenant)
    old = await agent.propose()
    late = await click(db, tenant, old.id, "apply")
    await agent.propose()

    done = await transactions.claim(db, NOUN, old.id, late, seconds=20)

    assert done.claimed.verdict is Verdict.CANCELLED and done.settled is not None
    assert NOUN.standing(done.settled.after).startswith("🔁 *Superseded* by a newer fix")
    assert (await found(db, tenant, old.id)).row.decision is None


async def test_a_superseded_fix_is_still_judged_by_agents_and_never_by_its_card(db: Database, tenant: Tenant) -> None:
    agent = Proposer(db=db, tenant=tenant)
    old = await agent.propose()
    await clicked(db, tenant, old.id, "apply")
    await agent.propose()

    done = await agent.judge(old.id, "applied_pending", reason="The nightly run.")

    assert isinstance(done, Done)
    row = await found(db, tenant, old.id)
    assert (row.row.outcome, row.row.due_at, row.round_id) == ("applied_pending", None, None)
    assert row.thing.ended_at is not None
    assert isinstance(await agent.propose_outcome(old.id, "applied_success"), IllegalMove)
    told = await db.fetch(
        "select move, from_status, to_status from history where thing_id = $1 order by number", old.id
    )
    assert [tuple(entry) for entry in told] == [
        ("proposed", None, "proposed"),
        ("decided", "proposed", "decided"),
        ("superseded", "decided", "decided"),
        ("outcome", "decided", "applied_pending"),
    ]


async def test_the_old_card_says_so_and_links_to_the_new_one(replica: Replica) -> None:
    agent = Proposer(db=replica.db, tenant=replica.tenant)
    old = await agent.propose()
    await replica.settle()
    [first] = await replica.db.fetch("select id, ts from cards")
    await agent.propose(title="Another one")
    await replica.settle()
    await replica.settle()

    [second] = await replica.db.fetch("select permalink from cards where id <> $1", first["id"])
    message = next(each for each in replica.slack.world.messages(CHANNEL) if each.ts == first["ts"])
    assert f"<{second['permalink']}|a newer fix>" in str(message.blocks)
    assert not any(block["type"] == "actions" for block in message.blocks)
    assert (await found(replica.db, replica.tenant, old.id)).thing.ended_at is not None
