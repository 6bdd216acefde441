#!/usr/bin/env python3
"""An agent that finds stalled jobs, and has them put right: by a command, then by a person in Slack.

A job is a file NAME.heartbeat in a folder, which the job touches while it works. A job whose file is too old is
reported as a recovery action; when its heartbeat is back, the recovery is resolved. Python's standard library is enough
to run this file.
"""

import argparse
import json
import os
import shlex
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

EXAMPLES = """examples:
  export ASKBRIDGE_URL=https://bridge.example.com ASKBRIDGE_KEY=askb_…

  Report jobs without a heartbeat for ten minutes; every further ten minutes are another attempt:
    watchdog.py /var/run/jobs --stalled 600 --to C012AB3CD

  Restart a job first; after three attempts it is escalated to a person:
    watchdog.py /var/run/jobs --stalled 600 --to C012AB3CD --restart 'systemctl restart {job}' --escalate U012AB3CD
"""
AGENT = "watchdog"


class Bridge:
    """The part of the bridge's API that this agent uses."""

    def __init__(self, url: str, key: str) -> None:
        self._url, self._key = url.rstrip("/"), key

    def post(self, path: str, body: Any, *, idempotency_key: str | None = None) -> tuple[int, Any]:
        """The status and the body of the response."""
        headers = {"Content-Type": "application/json"}
        if idempotency_key:
            headers["Idempotency-Key"] = idempotency_key
        try:
            with self._open(path, headers, json.dumps(body).encode()) as response:
                return response.status, json.load(response)
        except urllib.error.HTTPError as error:
            return error.code, json.load(error)

    def events(self) -> Iterator[dict[str, Any]]:
        """The events of recoveries from now on. A stream that ends goes on where it ended, on any replica."""
        last = None
        while True:
            headers = {"Accept": "text/event-stream"} | ({"Last-Event-ID": last} if last else {})
            try:
                with self._open("/v1/events?types=recovery.*", headers, seconds=60) as stream:
                    for line in stream:
                        if line.startswith(b"data: "):
                            event = json.loads(line.removeprefix(b"data: "))
                            last = event["id"]
                            yield event
            except OSError as error:  # urllib's errors are among them
                say(f"the stream of events ended ({error}); it is opened again")
            time.sleep(2)

    def _open(self, path: str, headers: dict[str, str], body: bytes | None = None, *, seconds: float = 15) -> Any:
        headers = {**headers, "Authorization": f"Bearer {self._key}"}
        request = urllib.request.Request(self._url + path, body, headers)
        return urllib.request.urlopen(request, timeout=seconds)


class Watchdog:
    """Looks at the jobs of a folder; keeps nothing in memory that a restart would lose."""

    def __init__(self, bridge: Bridge, options: argparse.Namespace) -> None:
        self._bridge, self._options = bridge, options

    def look(self) -> None:
        """Report the jobs that are stalled, and resolve what was reported of those that work again."""
        heartbeats = {path.stem: path.stat().st_mtime for path in self._options.folder.glob("*.heartbeat")}
        stalled = {job: at for job, at in heartbeats.items() if time.time() - at > self._options.stalled}
        for job, at in stalled.items():
            self._report(job, at)
        sources = [self._source(job) for job in heartbeats.keys() - stalled.keys()][:1000]
        _, found = self._bridge.post("/v1/recoveries/search", {"sources": sources})
        for recovery in found["items"]:
            self._resolve(recovery["source"])

    def follow(self) -> None:
        """Be woken by what happens to the recoveries: for this agent when it owns one, or may go on after one."""
        for event in self._bridge.events():
            change = event["change"]
            wakes, job = change.get("wakes", {}), event["data"]["source"]["id"]
            say(f"{job}: {event['data']['message']}")
            if wakes.get("owner") == {"agent": AGENT}:
                self._restart(job)
            if wakes.get("return_owner") == {"agent": AGENT}:
                say(f"{job}: going on, after it was {change['outcome']}")

    def _restart(self, job: str) -> None:
        """Run the command for a job of this folder."""
        if self._options.restart and (self._options.folder / f"{job}.heartbeat").exists():
            command = self._options.restart.replace("{job}", shlex.quote(job))
            subprocess.run(command, shell=True, check=False)  # noqa: S602  -- the command of who runs this program

    def _report(self, job: str, at: float) -> None:
        """Report a job. One attempt for each period without a heartbeat: a repeated request counts no other one."""
        period = int((time.time() - at) // self._options.stalled)
        escalate_to = {"user": self._options.escalate} if self._options.escalate else {"board": True}
        report = {
            "source": self._source(job),
            "kind": "stalled",
            "cause": f"The last heartbeat was at {time.strftime('%Y-%m-%d %H:%M:%S UTC', time.gmtime(at))}.",
            "fingerprint": f"{job}:no-heartbeat",
            "next_action": "Find out what the job waits for, and start it again.",
            "owner": {"agent": AGENT},
            "return_owner": {"agent": AGENT},
            "max_attempts": 3,
            "wake_policy": {"escalate_to": [escalate_to]},
            "agent": {"name": AGENT},
            "to": self._options.to,
        }
        status, told = self._bridge.post("/v1/recoveries", report, idempotency_key=f"{job}-{int(at)}-{period}")
        if status not in (200, 201):
            say(f"{job}: not reported: {told['detail']}")

    def _resolve(self, source: dict[str, str]) -> None:
        """Say that a job works again; a person may have said so a moment before, which is as well."""
        ending = {"source": source, "outcome": "restored", "note": "Its heartbeat is back."}
        status, told = self._bridge.post("/v1/recoveries/resolve", ending)
        if status not in (200, 404):
            say(f"{source['id']}: not resolved: {told['detail']}")

    @staticmethod
    def _source(job: str) -> dict[str, str]:
        return {"type": "job", "id": job}


def address(text: str) -> dict[str, str]:
    """Where cards go: a user or a channel by its id."""
    return {"user" if text.startswith(("U", "W")) else "channel": text}


def say(text: str) -> None:
    """Print a line at once."""
    print(text, flush=True)


def main() -> None:
    """Look every few seconds, and follow the events meanwhile."""
    parser = argparse.ArgumentParser(
        description="Report stalled jobs as recovery actions.",
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("folder", type=Path, help="where the jobs have their files NAME.heartbeat")
    parser.add_argument("--stalled", type=float, default=600, metavar="SECONDS", help="without a heartbeat (600)")
    parser.add_argument("--every", type=float, default=5, metavar="SECONDS", help="between two looks (5)")
    parser.add_argument(
        "--to", type=address, required=True, metavar="ID", help="the channel or user who sees the cards"
    )
    parser.add_argument("--escalate", metavar="USER", help="who gets a job that stays stalled; left out: the board")
    parser.add_argument("--restart", metavar="COMMAND", help="starts {job} again")
    options = parser.parse_args()
    try:
        bridge = Bridge(os.environ["ASKBRIDGE_URL"], os.environ["ASKBRIDGE_KEY"])
    except KeyError as missing:
        sys.exit(f"Set {missing.args[0]}; see --help.")
    watchdog = Watchdog(bridge, options)
    threading.Thread(target=watchdog.follow, daemon=True).start()
    while True:
        try:
            watchdog.look()
        except OSError as error:
            say(f"the bridge cannot be reached ({error}); next try in {options.every:g} s")
        time.sleep(options.every)


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        sys.exit(0)
