"""Races on recoveries over two replicas, and replicas that are killed while they decide clicks on things."""

import os

import pytest

from storage.pool import Database
from tests.scenarios import fix_races, thing_races

ROUNDS = int(os.environ.get("ASKBRIDGE_RACE_ROUNDS", "20"))


async def test_many_reports_of_one_source_at_once_are_one_recovery_with_one_card(db: Database, other: Database) -> None:
    await thing_races.many_reports(db, other)


async def test_a_report_beside_an_end_is_never_lost_and_never_opens_a_second_one(db: Database, other: Database) -> None:
    seen = await thing_races.reports_and_ends(db, other, rounds=ROUNDS)

    assert seen.total() == ROUNDS


async def test_time_a_report_and_a_click_at_once_leave_one_end_and_one_step(db: Database, other: Database) -> None:
    await thing_races.escalations(db, other, rounds=ROUNDS)


async def test_what_is_called_blocked_while_its_blocker_ends_is_refused_or_unblocked_once(
    db: Database, other: Database
) -> None:
    await thing_races.blocked(db, other, rounds=ROUNDS)


async def test_of_two_that_are_called_blocked_by_each_other_one_is(db: Database, other: Database) -> None:
    await thing_races.blocking_each_other(db, other, rounds=ROUNDS)


async def test_of_thirty_proposals_at_once_with_a_click_on_each_one_is_active_and_no_click_is_lost(
    db: Database, other: Database
) -> None:
    seen = await fix_races.proposals(db, other, rounds=max(1, ROUNDS // 10))

    assert seen["won"]


async def test_no_one_is_reminded_after_a_verdict(db: Database, other: Database) -> None:
    await fix_races.reminders(db, other, rounds=ROUNDS)


@pytest.mark.processes
async def test_a_replica_that_is_killed_while_it_decides_clicks_leaves_nothing_half_done(
    dsn: str, db: Database
) -> None:
    seen = await thing_races.killed(dsn, db, rounds=2)

    assert seen["claimed before"] >= 2
