"""Receipts are recorded once and in order, on any replica; only ends are acknowledged."""

import asyncio
import itertools
from datetime import timedelta
from typing import Any

import pytest
from asyncpg import Record

from bridge import ids
from bridge.loops.unacknowledged import WHOLE_SECONDS
from storage import deadlines, interactions, receipts, statements
from storage.model import Interaction, Json, Progress, Status, Verdict
from storage.pool import Database
from storage.receipts import Receipt, Recording
from storage.statements import Statement
from tests.storage import build, card_moves, ended
from tests.storage.build import Tenant
from tests.storage.elapse import elapse, set_deadlines
from tests.storage.faults import until_waiting

PICKED_UP, SUCCEEDED, FAILED = Progress
RECORDED, REPEATED, REFUSED, UNANSWERED, OVERDUE = Recording


async def answered(db: Database, tenant: Tenant) -> Interaction:
    """An interaction that was posted, answered and settled just now."""
    return await ended.question(db, tenant, days=0)


async def report(
    db: Database, question: Interaction, status: Progress, summary: str | None = None, url: str | None = None
) -> Recording | None:
    receipt = Receipt(status=status, summary=summary, url=url)
    return await receipts.record(
        db, question.organization_id, question.id, receipt, key_name="deploy-bot", event_id=ids.new()
    )


async def acknowledge(db: Database, *questions: Interaction) -> list[receipts.Pair]:
    pairs = [(question.organization_id, question.id) for question in questions]
    return await receipts.acknowledge(db, pairs)


async def stands(db: Database, tenant: Tenant, question: Interaction) -> Json | None:
    return (await build.read(db, tenant, question.id)).receipt


async def types(db: Database, question: Interaction) -> list[str]:
    moments = await interactions.timeline(db, question.organization_id, question.id)
    return [moment.type for moment in moments if moment.type.startswith("interaction.")]


@pytest.mark.parametrize("order", list(itertools.product(Progress, repeat=3)), ids="-".join)
async def test_receipts_come_in_order_or_not_at_all(db: Database, tenant: Tenant, order: tuple[Progress, ...]) -> None:
    question = await answered(db, tenant)
    last: Progress | None = None
    recorded: list[str] = []
    for status in order:
        follows = last is None or (last is PICKED_UP and status is not PICKED_UP)
        before = await build.read(db, tenant, question.id)

        said = await report(db, question, status)

        assert said is (RECORDED if follows else REPEATED if status is last else REFUSED)
        after = await build.read(db, tenant, question.id)
        assert (after != before) is follows
        last = status if follows else last
        recorded += [f"interaction.{status}"] if follows else []
        assert after.receipt is not None and after.receipt["status"] == last
        assert after.heard_at is not None
    reported = {f"interaction.{status}" for status in Progress}
    assert [type for type in await types(db, question) if type in reported] == recorded


@pytest.mark.parametrize("status", list(Progress))
async def test_another_summary_or_address_for_the_same_is_refused(
    db: Database, tenant: Tenant, status: Progress
) -> None:
    question = await answered(db, tenant)
    assert await report(db, question, status, "2 pods", "https://ci.example.com/7") is RECORDED
    first = await stands(db, tenant, question)

    assert await report(db, question, status, "2 pods", "https://ci.example.com/7") is REPEATED
    for summary, url in (("3 pods", "https://ci.example.com/7"), ("2 pods", None), (None, None)):
        assert await report(db, question, status, summary, url) is REFUSED
    assert await stands(db, tenant, question) == first


async def test_two_replicas_that_race_record_each_receipt_once(db: Database, other: Database, tenant: Tenant) -> None:
    for _ in range(20):
        question = await answered(db, tenant)

        said = await asyncio.gather(
            *(report(replica, question, status) for replica in (db, other) for status in (SUCCEEDED, FAILED, PICKED_UP))
        )

        recorded = said.count(RECORDED)
        assert recorded in {1, 2} and said.count(None) == said.count(UNANSWERED) == 0
        stored = [type for type in await types(db, question) if type.removeprefix("interaction.") in set(Progress)]
        assert len(stored) == recorded and stored[:-1] in ([], ["interaction.picked_up"])
        standing = await stands(db, tenant, question)
        assert standing is not None and f"interaction.{standing['status']}" == stored[-1]


async def test_a_receipt_that_waits_behind_the_click_is_recorded(db: Database, other: Database, tenant: Tenant) -> None:
    """The claim waits for a locked row, and the receipt for the claim; neither may decide from before its wait."""
    question = await build.question(db, tenant)
    async with db.acquire() as holder, holder.transaction():
        await holder.execute("select from interactions where id = $1 for update", question.id)
        clicked = asyncio.create_task(interactions.claim(other, build.click(question)))
        await until_waiting(other)
        reported = asyncio.create_task(report(db, question, PICKED_UP))
        await until_waiting(other, number=2)

    assert (await clicked).verdict is Verdict.WON
    assert await reported is RECORDED
    assert (await types(db, question))[-1] == "interaction.picked_up"


