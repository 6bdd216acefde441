#!/usr/bin/env python3
"""A webhook of Prometheus's Alertmanager: alerts open incidents, each with one card in Slack, and resolve them.

A group of alerts that fires opens an incident, or joins the open one of its system. What changes in the group is added
as an update. The incident is resolved when no group in it fires any more, if this program opened it. Python's standard
library is enough to run this file.

It stores nothing: its updates begin with `Firing (RUN)` or `Resolved (RUN)`, and it reads from the bridge which groups
of an incident fire. RUN is made from the key of the group. A notification counts once, however often it is sent. After
people have resolved an incident whose alerts still fire, repeated notifications open no other one; a new alert does.
Run one process of it: between what it reads and what it does, another one could change what the groups of a system are.
"""

import argparse
import hashlib
import hmac
import http.client
import json
import os
import re
import sys
import threading
import urllib.error
import urllib.parse
import urllib.request
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

EXAMPLES = """to try it, run `make dev`, and paste its line `export ASKBRIDGE_URL=…` into another terminal. Then:
  python3 docs/examples/alert_hook.py --to C0APPROVALS &
  curl --data @docs/examples/alertmanager-firing.json http://127.0.0.1:9095/
  curl --data @docs/examples/alertmanager-resolved.json http://127.0.0.1:9095/

  The first notification opens an incident with a card in #approvals, the second one resolves it.

in alertmanager.yml, group alerts by the label that names the system:
  route:
    receiver: askbridge
    group_by: [alertname, service]
  receivers:
    - name: askbridge
      webhook_configs:
        - url: http://127.0.0.1:9095/

  If ALERT_HOOK_TOKEN is set, notifications without it are refused. Alertmanager sends it with
          http_config: {authorization: {credentials: THE_TOKEN}}
"""
AGENT = "Alertmanager"
SAID = re.compile(r"(Firing|Resolved) \((alert-[0-9a-f]{12})\)")
SEVERITIES = {"critical": "critical", "page": "critical", "warning": "minor", "info": "minor"}
WORST_FIRST = ("critical", "major", "minor")
DONE_WITH_OTHER_WORDS = "urn:askbridge:problem:idempotency_mismatch"
MAX_BODY = 8_000_000  # bytes
MAX_MESSAGE = 2_000  # characters
UNREACHABLE = (OSError, http.client.HTTPException)  # urllib's errors are among the first


class NotDone(Exception):
    """What the bridge has not done, and the status for Alertmanager: it soon repeats what gets a 5xx, others later."""

    def __init__(self, status: int, why: str) -> None:
        super().__init__(why)
        self.status = status


class Bridge:
    """The part of the bridge's API that this program uses. Raises NotDone."""

    def __init__(self, url: str, key: str) -> None:
        self._url, self._key = url.rstrip("/"), key

    def get(self, path: str, **query: str) -> Any:
        """The body of the response."""
        return self._call(f"{path}?{urllib.parse.urlencode(query)}", {}, None)[1]

    def post(self, path: str, body: Any, *, key: str) -> tuple[int, Any]:
        """The status and the body of the response; without a body if it was done before, in other words."""
        headers = {"Content-Type": "application/json", "Idempotency-Key": key}
        return self._call(path, headers, json.dumps(body).encode())

    def _call(self, path: str, headers: dict[str, str], body: bytes | None) -> tuple[int, Any]:
        headers = {**headers, "Authorization": f"Bearer {self._key}"}
        request = urllib.request.Request(self._url + path, body, headers)
        try:
            with urllib.request.urlopen(request, timeout=15) as response:
                return response.status, json.load(response)
        except urllib.error.HTTPError as error:
            told = _problem(error)
            if told.get("type") == DONE_WITH_OTHER_WORDS:
                return error.code, None
            can_be_repeated = error.code in (401, 429) or error.code >= 500
            why = f"the bridge responded {error.code}: {told['detail']}"
            raise NotDone(503 if can_be_repeated else 422, why) from None
        except (*UNREACHABLE, ValueError) as error:
            raise NotDone(503, f"the bridge cannot be reached ({error})") from None


def _problem(error: urllib.error.HTTPError) -> Any:
    """What the bridge says of a refused request; something between here and there may say it without JSON."""
    try:
        told = json.load(error)
    except (*UNREACHABLE, ValueError):
        told = None
    return told if isinstance(told, dict) and "detail" in told else {"detail": error.reason}


class Alert:
    """One alert of a group."""

    def __init__(self, sent: Any) -> None:
        self.labels, self._annotations = texts(sent["labels"]), texts(sent["annotations"])
        self.is_firing = sent["status"] == "firing"
        self.identity = str(sent["fingerprint"]), str(sent["startsAt"])

    def words(self, common: dict[str, str]) -> str:
        """Its name, the labels that not all alerts of the group have, and what its rule says of it while it fires."""
        labels = [f"{name}={value}" for name, value in self.labels.items() if name not in {"alertname", *common}]
        about = self._annotations.get("summary") or self._annotations.get("description")
        said = f": {about}" if about and self.is_firing else ""
        return line(f"{', '.join([self.labels.get('alertname', 'alert'), *labels])}{said}", 300)


