"""Checks of what changes things, each of which the real code passes and a wrong variant must fail.

Wrong variants replace a statement or a function that these checks reach through the real modules.
"""

import asyncio
from uuid import UUID

from bridge import ids
from bridge.loops.things import Things
from bridge.notifier import Notifier
from bridge.things import transactions
from bridge.things.recovery import NOUN, operations
from storage import cards, connections, errors, interactions, things
from storage.interactions import ClaimRequest
from storage.model import Json, Thing, Verdict
from storage.pool import Database
from tests.bridge.things import recoveries
from tests.bridge.things.agreement import agree
from tests.bridge.things.reporting import Agent
from tests.bridge.things.steps import Stepped, Stop, held, waiting
from tests.storage import build, card_moves
from tests.storage.build import Tenant
from tests.storage.faults import admin, until_waiting
from tests.waiting import until

REPORTS = 8  # at once, by each of two replicas
LOCKS_THE_THING = "for no key update of things, recoveries"
OTHER_CAUSE: Json = {"cause": "out of memory"}


async def dies_at_every_point_of_a_click(db: Database, dsn: str) -> list[str]:
    """Whenever its backend is lost, a click has moved the thing with all that follows, or nothing of it.

    The same envelope then wins once, and again it is told that. Returns the points where a backend was terminated.
    """
    tenant = await build.tenant(db)
    points: list[str] = []
    while True:
        thing = (await recoveries.opened(db, tenant, recoveries.report_of(f"job-{len(points)}"))).after.thing
        click = recoveries.click(tenant, await recoveries.round_of(db, tenant, thing.id))
        dying = Stepped(db, kill_at=len(points), dsn=dsn)
        try:
            await transactions.claim(dying, NOUN, thing.id, click, seconds=20)
        except errors.Unavailable:
            assert dying.killed_at
        if not dying.killed_at:
            return points
        points.append(dying.killed_at)
        await agree(db)

        first, again = [await recoveries.clicked(db, click) for _ in range(2)]
        assert (first.claimed.verdict, again.claimed.verdict) == (Verdict.WON, Verdict.WON), dying.killed_at
        assert again.claimed.repeats == first.claimed.repeats + 1
        await agree(db)


async def reports_wait_for_one_name(db: Database, other: Database, dsn: str) -> None:
    """Reports of a new source that waited for its name together open one recovery."""
    tenant = await build.tenant(db)
    agents = [Agent(db=pool, tenant=tenant) for pool in (db, other)]
    await agents[0].report("job-0")
    name = operations._name(recoveries.report_of().source)  # noqa: SLF001  -- the lock that reports wait for
    async with admin(dsn) as holder, holder.transaction():
        lock = things._SQL["lock_name"]  # noqa: SLF001  -- as above; not by `lock_name`, which a wrong variant replaces
        await lock.one(holder, organization_id=tenant.scope.organization_id, name=name)
        reports = [asyncio.create_task(agent.report()) for agent in agents for _ in range(REPORTS)]
        await until_waiting(holder, number=2 * REPORTS)
    done = await asyncio.gather(*reports, return_exceptions=True)

    refused = [each for each in done if isinstance(each, BaseException)]
    assert not refused, refused[:3]
    (row,) = await db.fetch("select attempt_count from recoveries where source_id = 'job-1'")
    assert row["attempt_count"] == 2 * REPORTS
    await agree(db)


async def a_report_and_a_click_never_wait_for_each_other(db: Database, other: Database) -> None:
    """A click comes while a report, which will end its round, has locked the thing: no deadlock."""
    tenant = await build.tenant(db)
    thing = (await recoveries.opened(db, tenant)).after.thing
    click = recoveries.click(tenant, await recoveries.round_of(db, tenant, thing.id))
    stop = Stop(words=LOCKS_THE_THING)
    async with db.acquire() as watcher:
        report = asyncio.create_task(Agent(db=Stepped(other, stop=stop), tenant=tenant).report(**OTHER_CAUSE))
        await stop.reached.wait()
        clicking = asyncio.create_task(transactions.claim(db, NOUN, thing.id, click, seconds=20))
        await until_waiting(watcher)
        stop.go.set()
        done = await asyncio.gather(report, clicking, return_exceptions=True)

    broken = [each for each in done if isinstance(each, BaseException)]
    assert not broken, broken
    assert (await clicking).claimed.verdict is Verdict.SUPERSEDED
    await agree(db)


