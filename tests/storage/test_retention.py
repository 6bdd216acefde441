"""Interactions that ended long ago are deleted with their rows, but none that is pending or has outstanding work."""

import asyncio
from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID

import pytest

from bridge import ids
from storage import cards, deadlines, events, interactions, organizations, retention
from storage.interactions import Filters, Mismatch, NoSuchOlder, Opened, Replayed
from storage.model import Handle, Interaction, Scope, Status, Verdict
from storage.pool import Database
from storage.retention import START, RetentionPosition
from tests.storage import build, card_moves, ended
from tests.storage.build import Tenant
from tests.storage.elapse import elapse, set_deadlines, set_time
from tests.storage.faults import admin
from tests.waiting import jitter

DAYS = 90
TABLES = ("interactions", "cards", "clicks", "events", "deliveries")


async def forget(db: Database, *, after: RetentionPosition = START, limit: int = 100) -> retention.Batch:
    return await retention.forget_interactions(db, days=DAYS, after=after, limit=limit)


async def walk(db: Database, *, limit: int) -> int:
    """Make a whole walk; returns how many interactions it deleted."""
    batch = await forget(db, limit=limit)
    forgotten: int = batch.forgotten
    while batch.last:
        batch = await forget(db, after=batch.last, limit=limit)
        forgotten += batch.forgotten
    return forgotten


async def left(db: Database) -> dict[str, int]:
    (row,) = await db.fetch("select " + ", ".join(f"(select count(*) from {one}) as {one}" for one in TABLES))
    return dict(row)


async def remain(db: Database, questions: Sequence[Interaction]) -> list[bool]:
    return [await interactions.get(db, one.organization_id, one.id) is not None for one in questions]


async def test_what_ended_long_ago_goes_with_its_cards_its_clicks_and_its_events(db: Database, tenant: Tenant) -> None:
    old = await ended.question(db, tenant, days=DAYS + 0.01)
    await interactions.claim(db, build.click(old, choice="launch"))
    assert await left(db) == {"interactions": 1, "cards": 1, "clicks": 2, "events": 4, "deliveries": 0}

    batch = await forget(db)

    assert (batch.seen, batch.forgotten, batch.last) == (1, 1, None)
    assert await left(db) == dict.fromkeys(TABLES, 0)


async def test_a_question_is_as_old_as_its_end(db: Database, tenant: Tenant) -> None:
    young = await ended.question(db, tenant, days=DAYS - 0.01)
    await elapse(db, "interactions", timedelta(days=300), columns=["created_at"])
    before = await left(db)

    assert (await forget(db)).seen == 0
    assert await left(db) == before and await remain(db, [young]) == [True]


async def test_what_is_pending_stays_however_long_ago_it_was_asked(db: Database, tenant: Tenant) -> None:
    pending, late = await build.question(db, tenant), await build.question(db, tenant)
    for question in (pending, late):
        await ended.ago(db, tenant, question, days=1000)
    await set_time(db, "interactions", "expires_at", timedelta(days=-900), late.id, where="id = $1")

    assert (await forget(db)).seen == 0
    assert await remain(db, [pending, late]) == [True, True]
    # The time of its end is its deadline: an end that is written late is old at once; but it is delivered first.
    await deadlines.expire(db, event_ids=[ids.new()])
    assert (await forget(db)).forgotten == 0
    await events.number(db)
    assert (await forget(db)).forgotten == 1
    assert await remain(db, [pending, late]) == [True, False]


@pytest.mark.parametrize("status", [one for one in Status if one is not Status.PENDING])
async def test_every_way_to_have_ended_grows_old(db: Database, tenant: Tenant, status: Status) -> None:
    question = await build.question(db, tenant)
    match status:
        case Status.ANSWERED:
            await interactions.claim(db, build.click(question))
        case Status.CANCELLED:
            reason = {"code": "cancelled", "detail": "", "fix": ""}
            await interactions.cancel(
                db, question.organization_id, question.id, reason=reason, cancelled_by="bot", event_id=ids.new()
            )
        case Status.SUPERSEDED:
            await build.question(db, tenant, supersedes=question.id)
        case Status.UNREACHABLE:
            await card_moves.give_up(db, await card_moves.take(db, question))
        case _:
            await card_moves.fail(db, await card_moves.take(db, question), unsure=True)
            await set_deadlines(db, where="true")
            await deadlines.expire(db, event_ids=[ids.new()])
    after = await ended.ago(db, tenant, question, days=DAYS + 1)
    assert after.status is status

    assert (await forget(db)).forgotten == 1
    assert await remain(db, [question]) == [False]