class Group:
    """The alerts of a notification. Raises ValueError for what Alertmanager does not send."""

    def __init__(self, sent: Any, system_label: str) -> None:
        if not isinstance(sent, dict) or sent.get("version") != "4":
            raise ValueError('this is no notification of Alertmanager with "version": "4"')
        try:
            self._alerts = [Alert(each) for each in sent["alerts"]]
            self._common, self._annotations = texts(sent["commonLabels"]), texts(sent["commonAnnotations"])
            self._url, self._truncated = str(sent["externalURL"]), int(sent.get("truncatedAlerts", 0))
            self.run = f"alert-{digest(str(sent['groupKey']))[:12]}"
            labels = {"alertname": str(sent["receiver"]), **self._common, **texts(sent["groupLabels"])}
        except (AttributeError, KeyError, TypeError) as error:
            raise ValueError(f"the notification is not complete: {error!r}") from None
        self.firing = [alert for alert in self._alerts if alert.is_firing]
        name, system = labels["alertname"], labels.get(system_label)
        self.title = line(self._annotations.get("summary") or (f"{name}: {system}" if system else name), 150)
        self.system = line(system or name, 80)

    @property
    def identity(self) -> str:
        """The same for the same alerts in the same states, whatever else has changed."""
        return digest(self._truncated, sorted((*alert.identity, alert.is_firing) for alert in self._alerts))

    def incident(self, to: dict[str, str] | None) -> dict[str, Any]:
        """The request that opens its incident, or joins it to the open one of the system."""
        severities = {SEVERITIES.get(alert.labels.get("severity", ""), "major") for alert in self.firing}
        about = [line(self._annotations.get(name, ""), 1_400) for name in ("description", "runbook_url")]
        return {
            "title": self.title,
            "description": "\n".join(filter(None, about)) or None,
            "severity": min(severities, key=WORST_FIRST.index),
            "systems": [self.system],
            "agent": {"name": AGENT, "run": self.run, "url": self._url if self._url.startswith("http") else None},
            "to": to,
            "dedupe_open_for_system": True,
        }

    def message(self) -> str:
        """How many of its alerts fire, and which they are, as far as there is room."""
        number = f"{len(self._alerts)} alert{'s' * (len(self._alerts) != 1)}"
        first = f"Firing ({self.run}): {len(self.firing)} of" if self.firing else f"Resolved ({self.run}):"
        lines, left = [f"{first} {number}"], MAX_MESSAGE - 100
        for alert in self._alerts:
            state = "resolved: " if self.firing and not alert.is_firing else ""
            lines.append(f"• {state}{alert.words(self._common)}")
            left -= len(lines[-1]) + 1
            if left < 0:
                lines.pop()
                break
        more = len(self._alerts) + 1 - len(lines) + self._truncated
        return "\n".join([*lines, *([f"and {more} more"] if more else [])])


class Hook:
    """Tells the bridge of groups, one after the other: what it has read of an incident stays true meanwhile."""

    def __init__(self, bridge: Bridge, to: dict[str, str] | None) -> None:
        self._bridge, self._to = bridge, to
        self._one_at_a_time = threading.Lock()

    def take(self, group: Group) -> None:
        """Tell the bridge of a notification; of one that is sent again, what it does not know yet. Raises NotDone."""
        with self._one_at_a_time:
            if group.firing:
                self._fires(group)
            else:
                self._ended(group)

    def _fires(self, group: Group) -> None:
        """Open or join an incident, and say what fires."""
        incident = self._incident(group.run)
        said = self._said(incident["id"]).get(group.run, {}) if incident else {}
        if incident is None or incident["status"] == "resolved":
            ended = None if next(iter(said), True) else said[False]  # then the same alerts are not a repetition
            key = f"{group.run}-open-{digest(ended, sorted(alert.identity for alert in group.firing))}"
            _, incident = self._bridge.post("/v1/incidents", group.incident(self._to), key=key)
            if incident is None:
                return  # opened for these alerts, and resolved by people since
            said = {}
        status, told = self._say(group, incident["id"], since=said.get(False))
        if status == 201 and told["status"] == "resolved" and incident["status"] != "resolved":
            self._fires(group)  # resolved a moment ago, in ignorance of this

    def _ended(self, group: Group) -> None:
        """Say that a group does not fire any more, and resolve the incident if none of its groups does."""
        incident = self._incident(group.run)
        if incident is None:
            return
        said = self._said(incident["id"])
        others_fire = any(next(iter(state)) for run, state in said.items() if run != group.run)
        fired = said.get(group.run, {}).get(True)
        self._say(group, incident["id"], since=fired)
        is_ours = (incident["agent"] or {}).get("name") == AGENT
        if incident["status"] != "resolved" and is_ours and not others_fire:
            key = f"{group.run}-resolve-{digest(incident['id'], fired, group.identity)}"
            self._bridge.post("/v1/incidents/resolve", {"run": group.run}, key=key)
            say(f"{incident['id']} ({group.title}): resolved")

    def _say(self, group: Group, id: str, *, since: str | None) -> tuple[int, Any]:
        """Add an update to the incident of the run, unless it has this one `since` an earlier one; the response."""
        message, key = group.message(), f"{group.run}-{digest(id, since, group.identity)}"
        status, told = self._bridge.post("/v1/incidents/updates", {"run": group.run, "message": message}, key=key)
        if status == 201:
            say(f"{told['id']} ({group.title}): {message.splitlines()[0]}")
        return status, told

    def _incident(self, run: str) -> Any:
        """The open incident of a run, else the one that changed last, else None."""
        items = self._bridge.get("/v1/incidents", run=run, limit="20")["items"]
        return max(items, key=lambda each: (each["status"] != "resolved", each["updated_at"]), default=None)

    def _said(self, id: str) -> dict[str, dict[bool, str]]:
        """By run, the latest update that said that it fires, and that said that it has ended: the newer one first."""
        said: dict[str, dict[bool, str]] = {}
        cursor: dict[str, str] | None = {}
        while cursor is not None:
            page = self._bridge.get(f"/v1/incidents/{id}/updates", limit="200", **cursor)
            for update in page["items"]:  # newest first
                if "key" in update["by"] and (found := SAID.match(update["message"])):
                    said.setdefault(found[2], {}).setdefault(found[1] == "Firing", update["id"])
            cursor = {"cursor": page["next_cursor"]} if page["next_cursor"] else None
        return said


