"""`python -m sandbox.demo`: a demo agent asks a person for an approval, then for what is chosen from a short menu."""

import asyncio
import contextlib
import signal
import sys
import tempfile
import time
from collections.abc import Coroutine
from pathlib import Path
from typing import Any

import aiohttp

from sandbox import demo_stories, output, typed
from sandbox.children import Child, ChildFailed
from sandbox.demo_stories import STORIES, Agent, Story


def main() -> None:
    """Run until Ctrl-C."""
    with output.in_order("the demo"):
        sys.exit(asyncio.run(_run()))


async def _run() -> int:
    output.say("starting PostgreSQL, a sandbox Slack and two replicas of the bridge …")
    began = time.monotonic()
    stopping = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stopping.set)
    with tempfile.TemporaryFile() as log:
        async with Child("the bridge", "bridge", "dev", "--json", "--replicas", "2", log=log) as dev:
            try:
                await _until(stopping, dev.ready())
                if not stopping.is_set():
                    output.say(f"ready after {time.monotonic() - began:.1f} s")
                    await _until(stopping, _demonstrate(dev.ready_info))
            except ChildFailed as failed:
                log.seek(0)
                output.say(f"{log.read().decode(errors='replace')}{failed}")
                return 1
    return 0


async def _until(stopping: asyncio.Event, work: Coroutine[Any, Any, None]) -> None:
    """Run `work` to its end, or cancel it when `stopping` is set first."""
    task, stop = asyncio.create_task(work), asyncio.create_task(stopping.wait())
    await asyncio.wait({task, stop}, return_when=asyncio.FIRST_COMPLETED)
    stop.cancel()
    if not task.done():
        task.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await task


async def _demonstrate(ready: dict[str, Any]) -> None:
    """Ask for an approval at once; then tell what else there is to try, and do what is typed.

    What is typed meanwhile begins at once. The question before it stays open in Slack, and its answer is told as well.
    """
    key = {"Authorization": f"Bearer {ready['api_key']}"}
    timeout = aiohttp.ClientTimeout(total=demo_stories.WAIT + 10)
    async with aiohttp.ClientSession(headers=key, timeout=timeout) as http:
        agent = Agent(http=http, bridge_urls=ready["bridge_urls"], slack_url=ready["slack_url"])
        with typed.lines() as lines:
            await _tell(agent, lines, more=_more(ready))


async def _tell(agent: Agent, lines: asyncio.Queue[str], *, more: str) -> None:
    """Tell the first story, and each one whose number is typed; `more` is said once the first is over or left."""
    latest: asyncio.Task[Any] = asyncio.ensure_future(demo_stories.approval(agent))
    stories, typing = {latest}, asyncio.create_task(lines.get())
    try:
        while True:
            done, _ = await asyncio.wait({*stories, typing}, return_when=asyncio.FIRST_COMPLETED)
            for ended in done & stories:
                ended.result()
            stories -= done
            wanted = None
            if typing in done:
                wanted, typing = _chosen(typing.result()), asyncio.create_task(lines.get())
            if more and (wanted is not None or latest in done):
                output.say(more)
                more = ""
            if wanted is not None:
                latest = asyncio.ensure_future(wanted.tell(agent))
                stories.add(latest)
            elif latest in done:
                output.say(_menu())
    finally:
        for task in {*stories, typing}:
            task.cancel()


def _chosen(line: str) -> Story | None:
    """The story whose number was typed; says so if there is none, except of an empty line."""
    number = line.strip()
    if number and number not in STORIES:
        *others, last = STORIES
        output.say(f'"{number[:40]}" is not {", ".join(others)} or {last}.')
    return STORIES.get(number)


def _menu() -> str:
    offers = "".join(f"    {number}  {story.offer}\n" for number, story in STORIES.items())
    return f"\nWhat next? Type a number and press Enter; Ctrl-C ends everything.\n\n{offers}"


def _more(ready: dict[str, Any]) -> str:
    return (
        "\nAsk something yourself, in another terminal:\n\n"
        f"    export ASKBRIDGE_URL={ready['bridge_urls'][0]} ASKBRIDGE_KEY={ready['api_key']}\n"
        f"    {Path(sys.executable).with_name('askbridge')} ask 'Lunch?' --to @bob --approve "
        f"--slack-url {ready['slack_url']}"
    )


if __name__ == "__main__":
    main()