async def test_a_card_that_does_not_show_the_end_yet_keeps_its_question(db: Database, tenant: Tenant) -> None:
    question = await build.question(db, tenant)
    await card_moves.post(db, await card_moves.take(db, question))
    await interactions.claim(db, build.click(question))
    await ended.ago(db, tenant, question, days=1000)
    before = await left(db)

    batch = await forget(db)

    assert (batch.seen, batch.forgotten) == (1, 0)
    assert await left(db) == before
    editing = await card_moves.take(db, question)
    assert (await forget(db)).forgotten == 0, "its edit is under way"
    assert await card_moves.edit(db, editing)
    assert (await forget(db)).forgotten == 1


async def test_one_copy_of_three_that_is_not_settled_is_enough(db: Database, tenant: Tenant) -> None:
    question = await build.question(db, tenant, **card_moves.copies(3))
    for card in await card_moves.lease(db, question):
        await card_moves.post(db, card)
    await interactions.claim(db, build.click(question))
    await ended.ago(db, tenant, question, days=1000)
    first, second, third = await card_moves.lease(db, question)

    await card_moves.edit(db, first)
    await card_moves.give_up(db, second)
    assert (await forget(db)).forgotten == 0
    await card_moves.edit(db, third)

    assert (await forget(db)).forgotten == 1


async def test_a_card_that_is_on_no_screen_owes_nothing(db: Database, tenant: Tenant) -> None:
    """The workspace may have been disconnected before the post: no replica will ever post the card."""
    question = await build.question(db, tenant)
    await set_deadlines(db, where="true")
    await deadlines.expire(db, event_ids=[ids.new()])
    await ended.ago(db, tenant, question, days=1000)

    assert (await forget(db)).forgotten == 1


async def test_what_an_agent_is_still_to_be_told_keeps_its_question_and_what_is_dead_does_not(
    db: Database, tenant: Tenant
) -> None:
    await build.endpoint(db, tenant)
    old = await ended.question(db, tenant, days=DAYS + 1)

    assert (await forget(db)).forgotten == 0
    assert await remain(db, [old]) == [True]
    await db.fetch("update deliveries set status = 'dead', ended_at = now(), outcome = '{}'")
    assert (await forget(db)).forgotten == 1
    assert await left(db) == dict.fromkeys(TABLES, 0)


async def test_a_batch_is_no_larger_than_asked_and_begins_with_the_oldest(db: Database, tenant: Tenant) -> None:
    questions = [await ended.question(db, tenant, days=days) for days in (100, 300, 200, 500, 400)]

    assert (await forget(db, limit=2)).forgotten == 2
    assert await remain(db, questions) == [True, True, True, False, False]
    assert await walk(db, limit=2) == 3


async def test_what_must_stay_is_not_in_the_way_of_what_may_go(db: Database, tenant: Tenant) -> None:
    kept = [await ended.question(db, tenant, days=200 + place) for place in range(5)]
    gone = [await ended.question(db, tenant, days=100 + place) for place in range(3)]
    for question in kept:
        await db.fetch("update cards set wanted = wanted + 1, settled = false where interaction_id = $1", question.id)

    assert await walk(db, limit=2) == 3
    assert await remain(db, [*kept, *gone]) == [True] * 5 + [False] * 3


async def test_questions_that_ended_at_one_moment_are_all_walked_through(db: Database, tenant: Tenant) -> None:
    question = await ended.question(db, tenant, days=DAYS + 1)
    await ended.many_like(db, question, number=20)
    await db.fetch("update interactions set ended_at = (select min(ended_at) from interactions)")

    assert await walk(db, limit=4) == 21


async def test_a_question_that_is_held_elsewhere_is_passed_over(dsn: str, db: Database, tenant: Tenant) -> None:
    held, free = [await ended.question(db, tenant, days=days) for days in (200, 100)]
    async with admin(dsn) as holder:
        transaction = holder.transaction()
        await transaction.start()
        await holder.execute("select from interactions where id = $1 for update", held.id)

        batch = await asyncio.wait_for(forget(db), 2)
        await transaction.rollback()

    assert batch.forgotten == 1 and await remain(db, [held, free]) == [True, False]


