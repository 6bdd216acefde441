"""Interactions that end at their deadline: their waiters are woken, and every card shows the end."""

import asyncio
import io
from datetime import timedelta

from bridge.loops import expiry
from storage import interactions
from storage.model import Status
from tests.bridge.replica import Replica
from tests.storage import build
from tests.storage.elapse import elapse


async def test_a_passed_deadline_ends_the_question_and_wakes_cards_and_waiters(
    replica: Replica, log: io.StringIO
) -> None:
    question = await build.question(replica.db, replica.tenant)
    handle = await replica.show(question)
    await replica.pass_deadline(question)

    with replica.notifier.watching(question.organization_id, question.id) as signal:
        assert await expiry.step(replica.db, replica.notifier, replica.reader) == 1

        assert signal.is_set() and replica.notifier.cards.is_set()
    assert (await build.read(replica.db, replica.tenant, question.id)).status is Status.EXPIRED
    assert log.getvalue().count("interaction_expired") == 1
    await replica.settle()
    assert not replica.has_buttons(handle)


async def test_without_a_passed_deadline_nothing_happens_and_no_waiter_is_woken(
    replica: Replica, log: io.StringIO
) -> None:
    question = await build.question(replica.db, replica.tenant)

    with replica.notifier.watching(question.organization_id, question.id) as signal:
        assert await expiry.step(replica.db, replica.notifier, replica.reader) == 0

        assert not signal.is_set() and not replica.notifier.cards.is_set()
    assert log.getvalue() == "", "silence when idle"


async def test_a_question_that_was_never_visible_is_unreachable_and_not_unanswered(
    replica: Replica, log: io.StringIO
) -> None:
    question = await build.question(replica.db, replica.tenant)
    await build.serve(replica.db, replica.tenant)

    await replica.expire(question)

    row = await build.read(replica.db, replica.tenant, question.id)
    assert row.status is Status.UNREACHABLE
    assert row.reason is not None and row.reason["code"] == "never_shown"
    assert "interaction_unreachable" in log.getvalue() and "interaction_expired" not in log.getvalue()


async def test_the_default_that_was_asked_for_is_the_answer_of_who_said_nothing(
    replica: Replica, log: io.StringIO
) -> None:
    question = await build.question(replica.db, replica.tenant, on_expiry="deny")
    handle = await replica.show(question)

    await replica.expire(question)
    await replica.settle()

    row = await build.read(replica.db, replica.tenant, question.id)
    assert (row.status, row.choice) == (Status.ANSWERED, "deny")
    assert "*Denied* by default" in replica.shown(handle) and not replica.has_buttons(handle)
    assert "interaction_answered" in log.getvalue() and "interaction_expired" not in log.getvalue()


async def test_an_answer_given_in_time_is_not_expired(replica: Replica) -> None:
    question = await build.question(replica.db, replica.tenant)
    await interactions.claim(replica.claims, build.click(question))
    await replica.pass_deadline(question)

    assert await expiry.step(replica.db, replica.notifier, replica.reader) == 0
    assert (await build.read(replica.db, replica.tenant, question.id)).status is Status.ANSWERED


async def test_two_replicas_that_sweep_at_once_end_each_question_once(replica: Replica, second: Replica) -> None:
    questions = [await build.question(replica.db, replica.tenant) for _ in range(30)]
    for question in questions:
        await replica.pass_deadline(question)

    shares = await asyncio.gather(*(expiry.step(one.db, one.notifier, one.reader) for one in [replica, second] * 3))

    assert sum(shares) == 30
    rows = await replica.db.fetch("select count(*) as ended from events where type = 'interaction.unreachable'")
    assert rows[0]["ended"] == 30


async def test_m067_when_very_many_expire_together_each_pass_is_bounded(replica: Replica) -> None:
    question = await build.question(replica.db, replica.tenant)
    await replica.db.fetch(
        "insert into interactions select (jsonb_populate_record(interactions, jsonb_build_object("
        "'id', gen_random_uuid()))).* from interactions, generate_series(1, $1)",
        expiry.BATCH + 5,
    )
    await elapse(replica.db, "interactions", timedelta(days=30), question.id, where="id <> $1")

    assert await expiry.step(replica.db, replica.notifier, replica.reader) == expiry.BATCH
    assert await expiry.step(replica.db, replica.notifier, replica.reader) == 5
    assert await expiry.step(replica.db, replica.notifier, replica.reader) == 0
