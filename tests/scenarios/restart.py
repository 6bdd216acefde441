"""Restarts replicas: new processes at the old addresses, with only the database kept."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from urllib.parse import urlsplit

import psutil

from sandbox.children import Child
from tests.draining import AT_ONCE
from tests.scenarios import program
from tests.scenarios.program import Program
from tests.waiting import until

Step = Callable[[], Awaitable[None]]

LOG = "revived.log"  # of the replicas that were started again


@contextlib.asynccontextmanager
async def reviving(dev: Program, folder: Path) -> AsyncIterator[Step]:
    """Yield a function that starts every replica that does not run; ends the replicas that it started."""
    async with contextlib.AsyncExitStack() as stack:
        log = stack.enter_context((folder / LOG).open("ab"))
        began = [of_process(pid) for pid in dev.facts["pids"]["replicas"]]

        async def revive() -> None:
            await program.gone(*dev.killed)  # a process that was killed a moment ago still counts as running
            pids, urls = dev.facts["pids"]["replicas"], dev.facts["bridge_urls"]
            dead = [number for number, pid in enumerate(pids) if not program.runs(pid)]
            children = {
                number: await stack.enter_async_context(
                    Child(
                        "a replica",
                        "bridge",
                        "serve",
                        "--json",
                        settings=began[number] | {"ASKBRIDGE_PORT": str(urlsplit(urls[number]).port)},
                        unset="ASKBRIDGE_",
                        log=log,
                    )
                )
                for number in dead
            }
            await asyncio.gather(*(child.ready() for child in children.values()))
            for number, child in children.items():
                pids[number] = child.pid
            await asyncio.gather(*(_ready(dev, urls[number]) for number in dead))

        yield revive


@contextlib.asynccontextmanager
async def restarting(dev: Program, folder: Path) -> AsyncIterator[Step]:
    """Yield a function that kills every replica and starts as many."""
    async with reviving(dev, folder) as revive:

        async def restart() -> None:
            pids = dev.facts["pids"]["replicas"]
            for replica in range(len(pids)):
                dev.kill(replica)
            await program.gone(*pids)
            await revive()

        yield restart


def of_process(pid: int) -> dict[str, str]:
    """The settings that a running replica began with."""
    variables = psutil.Process(pid).environ()
    return {name: value for name, value in variables.items() if name.startswith("ASKBRIDGE_")}


def settings(dev: Program, url: str) -> dict[str, str]:
    return {
        "ASKBRIDGE_DATABASE_URL": dev.facts["database_url"],
        "ASKBRIDGE_SLACK_BOT_TOKEN": dev.facts["bot_token"],
        "ASKBRIDGE_SLACK_SIGNING_SECRET": dev.facts["signing_secret"],
        "ASKBRIDGE_SLACK_API_URL": f"{dev.facts['slack_url']}/api/",
        "ASKBRIDGE_PORT": str(urlsplit(url).port),
        **AT_ONCE,
    }


async def _ready(dev: Program, url: str) -> None:
    await until(lambda: dev.call("GET", f"{url}/readyz"), lambda told: told[0] == 200)