async def test_what_has_no_answer_takes_no_receipt(db: Database, tenant: Tenant) -> None:
    pending, cancelled, silent, lost = [await build.question(db, tenant) for _ in range(4)]
    await interactions.cancel(
        db, cancelled.organization_id, cancelled.id, reason={"code": "cancelled"}, cancelled_by="x", event_id=ids.new()
    )
    await pass_deadline(db, silent, lost)
    await db.fetch("update interactions set cards_shown = 1 where id = $1", silent.id)

    for question in (silent, lost):
        assert await report(db, question, PICKED_UP) is OVERDUE, "no outcome is decided before the end is written"
        await build.read_with_end(db, tenant, question.id)
    for question in (pending, cancelled, silent, lost):
        for status in Progress:
            assert await report(db, question, status) is UNANSWERED
        assert await stands(db, tenant, question) is None


async def test_a_foreign_question_is_as_unknown_as_none(db: Database, tenant: Tenant) -> None:
    question = await answered(db, await build.tenant(db))
    receipt = Receipt(status=PICKED_UP, summary=None, url=None)

    for id in (question.id, ids.new()):
        here = tenant.scope.organization_id
        assert await receipts.record(db, here, id, receipt, key_name="x", event_id=ids.new()) is None
    assert await receipts.acknowledge(db, [(tenant.scope.organization_id, question.id)]) == []
    rows = await db.fetch("select receipt, heard_at from interactions")
    assert [tuple(row) for row in rows] == [(None, None)]


async def test_a_default_answer_is_heard_and_acted_on_once_it_is_written(db: Database, tenant: Tenant) -> None:
    question = await build.question(db, tenant, on_expiry="approve")
    await card_moves.post(db, await card_moves.take(db, question))
    assert await report(db, question, PICKED_UP) is UNANSWERED
    await pass_deadline(db, question)

    assert await report(db, question, PICKED_UP) is OVERDUE
    assert (await build.read_with_end(db, tenant, question.id)).status is Status.ANSWERED
    assert await acknowledge(db, question) == []
    assert await report(db, question, PICKED_UP) is RECORDED
    assert await types(db, question) == [
        "interaction.created",
        "interaction.posted",
        "interaction.answered",
        "interaction.heard",
        "interaction.picked_up",
    ]
    assert await report(db, question, SUCCEEDED) is RECORDED


class TestAcknowledging:
    async def test_counts_once_and_only_of_an_end(self, db: Database, tenant: Tenant) -> None:
        question, pending = await answered(db, tenant), await build.question(db, tenant)

        assert await acknowledge(db, question, pending) == []
        first = (await build.read(db, tenant, question.id)).heard_at
        assert await acknowledge(db, question, pending) == []

        assert first is not None and (await build.read(db, tenant, question.id)).heard_at == first
        assert (await build.read(db, tenant, pending.id)).heard_at is None
        assert (await types(db, question)).count("interaction.heard") == 1

    async def test_never_waits_and_gives_back_what_is_held(self, db: Database, tenant: Tenant) -> None:
        held, free = await answered(db, tenant), await answered(db, tenant)
        async with db.acquire() as holder, holder.transaction():
            await holder.execute("select from interactions where id = $1 for update", held.id)

            assert await asyncio.wait_for(acknowledge(db, held, free), timeout=2) == [(held.organization_id, held.id)]
        assert (await build.read(db, tenant, free.id)).heard_at is not None
        assert await acknowledge(db, held) == []
        assert (await build.read(db, tenant, held.id)).heard_at is not None

    async def test_of_many_replicas_at_once_is_written_once(
        self, db: Database, other: Database, tenant: Tenant
    ) -> None:
        questions = [await answered(db, tenant) for _ in range(10)]

        async def until_heard(replica: Database, mine: list[Interaction]) -> None:
            while left := await acknowledge(replica, *mine):
                mine = [question for question in mine if (question.organization_id, question.id) in left]

        await asyncio.gather(
            *(until_heard(replica, list(order)) for replica in (db, other) for order in (questions, questions[::-1]))
        )

        assert all([(await types(db, question)).count("interaction.heard") == 1 for question in questions])

    async def test_of_an_answer_is_one_edit_a_little_later_and_of_another_end_none(
        self, db: Database, tenant: Tenant
    ) -> None:
        question = await answered(db, tenant)
        (before,) = await card_moves.of(db, question)

        for _ in range(2):
            await acknowledge(db, question)

        (after,) = await card_moves.of(db, question)
        assert (after.wanted, after.shown) == (before.wanted + 1, before.shown)

        withdrawn = await build.question(db, tenant)
        await card_moves.post(db, await card_moves.take(db, withdrawn))
        await interactions.cancel(
            db, withdrawn.organization_id, withdrawn.id, reason={}, cancelled_by="a", event_id=ids.new()
        )
        (before,) = await card_moves.of(db, withdrawn)
        await acknowledge(db, withdrawn)
        assert (await card_moves.of(db, withdrawn)) == [before]


