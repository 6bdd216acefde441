"""`python -m sandbox.demo`: a demo agent that asks a person something in the sandbox Slack, and waits for the answer.

The agent uses nothing but the bridge's HTTP API: it is given an address and a key.
"""

import asyncio
import contextlib
import itertools
import signal
import sys
import tempfile
import time
from collections.abc import Coroutine
from pathlib import Path
from typing import Any

import aiohttp

from sandbox import output
from sandbox.children import Child, ChildFailed

QUESTION = {
    "kind": "approval",
    "title": "Deploy payments 4.2.0 to production?",
    "body": "All **214** checks passed.\n\n- 3 migrations, none of them locks\n- rollback takes *2 minutes*",
    "action": {"name": "deploy", "arguments": {"service": "payments", "version": "4.2.0", "canary": 0.1}},
    "facts": [
        {"name": "Last deployment", "value": "4.1.9, two days ago"},
        {"name": "Open incidents", "value": "none"},
    ],
    "agent": {"name": "Release agent", "run": "run-8841"},
    "to": {"channel": "C0APPROVALS"},
    "responders": {"users": ["U0ANA"]},
}
WAIT = 30  # seconds that one request waits; a client may repeat the request as often as it likes
UNANSWERED_LIMIT = 10  # seconds beyond WAIT without a response of any replica


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
    """Ask on the first replica, print how to answer, and wait for the answer; Slack may send the click to either."""
    key = {"Authorization": f"Bearer {ready['api_key']}"}
    page = f"{ready['slack_url']}/#channel=C0APPROVALS&as="
    async with aiohttp.ClientSession(headers=key, timeout=aiohttp.ClientTimeout(total=WAIT + 10)) as http:
        async with http.post(f"{ready['bridge_urls'][0]}/v1/interactions", json=QUESTION) as response:
            interaction = await response.json()
        if response.status != 201:
            output.say(f"the bridge refused the question: {interaction.get('detail')}")
            return
        output.say("the demo agent asked @ana for an approval, and waits. Open this as her and click:\n")
        output.say(f"    {page}U0ANA\n")
        output.say("Only she may answer. If you click as @bob instead, you are told so privately:\n")
        output.say(f"    {page}U0BOB\n")
        began = time.monotonic()
        interaction = await _end(http, ready["bridge_urls"], interaction)
        output.say(_outcome(interaction, seconds=time.monotonic() - began))
        output.say(_more(ready))
        await asyncio.Event().wait()


async def _end(http: aiohttp.ClientSession, urls: list[str], interaction: dict[str, Any]) -> dict[str, Any]:
    """Wait for the end of the interaction, on any replica that responds: one of them may be killed meanwhile.

    Returns the ended interaction; raises ChildFailed when no replica responds for WAIT + UNANSWERED_LIMIT seconds.
    """
    last_response = time.monotonic()
    for url in itertools.cycle(urls):
        if interaction["status"] != "pending":
            return interaction
        with contextlib.suppress(aiohttp.ClientError, TimeoutError):
            async with http.get(f"{url}/v1/interactions/{interaction['id']}", params={"wait": str(WAIT)}) as response:
                if response.status == 200:
                    interaction, last_response = await response.json(), time.monotonic()
                    continue
        if time.monotonic() - last_response > WAIT + UNANSWERED_LIMIT:
            break
        await asyncio.sleep(0.5)
    raise ChildFailed("No replica of the bridge answers any more.")


def _more(ready: dict[str, Any]) -> str:
    return (
        "\nAsk something yourself, in another terminal:\n\n"
        f"    export ASKBRIDGE_URL={ready['bridge_urls'][0]} ASKBRIDGE_KEY={ready['api_key']}\n"
        f"    {Path(sys.executable).with_name('askbridge')} ask 'Lunch?' --to @bob --approve "
        f"--slack-url {ready['slack_url']}\n\n"
        "Look around as long as you like; Ctrl-C ends everything."
    )


def _outcome(interaction: dict[str, Any], *, seconds: float) -> str:
    answer = interaction["answer"]
    if answer is None:
        return f"the agent got no answer: {interaction['message']}"
    return f"the agent got the answer “{answer['label']}” from @{answer['by']['name']} after {seconds:.1f} s"


if __name__ == "__main__":
    main()
