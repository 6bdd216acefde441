"""Numbering: woken by changes here, waking those who follow the feed, and silent without events."""

import asyncio

from bridge.loops import numbering
from storage import events
from tests.bridge.loops.asking import answered, ask
from tests.bridge.replica import Counting, Replica
from tests.storage import build
from tests.storage.faults import admin


async def test_a_pass_numbers_what_is_due_and_wakes_its_followers(replica: Replica) -> None:
    question = await ask(replica)
    with replica.notifier.following(question.organization_id) as signal:
        assert await numbering.step(replica.db, replica.notifier) == 1

        assert signal.is_set()
        assert replica.notifier.drain() == [(question.organization_id, question.organization_id)]
        signal.clear()
        assert await numbering.step(replica.db, replica.notifier) == 0
        assert not signal.is_set() and replica.notifier.drain() == []


async def test_a_click_and_a_card_wake_it(replica: Replica) -> None:
    question = await ask(replica)
    handle = await replica.show(question)
    assert replica.notifier.numbering.is_set()
    replica.notifier.numbering.clear()

    await replica.click(question, handle)

    assert replica.notifier.numbering.is_set()


async def test_every_life_of_a_question_is_told_with_each_of_its_events_once(replica: Replica) -> None:
    question = await ask(replica, {"channel": "C0APPROVALS"}, {"user": "U0ANA"})
    await replica.settle()
    await answered(replica, question)
    await replica.settle()
    while await numbering.step(replica.db, replica.notifier):
        pass

    told = await events.page(replica.db, question.organization_id, past=events.BEGINNING, limit=100)
    assert [one.type.removeprefix("interaction.") for one in told] == ["created", "posted", "posted", "answered"]


async def test_what_is_left_to_another_numberer_is_looked_at_again_soon(replica: Replica, dsn: str) -> None:
    question = await ask(replica)
    async with admin(dsn) as other, other.transaction():
        await other.execute("select from organizations for no key update")
        assert await numbering.step(replica.db, replica.notifier) == 1
        assert await events.page(replica.db, question.organization_id, past=0, limit=9) == []
    assert await numbering.step(replica.db, replica.notifier) == 1
    assert len(await events.page(replica.db, question.organization_id, past=0, limit=9)) == 1


async def test_idle_it_costs_one_statement_and_other_organizations_are_left_alone(replica: Replica) -> None:
    neighbour = await build.tenant(replica.db)
    await ask(replica)
    counting = Counting(replica.db)
    with replica.notifier.following(neighbour.scope.organization_id) as signal:
        await numbering.step(counting, replica.notifier)
        await numbering.step(counting, replica.notifier)

        assert not signal.is_set()
    assert len(counting.statements) == 2


async def test_two_replicas_number_at_once_and_each_event_is_told_of_by_one(replica: Replica, second: Replica) -> None:
    questions = [await build.question(replica.db, replica.tenant) for _ in range(20)]

    numbered = await asyncio.gather(*(numbering.step(one.db, one.notifier) for one in (replica, second) * 4))

    assert sum(numbered) >= 20
    told = await events.page(replica.db, questions[0].organization_id, past=0, limit=100)
    assert [one.position for one in told] == list(range(1, 21))