class Server(ThreadingHTTPServer):
    """Receives notifications."""

    daemon_threads = True

    def __init__(self, listen: tuple[str, int], hook: Hook, system_label: str, token: str | None) -> None:
        super().__init__(listen, Receiver)
        self.hook, self.system_label, self.token = hook, system_label, token


class Receiver(BaseHTTPRequestHandler):
    """One notification."""

    server: Server
    timeout = 30  # seconds without a byte

    def do_POST(self) -> None:
        """Respond 200 once the bridge has all of it."""
        status, words = self._take()
        if status != 200:
            say(f"{status}: {words}")
        body = f"{words}\n".encode()
        self.send_response(status)
        self.send_header("Content-Type", "text/plain; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def _take(self) -> tuple[int, str]:
        token, given = self.server.token, self.headers.get("Authorization", "")
        if token and not hmac.compare_digest(given.encode(), f"Bearer {token}".encode()):
            return 401, "the notification does not have the token in ALERT_HOOK_TOKEN"
        length = self.headers.get("Content-Length", "")
        if not length.isdecimal() or int(length) > MAX_BODY:
            return 413, f"the notification is longer than {MAX_BODY:,} bytes, or does not say how long it is"
        try:
            group = Group(json.loads(self.rfile.read(int(length))), self.server.system_label)
        except (ValueError, RecursionError) as error:
            return 400, str(error)
        try:
            self.server.hook.take(group)
        except NotDone as error:
            return error.status, str(error)
        return 200, "done"

    def log_message(self, format: str, *arguments: object) -> None:
        """Print nothing for each request."""


def texts(sent: Any) -> dict[str, str]:
    """Labels or annotations."""
    return {str(name): str(value) for name, value in sent.items()}


def digest(*parts: Any) -> str:
    """A short name for all of this."""
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()[:16]


def line(text: str, limit: int) -> str:
    """A text as one line of visible characters, cut to a limit."""
    whole = "".join(character for character in " ".join(text.split()) if character.isprintable())
    return whole if len(whole) <= limit else f"{whole[: limit - 1]}…"


def address(text: str) -> dict[str, str]:
    """Where cards go: a user or a channel by its id."""
    return {"user" if text.startswith(("U", "W")) else "channel": text}


def listener(text: str) -> tuple[str, int]:
    """HOST:PORT."""
    host, port = text.rsplit(":", 1)
    return host, int(port)


def say(text: str) -> None:
    """Print a line at once."""
    print(text, flush=True)


def main() -> None:
    """Receive notifications until Ctrl-C."""
    parser = argparse.ArgumentParser(
        description="Open, update and resolve incidents for the alerts of Prometheus's Alertmanager.",
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--listen", type=listener, default="127.0.0.1:9095", metavar="HOST:PORT", help="(%(default)s)")
    parser.add_argument(
        "--system", default="service", metavar="LABEL", help="names the system; without it the alert does (%(default)s)"
    )
    parser.add_argument(
        "--to", type=address, metavar="ID", help="the channel or user who sees the cards; left out: the default channel"
    )
    options = parser.parse_args()
    try:
        bridge = Bridge(os.environ["ASKBRIDGE_URL"], os.environ["ASKBRIDGE_KEY"])
    except KeyError as missing:
        sys.exit(f"Set {missing.args[0]}; see --help.")
    hook, token = Hook(bridge, options.to), os.environ.get("ALERT_HOOK_TOKEN")
    with Server(options.listen, hook, options.system, token) as server:
        say(f"listening on http://{options.listen[0]}:{server.server_port}/")
        server.serve_forever()


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        os._exit(0)  # at once: Alertmanager repeats what was not finished
