"""What the demo agent can ask a person: an approval, words, help with what is stuck or wrong, a fix, or to do work.

The agent uses nothing but the bridge's HTTP API: it is given addresses and a key.
"""

import asyncio
import contextlib
import itertools
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Final

import aiohttp

from sandbox import output
from sandbox.children import ChildFailed

WAIT: Final = 30  # seconds that one request waits; a client may repeat the request as often as it likes
UNANSWERED_LIMIT: Final = 10  # seconds beyond WAIT without a response of any replica
ATTEMPTS: Final = 3
ATTEMPT_SECONDS: Final = 3
UPDATE_SECONDS: Final = 3

_CHANNEL: Final = {"channel": "C0APPROVALS"}
_ANA: Final = {"users": ["U0ANA"]}
APPROVAL: Final = {
    "kind": "approval",
    "title": "Deploy payments 4.2.0 to production?",
    "body": "All **214** checks passed.\n\n- 3 migrations, none of them locks\n- rollback takes *2 minutes*",
    "action": {"name": "deploy", "arguments": {"service": "payments", "version": "4.2.0", "canary": 0.1}},
    "facts": [
        {"name": "Last deployment", "value": "4.1.9, two days ago"},
        {"name": "Open incidents", "value": "none"},
    ],
    "agent": {"name": "Release agent", "run": "run-8841"},
    "to": _CHANNEL,
    "responders": _ANA,
}
FORM: Final = {
    "kind": "text",
    "title": "What should the status page say?",
    "body": "Checkout has failed for **3 %** of customers since 14:05.",
    "input": {"label": "Message for customers", "initial": "We are looking into problems with checkout."},
    "suggestions": ["Checkout may be slow at the moment."],
    "agent": {"name": "Status agent"},
    "to": _CHANNEL,
    "responders": _ANA,
}
RECOVERY: Final = {
    "kind": "stalled",
    "cause": "The nightly import has written nothing for 10 minutes.",
    "fingerprint": "import:stalled",
    "next_action": "Free some space on the disk of db-1, and start the import again.",
    "evidence": {"host": "db-1", "disk_used_percent": 100, "rows_written": 18_204},
    "max_attempts": ATTEMPTS - 1,
    "wake_policy": {"escalate_to": [{"user": "U0ANA"}]},
    "agent": {"name": "Watchdog"},
    "to": _CHANNEL,
}
INCIDENT: Final = {
    "title": "Checkout fails for some customers",
    "description": "Since the deployment of payments 4.2.0, card payments in eu-west-1 end with a timeout.",
    "severity": "major",
    "systems": ["checkout", "payments"],
    "initial_message": "Error rate 3 %, rising.",
    "agent": {"name": "Monitoring agent"},
    "to": _CHANNEL,
}
UPDATE: Final = "Error rate 12 %."

FIX: Final = {
    "title": "Raise the limit of connections of orders-db",
    "description": "143 requests wait for 20 connections; the database has room for 300.",
    "confidence": 80,
    "key": "pool-exhausted",
    "script": "set-pool-size --service payments",
    "parameters": {"size": 60, "restart": "rolling"},
    "agent": {"name": "Fixer"},
    "to": _CHANNEL,
}
FIXED: Final = {
    "outcome": "applied_success",
    "reason": "No request has waited since.",
    "evidence": {"waiting": 0, "connections": 34},
}
WORK: Final = {
    "title": "Look through ten customers of the export",
    "body": "The agents import all 48,210 of them once a person has seen that addresses and orders are complete.",
    "acceptance": {"customers": 10, "missing": "what is missing is written down"},
    "agent": {"name": "Planner"},
    "to": _CHANNEL,
}
AFTERWARDS: Final = {"title": "Import the customers", "phase": "agents", "agent": {"name": "Planner"}}


