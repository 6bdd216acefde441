"""How a flood of requests of one organization delays another: latencies with the default limits and with none.

    python -m tests.bridge.agents.flood

Two replicas, each a process of its own as in production; the flood comes from a third, over SENDERS connections to
each replica, as fast as it is answered. A second organization sends a steady RATE requests a second, each timed from
when it was due: beside an organization within its limit, beside a flood that has used up its burst, and beside the
burst itself.
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
from tests import waiting
from tests.conftest import reachable
from tests.storage import build

SENDERS = 16  # connections to each replica
RATE = 40  # requests a second of the second organization
SECONDS = 8.0
ROUNDS = 3
BURST = 1.5  # seconds in which a burst is used up
FULL = 6.0  # seconds in which it is full again
PAUSES = {"beside traffic within its limit": 2 * SENDERS / 180, "beside a flood": 0.0}  # seconds on each connection
NO_LIMIT = {"ASKBRIDGE_REQUESTS_PER_SECOND": "1000000", "ASKBRIDGE_REQUEST_BURST": "1000000"}


async def flood(urls: list[str], key: str, seconds: float, *, pause: float) -> None:
    """Send as fast as responses come, or with a pause on each connection; print how often each status came."""
    statuses: Counter[int] = Counter()
    clock = asyncio.get_running_loop().time
    until = clock() + seconds
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0), headers=_bearer(key)) as http:

        async def send(url: str) -> None:
            while clock() < until:
                async with http.get(f"{url}/v1/interactions?limit=1") as answer:
                    await answer.read()
                    statuses[answer.status] += 1
                await waiting.pause(pause)

        click.echo("begins")
        await asyncio.gather(*(send(url) for url in urls for _ in range(SENDERS)))
    click.echo(json.dumps(statuses))


async def beside(urls: list[str], key: str, seconds: float = SECONDS) -> list[float]:
    """How long each request of the second organization took, in milliseconds."""
    clock = asyncio.get_running_loop().time
    took: list[float] = []
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0), headers=_bearer(key)) as http:

        async def send(number: int, due: float) -> None:
            await waiting.pause(due - clock())
            async with http.get(f"{urls[number % len(urls)]}/v1/interactions?limit=1") as answer:
                await answer.read()
                assert answer.status == 200
            took.append((clock() - due) * 1000)

        began = clock() + 0.1
        await asyncio.gather(*(send(number, began + number / RATE) for number in range(int(RATE * seconds))))
    return took


def _bearer(key: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {key}"}


@contextlib.asynccontextmanager
async def replicas(dsn: str, **settings: str) -> AsyncIterator[list[str]]:
    """Start two replicas; yield their addresses."""
    given = {"ASKBRIDGE_DATABASE_URL": dsn, "ASKBRIDGE_SLACK_SIGNING_SECRET": "s" * 32, "ASKBRIDGE_PORT": "0"}
    async with contextlib.AsyncExitStack() as stack:
        children = [Child("replica", "bridge", "serve", "--json", settings=given | settings) for _ in range(2)]
        for child in children:
            await stack.enter_async_context(child)
            await child.ready()
        yield [child.ready_info["url"] for child in children]


@contextlib.asynccontextmanager
async def flooding(urls: list[str], key: str, seconds: float, *, pause: float) -> AsyncIterator[dict[str, int]]:
    """Run a process that floods, from its first request on; the dict holds the count of each status afterwards."""
    statuses: dict[str, int] = {}
    sender = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", __spec__.name, key, str(seconds), str(pause), *urls), stdout=asyncio.subprocess.PIPE
    )
    assert sender.stdout is not None
    await sender.stdout.readline()  # it begins
    yield statuses
    statuses.update(json.loads((await sender.communicate())[0]))


async def measure(dsn: str, named: str, **settings: str) -> None:
    """Print a line of figures without the flood, and one beside it."""
    async with pool.connect(dsn, name="flood", size=2) as db:
        noisy, quiet = await build.tenant(db), await build.tenant(db)
    beside_it: dict[str, list[float]] = {name: [] for name in ("alone", *PAUSES, "beside its burst")}
    answered: dict[str, Counter[str]] = {name: Counter() for name in PAUSES}
    async with replicas(dsn, **settings) as urls:
        await beside(urls, quiet.secret)  # warm
        for _ in range(ROUNDS):
            beside_it["alone"] += await beside(urls, quiet.secret)
            for name, pause in PAUSES.items():
                async with flooding(urls, noisy.secret, SECONDS + 2, pause=pause) as statuses:
                    await waiting.pause(1.0)
                    beside_it[name] += await beside(urls, quiet.secret)
                answered[name].update(statuses)
            for _ in range(int(SECONDS / BURST)):
                await waiting.pause(FULL)
                async with flooding(urls, noisy.secret, BURST + 0.5, pause=0.0):
                    beside_it["beside its burst"] += await beside(urls, quiet.secret, BURST)
    for name, took in beside_it.items():
        _print(f"{named}, {name}", took)
    for name, counted in answered.items():
        each = ", ".join(f"{n / (ROUNDS * (SECONDS + 2)):.0f} of {status}" for status, n in counted.items())
        click.echo(f"  {name}, a second: {each}")


def _print(named: str, took: list[float]) -> None:
    every = statistics.quantiles(took, n=100)
    click.echo(f"{named:44} p50 {every[49]:6.2f} ms   p99 {every[98]:6.2f} ms   n {len(took)}")


async def main() -> None:
    """Measure with the default limits and with none, on a database of their own."""
    with reachable() as folder, Cluster(folder / "data", programs=find_programs(prefer="installed")) as cluster:
        await migrate.migrate(cluster.dsn)
        await measure(cluster.dsn, "usual limits")
        await measure(cluster.dsn, "no limits", **NO_LIMIT)


if __name__ == "__main__":
    if len(sys.argv) > 1:
        key, seconds, pause, *urls = sys.argv[1:]
        asyncio.run(flood(urls, key, float(seconds), pause=float(pause)))
    else:
        asyncio.run(main())
