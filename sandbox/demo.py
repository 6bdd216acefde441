"""`python -m sandbox.demo`: a demo agent that asks a person something in the sandbox Slack, and hears the answer.

It is an agent like any other: it knows the bridge only by its address and a key.
"""

import asyncio
import contextlib
import json
import os
import signal
import sys
import tempfile
import time
from pathlib import Path
from typing import IO, Any

import aiohttp

from sandbox import processes

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
    started = time.monotonic()
    command = Path(sys.executable).with_name("askbridge")
    with tempfile.TemporaryFile() as log:
        dev = await asyncio.create_subprocess_exec(
            command,
            *("dev", "--json", "--replicas", "2"),
            stdout=asyncio.subprocess.PIPE,
            stderr=log,
            start_new_session=True,  # a Ctrl-C is for us; we end it in order
            preexec_fn=processes.dies_with_parent(signal.SIGTERM),
        )
        return await _with(dev, log, started)


async def _with(dev: asyncio.subprocess.Process, log: IO[bytes], started: float) -> int:
    stopping = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stopping.set)
    try:
        ready = await _first(_ready(dev), stopping)
        if ready is None and stopping.is_set():
            return 0
        if ready is None:
            log.seek(0)
            _say(log.read().decode(errors="replace"))
            _say("It did not start; the lines above say why.")
            return 1
        _say(f"ready after {time.monotonic() - started:.1f} s")
        await _first(_demonstrate(ready), stopping)
        return 0
    finally:
        if dev.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                os.kill(dev.pid, signal.SIGTERM)  # asyncio's way can take the exit status from whoever waits for it
        await dev.wait()


async def _first(work: Any, stopping: asyncio.Event) -> Any:
    """What the work gives, or None when it was stopped before."""
    task, stop = asyncio.ensure_future(work), asyncio.ensure_future(stopping.wait())
    await asyncio.wait({task, stop}, return_when=asyncio.FIRST_COMPLETED)
    stop.cancel()
    if not task.done():
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task
        return None
    return task.result()


async def _ready(dev: asyncio.subprocess.Process) -> dict[str, Any] | None:
    if dev.stdout is None or not (line := await dev.stdout.readline()):
        return None
    told: dict[str, Any] = json.loads(line)
    return told


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
