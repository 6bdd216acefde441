"""Checks of what changes fixes, each of which the real code passes and a wrong variant must fail."""

import asyncio
from typing import Any

from bridge.loops.things import Things
from bridge.notifier import Notifier
from bridge.things.operations import Done
from storage import cards, notes
from storage.model import Handle, Json
from storage.pool import Database
from tests.bridge.things.agreement import agree
from tests.bridge.things.fix.agents import Proposer, clicked, found
from tests.bridge.things.steps import held
from tests.storage import build
from tests.storage.faults import until_waiting

PROPOSALS = 8  # at once, by each of two replicas
REASON: Json = {"code": "ratelimited", "detail": "", "fix": ""}


async def proposals_wait_for_one_session(db: Database, other: Database, dsn: str) -> None:
    """Proposals of a new session that come together are all opened, and one of them is active."""
    tenant = await build.tenant(db)
    agents = [Proposer(db=pool, tenant=tenant) for pool in (db, other)]
    hold = "select from connections where id = $1 for update"
    async with held(dsn, hold, tenant.scope.connection_id) as holder:
        proposing = [asyncio.create_task(agent.propose()) for agent in agents for _ in range(PROPOSALS)]
        await until_waiting(holder, number=2 * PROPOSALS)
    done = await asyncio.gather(*proposing, return_exceptions=True)

    refused = [each for each in done if isinstance(each, BaseException)]
    assert not refused, refused[:3]
    (row,) = await db.fetch("select count(*) as all, count(superseded_at) as superseded from fixes")
    assert tuple(row) == (2 * PROPOSALS, 2 * PROPOSALS - 1)
    await agree(db)


async def a_verdict_is_left(db: Database, _: Database, __: str) -> None:
    """The time of a verdict goes with the verdict, and what was awaited stays."""
    agent, id = await _proposed(db)
    await agent.judge(id, "applied_pending", reason="The nightly run.")
    await agent.judge(id, "applied_success")
    assert (await found(db, agent.tenant, id)).row.verified_at is not None

    assert isinstance(await agent.judge(id, "applied_partial", notes="Half of it."), Done)

    row = (await found(db, agent.tenant, id)).row
    assert (row.outcome, row.verified_at, row.waiting_on) == ("applied_partial", None, "The nightly run.")
    await agree(db)


async def an_agent_proposes_an_outcome(db: Database, _: Database, __: str) -> None:
    """What an agent proposes as the outcome counts once a person has confirmed it."""
    agent, id = await _proposed(db)
    await clicked(db, agent.tenant, id, "apply")
    await agent.propose_outcome(id, "applied_success")

    row = (await found(db, agent.tenant, id)).row
    assert (row.outcome, row.applied_at) == ("proposed", None)
    await clicked(db, agent.tenant, id, "confirm")
    assert (await found(db, agent.tenant, id)).row.outcome == "applied_success"
    await agree(db)


async def people_are_reminded_once(db: Database, other: Database, _: str) -> None:
    """Time reminds of a fix once, on whichever replica, and again only of another reason to wait."""
    agent, id = await _due(db)

    done = [await Things(db=each, notifier=Notifier()).step() for each in (db, other)]
    assert done == [1, 0] and len(await db.fetch("select from notes")) == 1
    await agent.judge(id, "applied_pending", reason="The nightly run.")
    await db.fetch("update fixes set due_at = clock_timestamp()")
    assert await Things(db=db, notifier=Notifier()).step() == 1
    await agree(db)


async def no_reminder_after_the_verdict(db: Database, _: Database, __: str) -> None:
    """A reminder that waits, or that was leased, or that Slack did not take, is not posted once there is a verdict."""
    for leases, calls in ((False, False), (True, False), (True, True)):
        agent, id = await _due(db)
        scope = agent.tenant.scope
        await Things(db=db, notifier=Notifier()).step()
        leased = (await notes.lease(db, [scope], limit=9, seconds=5))[0] if leases else []
        if calls:
            assert await notes.mark_maybe_sent(db, leased[0])

        await clicked(db, agent.tenant, id, "worked")

        for each in leased:
            if calls:
                assert await notes.put_off(db, each, seconds=0, reason=REASON, failed=False), "it is given up"
            else:
                assert not await notes.mark_maybe_sent(db, each)
        await db.fetch("update notes set leased_until = null, due_at = clock_timestamp()")
        assert (await notes.lease(db, [scope], limit=9, seconds=5))[0] == []
        await agree(db)


async def a_reminder_is_a_message_of_its_own_and_no_card(db: Database, other: Database, _: str) -> None:
    """A note with buttons is joined with no other, loses them after the verdict, and is never healed into a card."""
    agent, id = await _due(db)
    scope, tenant = agent.tenant.scope, agent.tenant
    await Things(db=db, notifier=Notifier()).step()
    await db.fetch("""
        insert into notes (organization_id, connection_id, thing_id, interaction_id, card_id, id, number, text, size)
        select organization_id, connection_id, thing_id, interaction_id, card_id, gen_random_uuid(), 2, 'a comment', 9
        from notes
    """)
    leased = (await notes.lease(other, [scope], limit=9, seconds=5))[0][0]
    assert leased.round_id is not None and len(leased.texts) == 1
    assert await notes.mark_maybe_sent(db, leased)
    handle = Handle(channel="C1", ts="9.9")
    await notes.sent(db, leased, handle)
    await clicked(db, tenant, id, "worked")

    [edit] = await notes.lease_edits(db, [scope], limit=9)
    assert edit.handle == handle
    anchor = (await found(db, tenant, id)).thing.anchor_id
    assert anchor is not None
    await cards.heal(db, scope, anchor, handle, stray_id=leased.card_id)
    assert len(await db.fetch("select from cards where interaction_id = $1", anchor)) == 1
    await agree(db)


async def _proposed(db: Database) -> tuple[Proposer, Any]:
    tenant = await build.tenant(db)
    agent = Proposer(db=db, tenant=tenant)
    return agent, (await agent.propose()).id


async def _due(db: Database) -> tuple[Proposer, Any]:
    """A fix that a person decided to apply, whose card is posted, and of which people are to be reminded now."""
    agent, id = await _proposed(db)
    await clicked(db, agent.tenant, id, "apply")
    await db.fetch("update cards set channel = 'C1', ts = '1.1', shown = wanted where ts is null")
    await db.fetch("update fixes set due_at = clock_timestamp() where due_at is not null")
    return agent, id


CHECKS = {
    "proposals": proposals_wait_for_one_session,
    "verdict left": a_verdict_is_left,
    "proposed outcome": an_agent_proposes_an_outcome,
    "reminded once": people_are_reminded_once,
    "no reminder after the verdict": no_reminder_after_the_verdict,
    "a message of its own": a_reminder_is_a_message_of_its_own_and_no_card,
}
