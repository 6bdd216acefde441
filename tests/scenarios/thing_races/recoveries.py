"""Races of reports, ends, escalations and clicks on recoveries, over two replicas."""

import asyncio
import random
from typing import Any
from uuid import UUID

from bridge.agents.things.turns import Turns
from bridge.loops.things import Things
from bridge.notifier import Notifier
from bridge.things import transactions
from bridge.things.operations import Done
from bridge.things.recovery import NOUN
from bridge.things.recovery.row import Recovery
from storage.interactions import ClaimRequest
from storage.model import Verdict
from storage.pool import Database
from storage.things import ThingRow
from tests.bridge.things import recoveries
from tests.bridge.things.agreement import agree
from tests.bridge.things.reporting import Agent
from tests.scenarios.thing_races.racing import SECONDS, SPREAD, Races
from tests.storage import build
from tests.storage.build import Tenant
from tests.waiting import jitter

PAST = "2020-01-01T00:00:00Z"


async def many_reports(db: Database, other: Database, *, number: int = 200) -> None:
    """So many concurrent reports of one source, served by two replicas, are one recovery with one card."""
    tenant = await build.tenant(db)
    replicas = [Agent(db=each, tenant=tenant, turns=Turns(), seconds=SECONDS) for each in (db, other)]
    done = await asyncio.gather(*(replicas[turn % 2].report("many") for turn in range(number)))

    assert sum(each.is_new for each in done) == 1
    rows = await db.fetch(
        """
        select recoveries.attempt_count, count(cards.id) as cards, min(cards.wanted) as wanted
        from recoveries
        join things on things.organization_id = recoveries.organization_id and things.id = recoveries.id
        left join cards on cards.organization_id = things.organization_id and cards.interaction_id = things.anchor_id
        where recoveries.organization_id = $1
        group by recoveries.organization_id, recoveries.id
        """,
        tenant.scope.organization_id,
    )
    assert [tuple(row) for row in rows] == [(number, 1, number)], rows
    await agree(db)


async def reports_and_ends(db: Database, other: Database, *, rounds: int, seed: int = 7) -> Races:
    """A report and an end of one source at once: it is refreshed and then ends, or it ends and another opens."""
    tenant, seen = await build.tenant(db), Races()
    for number in range(rounds):
        one, two = _shuffled(db, other, tenant, seed + number)
        source = f"ends-{number}"
        await one.report(source)

        by_click = number % 3 == 2
        thing, round_id = await open_one(db, tenant, source)
        request = recoveries.click(tenant, round_id)
        ending = _click(two.db, thing.thing.id, request) if by_click else _ended(two, source)
        reported, how = await asyncio.gather(_reported(one, source), ending)

        moves = [await _moves(db, tenant, row.thing.id) for row in await _all(db, tenant, source)]
        assert moves in ([["opened", "refreshed", "resolved"]], [["opened", "resolved"], ["opened"]]), moves
        assert reported.is_new == (len(moves) == 2)
        seen[f"{how}, {'then' if len(moves) == 2 else 'after'} the report"] += 1
    await agree(db)
    return seen


async def escalations(db: Database, other: Database, *, rounds: int, seed: int = 7) -> Races:
    """Time, a report and a click at once on one recovery: one end, no step of the escalation twice, nothing lost."""
    tenant, seen = await build.tenant(db), Races()
    loops = [Things(db=each, notifier=Notifier()) for each in (db, other)]
    for number in range(rounds):
        one, two = _shuffled(db, other, tenant, seed + number)
        source = f"time-{number}"
        policy = {"escalate_to": [{"user": "U0BOB"}, {"board": True}], "step_seconds": 3600}
        await one.report(source, timeout_at=PAST, wake_policy=policy)
        thing, round_id = await open_one(db, tenant, source)

        async def tick(loop: Things) -> int:
            await jitter(SPREAD)
            return await loop.step()

        *_, verdict = await asyncio.gather(
            *(tick(loop) for loop in loops),
            _reported(one, source, timeout_at=PAST, wake_policy=policy),
            _click(two.db, thing.thing.id, recoveries.click(tenant, round_id)),
        )

        rows = await _all(db, tenant, source)
        first = await _moves(db, tenant, rows[0].thing.id)
        # A report beside a time that has passed makes the recovery active only before it was escalated.
        assert first.count("escalated") <= 1, first
        assert ("resolved" in first) == (verdict == "won"), (first, verdict)
        assert sum(row.row.attempt_count for row in rows) == 2, "the report is counted once"
        assert len(rows) == (2 if verdict == "won" and first[-1] == "resolved" and "refreshed" not in first else 1)
        seen[f"{verdict}: {', '.join(first)}"] += 1
        for row in rows:  # so that the next round has nothing due
            if not NOUN.is_final(row.row):
                await one.resolve(row.thing.id)
    await agree(db, cards=False)
    return seen


