#!/usr/bin/env python3
"""An agent that finds stalled jobs, and has them put right: by a command, then by a person in Slack.

A job is a file NAME.heartbeat in a folder, which the job touches while it works. A job whose file is too old is
reported as a recovery action; when its heartbeat is back, the recovery is resolved. Python's standard library is enough
to run this file.

It stores nothing: it reads from the bridge what was reported and how it ended, and follows the events from its start
on. An event that came before its start does not wake it; the next report of the same job does. An agent that must not
miss an event stores the id of the last one, and sends it as `Last-Event-ID`.
"""

import argparse
import contextlib
import http.client
import json
import os
import shlex
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

EXAMPLES = """to try it, run `make dev`, and paste its line `export ASKBRIDGE_URL=…` into another terminal. Then:
  mkdir jobs
  touch jobs/import.heartbeat
  python3 docs/examples/watchdog.py jobs --stalled 20 --to C0APPROVALS --escalate U0ANA

  After 20 seconds there is a card in #approvals. Each further 20 seconds without a heartbeat are one more attempt; the
  fourth one escalates the job to @ana. The job works again as soon as its heartbeat is new:
    touch jobs/import.heartbeat

  Let it start a job again, at each attempt:
    python3 docs/examples/watchdog.py jobs --stalled 20 --to C0APPROVALS --restart 'touch jobs/{job}.heartbeat'
"""
AGENT = "watchdog"
SOURCE_TYPE = "job"
TRY_LATER = (429, 503)
UNREACHABLE = (OSError, http.client.HTTPException)  # urllib's errors are among the first


class Bridge:
    """The part of the bridge's API that this agent uses."""

    def __init__(self, url: str, key: str) -> None:
        self._url, self._key = url.rstrip("/"), key

    def get(self, path: str, **query: str) -> tuple[int, Any]:
        """The status and the body of the response."""
        return self._call(f"{path}?{urllib.parse.urlencode(query)}", {}, None)

    def post(self, path: str, body: Any, *, idempotency_key: str | None = None) -> tuple[int, Any]:
        """The status and the body of the response."""
        headers = {"Content-Type": "application/json"}
        if idempotency_key:
            headers["Idempotency-Key"] = idempotency_key
        return self._call(path, headers, json.dumps(body).encode())

    def _call(self, path: str, headers: dict[str, str], body: bytes | None) -> tuple[int, Any]:
        """One response; waits as long as the bridge wants, and ends the program if the key is refused."""
        while True:
            try:
                with self._open(path, headers, body) as response:
                    return response.status, json.load(response)
            except urllib.error.HTTPError as error:
                told = _problem(error)
                if error.code == 401:
                    sys.exit(f"The bridge refused the API key in ASKBRIDGE_KEY: {told['detail']}")
                if error.code not in TRY_LATER:
                    return error.code, told
                seconds = _seconds_to_wait(error)
                say(f"the bridge wants to be asked later ({told['detail']}); next try in {seconds} s")
            time.sleep(seconds)

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
            except UNREACHABLE as error:
                if isinstance(error, urllib.error.HTTPError) and error.code == 401:
                    return  # the next request of the main thread says so, and ends the program
                say(f"the stream of events ended ({error}); it is opened again")
            time.sleep(2)

    def _open(self, path: str, headers: dict[str, str], body: bytes | None = None, *, seconds: float = 15) -> Any:
        headers = {**headers, "Authorization": f"Bearer {self._key}"}
        request = urllib.request.Request(self._url + path, body, headers)
        return urllib.request.urlopen(request, timeout=seconds)


def _problem(error: urllib.error.HTTPError) -> Any:
    """What the bridge says of a refused request; something between here and there may say it without JSON."""
    try:
        told = json.load(error)
    except ValueError:
        told = None
    return told if isinstance(told, dict) and "detail" in told else {"detail": f"{error.code} {error.reason}"}


def _seconds_to_wait(error: urllib.error.HTTPError) -> int:
    written = error.headers.get("Retry-After", "")
    return int(written) if written.isdecimal() else 5


