#!/usr/bin/env python3
"""An agent that suggests a fix, applies it once a person has decided so, and is judged by people in Slack.

It proposes a command for a session, waits for the decision, runs the command if a person wants that, and proposes what
came of it, with the command's status and its last output as evidence. A person confirms that, or says otherwise. In the
end it prints what the next one who works on the session must know. Python's standard library is enough to run it.

It may be started again at any moment: with the same session, title and command it goes on with the fix that it
proposed. The command runs at most once for each fix: what it did is written down before and after, in a file that is
named after the fix, in the directory given with --state.
"""

import argparse
import hashlib
import http.client
import json
import os
import subprocess
import sys
import time
import urllib.error
import urllib.parse
import urllib.request
from pathlib import Path
from typing import Any

EXAMPLES = """to try it, run `make dev`, and paste its line `export ASKBRIDGE_URL=…` into another terminal. Then:
  python3 docs/examples/fixer.py alert-8841 'Free some space on /tmp' 'df -h /tmp' --to C0APPROVALS

  There is a card in #approvals. Apply runs the command; then the card shows what came of it, and you confirm that with
  one click, or say that it did not work. With Waiting to verify… it waits with you.
"""
WAIT = 50  # seconds that one request waits
JUDGED = "applied_success,applied_failed,dismissed,superseded"
APPLIED = "applied_success,applied_failed,applied_partial,applied_pending"  # an outcome may come without a decision


class Refused(Exception):
    """The bridge does not do what was asked; the message says why."""


class Bridge:
    """The part of the bridge's API that this agent uses."""

    def __init__(self, url: str, key: str) -> None:
        self._url, self._key = url.rstrip("/"), key

    def get(self, path: str, **query: str | int) -> Any:
        """What a request returns."""
        return self._call("GET", f"{path}?{urllib.parse.urlencode(query)}", None, {})

    def post(self, path: str, body: Any, *, key: str) -> Any:
        """The same for a request that does something; repeated with the same key it does nothing again."""
        headers = {"Content-Type": "application/json", "Idempotency-Key": key}
        return self._call("POST", path, json.dumps(body).encode(), headers)

    def wait(self, id: str, until: str) -> Any:
        """A fix as soon as one of these statuses is so."""
        while (fix := self.get(f"/v1/fixes/{id}", wait=WAIT, until=until))["reached"] is None:
            pass
        return fix

    def _call(self, method: str, path: str, body: bytes | None, headers: dict[str, str]) -> Any:
        """One response; a bridge that cannot be reached, or wants to be asked later, is asked again."""
        headers |= {"Authorization": f"Bearer {self._key}"}
        while True:
            request = urllib.request.Request(self._url + path, body, headers, method=method)
            try:
                with urllib.request.urlopen(request, timeout=WAIT + 15) as response:
                    return json.load(response)
            except urllib.error.HTTPError as error:
                if error.code not in (429, 503):
                    raise Refused(json.load(error)["detail"]) from error
                seconds = float(error.headers.get("Retry-After") or 5)
            except (OSError, http.client.HTTPException) as error:
                seconds = 2
                say(f"the bridge cannot be reached ({error}); next try in {seconds} s")
            time.sleep(seconds)


class Fixer:
    """One fix from its proposal to the hand-over."""

    def __init__(self, bridge: Bridge, options: argparse.Namespace) -> None:
        self._bridge, self._options = bridge, options
        named = json.dumps([options.session, options.title, options.command])
        self._key = f"fixer-{hashlib.sha256(named.encode()).hexdigest()[:32]}"  # the same when it is started again

    def run(self) -> None:
        """Propose, wait, apply, report, be judged, and hand over."""
        fix = self._propose()
        say(f"proposed {fix['id']}, and waiting for a person")
        fix = self._bridge.wait(fix["id"], f"decided,dismissed,superseded,{APPLIED}")
        say(fix["message"])
        # Only this decision lets it run anything: neither another one nor an outcome that an agent recorded does.
        if fix["decision"] == "one_off" and fix["superseded_at"] is None and fix["outcome"] != "dismissed":
            if fix["outcome"] == "proposed":
                self._report(fix["id"], self._apply(self._options.state / f"{fix['id']}.state"))
            fix = self._bridge.wait(fix["id"], JUDGED)
            say(fix["message"])
        say(self._bridge.get("/v1/fixes/handover", session=self._options.session)["message"])

    def _propose(self) -> Any:
        options = self._options
        fix = {
            "session": options.session,
            "title": options.title,
            "confidence": options.confidence,
            "key": options.key,
            "script": options.command,
            "agent": {"name": "fixer"},
            "to": options.to,
        }
        return self._bridge.post("/v1/fixes", fix, key=self._key)

    def _apply(self, state: Path) -> dict[str, Any]:
        """Run the command, unless it may have run before; what came of it as the body of a proposed outcome."""
        if state.exists():
            return json.loads(state.read_text()) if state.stat().st_size else _unknown()
        state.touch()
        done = subprocess.run(self._options.command, shell=True, capture_output=True, text=True, check=False)  # noqa: S602
        said = (done.stdout + done.stderr)[-500:]
        outcome = {
            "outcome": "applied_success" if done.returncode == 0 else "applied_failed",
            "reason": f"The command ended with status {done.returncode}.",
            "evidence": {"status": done.returncode, "output": said},
        }
        state.write_text(json.dumps(outcome))
        return outcome

    def _report(self, id: str, outcome: dict[str, Any]) -> None:
        """Propose the outcome; a person may have judged it a moment before, which is as well."""
        try:
            self._bridge.post(f"/v1/fixes/{id}/outcome_proposal", outcome, key=f"{self._key}-outcome")
            say(f"applied, and proposed {outcome['outcome']}")
        except Refused as refused:
            say(f"applied; the outcome is not proposed: {refused}")


def _unknown() -> dict[str, Any]:
    return {
        "outcome": "applied_pending",
        "reason": "This agent ended while the command ran: please look whether it worked.",
    }


def address(text: str) -> dict[str, str]:
    """Where cards go: a user or a channel by its id."""
    return {"user" if text.startswith(("U", "W")) else "channel": text}


def say(text: str) -> None:
    """Print a line at once."""
    print(text, flush=True)


def main() -> None:
    """Do one fix."""
    parser = argparse.ArgumentParser(
        description="Suggest a command as a fix, and run it once a person has decided so.",
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("session", help="what it is for, such as an alert")
    parser.add_argument("title", help="what the fix is, in a line")
    parser.add_argument("command", help="what is run")
    parser.add_argument("--to", type=address, required=True, metavar="ID", help="the channel or user who sees the card")
    parser.add_argument("--key", help="which kind of fix it is, for statistics")
    parser.add_argument("--confidence", type=int, help="how sure it is, in percent")
    parser.add_argument("--state", type=Path, default=Path(), metavar="DIR", help="where it is written down what ran")
    options = parser.parse_args()
    try:
        bridge = Bridge(os.environ["ASKBRIDGE_URL"], os.environ["ASKBRIDGE_KEY"])
        Fixer(bridge, options).run()
    except KeyError as missing:
        sys.exit(f"Set {missing.args[0]}; see --help.")
    except Refused as refused:
        sys.exit(f"The bridge refused: {refused}")


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        sys.exit(1)
