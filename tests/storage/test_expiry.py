"""Expiry: a passed deadline counts at once, the end is written once, and waiting requests find it."""

import asyncio
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from bridge import ids
from storage import deadlines, interactions
from storage.model import Interaction, Status, Verdict
from storage.pool import Database
from tests.storage import build, card_moves
from tests.storage.build import Tenant
from tests.storage.elapse import elapse, set_deadline, set_deadlines
from tests.storage.faults import admin
from tests.storage.moments import RaceDelay


async def test_a_passed_deadline_is_written_when_it_is_met_and_the_sweep_changes_nothing_that_was_told(
    db: Database, tenant: Tenant
) -> None:
    seen, unseen = await build.question(db, tenant), await build.question(db, tenant)
    await build.serve(db, tenant)
    (card,) = [card for card in await card_moves.lease(db, seen) if card.interaction_id == seen.id]
    await card_moves.post(db, card)
    await set_deadlines(db, where="true")

    before = [await build.read_with_end(db, tenant, question.id) for question in (seen, unseen)]

    assert [question.status for question in before] == [Status.EXPIRED, Status.UNREACHABLE]
    assert before[0].reason is None and before[1].reason == deadlines.NEVER_SHOWN
    assert all(question.ended_at == question.expires_at for question in before)
    assert (await deadlines.expire(db, event_ids=[ids.new() for _ in range(10)])).ended == []
    assert [await build.read(db, tenant, question.id) for question in (seen, unseen)] == before
    for question, type in ((seen, "interaction.expired"), (unseen, "interaction.unreachable")):
        moments = await interactions.timeline(db, question.organization_id, question.id)
        assert moments[-1].type == type
    assert {row["wanted"] for row in await db.fetch("select wanted from cards")} == {2}


async def test_a_send_that_may_have_been_seen_expires(db: Database, tenant: Tenant) -> None:
    question = await build.question(db, tenant)
    await card_moves.fail(db, await card_moves.take(db, question), unsure=True)
    await set_deadlines(db, where="true")

    await deadlines.expire(db, event_ids=[ids.new()])

    assert (await build.read(db, tenant, question.id)).status is Status.EXPIRED


async def test_one_pass_ends_no_more_than_it_was_given_ids_for_oldest_deadline_first(
    db: Database, tenant: Tenant
) -> None:
    for _ in range(5):
        await build.question(db, tenant)
    await set_deadlines(db, where="true")
    oldest = await build.question(db, tenant)
    await elapse(db, "interactions", timedelta(days=1), oldest.id, where="id = $1")
    young = await build.question(db, tenant)

    passes = [(await deadlines.expire(db, event_ids=[ids.new() for _ in range(4)])).ended for _ in range(3)]

    assert [len(ended) for ended in passes] == [4, 2, 0]
    assert oldest.id in {id for _, id, _ in passes[0]}
    assert (await build.read(db, tenant, young.id)).status is Status.PENDING


async def test_a_question_that_is_held_elsewhere_does_not_hold_up_the_others(
    dsn: str, db: Database, tenant: Tenant
) -> None:
    held, free = await build.question(db, tenant), await build.question(db, tenant)
    await set_deadlines(db, where="true")
    async with admin(dsn) as holder:
        transaction = holder.transaction()
        await transaction.start()
        await holder.execute("select from interactions where id = $1 for update", held.id)

        ended = (await asyncio.wait_for(deadlines.expire(db, event_ids=[ids.new(), ids.new()]), 2)).ended
        await transaction.rollback()

    assert ended == [(free.organization_id, free.id, Status.UNREACHABLE)]
    assert (await deadlines.expire(db, event_ids=[ids.new()])).ended == [
        (held.organization_id, held.id, Status.UNREACHABLE)
    ]


