"""Races for recoveries and incidents over two replicas, and replicas that are killed while they decide clicks."""

import asyncio
import os
from types import MappingProxyType

import pytest

from bridge.things.incident import NOUN
from storage.pool import Database
from tests.bridge.things.incident import test_dedupe
from tests.bridge.things.steps import mutated
from tests.scenarios.thing_races import deduped, fixes, killed, recoveries, updates

ROUNDS = int(os.environ.get("ASKBRIDGE_RACE_ROUNDS", "20"))


async def test_many_reports_of_one_source_at_once_are_one_recovery_with_one_card(db: Database, other: Database) -> None:
    await recoveries.many_reports(db, other)


async def test_a_report_beside_an_end_is_never_lost_and_never_opens_a_second_one(db: Database, other: Database) -> None:
    seen = await recoveries.reports_and_ends(db, other, rounds=ROUNDS)

    assert seen.total() == ROUNDS


async def test_time_a_report_and_a_click_at_once_leave_one_end_and_one_step(db: Database, other: Database) -> None:
    await recoveries.escalations(db, other, rounds=ROUNDS)


async def test_what_is_called_blocked_while_its_blocker_ends_is_refused_or_unblocked_once(
    db: Database, other: Database
) -> None:
    await recoveries.blocked(db, other, rounds=ROUNDS)


async def test_of_two_that_are_called_blocked_by_each_other_one_is(db: Database, other: Database) -> None:
    await recoveries.blocking_each_other(db, other, rounds=ROUNDS)


async def test_of_thirty_proposals_at_once_with_a_click_on_each_one_is_active_and_no_click_is_lost(
    db: Database, other: Database
) -> None:
    seen = await fixes.proposals(db, other, rounds=max(1, ROUNDS // 10))

    assert seen["won"]


async def test_no_one_is_reminded_after_a_verdict(db: Database, other: Database) -> None:
    await fixes.reminders(db, other, rounds=ROUNDS)


@pytest.mark.processes
async def test_a_replica_that_is_killed_while_it_decides_clicks_leaves_nothing_half_done(
    dsn: str, db: Database
) -> None:
    seen = await killed.killed(dsn, db, rounds=2)

    assert seen["claimed before"] >= 2


async def test_deduped_creates_resolving_and_reopening_at_once_lose_no_alert(db: Database, other: Database) -> None:
    seen = await deduped.alerts(db, other, rounds=max(2, ROUNDS // 10), number=20)

    assert min(seen[what] for what in ("alerts that opened an incident", "resolved", "reopened")) > 0
    assert seen["alerts"] > seen["alerts that opened an incident"]


def only_the_newest(patch: pytest.MonkeyPatch) -> None:
    """A create looks only whether the newest incident of its system is open."""
    newest = (
        "(select max(id::text) from incidents where organization_id = $organization_id and $system = any (systems))"
    )
    look = mutated(
        "incidents", "find_open", ("and status <> 'resolved'", f"and status <> 'resolved' and id::text = {newest}")
    )
    patch.setitem(NOUN.table.sql, "find_open", look)


WRONG = MappingProxyType(
    {
        "without the lock": test_dedupe.without_the_lock,
        "without reading again": test_dedupe.without_reading_again,
        "without locking it": test_dedupe.without_locking_what_was_found,
        "only the newest": only_the_newest,
    }
)


@pytest.mark.parametrize("name", WRONG)
async def test_the_race_of_deduped_creates_catches(
    name: str, db: Database, other: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    WRONG[name](monkeypatch)

    with pytest.raises(AssertionError, match="incident"):
        async with asyncio.timeout(60):
            await deduped.alerts(db, other, rounds=50, number=20)


async def test_updates_of_agents_beside_clicks_and_forms_are_each_kept_and_shown_once(dsn: str) -> None:
    async with updates.two(dsn, posting_limit=False) as replicas:
        seen = await updates.race(replicas, updates.at_once, rounds=1, number=20, agents=4)

    assert seen["comments of agents"] > 20 and seen["comments in forms"] > 1 and seen["transitions by clicks"]
