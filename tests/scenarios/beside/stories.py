"""Lives of interactions: opened in many ways, then clicked, cancelled, superseded or left to their deadline."""

import asyncio
import hashlib
import random
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs

import aiohttp
import asyncpg

from bridge import ids
from tests import waiting
from tests.scenarios.beside import words
from tests.scenarios.beside.agent import Agent, NoAnswer
from tests.scenarios.trials.rig import PEOPLE
from tests.storage.elapse import set_deadlines
from tests.waiting import jitter

RECEIPTS = ["succeeded", "failed"]
FATES = {"words": 3, "click": 9, "cancel": 2, "supersede": 2, "contest": 3, "expire": 2, "short": 1}
OPTIONS = [{"id": "north", "label": "North"}, {"id": "south", "label": "South"}]


@dataclass(frozen=True, kw_only=True)
class Acked:
    """A click that a replica answered with 200, which must stay in `clicks`."""

    claim_id: bytes
    interaction: str


@dataclass(kw_only=True)
class Stories:
    """Runs one story after the other, and records what must hold in the end."""

    agent: Agent
    db: "asyncpg.Pool[asyncpg.Record]"
    callback: str
    acked: list[Acked] = field(default_factory=list)
    doubled: list[str] = field(default_factory=list)  # idempotency keys that returned two interactions
    begun: int = 0

    async def tell(self, goes_on: Callable[[], bool], *, pause: float) -> None:
        while goes_on():
            self.begun += 1
            try:
                await self._story(self.begun)
            except NoAnswer:
                self.agent.done["stories given up"] += 1
            await jitter(2 * pause)

    async def _story(self, number: int) -> None:
        (fate,) = random.choices(list(FATES), weights=list(FATES.values()))
        if fate == "words":
            await words.deny(self.agent, await words.ask(self.agent, f"Question {number}?"))
            return
        body = self._body(number)
        if fate == "short":
            body["expires_in"] = 60
        asked = await self._ask(body)
        id = asked["id"]
        ending = asyncio.create_task(self._wait(id))
        try:
            await self._fate(fate, asked)
            if random.random() < 0.4:
                await self.agent.call("GET", f"/v1/interactions/{id}/timeline")
        finally:
            ended = await ending
        if ended is not None and ended["status"] == "answered" and random.random() < 0.6:
            await self._report(id)
        await self.agent.call("GET", "/v1/interactions?limit=20")

    async def _fate(self, fate: str, asked: dict[str, Any]) -> None:
        id = asked["id"]
        match fate:
            case "click":
                await self._click(asked, clicks=random.choice([1, 1, 2, 3]))
            case "cancel":
                await self._cancel(id)
            case "supersede":
                await self._supersede(asked)
            case "contest":
                ways = [self._click(asked, clicks=2), self._cancel(id), self._supersede(asked)]
                random.shuffle(ways)
                await asyncio.gather(*ways)
            case _:
                await jitter(1)
                await self._pass_deadline(id)
                if fate == "expire":
                    await waiting.pause(0.5)  # certainly too late
                    await self._click(asked, clicks=1)

    def _body(self, number: int) -> dict[str, Any]:
        places: list[dict[str, str]] = [{"channel": one} for one in random.sample(self.agent.rig.channels, 3)]
        places += [{"user": one} for one in random.sample(PEOPLE, 1)]
        approval = random.random() < 0.7
        body: dict[str, Any] = {
            "kind": "approval" if approval else "choice",
            "title": f"Question {number}?",
            "to": random.sample(places, random.choice([1, 1, 1, 2, 3])),
            "responders": {"users": PEOPLE},
        }
        if not approval:
            body["options"] = OPTIONS
        if random.random() < 0.3:
            body["callback"] = f"{self.callback}/{number}"
        if random.random() < 0.3:
            body["on_expiry"] = {"decision": "approve"} if approval else {"option": "south"}
        return body

    async def _ask(self, body: dict[str, Any], **other: Any) -> dict[str, Any]:
        """Open an interaction, often with an idempotency key, and then often several times at once."""
        keyed = random.random() < 0.5
        key = f"key-{random.getrandbits(64):x}"
        headers = {"Idempotency-Key": key} if keyed else {}
        times = random.choice([1, 2, 3]) if keyed else 1
        asking = [
            self.agent.call("POST", "/v1/interactions", body=body | other, headers=headers, repeatable=keyed)
            for _ in range(times)
        ]
        answers = await asyncio.gather(*asking, return_exceptions=True)
        resources = [
            answer[1] for answer in answers if not isinstance(answer, BaseException) and answer[0] in (200, 201)
        ]
        if any(isinstance(answer, BaseException) for answer in answers) or not resources:
            raise NoAnswer
        self.agent.done["questions asked"] += 1
        self.agent.done["repeats of an idempotency key"] += times - 1
        if len({resource["id"] for resource in resources}) > 1:
            self.doubled.append(key)
        first: dict[str, Any] = resources[0]
        return first

    async def _wait(self, id: str) -> dict[str, Any] | None:
        """Wait until it has ended, on one replica after the other."""
        for _ in range(30):
            try:
                _, response = await self.agent.call("GET", f"/v1/interactions/{id}?wait={random.choice([0, 2, 5])}")
            except NoAnswer:
                return None
            resource: dict[str, Any] = response
            if resource["status"] != "pending":
                return resource
            await waiting.pause(0.1)
        return None

    async def _cancel(self, id: str) -> None:
        await self.agent.call("POST", f"/v1/interactions/{id}/cancel")
        self.agent.done["cancels"] += 1

    async def _supersede(self, asked: dict[str, Any]) -> None:
        """Supersede the interaction, and click the newer one."""
        try:
            newer = await self._ask(self._body(self.begun), supersedes=asked["id"])
        except NoAnswer:  # or the older one had ended before
            return
        self.agent.done["supersedes"] += 1
        await self._click(newer, clicks=1)

    async def _report(self, id: str) -> None:
        statuses = ["picked_up", random.choice(RECEIPTS)] if random.random() < 0.6 else [random.choice(RECEIPTS)]
        for status in statuses:
            await self.agent.call("POST", f"/v1/interactions/{id}/receipt", body={"status": status})
            self.agent.done["receipts"] += 1

    async def _pass_deadline(self, id: str) -> None:
        """Let the deadline pass now."""
        await set_deadlines(self.db, ids.decode("int", id), where="id = $1")
        self.agent.done["deadlines passed"] += 1

    async def _click(self, asked: dict[str, Any], *, clicks: int) -> None:
        """Let so many people click, each on one of the posted cards."""
        for _ in range(100):
            posted = [card for card in asked["cards"] if card["ts"]]
            if posted:
                break
            await waiting.pause(0.2)
            _, asked = await self.agent.call("GET", f"/v1/interactions/{asked['id']}")
        else:
            return
        people = random.sample(PEOPLE, clicks)
        await asyncio.gather(*(self._one_click(asked, random.choice(posted), person) for person in people))

    async def _one_click(self, asked: dict[str, Any], card: dict[str, Any], person: str) -> None:
        """Click through the sandbox, then send the same envelope to other replicas, as a load balancer may."""
        rig, replica = self.agent.rig, self.agent.replica()
        if card["channel"].startswith("D"):  # only its owner sees it
            seen = await rig.sandbox("GET", "/channels")
            person = next(one["user"] for one in seen["channels"] if one["id"] == card["channel"])
        choices = [one["id"] for one in OPTIONS] if asked["kind"] == "choice" else ["approve", "deny"]
        action = f"v1:choose:{random.choice(choices)}"
        told = await rig.sandbox(
            "POST",
            "/clicks",
            {
                "user": person,
                "channel": card["channel"],
                "ts": card["ts"],
                "stale": {"block_id": f"v1:{asked['id']}:1", "action_id": action, "value": None, "type": "button"},
                "request_url": f"{replica.url}/slack/events",
                "repeat": random.choice([1, 1, 1, 2, 3]),
            },
        )
        self.agent.done["clicks"] += 1
        body = told["request"]["body"].encode()
        statuses = told.get("statuses") or [told["status"]]
        while 200 not in statuses or random.random() < 0.3:
            self.agent.done["repeats of an envelope"] += 1
            try:
                statuses.append(await rig.envelope(self.agent.replica(), body))
            except (aiohttp.ClientError, TimeoutError):
                await waiting.pause(0.2)
        if strange := set(statuses) - {0, 200, 503}:
            self.agent.strange.append(f"a click was answered {strange}")
        payload = parse_qs(body.decode())["payload"][0]
        self.acked.append(Acked(claim_id=hashlib.sha256(payload.encode()).digest(), interaction=asked["id"]))
