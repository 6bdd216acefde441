#!/usr/bin/env python3
"""Workers and people on one backlog: nothing is done twice, nothing before what it depends on, and nothing gets lost.

It adds the items of a plan to the backlog, starts worker processes, and ends when all items are done. A worker leases
the next free item, runs its command, renews the lease meanwhile, and completes the item with the fence of its lease. An
item without a command is for people, who take it on its card in Slack. Python's standard library is enough to run it.

A worker may be killed at any moment: its lease runs out, and another worker gets the item, with another fence. The
command of the dead worker may still run then, so a command must bear to be run twice. It finds the id of the item in
WORK_ITEM and the fence in WORK_FENCE; what it writes to can refuse the lower fence. Started again with the same name,
this program goes on with the items that it added. Commands are read from the plan, and never from the bridge.
"""

import argparse
import contextlib
import http.client
import json
import multiprocessing
import os
import subprocess
import sys
import time
import urllib.error
import urllib.parse
import urllib.request
import uuid
from pathlib import Path
from typing import Any

EXAMPLES = """to try it, run `make dev`, and paste its line `export ASKBRIDGE_URL=…` into another terminal. Then:
  python3 docs/examples/workers.py move-1 --to C0APPROVALS --ttl 10

  Each item has a card in #approvals, which shows who holds it. Take “Look through ten customers” there, and finish it
  with Done…: the import waits for it. Kill a worker while it works (`kill -9` and the number it prints): after at most
  10 seconds another one has its item. A command that fails blocks its item until you unblock it on the card.

a plan is a JSON list of items, each after those that it depends on:
  [{"id": "export", "title": "Export the customers", "run": "./export.sh"},
   {"id": "check", "title": "Look through ten customers", "depends_on": ["export"]}]
"""
PLAN = [
    {"id": "tables", "title": "Create the tables of the new shop", "run": "sleep 4"},
    {"id": "export", "title": "Export the customers of the old shop", "run": "sleep 8", "priority": 10},
    {"id": "images", "title": "Convert the images of all products", "run": "sleep 30"},
    {"id": "check", "title": "Look through ten customers of the export", "depends_on": ["export"]},
    {"id": "import", "title": "Import the customers", "run": "sleep 8", "depends_on": ["tables", "check"]},
    {"id": "open", "title": "Open the new shop", "run": "sleep 2", "depends_on": ["images", "import"]},
]
WAIT = 50  # seconds that one request waits


class Refused(Exception):
    """The bridge does not do what was asked; the message says why."""

    def __init__(self, problem: dict[str, Any]) -> None:
        super().__init__(problem["detail"])
        self.type = problem["type"]


class Bridge:
    """The part of the bridge's API that workers use."""

    def __init__(self, url: str, key: str) -> None:
        self._url, self._key = url.rstrip("/"), key

    def get(self, path: str, **query: str | int) -> Any:
        """What a request returns."""
        return self._call("GET", f"{path}?{urllib.parse.urlencode(query)}", None, {})

    def post(self, path: str, body: Any, *, wait: int = 0) -> Any:
        """The same for a request that does something, once however often it is sent; None: there is nothing to do."""
        headers = {"Content-Type": "application/json", "Idempotency-Key": str(uuid.uuid4())}
        return self._call("POST", f"{path}?wait={wait}" if wait else path, json.dumps(body).encode(), headers)

    def _call(self, method: str, path: str, body: bytes | None, headers: dict[str, str]) -> Any:
        """One response; a bridge that cannot be reached, or wants to be asked later, is asked again."""
        headers |= {"Authorization": f"Bearer {self._key}"}
        while True:
            request = urllib.request.Request(self._url + path, body, headers, method=method)
            try:
                with urllib.request.urlopen(request, timeout=WAIT + 15) as response:
                    return None if response.status == 204 else json.load(response)
            except urllib.error.HTTPError as error:
                if error.code not in (429, 503):
                    raise Refused(json.load(error)) from error
                seconds = float(error.headers.get("Retry-After") or 5)
            except (OSError, http.client.HTTPException) as error:
                seconds = 2
                say(f"the bridge cannot be reached ({error}); next try in {seconds} s")
            time.sleep(seconds)