class TestLateness:
    async def test_is_said_once_after_two_minutes_of_answers_that_no_agent_acknowledged(
        self, db: Database, tenant: Tenant
    ) -> None:
        late, fresh, acknowledged, acted, old = [await answered(db, tenant) for _ in range(5)]
        await acknowledge(db, acknowledged)
        await report(db, acted, PICKED_UP)
        await before_migration(db, old)
        for question in (late, acknowledged, acted, old):
            await ended.ago(db, tenant, question, days=121 / 86_400)
        await ended.ago(db, tenant, fresh, days=118 / 86_400)

        assert await receipts.mark_unacknowledged(db, limit=10, within=WHOLE_SECONDS) == [
            (late.organization_id, late.id)
        ]
        assert await receipts.mark_unacknowledged(db, limit=10, within=WHOLE_SECONDS) == []
        [card] = await card_moves.of(db, late)
        assert (card.wanted, card.shown, card.settled) == (3, 2, True)

    async def test_is_never_said_of_what_a_replica_of_the_release_before_asked(
        self, db: Database, tenant: Tenant
    ) -> None:
        """That release gives ends to agents and records no acknowledgement."""
        question = await answered(_ReleaseBefore(db.pool), tenant)
        await ended.ago(db, tenant, question, days=121 / 86_400)

        assert await receipts.mark_unacknowledged(db, limit=10, within=WHOLE_SECONDS) == []
        assert (await build.read(db, tenant, question.id)).unheard is None

    async def test_is_said_of_no_other_end(self, db: Database, tenant: Tenant) -> None:
        question = await build.question(db, tenant)
        await card_moves.post(db, await card_moves.take(db, question))
        await pass_deadline(db, question)
        await deadlines.expire(db, event_ids=[ids.new()])
        await elapse(db, "interactions", timedelta(minutes=3))

        assert await receipts.mark_unacknowledged(db, limit=10, within=WHOLE_SECONDS) == []

    async def test_is_said_of_what_became_late_in_the_time_that_is_looked_back(
        self, db: Database, tenant: Tenant
    ) -> None:
        late, later, latest = [await answered(db, tenant) for _ in range(3)]
        for question, minutes in ((late, 14), (later, 16), (latest, 3)):
            await ended.ago(db, tenant, question, days=minutes / 1440)

        assert await receipts.mark_unacknowledged(db, limit=10, within=50) == []
        assert await receipts.mark_unacknowledged(db, limit=10, within=70) == [(latest.organization_id, latest.id)]
        assert await receipts.mark_unacknowledged(db, limit=10, within=WHOLE_SECONDS) == [
            (late.organization_id, late.id)
        ]

    async def test_ends_when_it_is_heard(self, db: Database, tenant: Tenant) -> None:
        question = await answered(db, tenant)
        await ended.ago(db, tenant, question, days=121 / 86_400)
        await receipts.mark_unacknowledged(db, limit=10, within=WHOLE_SECONDS)
        [before] = await card_moves.of(db, question)

        await acknowledge(db, question)

        [card] = await card_moves.of(db, question)
        assert (card.shown, card.due_at) == (before.shown, before.due_at), (
            "the edit that is due shows the acknowledgement too"
        )


class _ReleaseBefore(Database):
    """The pool of a replica whose release recorded no acknowledgements; only its opening differs."""

    async def fetch(self, query: str, *args: Any) -> list[Record]:
        opens = query == statements.load("interactions")["open"].sql
        return await super().fetch(before_hearing().sql if opens else query, *args)


def before_hearing() -> Statement:
    """Return the statement that opens an interaction, as of a release that recorded no acknowledgements."""
    text = statements.load("interactions")["open"].text
    for new in (" unheard,", " $callback_target, false,"):
        assert text.count(new) == 1
        text = text.replace(new, new.removesuffix(" unheard,").removesuffix(" false,"))
    return statements.parse("interactions", f"-- name: open :one\n-- As it was.\n{text};")["open"]


async def pass_deadline(db: Database, *questions: Interaction) -> None:
    await set_deadlines(db, [question.id for question in questions], where="id = any ($1)")


async def before_migration(db: Database, question: Interaction) -> None:
    """Make an interaction one that was opened by a release that recorded no acknowledgements."""
    await db.fetch("update interactions set unheard = null where id = $1", question.id)
