"""What one organization's flood does to another: latencies beside it, with the usual limits and with none.

    python -m tests.bridge.agents.flood

Two replicas, each a process of its own as in production; the flood comes from a third, over SENDERS connections to
each replica, as fast as it is answered. The neighbour sends a steady RATE requests a second, each timed from when it
was due.
"""

import asyncio
import contextlib
import json
import statistics
import sys
from collections import Counter
from collections.abc import AsyncIterator

import aiohttp
import click

from sandbox.children import Child
from sandbox.postgres.cluster import Cluster
from sandbox.postgres.programs import find_programs
from storage import migrate, pool
from tests.conftest import reachable
from tests.storage import build

SENDERS = 16  # connections to each replica
RATE = 40  # the neighbour's requests a second
SECONDS = 8.0
ROUNDS = 3
NO_LIMIT = {"ASKBRIDGE_REQUESTS_PER_SECOND": "1000000", "ASKBRIDGE_REQUEST_BURST": "1000000"}


async def flood(urls: list[str], key: str, seconds: float) -> None:
    """Send as fast as it is answered; print how often each status came."""
    told: Counter[int] = Counter()
    clock = asyncio.get_running_loop().time
    until = clock() + seconds
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0), headers=_bearer(key)) as http:

        async def send(url: str) -> None:
            while clock() < until:
                async with http.get(f"{url}/v1/interactions?limit=1") as answer:
                    await answer.read()
                    told[answer.status] += 1

        await asyncio.gather(*(send(url) for url in urls for _ in range(SENDERS)))
    click.echo(json.dumps(told))


async def beside(urls: list[str], key: str) -> list[float]:
    """How long each of the neighbour's requests took, in milliseconds."""
    clock = asyncio.get_running_loop().time
    took: list[float] = []
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0), headers=_bearer(key)) as http:

        async def send(number: int, due: float) -> None:
            await asyncio.sleep(due - clock())
            async with http.get(f"{urls[number % len(urls)]}/v1/interactions?limit=1") as answer:
                await answer.read()
                assert answer.status == 200
            took.append((clock() - due) * 1000)

        began = clock() + 0.1
        await asyncio.gather(*(send(number, began + number / RATE) for number in range(int(RATE * SECONDS))))
    return took


def _bearer(key: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {key}"}


@contextlib.asynccontextmanager
async def replicas(dsn: str, **settings: str) -> AsyncIterator[list[str]]:
    """Two replicas' addresses."""
    given = {"ASKBRIDGE_DATABASE_URL": dsn, "ASKBRIDGE_SLACK_SIGNING_SECRET": "s" * 32, "ASKBRIDGE_PORT": "0"}
    async with contextlib.AsyncExitStack() as stack:
        children = [Child("replica", "bridge", "serve", "--json", settings=given | settings) for _ in range(2)]
        for child in children:
            await stack.enter_async_context(child)
            await child.ready()
        yield [child.told["url"] for child in children]


async def measure(dsn: str, named: str, **settings: str) -> None:
    """Print a line of figures without the flood, and one beside it."""
    async with pool.connect(dsn, name="flood", size=2) as db:
        noisy, quiet = await build.tenant(db), await build.tenant(db)
    without: list[float] = []
    beside_it: list[float] = []
    answered: Counter[str] = Counter()
    async with replicas(dsn, **settings) as urls:
        await beside(urls, quiet.secret)  # warm
        for _ in range(ROUNDS):
            without += await beside(urls, quiet.secret)
            flooding = await asyncio.create_subprocess_exec(
                *(sys.executable, "-m", __spec__.name, noisy.secret, *urls), stdout=asyncio.subprocess.PIPE
            )
            await asyncio.sleep(1.0)  # so that it has used up its burst
            beside_it += await beside(urls, quiet.secret)
            out, _ = await flooding.communicate()
            answered.update(json.loads(out))
    _tell(f"{named}, alone", without)
    _tell(f"{named}, beside a flood", beside_it)
    seconds = ROUNDS * (SECONDS + 2)
    click.echo("  the flood a second: " + ", ".join(f"{n / seconds:.0f} of {status}" for status, n in answered.items()))


def _tell(named: str, took: list[float]) -> None:
    every = statistics.quantiles(took, n=100)
    click.echo(f"{named:32} p50 {every[49]:6.2f} ms   p99 {every[98]:6.2f} ms   n {len(took)}")


async def main() -> None:
    """Both, on a database of their own."""
    with reachable() as folder, Cluster(folder / "data", programs=find_programs(prefer="installed")) as cluster:
        await migrate.migrate(cluster.dsn)
        await measure(cluster.dsn, "usual limits")
        await measure(cluster.dsn, "no limits", **NO_LIMIT)


if __name__ == "__main__":
    if len(sys.argv) > 1:
        asyncio.run(flood(sys.argv[2:], sys.argv[1], SECONDS + 2))
    else:
        asyncio.run(main())