async def a_report_and_an_edit_never_wait_for_each_other(db: Database, other: Database, dsn: str) -> None:
    """An edit of a card is written back while a report makes it due again, and another holds the card: no deadlock."""
    tenant = await build.tenant(db)
    agent = Agent(db=other, tenant=tenant)
    thing = (await agent.report()).settled.after.thing
    anchor = await build.read(db, tenant, await recoveries.round_of(db, tenant, thing.id))
    (card,) = await cards.lease(db, [tenant.scope], kinds=["recovery"], limit=1)
    await card_moves.post(db, card)
    await agent.report(**OTHER_CAUSE)  # its round is not the anchor any more
    (card,) = await cards.lease(db, [tenant.scope], kinds=["recovery"], limit=1)

    async with held(dsn, "select from cards where interaction_id = $1 for update", anchor.id) as holder:
        report = asyncio.create_task(agent.report(**OTHER_CAUSE))
        await until_waiting(holder)
        edit = asyncio.create_task(card_moves.edit(db, card))
        await until_waiting(holder, number=2)
    done = await asyncio.gather(report, edit, return_exceptions=True)

    broken = [each for each in done if isinstance(each, BaseException)]
    assert not broken, broken
    await agree(db)


async def a_report_of_something_else_opens_the_next_round(db: Database) -> None:
    """Each report with another cause ends the open round and opens one, and the cards of the anchor are due."""
    tenant = await build.tenant(db)
    agent = Agent(db=db, tenant=tenant)
    for cause in ("first", "second", "third"):
        await agent.report(cause=cause)
        await agree(db)

    rounds = await db.fetch("select status, superseded_by, id from interactions order by id")
    assert [row["status"] for row in rounds] == ["superseded", "superseded", "pending"]
    assert [row["superseded_by"] for row in rounds] == [rounds[1]["id"], rounds[2]["id"], None]
    (card,) = await db.fetch("select wanted from cards")
    assert card["wanted"] == 3


async def a_refusal_is_told_again(db: Database) -> None:
    """The blocker is open by the time that the envelope is repeated: the verdict is still the one that was told."""
    tenant = await build.tenant(db)
    blocker_id = ids.new()
    thing = (await recoveries.opened(db, tenant, recoveries.report_of("job-1"))).after.thing
    round_id = await recoveries.round_of(db, tenant, thing.id)

    def submission() -> ClaimRequest:
        given = {"blocker": {"id": NOUN.public_id(blocker_id)}}
        return recoveries.click(tenant, round_id, "blocked", given=given)

    sent = submission()
    first = await transactions.claim(db, NOUN, thing.id, sent, seconds=20)
    await recoveries.opened(db, tenant, recoveries.report_of("job-2"), id=blocker_id)
    again = await transactions.claim(db, NOUN, thing.id, sent, seconds=20)

    assert (first.claimed.verdict, again.claimed.verdict) == (Verdict.REFUSED, Verdict.REFUSED)
    assert again.claimed.repeats == 1
    assert first.claimed.refusal is not None and again.claimed.refusal == first.claimed.refusal
    assert await recoveries.round_of(db, tenant, thing.id) == round_id
    newer = await transactions.claim(db, NOUN, thing.id, submission(), seconds=20)
    assert newer.claimed.verdict is Verdict.WON
    await agree(db)


ESCALATES: Json = {
    "max_attempts": 2,
    "wake_policy": {"escalate_to": [{"user": "U0BOB"}, {"user": "U0CHO"}, {"user": "U0DAN"}], "step_seconds": 3600},
}


async def reports_escalate_once(db: Database) -> None:
    """Reports beyond the last attempt leave the recovery, its owner and its round as the escalation left them."""
    tenant = await build.tenant(db)
    agent = Agent(db=db, tenant=tenant)
    thing = (await agent.report(**ESCALATES)).settled.after.thing
    for _ in range(2):
        await agent.report(**ESCALATES)
    round_id = await recoveries.round_of(db, tenant, thing.id)
    since = "select escalated_at, due_at from recoveries"
    (before,) = await db.fetch(since)
    for _ in range(3):
        await agent.report(**ESCALATES)

    moves = [row["move"] for row in await db.fetch("select move from history order by number")]
    assert moves == ["opened", "refreshed", "escalated", "refreshed", "refreshed", "refreshed"]
    (row,) = await db.fetch("select status, owner_user, escalation_step, attempt_count from recoveries")
    assert tuple(row) == ("escalated", "U0BOB", 1, 6)
    assert await db.fetch(since) == [before], "its next owner would never have a turn"
    assert await recoveries.round_of(db, tenant, thing.id) == round_id
    await agree(db, cards=False)


