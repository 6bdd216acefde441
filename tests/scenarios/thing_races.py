"""Races of reports, ends, escalations and clicks on recoveries, over two replicas, and with replicas that are killed.

    python -m tests.scenarios.thing_races --rounds 1000

Exit status 1 at the first round that breaks a promise.
"""

import asyncio
import contextlib
import json
import random
import signal
import sys
from collections import Counter
from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID

import asyncpg
import click

from bridge.agents.things.turns import Turns
from bridge.loops.things import Things
from bridge.notifier import Notifier
from bridge.things import transactions
from bridge.things.operations import Done
from bridge.things.recovery import NOUN
from bridge.things.recovery.row import Recovery
from sandbox import processes
from sandbox.postgres.cluster import Cluster
from sandbox.postgres.programs import find_programs
from storage import interactions, migrate, pool
from storage.interactions import ClaimRequest
from storage.model import Scope, Verdict
from storage.pool import Database
from storage.things import ThingRow
from tests.bridge.things import recoveries
from tests.bridge.things.agreement import agree
from tests.bridge.things.reporting import Agent
from tests.conftest import reachable
from tests.scenarios import fix_races
from tests.storage import build
from tests.storage.build import Tenant
from tests.waiting import jitter

SPREAD = 0.006  # seconds between the first and the last start of a race: about as long as one transaction
SECONDS = 60.0  # of a try, on a loaded machine
PAST = "2020-01-01T00:00:00Z"

Races = Counter[str]


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
        thing, round_id = await _open(db, tenant, source)
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
        thing, round_id = await _open(db, tenant, source)

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
        (thing, round_id), (blocker, _) = [await _open(db, tenant, name) for name in names]
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
        (left, left_round), (right, right_round) = [await _open(db, tenant, name) for name in names]

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


async def killed(dsn: str, db: Database, *, rounds: int, clicks: int = 40) -> Races:
    """A replica is killed while it decides clicks: nothing is half done, and each click is told its verdict again."""
    tenant, seen = await build.tenant(db), Races()
    for number in range(rounds):
        agent = Agent(db=db, tenant=tenant)
        requests = []
        for one in range(clicks):
            await agent.report(source := f"killed-{number}-{one}")
            thing, round_id = await _open(db, tenant, source)
            requests.append((thing.thing.id, recoveries.click(tenant, round_id)))
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "tests.scenarios.thing_races", "--clicker", dsn),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            preexec_fn=processes.dies_with_parent(signal.SIGKILL),
        )
        try:
            assert process.stdin is not None and process.stdout is not None
            process.stdin.write("".join(_line(id, request) for id, request in requests).encode())
            process.stdin.close()
            told = [await process.stdout.readline() for _ in range(1 + random.randrange(clicks // 2))]
            await jitter(0.02)  # a random point of the clicks that follow
        finally:
            process.kill()
            await process.wait()
        told += [line async for line in process.stdout]
        acknowledged = {UUID(line.split()[0].decode()): line.split()[1].decode() for line in told if b" " in line}
        await agree(db)

        for id, request in requests:
            again = await transactions.claim(db, NOUN, id, request, seconds=SECONDS)
            assert again.claimed.verdict == acknowledged.get(id, "won")
            assert again.claimed.repeats or id not in acknowledged, "it was acknowledged, and is not stored"
            seen["claimed before" if again.claimed.repeats else "claimed after the kill"] += 1
        await agree(db)
    return seen


def _line(id: UUID, request: ClaimRequest) -> str:
    scope = request.scope
    sent = [scope.organization_id, scope.connection_id, id, request.interaction_id, request.claim_id.hex()]
    return json.dumps([str(each) for each in [*sent, request.user_team]]) + "\n"


async def _clicker(dsn: str) -> None:
    """Decide the clicks that stdin names, several at once, and print the verdict of each."""
    lines = [json.loads(line) for line in sys.stdin]
    async with pool.connect(dsn, name="clicker", size=4) as db:
        slots = asyncio.Semaphore(4)

        async def decide(line: list[str]) -> None:
            organization_id, connection_id, id, round_id = (UUID(each) for each in line[:4])
            scope = Scope(organization_id=organization_id, connection_id=connection_id)
            claim_id = bytes.fromhex(line[4])
            request = recoveries.request(scope, round_id, claim_id=claim_id, user_team=line[5])
            async with slots:
                passed = await interactions.claim(db, request)
                assert passed.round_of is not None
                done = await transactions.claim(db, NOUN, id, request, seconds=SECONDS)
                sys.stdout.write(f"{id} {done.claimed.verdict}\n")
                sys.stdout.flush()

        await asyncio.gather(*(decide(line) for line in lines))


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


async def _open(db: Database, tenant: Tenant, source: str) -> tuple[ThingRow[Recovery], UUID]:
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


@contextlib.asynccontextmanager
async def _migrated(dsn: str) -> AsyncIterator[tuple[Database, Database]]:
    """The pools of two replicas on this database, which is migrated; no deadlock may occur in it."""
    await migrate.migrate(dsn)
    async with pool.connect(dsn, name="one", size=10) as db, pool.connect(dsn, name="other", size=10) as other:
        yield db, other
        (row,) = await db.fetch("select deadlocks from pg_stat_database where datname = current_database()")
        assert not row["deadlocks"], f"{row['deadlocks']} deadlocks"


@click.command()
@click.option("--rounds", default=1_000, show_default=True, help="How many rounds of each race.")
@click.option("--seed", default=7, show_default=True, help="Where the random numbers begin.")
@click.option("--clicker", hidden=True, help="Decide clicks in this database, as a process to be killed.")
def main(*, rounds: int, seed: int, clicker: str | None) -> None:
    """Race, and print how often each race ended how."""
    if clicker:
        asyncio.run(_clicker(clicker))
        return
    with (
        reachable() as folder,
        Cluster(folder / "data", programs=find_programs(prefer="installed"), log=folder / "log") as cluster,
    ):
        sys.exit(asyncio.run(_run(cluster.dsn, rounds, seed)))


async def _run(dsn: str, rounds: int, seed: int) -> int:
    try:
        async with _migrated(dsn) as (db, other):
            await many_reports(db, other)
            click.echo("200 concurrent reports of one source: one recovery, attempt_count 200, one card")
            for race in (reports_and_ends, escalations, blocked, blocking_each_other):
                _tell(race.__name__, await race(db, other, rounds=rounds, seed=seed))
            _tell("killed replicas", await killed(dsn, db, rounds=max(1, rounds // 40)))
            for race in (fix_races.proposals, fix_races.reminders):
                _tell(f"fixes, {race.__name__}", await race(db, other, rounds=rounds, seed=seed))
    except (AssertionError, asyncpg.PostgresError) as broken:
        click.echo(f"broken: {broken}")
        return 1
    return 0


def _tell(race: str, seen: Races) -> None:
    click.echo(f"{race}: " + "; ".join(f"{number:,} {how}" for how, number in sorted(seen.items())))


if __name__ == "__main__":
    main()