class Watchdog:
    """Looks at the jobs of a folder; keeps nothing in memory that a restart would lose."""

    def __init__(self, bridge: Bridge, options: argparse.Namespace) -> None:
        self._bridge, self._options = bridge, options

    def look(self) -> None:
        """Report the jobs that are stalled, and resolve what was reported of those that work again."""
        heartbeats = self._heartbeats()
        stalled = {job: at for job, at in heartbeats.items() if time.time() - at > self._options.stalled}
        for job, at in stalled.items():
            self._report(job, at)
        sources = [self._source(job) for job in heartbeats.keys() - stalled.keys()][:1000]
        status, found = self._bridge.post("/v1/recoveries/search", {"sources": sources})
        if status != 200:
            say(f"it is not known what was reported: {found['detail']}")
            return
        for recovery in found["items"]:
            self._resolve(recovery["source"])

    def follow(self) -> None:
        """Be woken by what happens to the recoveries: for this agent when it owns one, or may go on after one."""
        for event in self._bridge.events():
            change, source = event["change"], event["data"]["source"]
            wakes, job = change.get("wakes", {}), source["id"]
            if source["type"] != SOURCE_TYPE or job not in self._heartbeats():
                continue  # of other agents, or of another folder
            say(f"{job}: {event['data']['message']}")
            if wakes.get("owner") == {"agent": AGENT}:
                self._restart(job)
            if wakes.get("return_owner") == {"agent": AGENT}:
                after = "what blocked it has ended" if change["move"] == "unblocked" else f"it was {change['outcome']}"
                say(f"{job}: going on, after {after}")

    def _heartbeats(self) -> dict[str, float]:
        """The jobs of the folder, with the time of the last heartbeat of each."""
        heartbeats = {}
        for path in self._options.folder.glob("*.heartbeat"):
            with contextlib.suppress(FileNotFoundError):  # it was deleted meanwhile
                heartbeats[path.stem] = path.stat().st_mtime
        return heartbeats

    def _restart(self, job: str) -> None:
        """Run the command for a job."""
        if self._options.restart:
            command = self._options.restart.replace("{job}", shlex.quote(job))
            subprocess.run(command, shell=True, check=False)  # noqa: S602  -- the command of who runs this program

    def _report(self, job: str, at: float) -> None:
        """Report a job, unless its last recovery says not to.

        Each look repeats the request. The bridge counts one attempt for each `--stalled` seconds without a heartbeat,
        because all requests within them have the same `Idempotency-Key`.
        """
        period = int((time.time() - at) // self._options.stalled)
        ending = self._ended_without_heartbeat(job, at)
        is_unblocked = ending is not None and ending["outcome"] == "blocked" and self._is_unblocked(ending["id"])
        if ending is not None and not is_unblocked and ending["outcome"] in ("blocked", "false_positive"):
            return
        after = f"-{ending['id']}" if ending is not None and is_unblocked else ""  # at once, not in the next period
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
        key = f"{job}-{int(at)}-{period}"
        status, told = self._bridge.post("/v1/recoveries", report, idempotency_key=f"{key}{after}")
        if status not in (200, 201):
            say(f"{job}: not reported: {told['detail']}")

    def _ended_without_heartbeat(self, job: str, at: float) -> Any:
        """The latest recovery of a job if it has ended, and the job had no heartbeat since; else None."""
        query = {"source_type": SOURCE_TYPE, "source_id": job, "limit": "1"}
        status, found = self._bridge.get("/v1/recoveries", **query)
        if status != 200 or not found["items"]:
            return None
        latest = found["items"][0]
        ended = latest["ended_at"]
        return latest if ended and at <= datetime.fromisoformat(ended).timestamp() else None

    def _is_unblocked(self, id: str) -> bool:
        """Whether what blocked a recovery has ended. No event tells of a blocker outside of the bridge."""
        status, told = self._bridge.get(f"/v1/recoveries/{id}/timeline")
        return status == 200 and any(item["type"] == "recovery.unblocked" for item in told["items"])

    def _resolve(self, source: dict[str, str]) -> None:
        """Say that a job works again; a person may have said so a moment before, which is as well."""
        ending = {"source": source, "outcome": "restored", "note": "Its heartbeat is back."}
        status, told = self._bridge.post("/v1/recoveries/resolve", ending)
        if status not in (200, 404):
            say(f"{source['id']}: not resolved: {told['detail']}")

    @staticmethod
    def _source(job: str) -> dict[str, str]:
        return {"type": SOURCE_TYPE, "id": job}


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
    parser.add_argument(
        "--stalled",
        type=float,
        default=600,
        metavar="SECONDS",
        help="without a heartbeat; each further period of this length is one more attempt (600)",
    )
    parser.add_argument("--every", type=float, default=5, metavar="SECONDS", help="between two looks (5)")
    parser.add_argument(
        "--to", type=address, required=True, metavar="ID", help="the channel or user who sees the cards"
    )
    parser.add_argument("--escalate", metavar="USER", help="who gets a job that stays stalled; left out: the board")
    parser.add_argument("--restart", metavar="COMMAND", help="starts {job} again")
    options = parser.parse_args()
    if not options.folder.is_dir():
        sys.exit(f"There is no folder {options.folder}; see --help.")
    try:
        bridge = Bridge(os.environ["ASKBRIDGE_URL"], os.environ["ASKBRIDGE_KEY"])
    except KeyError as missing:
        sys.exit(f"Set {missing.args[0]}; see --help.")
    watchdog = Watchdog(bridge, options)
    threading.Thread(target=watchdog.follow, daemon=True).start()
    while True:
        try:
            watchdog.look()
        except UNREACHABLE as error:
            say(f"the bridge cannot be reached ({error}); next try in {options.every:g} s")
        time.sleep(options.every)


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        os._exit(0)  # at once: the thread that follows the events may be printing, which an orderly exit aborts on
