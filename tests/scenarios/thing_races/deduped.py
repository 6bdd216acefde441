"""Deduped creates for one system at once, while its incidents are resolved and reopened all the time.

Three things must hold of every create, here called an alert; SQL looks for what breaks one of them.

1. No alert is on an incident that was resolved when its transaction read it. This is in the rows. The link of the
   alert's run has the time `linked_at`, from the transaction of the alert; an entry of the history has the time `at`,
   from when its transaction had the lock of the incident. An alert keeps its shared lock from its last read until its
   commit, and no transition has its lock meanwhile: one that committed before that has an earlier time than the link,
   every other one a later time. So the latest entry before the link is what the alert read: it must be an open status.
2. No alert opens an incident beside an open one that it could see. This is not in the rows: a reopening has the time of
   its lock and commits later, so that an alert may be unable to see what was reopened before it by the clock. The race
   takes a snapshot right before and right after the look, in its transaction, and compares both with the transactions
   that wrote the history. An incident whose latest entry is the same in both was seen by the look: it must be resolved.
3. Of two alerts that opened one, one could see what the other opened: it is in the snapshot before its look. Otherwise
   two that look at the same time would keep the second promise.

And each alert is told what happened. It opened an incident exactly if it was told so, and all else in the history was
done by those who resolve and reopen, because reusing changes nothing.
"""

import asyncio
import random
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, Final, TypeVar
from uuid import UUID

from asyncpg import Record

from bridge.agents.things.turns import Turns
from bridge.things.incident import NOUN
from bridge.things.incident.row import Status
from storage.pool import Database
from storage.statements import Runs
from tests.bridge.things.agreement import agree
from tests.bridge.things.incident.agents import Opener
from tests.scenarios.thing_races.racing import SECONDS, SPREAD, Races
from tests.storage import build
from tests.storage.build import Tenant
from tests.waiting import jitter

T = TypeVar("T")

ALERTS: Final = 40
FLIPPERS: Final = 4
_REOPENS: Final = 0.4  # of the times when a flipper finds a resolved incident
_OPEN: Final = [status.value for status in Status if status.is_open]

_OF_SYSTEM = """
    entries as (
        select history.thing_id as id, number, to_status, at, history.xmin::text::xid8 as writer
        from history
        join incidents on incidents.organization_id = history.organization_id and incidents.id = history.thing_id
        where incidents.organization_id = $1 and incidents.systems = array[$2]
    )
"""
_ON_RESOLVED = f"""
    with {_OF_SYSTEM}
    select run
    from incident_runs
    left join lateral (
        select to_status
        from entries
        where entries.id = incident_runs.incident_id and entries.at <= incident_runs.linked_at
        order by number desc
        limit 1
    ) as latest on true
    where
        organization_id = $1 and incident_id in (select id from entries)
        and coalesce(to_status, 'resolved') = 'resolved'
"""
_MAKERS = f"""
    with {_OF_SYSTEM},
    makers as (
        select id, before::pg_snapshot, after::pg_snapshot
        from unnest($3::uuid[], $4::text[], $5::text[]) as makers (id, before, after)
    )
"""
_BESIDE_OPEN = f"""
    {_MAKERS}
    select makers.id, others.id
    from makers
    join (select distinct id from entries) as others on others.id <> makers.id
    cross join lateral (
        select number, to_status
        from entries
        where entries.id = others.id and pg_visible_in_snapshot(writer, before)
        order by number desc
        limit 1
    ) as first
    cross join lateral (
        select number
        from entries
        where entries.id = others.id and pg_visible_in_snapshot(writer, after)
        order by number desc
        limit 1
    ) as last
    where first.number = last.number and first.to_status <> 'resolved'
"""
_UNSEEN = f"""
    {_MAKERS}
    select one.id, other.id
    from makers as one
    join makers as other on other.id > one.id
    join entries as of_one on of_one.id = one.id and of_one.number = 1
    join entries as of_other on of_other.id = other.id and of_other.number = 1
    where
        not pg_visible_in_snapshot(of_one.writer, other.before)
        and not pg_visible_in_snapshot(of_other.writer, one.before)
"""
_OPEN_BY_THE_CLOCK = f"""
    {_MAKERS}
    select distinct makers.id
    from makers
    join entries as created on created.id = makers.id and created.number = 1
    join (select distinct id from entries) as others on others.id <> makers.id
    cross join lateral (
        select to_status
        from entries
        where entries.id = others.id and entries.at <= created.at
        order by number desc
        limit 1
    ) as latest
    where latest.to_status <> 'resolved'
"""
"""What an alert opened beside an incident that was open by the times of the history, and that it could not see."""


class Looking(Database):
    """The pool of a replica for one alert, which takes a snapshot before and after each look of its transactions."""

    def __init__(self, db: Database) -> None:
        super().__init__(db.pool)
        self.looks: list[tuple[str, str]] = []

    async def transact_within(self, run: Callable[[Runs], Awaitable[T]], *, seconds: float) -> T:
        async def work(runs: Runs) -> T:
            return await run(_Looking(self, runs))

        return await super().transact_within(work, seconds=seconds)


