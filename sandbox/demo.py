"""`python -m sandbox.demo`: a demo agent that asks a person something in the sandbox Slack, and hears the answer.

It is an agent like any other: it knows the bridge only by its address and a key.
"""

import asyncio
import contextlib
import signal
import sys
import tempfile
import time
from collections.abc import Coroutine
from typing import Any

import aiohttp

from sandbox.children import Child, Failed

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
WAIT = 30  # seconds of one request; a client asks again as long as it likes


def main() -> None:
    """Run until Ctrl-C."""
    sys.exit(asyncio.run(_run()))


async def _run() -> int:
    _say("starting PostgreSQL, a sandbox Slack and two replicas of the bridge …")
    began = time.monotonic()
    stopping = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stopping.set)
    with tempfile.TemporaryFile() as log:
        async with Child("the bridge", "bridge", "dev", "--json", "--replicas", "2", log=log) as dev:
            try:
                await _until(stopping, dev.ready())
                if not stopping.is_set():
                    _say(f"ready after {time.monotonic() - began:.1f} s")
                    await _until(stopping, _demonstrate(dev.told))
            except Failed as failed:
                log.seek(0)
                _say(f"{log.read().decode(errors='replace')}{failed}")
                return 1
    return 0


async def _until(stopping: asyncio.Event, work: Coroutine[Any, Any, None]) -> None:
    """Do this, unless it is to stop first."""
    task, stop = asyncio.create_task(work), asyncio.create_task(stopping.wait())
    await asyncio.wait({task, stop}, return_when=asyncio.FIRST_COMPLETED)
    stop.cancel()
    if not task.done():
        task.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await task


async def _demonstrate(ready: dict[str, Any]) -> None:
    """Ask on the first replica; Slack's click may go to either."""
    url = f"{ready['bridge_urls'][0]}/v1/interactions"
    async with aiohttp.ClientSession(headers={"Authorization": f"Bearer {ready['api_key']}"}) as http:
        async with http.post(url, json=QUESTION) as told:
            asked = await told.json()
        if told.status != 201:
            _say(f"the bridge refused the question: {asked.get('detail')}")
            return
        _say("the demo agent asked for an approval, and waits. Open this as @ana and click:\n")
        _say(f"    {ready['slack_url']}/#as=U0ANA&channel=C0APPROVALS\n")
        began = time.monotonic()
        while asked["status"] == "pending":
            async with http.get(f"{url}/{asked['id']}", params={"wait": str(WAIT)}) as told:
                asked = await told.json()
        _say(_outcome(asked, seconds=time.monotonic() - began))
        _say("Look around as long as you like; Ctrl-C ends everything.")
        await asyncio.Event().wait()


def _outcome(asked: dict[str, Any], *, seconds: float) -> str:
    answer = asked["answer"]
    if answer is None:
        return f"the agent got no answer: {asked['message']}"
    return f"the agent got the answer “{answer['label']}” from @{answer['by']['name']} after {seconds:.1f} s"


def _say(words: str) -> None:
    sys.stdout.write(f"{words}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
