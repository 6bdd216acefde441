"""Replicas that are killed while they decide clicks on recoveries."""

import asyncio
import json
import random
import signal
import sys
from uuid import UUID

from bridge.things import transactions
from bridge.things.recovery import NOUN
from sandbox import processes
from storage import interactions, pool
from storage.interactions import ClaimRequest
from storage.model import Scope
from storage.pool import Database
from tests.bridge.things import recoveries
from tests.bridge.things.agreement import agree
from tests.bridge.things.reporting import Agent
from tests.scenarios.thing_races.racing import SECONDS, Races
from tests.scenarios.thing_races.recoveries import open_one
from tests.storage import build
from tests.waiting import jitter


async def killed(dsn: str, db: Database, *, rounds: int, clicks: int = 40) -> Races:
    """A replica is killed while it decides clicks: nothing is half done, and each click is told its verdict again."""
    tenant, seen = await build.tenant(db), Races()
    for number in range(rounds):
        agent = Agent(db=db, tenant=tenant)
        requests = []
        for one in range(clicks):
            await agent.report(source := f"killed-{number}-{one}")
            thing, round_id = await open_one(db, tenant, source)
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


async def clicker(dsn: str) -> None:
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
