"""The rules about rows of things: a spoiled row is found by its rule, once, and rows as they are written by none."""

from typing import Final
from uuid import UUID

import pytest

from bridge.loops.things import Things
from bridge.notifier import Notifier
from bridge.things.contract import Noun
from bridge.things.registry import NOUNS
from storage.pool import Database
from tests.bridge.things import constraints
from tests.bridge.things.agreement import agree, contradictions, rules
from tests.bridge.things.fix import agents as fixes
from tests.bridge.things.fix.agents import Proposer
from tests.bridge.things.incident import clicking
from tests.bridge.things.incident.agents import Opener
from tests.bridge.things.work.items import Backlog
from tests.storage.build import Tenant

NO_CARD_DUE: Final = "update cards set wanted = 1 where interaction_id = (select anchor_id from things where id = $1)"
OPEN: Final = {
    "history without its event, or with another": """
        update events set type = 'incident.resolved' where thing_id = $1 and type = 'incident.created'
    """,
    "events of moves without their history": "delete from history where thing_id = $1 and number = 2",
    "moves that are not numbered from 1 without a gap": "update things set moves = 9 where id = $1",
    "things without the round that they should have, or with one too many": """
        update interactions set status = 'cancelled', reason = '{}', ended_at = clock_timestamp()
        where thing_id = $1 and status = 'pending'
    """,
    "rounds that were answered by no click that won, or by two": """
        update clicks set verdict = 'taken'
        where
            verdict = 'won' and choice = 'identified'
            and interaction_id in (select id from interactions where thing_id = $1)
    """,
    "rounds that took an answer without their thing, or tell events": """
        update interactions set answers = '{"identified": {}}' where thing_id = $1 and status = 'pending'
    """,
    "cards that belong to another round than the first": """
        update things set anchor_id = (select id from interactions where thing_id = $1 and status = 'pending')
        where id = $1
    """,
    "things without a row of their noun": "delete from incidents where id = $1",
    "things whose latest move is not to their status": "update incidents set status = 'monitoring' where id = $1",
    "things that are open and final at once": "update things set ended_at = clock_timestamp() where id = $1",
    "moves of people that no click made, or clicks that won and made none": """
        update history set by = '{"user": "U0EVE"}' where thing_id = $1 and number = 2
    """,
    "updates that are not numbered from 1 without a gap": """
        delete from incident_updates where incident_id = $1 and number = 2
    """,
    "incidents whose latest updates are not the latest": """
        update incident_updates set message = 'Other words.' where incident_id = $1 and number = 1
    """,
    "transitions without their update, or with another": """
        update incident_updates set changes = null, message = 'Said only.' where incident_id = $1 and number = 2
    """,
    "incidents told as resolved that were not, or the other way round": """
        update history set move = 'resolved' where thing_id = $1 and number = 2
    """,
    "incidents that are not as their latest move left them": """
        update incidents set systems = '{other}' where id = $1
    """,
    "statuses that another set, or at another time, than the history says": """
        update incidents set status_at = status_at + interval '1 s' where id = $1
    """,
    "updates of people that no click made, or clicks that made none": """
        update incident_updates set by = '{"user": "U0EVE"}'
        where incident_id = $1 and by ->> 'user' = 'U0BOB'
    """,
    "notes of more updates than there are, or that are not wanted": """
        update incidents set has_notes = false where id = $1
    """,
    "moves that no card is due to show": NO_CARD_DUE,
    "updates that no card is due to show": NO_CARD_DUE,
    "updates without their note": "delete from notes where thing_id = $1 and number = 1",
}
RESOLVED: Final = {
    "things that were ended by a click and have no answered round, or the other way round": """
        update incidents set status_by = '{"key": "deploy-bot"}' where id = $1
    """,
}
BLOCKED: Final = {
    "attempts that are not in the history": "update recoveries set attempt_count = 9 where id = $1",
    "things that unblocked another twice, or are final and did not": """
        delete from history where thing_id = $1 and move = 'unblocked'
    """,
}
FIXED: Final = {
    "sessions without exactly one active fix": """
        update fixes set superseded_at = clock_timestamp(), due_at = null, outcome_proposal = null where id = $1
    """,
    "fixes without the round that they should have, or with one too many": """
        update interactions set status = 'cancelled', reason = '{}', ended_at = clock_timestamp()
        where thing_id = $1 and status = 'pending'
    """,
    "decisions of no click that won, or clicks that won and decided nothing": """
        update clicks set verdict = 'taken'
        where
            verdict = 'won' and choice = 'apply'
            and interaction_id in (select id from interactions where thing_id = $1)
    """,
    "fixes whose latest move is not to their status": """
        update fixes
        set outcome = 'applied_pending', waiting_on = 'x', waiting_since = clock_timestamp(), verified_at = null
        where id = $1
    """,
    "fixes that are open and have ended at once": "update things set ended_at = null where id = $1",
    "notes that ask for a round that is over, and will be posted or keep their buttons": """
        update notes set over_at = null where thing_id = $1
    """,
    "notes written after the verdict": """
        update notes set created_at = clock_timestamp() where thing_id = $1
    """,
}
SUPERSEDED: Final = {
    "fixes superseded by no later one of their session": "update fixes set session = 'another' where id = $1",
    "fixes superseded by the same one": """
        update fixes set superseded_by = next.superseded_by
        from fixes as next
        where fixes.id = $1 and next.id = fixes.superseded_by
    """,
    "fixes decided after they were superseded": """
        update fixes set decision = 'one_off', decided_at = clock_timestamp(), decided_by = '{"user": "U0ANA"}'
        where id = $1
    """,
}
WAITING: Final = {
    "work items that do not wait for as many as they say": "update work_items set unmet = 9 where id = $1",
    "dependencies that are met and not done, or done and not met": """
        update work_dependencies set is_met = true where item_id = $1
    """,
    "work items that wait for each other in a circle": """
        insert into work_dependencies (organization_id, item_id, depends_on_id, depends_on, is_met, at)
        select organization_id, depends_on_id, item_id, 'x', false, at from work_dependencies where item_id = $1
    """,
}
HELD: Final = {
    "leases that are not in the history": "update work_items set attempts = 9 where id = $1",
    "work items held by another than their latest lease says": """
        update work_items set holder_agent = 'another' where id = $1
    """,
    "leases that ended otherwise than the history says": """
        update work_items
        set
            status = 'ready', lease_end = 'released', holder_agent = null, leased_at = null, leased_until = null
        where id = $1
    """,
}


