"""Replicas that die and come back: new processes at the old addresses, with nothing but the database."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from urllib.parse import urlsplit

from sandbox.children import Child
from tests.scenarios import house
from tests.scenarios.house import House

Step = Callable[[], Awaitable[None]]


@contextlib.asynccontextmanager
async def reviving(dev: House, folder: Path) -> AsyncIterator[Step]:
    """What starts every replica of a house that does not run; those it started end here, the house ends its own."""
    async with contextlib.AsyncExitStack() as stack:
        log = stack.enter_context((folder / "revived.log").open("ab"))

        async def revive() -> None:
            pids, urls = dev.told["pids"]["replicas"], dev.told["bridge_urls"]
            dead = [number for number, pid in enumerate(pids) if not house.runs(pid)]
            children = {
                number: await stack.enter_async_context(
                    Child(
                        "a replica",
                        "bridge",
                        "serve",
                        "--json",
                        settings=settings(dev, urls[number]),
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
async def restarting(dev: House, folder: Path) -> AsyncIterator[Step]:
    """What kills every replica of a house and starts as many."""
    async with reviving(dev, folder) as revive:

        async def restart() -> None:
            pids = dev.told["pids"]["replicas"]
            for replica in range(len(pids)):
                dev.kill(replica)
            await house.gone(*pids)
            await revive()

        yield restart


def settings(dev: House, url: str) -> dict[str, str]:
    return {
        "ASKBRIDGE_DATABASE_URL": dev.told["database_url"],
        "ASKBRIDGE_SLACK_BOT_TOKEN": dev.told["bot_token"],
        "ASKBRIDGE_SLACK_SIGNING_SECRET": dev.told["signing_secret"],
        "ASKBRIDGE_SLACK_API_URL": f"{dev.told['slack_url']}/api/",
        "ASKBRIDGE_PORT": str(urlsplit(url).port),
    }


async def _ready(dev: House, url: str) -> None:
    await house.until(lambda: dev.call("GET", f"{url}/readyz"), lambda told: told[0] == 200)