async def test_two_replicas_end_every_question_once(db: Database, other: Database, tenant: Tenant) -> None:
    for _ in range(60):
        await build.question(db, tenant)
    await set_deadlines(db, where="true")

    async def replica(one: Database) -> list[object]:
        ended: list[object] = []
        while batch := (await deadlines.expire(one, event_ids=[ids.new() for _ in range(5)])).ended:
            ended += batch
        return ended

    mine, theirs = await asyncio.gather(replica(db), replica(other))

    assert len(mine) + len(theirs) == len({*mine, *theirs}) == 60
    assert (await db.fetch("select count(*) as n from events where type = 'interaction.unreachable'"))[0]["n"] == 60


async def test_a_click_and_the_deadline_never_both_end_a_question(
    db: Database, other: Database, tenant: Tenant
) -> None:
    """Four hundred races at the moment of the deadline, with a delay that adapts to the speed of the machine."""
    moment = RaceDelay(seed=3)
    verdicts: dict[UUID, str] = {}

    async def one_race(question: Interaction) -> None:
        await set_deadline(db, question.id, timedelta(seconds=moment.seconds()))

        async def expire() -> list[object]:
            ended: list[object] = []
            for _ in range(3):
                ended += (await deadlines.expire(other, event_ids=[ids.new() for _ in range(8)])).ended
            return ended

        claimed, _ = await asyncio.gather(interactions.claim(db, build.click(question), seconds=20), expire())
        verdicts[question.id] = claimed.verdict
        moment.was_too(late=claimed.verdict is Verdict.WON)

    questions = [await build.question(db, tenant) for _ in range(400)]
    for start in range(0, 400, 8):
        await asyncio.gather(*(one_race(question) for question in questions[start : start + 8]))
    while (await deadlines.expire(db, event_ids=[ids.new() for _ in range(100)])).ended:
        pass

    assert len(set(verdicts.values())) > 1, "one side always won, so this was no race"
    for id, verdict in verdicts.items():
        after = await build.read(db, tenant, id)
        assert after.status is not Status.PENDING
        assert (verdict is Verdict.WON) == (after.status is Status.ANSWERED)
        assert after.ended_at and (verdict is not Verdict.WON or after.ended_at < after.expires_at)
    duplicates = await db.fetch(
        "select interaction_id from events where type <> 'interaction.created' "
        "group by interaction_id having count(*) <> 1"
    )
    assert not duplicates, "an interaction ended twice"
    assert len(await db.fetch("select from events where type <> 'interaction.created'")) == 400


async def test_of_the_watched_questions_those_that_ended_are_told(db: Database, tenant: Tenant) -> None:
    other = await build.tenant(db)
    answered, late, still_open = [await build.question(db, tenant) for _ in range(3)]
    foreign = await build.question(db, other)
    await interactions.claim(db, build.click(answered))
    await interactions.claim(db, build.click(foreign))
    await set_deadline(db, late.id)
    organization_id = tenant.scope.organization_id
    watched = [(organization_id, id) for id in (answered.id, late.id, still_open.id, foreign.id, ids.new())]

    assert set(await interactions.ended(db, watched)) == {(organization_id, answered.id), (organization_id, late.id)}
    assert await interactions.ended(db, []) == []


async def test_of_very_many_clicks_the_timeline_has_the_one_that_won_and_the_last(db: Database, tenant: Tenant) -> None:
    """A timeline of 20,000 clicks took a second and a half, in which the replica handled no click."""
    question = await build.question(db, tenant)
    await interactions.claim(db, build.click(question))
    await db.fetch(
        "insert into clicks (organization_id, claim_id, connection_id, interaction_id, verdict, user_id, clicked_at) "
        "select $1, sha256(('late ' || number)::bytea), $2, $3, 'taken', 'U' || number, "
        "now() + number * interval '1 second' from generate_series(1, 1500) as number",
        *(question.organization_id, question.connection_id, question.id),
    )

    moments = await interactions.timeline(db, question.organization_id, question.id)

    clicks = [moment.by for moment in moments if moment.type == "interaction.clicked"]
    assert clicks == ["U0ANA", *(f"U{number}" for number in range(502, 1501))]
    assert [moment.type for moment in moments if moment.verdict is None] == [
        "interaction.created",
        "interaction.answered",
    ]