async def lived(db: Database, tenant: Tenant) -> tuple[UUID, UUID, UUID]:
    """An incident that agents and people have moved, one that a person resolved, and a recovery that it blocked."""
    agent = Opener(db=db, tenant=tenant)
    incidents = []
    for _ in range(2):
        id = (await agent.create(dedupe=False, initial_message="Alerts fire.")).settled.after.thing.id
        await clicking.moved(db, tenant, id, "identified")
        await agent.update(id, "Rolling back.")
        await clicking.moved(db, tenant, id, "update", user="U0BOB", message="Still slow.")
        for severity in ("critical", "critical"):  # the second changes nothing
            await clicking.moved(db, tenant, id, "severity", severity=severity)
        await agent.set_status(id, "resolved")
        await agent.set_status(id, "fixing")
        incidents.append(id)
    is_open, resolved = incidents
    blocked = (await agent.report()).settled.after.thing.id
    blocker = {"id": NOUNS["incident"].public_id(resolved)}
    await agent.resolve(blocked, outcome="blocked", blocker=blocker)
    await clicking.moved(db, tenant, resolved, "resolved", message="It was the pool.")
    return is_open, resolved, blocked


async def fixed(db: Database, tenant: Tenant) -> tuple[UUID, UUID]:
    """A fix that was applied, of which people were reminded, and that worked; and the first of the three before it."""
    agent = Proposer(db=db, tenant=tenant)
    ids = [(await agent.propose()).id for _ in range(4)]
    await fixes.clicked(db, tenant, ids[-1], "apply")
    await db.fetch("update cards set channel = 'C0APPROVALS', ts = '1.1' where ts is null")
    await db.fetch("update fixes set due_at = clock_timestamp() where due_at is not null")
    await Things(db=db, notifier=Notifier()).step()
    await fixes.clicked(db, tenant, ids[-1], "worked")
    return ids[-1], ids[0]


async def worked(db: Database, tenant: Tenant) -> tuple[UUID, UUID]:
    """A work item that waits for another, and that one, which an agent holds after a person had it and lost it."""
    backlog = Backlog(db=db, tenant=tenant)
    held = (await backlog.add()).id
    waiting = (await backlog.add(held)).id
    for choice in ("take", "keep", "release", "take"):
        await backlog.clicked(held, choice)
    await backlog.let_expire(held)
    await backlog.lease(held)
    return waiting, held


async def test_a_spoiled_row_is_found_by_its_rule_once(db: Database, tenant: Tenant) -> None:
    things = (*await lived(db, tenant), *await fixed(db, tenant), *await worked(db, tenant))
    spoils_of = (OPEN, RESOLVED, BLOCKED, FIXED, SUPERSEDED, WAITING, HELD)
    await agree(db)
    missed = {}
    for id, spoiled in zip(things, spoils_of, strict=True):
        for rule, spoils in spoiled.items():
            async with db.acquire() as runs:
                spoiling = runs.transaction()
                await spoiling.start()
                await runs.fetch(spoils, id)
                found = await contradictions(runs)
                await spoiling.rollback()
            if sum(line.startswith(f"{rule}: ") for line in found) != 1:
                missed[rule] = found

    assert not missed
    assert {rule for rule, _ in rules()} == set().union(*spoils_of)


@pytest.mark.parametrize("noun", NOUNS.values(), ids=NOUNS)
async def test_the_rules_know_the_table_of_every_noun(db: Database, tenant: Tenant, noun: Noun[object]) -> None:
    async with db.acquire() as runs, runs.transaction():
        id = await constraints.thing(runs, tenant, noun)

        assert f"things without a row of their noun: {id}" in await contradictions(runs)
