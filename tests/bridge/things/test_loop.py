"""Time passes for things: the loop escalates what is due, on the locked row, and is woken when the next one is due."""

import asyncio
import io
from datetime import UTC, datetime, timedelta

import pytest

from bridge.loops.things import Things
from bridge.notifier import Notifier
from bridge.things.recovery import NOUN
from storage.pool import Database
from tests.bridge.logged import events
from tests.bridge.things import recoveries
from tests.storage.build import Tenant


def loop(db: Database, notifier: Notifier | None = None) -> Things:
    return Things(db=db, notifier=notifier or Notifier())


async def test_a_recovery_is_escalated_once_when_its_time_has_come(db: Database, tenant: Tenant) -> None:
    past = datetime.now(UTC) - timedelta(minutes=1)
    report = recoveries.report_of(timeout_at=past.isoformat(), wake_policy={"escalate_to": [{"user": "U0BOB"}]})
    thing = (await recoveries.opened(db, tenant, report)).after.thing

    done = await asyncio.gather(*(loop(db).step() for _ in range(4)))

    assert sum(done) == 1 and await loop(db).step() == 0
    found = await NOUN.table.get(db, tenant.scope.organization_id, thing.id)
    assert found is not None and (found.row.status, found.row.owner_user) == ("escalated", "U0BOB")
    moves = [row["move"] for row in await db.fetch("select move from history order by number")]
    assert moves == ["opened", "escalated"]


async def test_what_is_due_soon_wakes_the_loop_then(db: Database, tenant: Tenant) -> None:
    soon = datetime.now(UTC) + timedelta(seconds=0.4)
    thing = (await recoveries.opened(db, tenant, recoveries.report_of(timeout_at=soon.isoformat()))).after.thing
    notifier = Notifier()
    things = loop(db, notifier)

    assert await things.step() == 0
    async with asyncio.timeout(5):
        await notifier.things.wait()

    assert await things.step() == 1
    found = await NOUN.table.get(db, tenant.scope.organization_id, thing.id)
    assert found is not None and found.row.status == "escalated"


async def test_a_thing_that_fails_keeps_no_other_waiting(
    db: Database, tenant: Tenant, log: io.StringIO, monkeypatch: pytest.MonkeyPatch
) -> None:
    past = (datetime.now(UTC) - timedelta(minutes=1)).isoformat()
    bad = (await recoveries.opened(db, tenant, recoveries.report_of("bad", timeout_at=past))).after.thing
    await recoveries.opened(db, tenant, recoveries.report_of("good", timeout_at=past))
    await db.fetch("update recoveries set wake_policy = '{\"escalate_to\": 7}' where id = $1", bad.id)

    assert await loop(db).step() == 1

    (failed,) = [event for event in events(log) if event["event"] == "thing_failed"]
    assert (failed["thing"], failed["level"]) == (NOUN.public_id(bad.id), "error")


async def test_a_report_and_the_end_of_its_time_at_once_leave_one_of_the_two(db: Database, tenant: Tenant) -> None:
    past = (datetime.now(UTC) - timedelta(seconds=1)).isoformat()
    for number in range(10):
        report = recoveries.report_of(f"job-{number}", timeout_at=past)
        thing = (await recoveries.opened(db, tenant, report)).after.thing

        await asyncio.gather(
            loop(db).step(), recoveries.reported(db, tenant, thing.id, recoveries.report_of(f"job-{number}"))
        )

        found = await NOUN.table.get(db, tenant.scope.organization_id, thing.id)
        assert found is not None and (found.row.status, found.row.due_at) == ("active", None)
        assert found.row.attempt_count == 2
