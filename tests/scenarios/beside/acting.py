"""What agents and people do to things of any noun: requests to this release, and clicks that either release may get."""

import hashlib
import random
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs
from uuid import UUID

import aiohttp
import asyncpg

from bridge import ids
from bridge.card import action_ids
from tests.scenarios.beside import words
from tests.scenarios.beside.agent import Agent
from tests.scenarios.beside.stories import Acked
from tests.scenarios.trials.rig import PEOPLE, ReplicaProcess
from tests.waiting import pause

TRIES = 60

_ROUNDS = """
    select id, status
    from interactions
    where thing_id = $1
    order by id desc
"""
_CARDS = """
    select cards.channel, cards.ts
    from cards
    join things on things.organization_id = cards.organization_id and things.anchor_id = cards.interaction_id
    where things.id = $1 and cards.ts is not null
"""


@dataclass(kw_only=True)
class Actor:
    """Acts on things. `agent` uses all replicas in turn; `acked` are the clicks that a replica answered with 200."""

    agent: Agent
    db: "asyncpg.Pool[asyncpg.Record]"
    acked: list[Acked]

    async def call(self, method: str, path: str, body: Any = None, **headers: str) -> tuple[int, Any]:
        """One request to a replica of this release, repeated until one answers."""
        for _ in range(TRIES):
            if replica := words.of_this_release(self.agent):
                try:
                    status, response = await self.agent.rig.call(replica, method, path, body=body, headers=headers)
                except (aiohttp.ClientError, TimeoutError, ValueError):
                    status, response = 503, None
                if status not in (429, 503):
                    return status, response
            await pause(0.2)
        return 503, None

    def expect(self, what: str, status: int, *expected: int) -> None:
        """Record a response that this request must not get."""
        if status not in (*expected, 503):
            self.agent.strange.append(f"{what} was answered {status}")

    async def clicks(self, id: UUID, choices: list[str], number: int) -> None:
        """Clicks on the latest round or on an earlier one, each delivered to replicas of both releases."""
        if not (posted := await self.posted(id)):
            return
        for _ in range(number):
            round_id = await self.round_of(id)
            await self.click(round_id, random.choice(posted), action_ids.choose(random.choice(choices)))

    async def posted(self, id: UUID) -> list[asyncpg.Record]:
        """The posted cards of a thing; empty if it gets none in time."""
        for _ in range(TRIES):
            if posted := await self.db.fetch(_CARDS, id):
                return posted
            await pause(0.2)
        return []

    async def round_of(self, id: UUID) -> UUID:
        """The latest round of a thing, or at times an earlier one, which a card may still show."""
        rounds = await self.db.fetch(_ROUNDS, id)
        found: UUID = random.choice([rounds[0], random.choice(rounds)])["id"]
        return found

    async def person_at(self, card: asyncpg.Record) -> str:
        """A person who sees a card."""
        if not card["channel"].startswith("D"):
            return random.choice(PEOPLE)
        seen = await self.agent.rig.sandbox("GET", "/channels")
        person: str = next(one["user"] for one in seen["channels"] if one["id"] == card["channel"])
        return person

    async def click(self, round_id: UUID, card: asyncpg.Record, action_id: str) -> None:
        """Click through the sandbox, then send the same envelope to other replicas, as a load balancer may."""
        rig, replica = self.agent.rig, self.agent.replica()
        told = await self.send(
            round_id, card, action_id, await self.person_at(card), replica, repeat=random.choice([1, 1, 2])
        )
        body = told["request"]["body"].encode()
        statuses = told.get("statuses") or [told["status"]]
        while 200 not in statuses or random.random() < 0.3:
            try:
                statuses.append(await rig.envelope(self.agent.replica(), body))
            except (aiohttp.ClientError, TimeoutError):
                await pause(0.2)
        if strange := set(statuses) - {0, 200, 503}:
            self.agent.strange.append(f"a click on a round was answered {strange}")
        self.acked.append(Acked(claim_id=claim_id(told), interaction=ids.encode("int", round_id)))

    async def send(
        self, round_id: UUID, card: asyncpg.Record, action_id: str, person: str, replica: ReplicaProcess, **more: Any
    ) -> Any:
        """One click of a client that shows the buttons of this round; returns the sandbox's report."""
        self.agent.done[f"clicks on rounds at {replica.release.name}"] += 1
        stale = {"block_id": action_ids.block_id(round_id, 1), "action_id": action_id, "value": None, "type": "button"}
        sent = {"user": person, "channel": card["channel"], "ts": card["ts"], "stale": stale}
        url = {"request_url": f"{replica.url}/slack/events"}
        return await self.agent.rig.sandbox("POST", "/clicks", sent | url | more)


def claim_id(told: Any) -> bytes:
    """What the claim of the payload in a report of the sandbox is known by."""
    return hashlib.sha256(parse_qs(told["request"]["body"])["payload"][0].encode()).digest()


def key() -> dict[str, str]:
    """A new Idempotency-Key, so that a request may be repeated."""
    return {"Idempotency-Key": f"key-{random.getrandbits(64):x}"}