@dataclass(frozen=True, kw_only=True)
class Agent:
    """The demo agent: its client has the key, and each request may go to any replica."""

    http: aiohttp.ClientSession
    bridge_urls: list[str]
    slack_url: str

    def page(self, user: str) -> str:
        """The address of a person's view of the sandbox Slack."""
        return f"    {self.slack_url}/#channel={_CHANNEL['channel']}&as={user}\n"

    async def post(self, path: str, body: Mapping[str, Any]) -> dict[str, Any]:
        """The resource that the first replica makes of this; raises ChildFailed if it is refused."""
        async with self.http.post(f"{self.bridge_urls[0]}{path}", json=body) as response:
            made: dict[str, Any] = await response.json()
        if response.status not in (200, 201):
            raise ChildFailed(f"The bridge refused what the demo agent sent: {made.get('detail')}")
        return made

    async def wait(
        self,
        path: str,
        is_over: Callable[[dict[str, Any]], bool],
        *,
        seconds: float | None = None,
        until: str | None = None,
    ) -> dict[str, Any]:
        """Wait until a resource is over, on any replica that responds: one of them may be killed meanwhile.

        `until` are the statuses that it waits for, if not the last ones. With `seconds`, return it as it is after so
        long. Raises ChildFailed when no replica responds for WAIT + UNANSWERED_LIMIT seconds.
        """
        last_response = began = time.monotonic()
        for url in itertools.cycle(self.bridge_urls):
            left = WAIT if seconds is None else max(0.0, began + seconds - time.monotonic())
            with contextlib.suppress(aiohttp.ClientError, TimeoutError):
                query = {"wait": f"{min(WAIT, left):.3f}"} | ({"until": until} if until else {})
                async with self.http.get(f"{url}{path}", params=query) as response:
                    if response.status == 200:
                        resource: dict[str, Any] = await response.json()
                        if is_over(resource) or (seconds is not None and time.monotonic() >= began + seconds):
                            return resource
                        last_response = time.monotonic()
                        continue
            if time.monotonic() - last_response > WAIT + UNANSWERED_LIMIT:
                break
            await asyncio.sleep(0.5)
        raise ChildFailed("No replica of the bridge answers any more.")


@dataclass(frozen=True, kw_only=True)
class Story:
    """One thing to try."""

    offer: str  # its line in the menu
    tell: Callable[[Agent], Awaitable[None]]


async def approval(agent: Agent) -> None:
    """Ask on the first replica, and wait for the answer; Slack may send the click to either."""
    asked = await agent.post("/v1/interactions", APPROVAL)
    output.say("the demo agent asked @ana for an approval, and waits. Open this as her and click:\n")
    output.say(agent.page("U0ANA"))
    output.say("Only she may answer. If you click as @bob instead, you are told so privately:\n")
    output.say(agent.page("U0BOB"))
    await _answered(agent, asked)


async def form(agent: Agent) -> None:
    """Ask for a text, and wait for it."""
    asked = await agent.post("/v1/interactions", FORM)
    output.say("the demo agent asked @ana for a text, and waits. As her, “Answer” opens a form, and nothing counts")
    output.say("until you submit it; the other button answers with the text on it:\n")
    output.say(agent.page("U0ANA"))
    await _answered(agent, asked)


async def recovery(agent: Agent) -> None:
    """Report a stuck job a few times, so that it is escalated, and wait for its end."""
    began = time.monotonic()
    report = {**RECOVERY, "source": {"type": "job", "id": f"nightly-import-{int(time.time()) % 10_000:04}"}}
    found = await agent.post("/v1/recoveries", report)
    output.say("the demo agent reported a stuck job, and tries again every few seconds. All attempts are one card; the")
    output.say(f"{_nth(ATTEMPTS)} escalates it to @ana. As her, say on the card how it ended:\n")
    output.say(agent.page("U0ANA"))
    path = f"/v1/recoveries/{found['id']}"
    for _ in range(ATTEMPTS - 1):
        found = await agent.wait(path, _is_ended, seconds=ATTEMPT_SECONDS)
        if not _is_ended(found):
            found = await agent.post("/v1/recoveries", report)
    found = await agent.wait(path, _is_ended)
    by, seconds = (found["resolved_by"] or {}).get("name"), time.monotonic() - began
    output.say(f"the recovery ended as “{found['outcome']}” by @{by} after {seconds:.1f} s")