async def test_two_replicas_share_the_work_and_forget_each_question_once(
    db: Database, other: Database, tenant: Tenant
) -> None:
    question = await ended.question(db, tenant, days=DAYS + 1)
    await ended.many_like(db, question, number=299)

    shares = await asyncio.gather(walk(db, limit=20), walk(other, limit=20), walk(db, limit=30))

    assert sum(shares) == 300 and sum(share > 0 for share in shares) > 1
    assert await left(db) == dict.fromkeys(TABLES, 0)


async def test_a_click_that_comes_while_its_question_is_forgotten_gets_its_verdict(
    db: Database, other: Database, tenant: Tenant
) -> None:
    """A click before sees the winner, and one after sees no interaction; there is nothing between, and none fails."""
    question = await ended.question(db, tenant, days=DAYS + 1)
    await ended.many_like(db, question, number=120)
    rows = await db.fetch("select id from interactions")
    verdicts: list[str] = []

    async def click(id: UUID) -> None:
        await jitter(0.3)
        for _ in range(2):
            click = build.click(question, interaction_id=id, user_id="U0BOB")
            verdicts.append((await interactions.claim(db, click, seconds=20)).verdict)

    forgetting = asyncio.create_task(walk(other, limit=5))
    await asyncio.gather(*(click(row["id"]) for row in rows))
    forgotten = await forgetting

    assert set(verdicts) == {Verdict.TAKEN, Verdict.GONE}, "one side always came first, so this was no race"
    assert forgotten + await walk(other, limit=100) == 121
    after = await left(db)
    assert (after["interactions"], after["cards"], after["events"]) == (0, 0, 0)
    assert after["clicks"] == verdicts.count(Verdict.GONE)


async def test_what_is_forgotten_meanwhile_deadlocks_with_nothing_that_a_replica_does(
    dsn: str, db: Database, other: Database, tenant: Tenant
) -> None:
    """Clicks, healing, leases and edits of the same interactions that two replicas delete."""
    question = await ended.question(db, tenant, days=DAYS + 1)
    await ended.many_like(db, question, number=60)
    rows = await db.fetch("select interaction_id, channel, ts from cards")
    done = asyncio.Event()

    async def touch(start: int) -> None:
        for row in rows[start:] + rows[:start]:
            await interactions.claim(db, build.click(question, interaction_id=row["interaction_id"]), seconds=20)
            where = Handle(channel=row["channel"], ts=row["ts"])
            await cards.heal(db, question.scope, row["interaction_id"], where, stray_id=ids.new())

    async def edit() -> None:
        while not done.is_set():
            for card in await card_moves.lease(db, question, limit=5):
                await card_moves.edit(db, card)

    async def forgetting(one: Database) -> None:
        while not done.is_set():
            await walk(one, limit=20)

    loops = [asyncio.create_task(one) for one in (edit(), forgetting(db), forgetting(other))]
    await asyncio.gather(*(touch(start) for start in (0, 30)))
    done.set()
    await asyncio.gather(*loops)

    async with admin(dsn) as operator:
        assert await operator.fetchval("select deadlocks from pg_stat_database where datname = current_database()") == 0
    for card in await card_moves.lease(db, question):
        await card_moves.edit(db, card)
    await walk(db, limit=100)
    assert (await left(db))["interactions"] == 0


async def test_a_write_back_to_a_forgotten_card_changes_nothing(db: Database, tenant: Tenant) -> None:
    """As by a replica that was paused for months."""
    question = await build.question(db, tenant)
    card = await card_moves.take(db, question)
    await set_deadlines(db, where="true")
    await deadlines.expire(db, event_ids=[ids.new()])
    await ended.ago(db, tenant, question, days=1000)
    await forget(db)

    assert await cards.mark_maybe_shown(db, card) is None
    assert await card_moves.post(db, card) is False
    assert await card_moves.give_up(db, card) is None
    await card_moves.fail(db, card)
    await cards.skip(db, card)
    assert await left(db) == dict.fromkeys(TABLES, 0)


async def test_a_forgotten_questions_idempotency_key_is_free_again(db: Database, tenant: Tenant) -> None:
    said = {"idempotency_key": "deploy 7", "request_hash": b"one"}
    await ended.question(db, tenant, days=DAYS + 1, **said)
    assert isinstance(await interactions.open(db, build.opening(tenant, **said)), Replayed)
    other = build.opening(tenant, idempotency_key="deploy 7", request_hash=b"other")
    assert isinstance(await interactions.open(db, other), Mismatch)

    await forget(db)

    assert isinstance(await interactions.open(db, other), Opened)


