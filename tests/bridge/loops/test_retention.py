"""Forgetting what ended long ago, beside everything else that a replica does."""

import asyncio
import contextlib
import io
import json
from datetime import timedelta

from bridge.loops import retention
from bridge.loops.retention import Retention
from storage import errors, interactions, webhook_endpoints
from storage.model import Handle, Interaction, Verdict
from tests.bridge.loops import asking
from tests.bridge.replica import Counting, Replica
from tests.storage import build, ended
from tests.storage.elapse import elapse

DAYS = 90


def forgetting(replica: Replica) -> Retention:
    return Retention(db=replica.db, days=DAYS)


async def rows(replica: Replica) -> dict[str, int]:
    tables = ("interactions", "cards", "events", "clicks")
    (row,) = await replica.db.fetch("select " + ", ".join(f"(select count(*) from {one}) as {one}" for one in tables))
    return dict(row)


async def settled(replica: Replica, *, days: float) -> tuple[Interaction, Handle]:
    """A question that was answered and shown to be, so long ago."""
    question = await asking.ask(replica)
    handle = await replica.show(question)
    await asking.answered(replica, question)
    await replica.settle()
    return await ended.ago(replica.db, replica.tenant, question, days=days), handle


async def test_what_is_old_is_forgotten_and_said_in_one_line(replica: Replica, log: io.StringIO) -> None:
    await settled(replica, days=DAYS + 1)
    young, _ = await settled(replica, days=DAYS - 1)
    log.truncate(0)

    await forgetting(replica).step()

    (line,) = [json.loads(line) for line in log.getvalue().strip("\0").splitlines()]
    assert (line["event"], line["interactions"], line["clicks_on_none"]) == ("ended_forgotten", 1, 0)
    assert (await rows(replica))["interactions"] == 1
    await build.read(replica.db, replica.tenant, young.id)


async def test_with_nothing_old_there_is_one_look_at_each_and_silence(replica: Replica, log: io.StringIO) -> None:
    await settled(replica, days=DAYS - 1)
    before = await rows(replica)
    log.truncate(0)

    assert await forgetting(replica).step() == 0

    assert log.getvalue().strip("\0") == "" and await rows(replica) == before


async def test_a_click_on_a_forgotten_questions_card_is_told_that_it_is_no_longer_active(replica: Replica) -> None:
    question, handle = await settled(replica, days=DAYS + 1)
    await forgetting(replica).step()

    told = await replica.click(question, handle)

    assert told["status"] == 200
    ((person, text, _),) = replica.whispers(handle.channel)
    assert person == "U0ANA" and "no longer active" in text
    assert await replica.verdicts() == ["gone"]
    assert not replica.has_buttons(handle)


async def test_a_card_that_still_shows_buttons_is_settled_before_its_question_is_forgotten(replica: Replica) -> None:
    question = await asking.ask(replica)
    handle = await replica.show(question)
    await asking.answered(replica, question)
    await ended.ago(replica.db, replica.tenant, question, days=1000)
    loop = forgetting(replica)

    await loop.step()
    assert replica.has_buttons(handle) and (await rows(replica))["interactions"] == 1
    await replica.settle()
    await loop.step()

    assert not replica.has_buttons(handle) and (await rows(replica))["interactions"] == 0


async def test_m088_two_replicas_forget_five_thousand_in_batches_while_clicks_go_on(
    replica: Replica, second: Replica, log: io.StringIO
) -> None:
    old, _ = await settled(replica, days=DAYS + 1)
    await ended.many_like(replica.db, old, number=4999)
    unsettled = await asking.ask(replica)
    await replica.show(unsettled)
    await asking.answered(replica, unsettled)
    await ended.ago(replica.db, replica.tenant, unsettled, days=2000)
    pending = [await asking.ask(replica) for _ in range(30)]

    async def run(one: Replica) -> None:
        loop, has_more = forgetting(one), True
        while has_more:
            with contextlib.suppress(errors.Unavailable):  # as on a busy machine: the runner steps again then
                has_more = bool(await loop.step())

    async def click() -> list[str]:
        verdicts: list[str] = []
        for question in pending:
            claimed = await interactions.claim(replica.claims, build.click(question, user_team="T0SANDBOX"))
            verdicts.append(claimed.verdict)
        return verdicts

    *_, verdicts = await asyncio.gather(run(replica), run(second), click())

    assert set(verdicts) == {Verdict.WON}
    assert (await rows(replica))["interactions"] == len(pending) + 1
    await build.read(replica.db, replica.tenant, unsettled.id)
    (row,) = await replica.db.fetch("select count(*) as orphans from clicks where interaction_id is null")
    assert row["orphans"] == 0
    lines = [json.loads(line) for line in log.getvalue().splitlines()]
    batches = [line["interactions"] for line in lines if line["event"] == "ended_forgotten"]
    assert sum(batches) == 5000 and max(batches) <= retention.BATCH


