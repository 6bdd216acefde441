"""A deadline that passes before any card was shown: the end is unreachable, whatever happens at the same moment."""

import asyncio
import contextlib
import random
from collections import Counter
from collections.abc import AsyncIterator
from datetime import timedelta
from uuid import UUID

from bridge import ids
from storage import cards, deadlines, interactions
from storage.deadlines import EndedInteraction
from storage.model import Card, Interaction, Status, Verdict
from storage.pool import Database
from tests.storage import build, card_moves
from tests.storage.build import Tenant
from tests.storage.elapse import set_deadline
from tests.storage.faults import admin, until_overdue, until_waiting
from tests.waiting import jitter

MOMENT = 0.1  # seconds around a deadline, in which all sides of a race act; a loaded machine needs so many


async def ends_soon(db: Database, question: Interaction) -> None:
    """Put the deadline of an interaction at a random point of the race that begins now."""
    await set_deadline(db, question.id, timedelta(seconds=random.uniform(0, 1.5 * MOMENT)))


async def sweep(db: Database) -> list[EndedInteraction]:
    return (await deadlines.expire(db, event_ids=[ids.new() for _ in range(20)])).ended


@contextlib.asynccontextmanager
async def sweeping(db: Database) -> AsyncIterator[None]:
    """A replica that expires interactions in a loop."""
    done = asyncio.Event()

    async def again() -> None:
        while not done.is_set():
            await sweep(db)

    task = asyncio.create_task(again())
    yield
    done.set()
    await task


async def until_swept(db: Database) -> None:
    """Wait until every deadline has passed, and expire the interactions."""
    await db.fetch("select pg_sleep_until(max(expires_at)) from interactions")
    while await sweep(db):
        pass


async def leased(db: Database, questions: list[Interaction]) -> dict[UUID, Card]:
    """Return the card of each interaction, each leased by a replica that is about to post it."""
    found: dict[UUID, Card] = {}
    while len(found) < len(questions):
        found |= {card.interaction_id: card for card in await card_moves.lease(db, questions[0])}
    return found


async def test_a_post_and_the_deadline_at_one_moment_agree_whether_a_card_was_shown(
    db: Database, other: Database, tenant: Tenant
) -> None:
    """Two hundred races: an interaction whose post was allowed expires, any other is unreachable, for clicks too."""
    questions = [await build.question(db, tenant) for _ in range(200)]
    await build.serve(db, tenant)
    held = await leased(db, questions)
    allowed: dict[UUID, bool] = {}
    verdicts: dict[UUID, str] = {}

    async def send(question: Interaction) -> None:
        await jitter(MOMENT)
        allowed[question.id] = await cards.mark_maybe_shown(db, held[question.id]) is not None

    async def click(question: Interaction) -> None:
        await jitter(2 * MOMENT, MOMENT / 2)
        click = build.click(question, user_id="U0BOB")  # not a responder, so that no answer ends it
        verdicts[question.id] = (await interactions.claim(db, click, seconds=20)).verdict

    for start in range(0, 200, 20):
        batch = questions[start : start + 20]
        await asyncio.gather(*(ends_soon(db, one) for one in batch))
        async with sweeping(db), sweeping(other):
            await asyncio.gather(*(send(one) for one in batch), *(click(one) for one in batch))
    await until_swept(db)

    assert set(allowed.values()) == {True, False}, "one side always came first, so this was no race"
    for question in questions:
        after = await build.read(db, tenant, question.id)
        assert after.status is (Status.EXPIRED if allowed[question.id] else Status.UNREACHABLE)
        assert after.reason == (None if allowed[question.id] else deadlines.NEVER_SHOWN)
        assert verdicts[question.id] in {Verdict.NOT_YOURS, Verdict(after.status)}, "a click got another end"
    ends = await db.fetch("select type from events where type <> 'interaction.created'")
    assert Counter(row["type"] for row in ends) == {
        "interaction.expired": sum(allowed.values()),
        "interaction.unreachable": 200 - sum(allowed.values()),
    }


async def test_a_post_that_waited_for_the_row_past_the_deadline_is_not_made(
    dsn: str, db: Database, tenant: Tenant
) -> None:
    """The interaction ends as unreachable, so no card may be posted after that."""
    question = await build.question(db, tenant)
    card = await card_moves.take(db, question)
    await set_deadline(db, question.id, timedelta(milliseconds=500))
    async with admin(dsn) as holder, admin(dsn) as watcher:
        transaction = holder.transaction()
        await transaction.start()
        await holder.execute("select from interactions for update")
        mark_maybe_shown = asyncio.create_task(cards.mark_maybe_shown(db, card))
        await until_waiting(watcher)
        await until_overdue(watcher)
        await transaction.rollback()

    assert await mark_maybe_shown is None
    before = await build.read_with_end(db, tenant, question.id)
    assert before.status is Status.UNREACHABLE
    await sweep(db)
    assert await build.read(db, tenant, question.id) == before


async def test_the_last_copy_giving_up_and_the_deadline_end_a_question_once(
    db: Database, other: Database, tenant: Tenant
) -> None:
    """Either may come first, and stores its own reason."""
    questions = [await build.question(db, tenant) for _ in range(120)]
    await build.serve(db, tenant)
    held = await leased(db, questions)

    async def give_up(question: Interaction) -> None:
        await jitter(MOMENT)
        await card_moves.give_up(db, held[question.id])

    for start in range(0, 120, 20):
        batch = questions[start : start + 20]
        await asyncio.gather(*(ends_soon(db, one) for one in batch))
        async with sweeping(db), sweeping(other):
            await asyncio.gather(*(give_up(one) for one in batch))
    await until_swept(db)

    codes: Counter[str] = Counter()
    for question in questions:
        after = await build.read(db, tenant, question.id)
        assert after.status is Status.UNREACHABLE and after.reason is not None
        codes[after.reason["code"]] += 1
    assert set(codes) == {"never_shown", "is_archived"}, "one side always came first, so this was no race"
    ends = await db.fetch("select from events where type = 'interaction.unreachable'")
    assert len(ends) == 120