async def blocked(db: Database, other: Database, *, rounds: int, seed: int = 7) -> Races:
    """A click calls a recovery blocked while its blocker ends: refused, or unblocked once."""
    tenant, seen = await build.tenant(db), Races()
    for number in range(rounds):
        one, two = _shuffled(db, other, tenant, seed + number)
        names = [f"blocked-{number}", f"blocker-{number}"]
        for name in names if number % 2 else reversed(names):
            await one.report(name)
        (thing, round_id), (blocker, _) = [await open_one(db, tenant, name) for name in names]
        given = {"blocker": {"id": NOUN.public_id(blocker.thing.id)}}
        request = recoveries.click(tenant, round_id, "blocked", given=given)

        verdict, _ = await asyncio.gather(_click(one.db, thing.thing.id, request), _ended(two, names[1]))

        moves = await _moves(db, tenant, thing.thing.id, numbered=False)
        assert sorted(moves) == (["opened", "resolved", "unblocked"] if verdict == "won" else ["opened"]), moves
        assert verdict in ("won", "refused")
        seen[verdict] += 1
    await agree(db)
    return seen


async def blocking_each_other(db: Database, other: Database, *, rounds: int, seed: int = 7) -> Races:
    """Two people call each of two recoveries blocked by the other, at once: one of them wins, without a deadlock."""
    tenant, seen = await build.tenant(db), Races()
    for number in range(rounds):
        one, two = _shuffled(db, other, tenant, seed + number)
        names = [f"left-{number}", f"right-{number}"]
        for name in names:
            await one.report(name)
        (left, left_round), (right, right_round) = [await open_one(db, tenant, name) for name in names]

        def request(round_id: UUID, blocker: ThingRow[Recovery]) -> ClaimRequest:
            given = {"blocker": {"id": NOUN.public_id(blocker.thing.id)}}
            return recoveries.click(tenant, round_id, "blocked", given=given)

        verdicts = await asyncio.gather(
            _click(one.db, left.thing.id, request(left_round, right)),
            _click(two.db, right.thing.id, request(right_round, left)),
        )

        assert sorted(verdicts) == ["refused", "won"], verdicts
        seen[f"the {'left' if verdicts[0] == 'won' else 'right'} one won"] += 1
    await agree(db)
    return seen


def _shuffled(db: Database, other: Database, tenant: Tenant, seed: int) -> tuple[Agent, Agent]:
    """Two agents, each served by one of the replicas."""
    first, second = random.Random(seed).sample([db, other], 2)
    return (
        Agent(db=first, tenant=tenant, seconds=SECONDS),
        Agent(db=second, tenant=tenant, seconds=SECONDS),
    )


async def _reported(agent: Agent, source: str, **fields: Any) -> Done[Any]:
    await jitter(SPREAD)
    return await agent.report(source, **fields)


async def _ended(agent: Agent, source: str) -> str:
    await jitter(SPREAD)
    await agent.resolve_source(source)
    return "ended"


async def _click(db: Database, id: UUID, request: ClaimRequest) -> str:
    await jitter(SPREAD)
    done = await transactions.claim(db, NOUN, id, request, seconds=SECONDS)
    return str(Verdict(done.claimed.verdict))


async def open_one(db: Database, tenant: Tenant, source: str) -> tuple[ThingRow[Recovery], UUID]:
    """The latest recovery of a source, and its open round."""
    found = (await _all(db, tenant, source))[-1]
    assert found.round_id is not None
    return found, found.round_id


async def _all(db: Database, tenant: Tenant, source: str) -> list[ThingRow[Recovery]]:
    """All recoveries of a source, oldest first."""
    organization_id = tenant.scope.organization_id
    rows = await db.fetch(
        "select id from recoveries where organization_id = $1 and source_id = $2 order by id", organization_id, source
    )
    found = await NOUN.table.several(db, organization_id, [row["id"] for row in rows])
    return [found[row["id"]] for row in rows]


async def _moves(db: Database, tenant: Tenant, id: UUID, *, numbered: bool = True) -> list[str]:
    rows = await db.fetch(
        "select move from history where organization_id = $1 and thing_id = $2 and (number is not null or not $3) "
        "order by at, number",
        tenant.scope.organization_id,
        id,
        numbered,
    )
    return [row["move"] for row in rows]
