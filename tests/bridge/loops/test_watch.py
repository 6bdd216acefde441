"""Ends that other replicas wrote: one statement for all waiters, and none without waiters."""

import asyncio

from bridge import ids
from bridge.loops import watch
from storage import interactions
from tests.bridge.replica import Counting, Replica
from tests.storage import build


async def test_m070_a_waiter_here_gets_an_answer_given_on_another_replica(replica: Replica, second: Replica) -> None:
    question = await build.question(replica.db, replica.tenant)

    with replica.notifier.watching(question.organization_id, question.id) as signal:
        await second.send_click(second.payload(question))
        assert not signal.is_set(), "the other replica can only wake its own"
        assert await watch.step(replica.db, replica.notifier) == 0

        assert signal.is_set()


async def test_who_waits_for_a_pending_question_is_left_alone(replica: Replica) -> None:
    question = await build.question(replica.db, replica.tenant)

    with replica.notifier.watching(question.organization_id, question.id) as signal:
        await watch.step(replica.db, replica.notifier)

        assert not signal.is_set()


async def test_a_passed_deadline_is_heard_of_before_the_sweep(replica: Replica) -> None:
    question = await build.question(replica.db, replica.tenant)
    await replica.pass_deadline(question)

    with replica.notifier.watching(question.organization_id, question.id) as signal:
        await watch.step(replica.db, replica.notifier)

        assert signal.is_set()


async def test_a_question_asked_for_under_another_organization_is_not_told_of(replica: Replica) -> None:
    question = await build.question(replica.db, replica.tenant)
    await interactions.claim(replica.claims, build.click(question))

    with replica.notifier.watching(ids.new(), question.id) as signal:
        await watch.step(replica.db, replica.notifier)

        assert not signal.is_set()


async def test_without_waiters_no_statement_is_made_and_for_a_thousand_one(replica: Replica) -> None:
    counting = Counting(replica.db)
    await watch.step(counting, replica.notifier)
    assert counting.statements == []
    question = await build.question(replica.db, replica.tenant)
    await interactions.claim(replica.claims, build.click(question))

    async def wait(id_: object) -> bool:
        with replica.notifier.watching(question.organization_id, question.id if id_ is None else ids.new()) as signal:
            await released.wait()
            return signal.is_set()

    released = asyncio.Event()
    waiting = [asyncio.create_task(wait(None if number % 100 == 0 else number)) for number in range(1000)]
    await asyncio.sleep(0)
    await watch.step(counting, replica.notifier)
    released.set()

    assert sum(await asyncio.gather(*waiting)) == 10
    assert len(counting.statements) == 1


async def test_a_foreign_watcher_of_the_same_id_takes_nothing_from_its_owner(replica: Replica) -> None:
    """Cards show ids: a person who reads one may request it with another key, and gets nothing."""
    question = await build.question(replica.db, replica.tenant)
    await interactions.claim(replica.claims, build.click(question))

    with (
        replica.notifier.watching(question.organization_id, question.id) as owner,
        replica.notifier.watching(ids.new(), question.id) as foreign,
    ):
        await watch.step(replica.db, replica.notifier)

        assert owner.is_set() and not foreign.is_set()