async def test_a_walk_past_very_many_that_must_stay_comes_to_its_end(replica: Replica) -> None:
    """They are looked at a batch at a time, and not again and again."""
    free, _ = await settled(replica, days=DAYS + 1)
    kept, _ = await settled(replica, days=2000)
    await ended.many_like(replica.db, kept, number=retention.BATCH + 5)
    await replica.db.fetch("update cards set wanted = wanted + 1, settled = false where interaction_id <> $1", free.id)
    loop = forgetting(replica)

    assert await loop.step() == retention.BATCH
    assert await loop.step() == 0
    assert (await rows(replica))["interactions"] == retention.BATCH + 6
    assert await loop.step() == retention.BATCH, "the next walk begins at the oldest again"


async def test_clicks_on_no_question_are_forgotten_in_batches_too(replica: Replica) -> None:
    question = await asking.ask(replica)
    await replica.db.fetch(
        "insert into clicks (organization_id, claim_id, connection_id, verdict, user_id, clicked_at) "
        "select $1, sha256(number::text::bytea), $2, 'gone', 'U0ANA', clock_timestamp() "
        "from generate_series(1, $3) as number",
        question.organization_id,
        question.connection_id,
        retention.BATCH + 1,
    )
    await elapse(replica.db, "clicks", timedelta(days=DAYS + 1))
    loop = forgetting(replica)

    assert await loop.step() == retention.BATCH
    assert await loop.step() == 0
    assert (await rows(replica))["clicks"] == 0


async def test_endpoints_that_were_deleted_go_too_and_the_loop_goes_on_while_there_are_more(
    replica: Replica, log: io.StringIO
) -> None:
    for _ in range(retention.ENDPOINTS + 1):
        one = await build.endpoint(replica.db, replica.tenant)
        assert await webhook_endpoints.delete(replica.db, one.organization_id, one.id)
    await elapse(replica.db, "webhook_endpoints", timedelta(days=DAYS + 1))
    log.truncate(0)

    steps = [await forgetting(replica).step() for _ in range(3)]

    assert steps == [retention.ENDPOINTS, 0, 0]
    lines = [json.loads(line) for line in log.getvalue().strip("\0").splitlines()]
    assert [line["endpoints"] for line in lines] == [retention.ENDPOINTS, 1]
    assert await replica.db.fetch("select from webhook_endpoints") == []


async def test_endpoints_that_stayed_disabled_go_all_at_once_and_are_looked_for_once_in_a_walk(
    replica: Replica,
) -> None:
    kept, _ = await settled(replica, days=2000)
    await ended.many_like(replica.db, kept, number=retention.BATCH + 5)
    await replica.db.fetch("update cards set wanted = wanted + 1, settled = false")
    for _ in range(retention.ENDPOINTS):
        one = await build.endpoint(replica.db, replica.tenant)
        await webhook_endpoints.disable(replica.db, one.organization_id, one.id, reason="asked")
    await elapse(replica.db, "webhook_endpoints", timedelta(days=DAYS + 1))
    counting = Counting(replica.db)
    loop = Retention(db=counting, days=DAYS)

    assert await loop.step() > retention.BATCH
    assert await replica.db.fetch("select from webhook_endpoints") == []
    first = list(counting.statements)
    while await loop.step():
        pass

    for table in ("delete from throttles", "update webhook_endpoints"):
        assert sum(table in one for one in first) == 1, "one statement, however many there are"
        assert sum(table in one for one in counting.statements) == 1