class Worker:
    """One worker: leases, works, and completes, until its process is ended."""

    def __init__(self, bridge: Bridge, name: str, options: argparse.Namespace) -> None:
        self._bridge, self._name, self._ttl, self._phase = bridge, name, options.ttl, options.name
        self._commands = {f"{options.name}.{item['id']}": item["run"] for item in options.plan if "run" in item}

    def run(self) -> None:
        """Do one item after the other."""
        wanted = {"owner": self._name, "ttl_seconds": self._ttl, "phase": self._phase}
        with contextlib.suppress(KeyboardInterrupt):
            while True:
                try:
                    if item := self._bridge.post("/v1/work/lease", wanted, wait=WAIT):
                        self._do(item["id"], item["attempts"])
                except Refused as refused:  # such as a lease that ran out before its response came
                    say(f"{self._name}: {refused}")
                    time.sleep(1)

    def _do(self, id: str, fence: int) -> None:
        say(f"{self._name} (process {os.getpid()}) works on {id}, lease {fence}")
        environment = {**os.environ, "WORK_ITEM": id, "WORK_FENCE": str(fence)}
        with subprocess.Popen(  # noqa: S602  -- a command is a line for the shell
            self._commands[id],
            shell=True,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        ) as process:
            try:
                said = self._watched(process, id, fence)
            except Refused:  # another has the item by now, or a person took it away
                process.kill()
                raise
        if process.returncode == 0:
            self._bridge.post(f"/v1/work/{id}/complete", {"fence": fence, "result": said or "Its command succeeded."})
        else:
            reason = f"Its command ended with status {process.returncode}. {said}"
            self._bridge.post(f"/v1/work/{id}/block", {"fence": fence, "reason": reason})
        say(f"{self._name} {'completed' if process.returncode == 0 else 'blocked'} {id}")

    def _watched(self, process: "subprocess.Popen[str]", id: str, fence: int) -> str:
        """The end of what a command printed, once it has ended; until then its lease is renewed in time."""
        while True:
            try:
                return process.communicate(timeout=self._ttl / 3)[0].strip()[-500:]
            except subprocess.TimeoutExpired:
                self._bridge.post(f"/v1/work/{id}/renew", {"fence": fence, "ttl_seconds": self._ttl})


def add(bridge: Bridge, options: argparse.Namespace) -> list[str]:
    """Add the items of the plan, unless they were added before; their ids."""
    for item in options.plan:
        sent = {
            "id": f"{options.name}.{item['id']}",
            "title": item["title"],
            "phase": options.name if "run" in item else f"{options.name}-people",
            "priority": item.get("priority", 0),
            "depends_on": [f"{options.name}.{id}" for id in item.get("depends_on", [])],
            "agent": {"name": "planner"},
            "to": options.to,
        }
        try:
            bridge.post("/v1/work", sent)
        except Refused as refused:
            if refused.type != "urn:askbridge:problem:id_taken":
                raise
    return [f"{options.name}.{item['id']}" for item in options.plan]


def work(bridge: Bridge, options: argparse.Namespace) -> None:
    """Add the plan, start the workers, and say how each item was done."""
    added = add(bridge, options)
    for number in range(1, options.workers + 1):
        worker = Worker(bridge, f"worker-{number}", options)
        multiprocessing.Process(target=worker.run, daemon=True).start()  # which ends with this process
    for id in added:
        while (item := bridge.get(f"/v1/work/{id}", wait=WAIT, until="done"))["reached"] is None:
            pass
        say(f"{id}: {item['message']}")


def plan(path: str) -> Any:
    """The plan in this file."""
    return json.loads(Path(path).read_text())


def address(text: str) -> dict[str, str]:
    """Where cards go: a user or a channel by its id."""
    return {"user" if text.startswith(("U", "W")) else "channel": text}


def say(text: str) -> None:
    """Print a line at once."""
    print(text, flush=True)


def main() -> None:
    """Have a plan done."""
    parser = argparse.ArgumentParser(
        description="Have the items of a plan done, by workers and by people in Slack.",
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("name", help="of this run of the plan; the ids of its items begin with it")
    parser.add_argument(
        "--to", type=address, required=True, metavar="ID", help="the channel or user who sees the cards"
    )
    parser.add_argument("--plan", type=plan, default=PLAN, metavar="FILE", help="the plan; left out: a small example")
    parser.add_argument("--workers", type=int, default=3, metavar="N", help="how many there are; 3 unless given")
    parser.add_argument("--ttl", type=int, default=60, metavar="SECONDS", help="how long a lease lasts without renewal")
    options = parser.parse_args()
    try:
        work(Bridge(os.environ["ASKBRIDGE_URL"], os.environ["ASKBRIDGE_KEY"]), options)
    except KeyError as missing:
        sys.exit(f"Set {missing.args[0]}; see --help.")
    except Refused as refused:
        sys.exit(f"The bridge refused: {refused}")


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        sys.exit(1)