async def time_escalates_once(db: Database, other: Database, dsn: str) -> None:
    """Two replicas find the same recovery due and wait for it together: one of them escalates it, by one step."""
    tenant = await build.tenant(db)
    report = recoveries.report_of(timeout_at="2020-01-01T00:00:00Z", wake_policy=ESCALATES["wake_policy"])
    thing = (await recoveries.opened(db, tenant, report)).after.thing
    loops = [Things(db=pool, notifier=Notifier()) for pool in (db, other)]
    async with held(dsn, "select from things where id = $1 for no key update", thing.id) as holder:
        steps = [asyncio.create_task(loop.step()) for loop in loops]
        await until_waiting(holder, number=2)
    done = await asyncio.gather(*steps)

    assert sum(done) == 1
    (row,) = await db.fetch("select status, owner_user, escalation_step from recoveries")
    assert tuple(row) == ("escalated", "U0BOB", 1)
    moves = [row["move"] for row in await db.fetch("select move from history order by number")]
    assert moves == ["opened", "escalated"]
    await agree(db, cards=False)


async def things_that_block_each_other_never_wait_for_each_other(db: Database, other: Database) -> None:
    """Two people call each of two things blocked by the other, at once: one wins, and nothing deadlocks."""
    tenant = await build.tenant(db)
    first, second = [
        (await recoveries.opened(db, tenant, recoveries.report_of(f"job-{number}"))).after.thing for number in (1, 2)
    ]
    assert first.id < second.id

    async def click(pool: Database, thing: Thing, blocker: Thing) -> Verdict:
        given = {"blocker": {"id": NOUN.public_id(blocker.id)}}
        request = recoveries.click(
            tenant, await recoveries.round_of(db, tenant, thing.id), "blocked", given=given, user_id="U0BOB"
        )
        verdict = (await transactions.claim(pool, NOUN, thing.id, request, seconds=20)).claimed.verdict
        assert isinstance(verdict, Verdict)
        return verdict

    stop = Stop(words=LOCKS_THE_THING)
    async with db.acquire() as watcher:
        lower = asyncio.create_task(click(Stepped(other, stop=stop), first, second))
        await stop.reached.wait()
        higher = asyncio.create_task(click(db, second, first))
        await until_waiting(watcher)
        stop.go.set()
        done = await asyncio.gather(lower, higher, return_exceptions=True)

    assert list(done) == [Verdict.WON, Verdict.REFUSED], done
    await agree(db)


async def disabling_comes_before_later_openers(db: Database, other: Database) -> None:
    """Who comes to open while another disables the connection waits behind that, also if others still hold it.

    Otherwise a few who open one after the other, each before the last has gone, keep it from being disabled for ever.
    """
    tenant = await build.tenant(db)
    scope = tenant.scope
    await recoveries.opened(db, tenant)
    stop = Stop(words="for share of connections")
    async with db.acquire() as watcher:
        holding = asyncio.create_task(Agent(db=Stepped(other, stop=stop), tenant=tenant).report("job-2"))
        await stop.reached.wait()
        disabling = asyncio.create_task(
            connections.disable(db, organization_id=scope.organization_id, id=scope.connection_id, new_id=ids.new)
        )
        await until_waiting(watcher)
        late: list[asyncio.Task[object]] = [
            asyncio.create_task(_opened(other, tenant)),
            asyncio.create_task(interactions.open(other, build.opening(tenant))),
        ]

        async def decided() -> bool:
            return any(task.done() for task in late) or await waiting(watcher) >= 1 + len(late)

        await until(decided)
        overtaken = [task for task in late if task.done()]
        stop.go.set()
        await asyncio.gather(holding, disabling, *late)

    assert not overtaken, "it was opened before the connection was disabled, though it came later"
    assert late[0].result() is None, "a round was opened on a disabled connection"
    assert isinstance(late[1].result(), interactions.Disconnected)
    await agree(db)


async def _opened(db: Database, tenant: Tenant) -> UUID | None:
    """The open round of a new recovery."""
    thing = (await recoveries.opened(db, tenant, recoveries.report_of("job-3"))).after.thing
    found = await NOUN.table.get(db, tenant.scope.organization_id, thing.id)
    assert found is not None
    return found.round_id