async def test_what_points_at_a_forgotten_question_is_still_told(db: Database, tenant: Tenant) -> None:
    older = await build.question(db, tenant)
    newer = await build.question(db, tenant, supersedes=older.id)
    await ended.ago(db, tenant, older, days=DAYS + 1)
    await forget(db)

    after = await build.read(db, tenant, newer.id)
    assert (after.supersedes, after.status) == (older.id, Status.PENDING)
    assert (await interactions.claim(db, build.click(newer))).verdict is Verdict.WON
    assert isinstance(await interactions.open(db, build.opening(tenant, supersedes=older.id)), NoSuchOlder)
    assert await interactions.timeline(db, older.organization_id, older.id) == []


async def test_a_click_on_what_a_forgotten_question_replaced_still_names_it(db: Database, tenant: Tenant) -> None:
    older = await build.question(db, tenant)
    newer = await ended.question(db, tenant, days=DAYS + 1, supersedes=older.id)
    await forget(db)
    assert await remain(db, [older, newer]) == [True, False]

    claimed = await interactions.claim(db, build.click(older))

    assert claimed.verdict is Verdict.SUPERSEDED
    assert claimed.life is not None and claimed.life.superseded_by == newer.id
    assert await cards.of_interaction(db, newer.organization_id, newer.id) == []


async def test_a_list_goes_on_after_a_question_that_was_forgotten_meanwhile(db: Database, tenant: Tenant) -> None:
    questions = [await build.question(db, tenant) for _ in range(5)]
    organization_id = tenant.scope.organization_id
    first = (await interactions.page(db, organization_id, Filters(), before=None, limit=2)).interactions
    await interactions.claim(db, build.click(first[-1]))
    await card_moves.give_up(db, (await card_moves.of(db, first[-1]))[0])
    await ended.ago(db, tenant, first[-1], days=1000)
    assert await walk(db, limit=10) == 1

    rest = await interactions.page(db, organization_id, Filters(), before=first[-1].id, limit=10)

    assert [one.id for one in rest.interactions] == [one.id for one in reversed(questions[:3])]


async def test_clicks_on_no_question_grow_old_too(db: Database, tenant: Tenant) -> None:
    question = await build.question(db, tenant)
    old, young = [build.click(question, interaction_id=ids.new()) for _ in range(2)]
    of_another_connection = build.click(question, scope=Scope(**{**_scope(question), "connection_id": ids.new()}))
    for click in (old, young, of_another_connection, build.click(question, choice="launch")):
        assert (await interactions.claim(db, click)).verdict is Verdict.GONE
    await elapse(db, "clicks", timedelta(days=91), young.claim_id, where="claim_id <> $1")

    assert await retention.forget_clicks(db, days=DAYS, limit=1) == 1
    assert await retention.forget_clicks(db, days=DAYS, limit=10) == 1
    assert await retention.forget_clicks(db, days=DAYS, limit=10) == 0

    rows = await db.fetch("select claim_id, interaction_id from clicks order by interaction_id")
    assert [row["interaction_id"] for row in rows] == [question.id, None], (
        "a click on a pending interaction stays with it"
    )
    assert rows[1]["claim_id"] == young.claim_id


def _scope(question: Interaction) -> dict[str, UUID]:
    return {"organization_id": question.organization_id, "connection_id": question.connection_id}


async def test_an_organization_can_be_deleted_while_its_questions_are_forgotten(db: Database, other: Database) -> None:
    neighbour = await build.tenant(db)
    await ended.question(db, neighbour, days=DAYS - 1)
    races = 0
    for _ in range(10):  # on a busy machine one of the two may have deleted all before the other began
        tenant = await build.tenant(db)
        question = await ended.question(db, tenant, days=DAYS + 1)
        await ended.many_like(db, question, number=300)
        await organizations.disable(db, tenant.scope.organization_id, new_id=ids.new)

        deleted, forgotten = await asyncio.gather(
            organizations.delete(db, tenant.scope.organization_id, limit=10), walk(other, limit=7)
        )

        assert await organizations.get(db, tenant.scope.organization_id) is None
        races += deleted > 3 and forgotten > 0
        if races == 2:
            break
    assert races == 2, "one of them deleted all each time, so this was no race"
    assert await left(db) == {"interactions": 1, "cards": 1, "clicks": 1, "events": 4, "deliveries": 0}