@dataclass(frozen=True)
class _Looking:
    """The statements of one transaction."""

    db: Looking
    runs: Runs

    async def fetch(self, query: str, *args: Any) -> list[Record]:
        if query != NOUN.table.sql["find_open"].sql:
            return await self.runs.fetch(query, *args)
        before = await self._snapshot()
        rows = await self.runs.fetch(query, *args)
        self.db.looks.append((before, await self._snapshot()))
        return rows

    async def _snapshot(self) -> str:
        (row,) = await self.runs.fetch("select pg_current_snapshot()::text as snapshot")
        return str(row["snapshot"])


@dataclass(frozen=True, kw_only=True)
class Alert:
    """What became of one alert."""

    run: str
    id: UUID
    is_new: bool
    looks: list[tuple[str, str]]


async def alerts(db: Database, other: Database, *, rounds: int, seed: int = 7, number: int = ALERTS) -> Races:
    """So many alerts of one system at once in each round, beside flippers that resolve and reopen its incidents.

    In every other round the alerts take turns on their replica, as requests do; in the others all wait for the name.
    """
    tenant, seen = await build.tenant(db), Races()
    for round_ in range(rounds):
        chance = random.Random(seed + round_)
        turns = [Turns() if round_ % 2 else None for _ in range(2)]
        replicas = [
            Opener(db=each, tenant=tenant, turns=turn, seconds=SECONDS)
            for each, turn in zip((db, other), turns, strict=True)
        ]
        over = asyncio.Event()
        system = f"system-{round_}"
        flipping = [
            asyncio.create_task(_flip(replicas[turn % 2], system, over, random.Random(chance.random()), seen))
            for turn in range(FLIPPERS)
        ]
        done = await asyncio.gather(*(_alert(replicas[turn % 2], f"{system}-{turn}", system) for turn in range(number)))
        over.set()
        flips = sum(await asyncio.gather(*flipping))
        await _check(db, tenant, system, done, flips, seen)
    await agree(db)
    return seen


async def _alert(replica: Opener, run: str, system: str) -> Alert:
    db = Looking(replica.db)
    await jitter(SPREAD)
    done = await replica.of(db=db, run=run).create(systems=[system])
    return Alert(run=run, id=done.settled.after.thing.id, is_new=not done.extra["reused"], looks=db.looks)


async def _flip(replica: Opener, system: str, over: asyncio.Event, chance: random.Random, seen: Races) -> int:
    """Resolve and reopen incidents of a system until the race is over; returns how many transitions that made."""
    made = 0
    while not over.is_set():
        rows = await replica.db.fetch(
            "select id, status from incidents where organization_id = $1 and systems = array[$2]",
            replica.tenant.scope.organization_id,
            system,
        )
        if rows:
            row = chance.choice(rows)
            is_open = row["status"] != Status.RESOLVED
            if is_open or chance.random() < _REOPENS:
                to = Status.RESOLVED.value if is_open else chance.choice(_OPEN)
                done = await replica.set_status(row["id"], to)
                made += len(done.settled.happened)
                seen["resolved" if is_open else "reopened"] += len(done.settled.happened)
        await jitter(SPREAD)
    return made


async def _check(db: Database, tenant: Tenant, system: str, alerts: list[Alert], flips: int, seen: Races) -> None:
    scope = tenant.scope.organization_id, system
    made = [alert for alert in alerts if alert.is_new]
    looks = [alert.looks[-1] for alert in made]
    makers = [alert.id for alert in made], [before for before, _ in looks], [after for _, after in looks]

    on_resolved = await db.fetch(_ON_RESOLVED, *scope)
    assert not on_resolved, f"alerts on resolved incidents: {on_resolved}"
    beside_open = await db.fetch(_BESIDE_OPEN, *scope, *makers)
    assert not beside_open, f"incidents beside open ones that could be seen: {beside_open}"
    unseen = await db.fetch(_UNSEEN, *scope, *makers)
    assert not unseen, f"incidents of alerts that did not see each other: {unseen}"

    links = await db.fetch(
        "select run, incident_id from incident_runs where organization_id = $1 and run = any ($2)",
        scope[0],
        [alert.run for alert in alerts],
    )
    assert {row["run"]: row["incident_id"] for row in links} == {alert.run: alert.id for alert in alerts}
    entries = await db.fetch(f"with {_OF_SYSTEM} select id, number from entries", *scope)
    begun = [row["id"] for row in entries if row["number"] == 1]
    assert sorted(begun) == sorted(makers[0]), "each incident was opened by the alert that was told so"
    assert len(entries) == len(made) + flips

    seen["alerts"] += len(alerts)
    seen["alerts that opened an incident"] += len(made)
    seen["alerts that looked again"] += sum(len(alert.looks) > 1 for alert in alerts)
    seen["opened beside what was being reopened"] += len(await db.fetch(_OPEN_BY_THE_CLOCK, *scope, *makers))