async def test_the_timeline_tells_events_and_clicks_in_their_order(db: Database, tenant: Tenant) -> None:
    question = await build.question(db, tenant)
    await card_moves.post(db, await card_moves.take(db, question))
    await interactions.claim(db, build.click(question, user_id="U0BOB", user_name="bob"))
    await interactions.claim(db, build.click(question, choice="deny"))
    await card_moves.edit(db, await card_moves.take(db, question))

    moments = await interactions.timeline(db, question.organization_id, question.id)

    assert [(moment.type, moment.by, moment.verdict) for moment in moments] == [
        ("interaction.created", None, None),
        ("interaction.posted", None, None),
        ("interaction.clicked", "U0BOB", Verdict.NOT_YOURS),
        ("interaction.clicked", "U0ANA", Verdict.WON),
        ("interaction.answered", None, None),
        ("card.settled", None, None),
    ]
    assert moments[2].detail["user_name"] == "bob" and moments[3].detail["choice"] == "deny"
    assert [moment.at for moment in moments] == sorted(moment.at for moment in moments)


@pytest.mark.parametrize(
    ("life", "left", "called"),
    [
        (3600, 61, 0),  # 60 s before the deadline
        (3600, 59, 1),
        (60, 8, 0),  # nine tenths of its life are later
        (60, 5, 1),
        (600, 61, 0),
        (600, 59, 1),
    ],
)
async def test_a_last_call_comes_a_minute_before_the_deadline_or_at_nine_tenths_of_a_short_life(
    db: Database, tenant: Tenant, life: int, left: int, called: int
) -> None:
    question = await build.question(db, tenant, on_expiry="approve", expires_in=life)
    await card_moves.post(db, await card_moves.take(db, question))
    await elapse(db, "interactions", timedelta(seconds=life - left), columns=["created_at", "expires_at"])

    passed = [await deadlines.expire(db, event_ids=[ids.new()]) for _ in range(2)]

    assert [(one.called, one.ended) for one in passed] == [(called, []), (0, [])]
    assert [row["wanted"] for row in await db.fetch("select wanted from cards")] == [1 + called]
    wait = left - min(60, life * 0.1) if not called else left
    assert passed[1].next_in is not None and wait - 2 < passed[1].next_in <= wait


async def test_replicas_at_once_make_one_last_call(dsn: str, db: Database, tenant: Tenant) -> None:
    questions = [await build.question(db, tenant, on_expiry="approve") for _ in range(20)]
    for card in await card_moves.lease(db, questions[0]):
        await card_moves.post(db, card)
    await set_deadlines(db, where="true", at=datetime.now(UTC) + timedelta(seconds=30))

    passes = await asyncio.gather(*(deadlines.expire(db, event_ids=[ids.new()] * 7) for _ in range(8)))

    assert sum(one.called for one in passes) <= 20
    while (await deadlines.expire(db, event_ids=[ids.new()] * 7)).called:
        pass
    assert {row["wanted"] for row in await db.fetch("select wanted from cards")} == {2}


async def test_a_last_call_of_a_question_that_is_held_elsewhere_is_made_soon(
    dsn: str, db: Database, tenant: Tenant
) -> None:
    question = await build.question(db, tenant, on_expiry="approve")
    await card_moves.post(db, await card_moves.take(db, question))
    await set_deadlines(db, where="true", at=datetime.now(UTC) + timedelta(seconds=30))
    async with admin(dsn) as holder:
        transaction = holder.transaction()
        await transaction.start()
        await holder.execute("select from interactions where id = $1 for update", question.id)
        passed = await asyncio.wait_for(deadlines.expire(db, event_ids=[ids.new()]), 2)
        await transaction.rollback()

    assert passed.called == 0 and passed.next_in is not None and passed.next_in <= 0
    assert (await deadlines.expire(db, event_ids=[ids.new()])).called == 1