async def incident(agent: Agent) -> None:
    """Open an incident, add an update, and wait until it is resolved."""
    began = time.monotonic()
    path = f"/v1/incidents/{(await agent.post('/v1/incidents', INCIDENT))['id']}"
    output.say("the demo agent opened an incident, and adds what it sees. As @ana, say on the card how it stands, and")
    output.say("resolve it; what was said is in the thread of the card as well:\n")
    output.say(agent.page("U0ANA"))
    found = await agent.wait(path, _is_ended, seconds=UPDATE_SECONDS)
    if not _is_ended(found):
        await agent.post(f"{path}/updates", {"message": UPDATE})
        found = await agent.wait(path, _is_ended)
    by, seconds = found["status_by"].get("name"), time.monotonic() - began
    output.say(f"the incident was resolved by @{by} after {seconds:.1f} s")


async def fix(agent: Agent) -> None:
    """Propose a fix, wait until a person has decided and judged it, and report in between what came of it."""
    began = time.monotonic()
    session = f"alert-{int(time.time()) % 10_000:04}"
    found = await agent.post("/v1/fixes", {**FIX, "session": session})
    output.say(
        "the demo agent suggests a fix to @ana, and applies nothing before she decides. As her, click Apply; then"
    )
    output.say("the agent reports what came of it, and you confirm that, or say otherwise:\n")
    output.say(agent.page("U0ANA"))
    path = f"/v1/fixes/{found['id']}"
    found = await agent.wait(path, lambda one: one["decision"] is not None or _is_ended(one), until="decided,dismissed")
    if found["decision"] == "one_off" and found["outcome"] == "proposed":
        await agent.post(f"{path}/outcome_proposal", FIXED)
    found = await agent.wait(path, lambda one: _is_ended(one) or one["decision"] != "one_off")
    what, by = found["outcome"], (found["outcome_by"] or found["decided_by"] or {}).get("name")
    output.say(f"the fix was judged as “{what}” by @{by} after {time.monotonic() - began:.1f} s")


async def work(agent: Agent) -> None:
    """Add an item for a person and one that depends on it, and lease that once the person is done."""
    began = time.monotonic()
    item = await agent.post("/v1/work", WORK)
    after = await agent.post("/v1/work", {**AFTERWARDS, "depends_on": [item["id"]]})
    output.say(
        "the demo agent put a work item on the backlog, which its own work waits for. As @ana, click Take; it is"
    )
    output.say("yours for 8 hours, and no one else can take it. Then finish it with Done…:\n")
    output.say(agent.page("U0ANA"))
    found = await agent.wait(f"/v1/work/{item['id']}", _is_ended)
    output.say(f"the work item was done by @{found['done_by'].get('name')} after {time.monotonic() - began:.1f} s")
    lease = await agent.post("/v1/work/lease", {"owner": "importer", "id": after["id"]})
    await agent.post(f"/v1/work/{after['id']}/complete", {"fence": lease["attempts"]})
    output.say("the demo agent went on with the item that waited for it")


STORIES: Final = MappingProxyType(
    {
        "1": Story(offer="an approval: yes or no, with one click", tell=approval),
        "2": Story(offer="a form: an answer in words", tell=form),
        "3": Story(offer="a recovery: a stuck job, with one card until it works again", tell=recovery),
        "4": Story(offer="an incident: one card that says how it stands", tell=incident),
        "5": Story(offer="a fix: suggested by an agent, decided and judged by you", tell=fix),
        "6": Story(offer="a work item: on the backlog of agents, taken and done by you", tell=work),
    }
)


async def _answered(agent: Agent, asked: dict[str, Any]) -> None:
    began = time.monotonic()
    ended = await agent.wait(f"/v1/interactions/{asked['id']}", lambda one: one["status"] != "pending")
    answer = ended["answer"]
    if answer is None:
        output.say(f"the agent got no answer: {ended['message']}")
        return
    words = answer.get("text") or answer["label"]
    output.say(
        f"the agent got the answer “{words}” from @{answer['by']['name']} after {time.monotonic() - began:.1f} s"
    )


def _is_ended(thing: dict[str, Any]) -> bool:
    return thing["ended_at"] is not None


def _nth(number: int) -> str:
    return {2: "second", 3: "third"}[number]
