"""Recoveries, which this release opens, while replicas of the former release get a part of the clicks on them."""

import hashlib
import random
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs

import aiohttp
import asyncpg

from bridge import ids
from bridge.card import action_ids
from bridge.things.recovery import NOUN
from tests.bridge.things.agreement import contradictions
from tests.scenarios import program
from tests.scenarios.beside import words
from tests.scenarios.beside.agent import Agent
from tests.scenarios.beside.stories import Acked, Stories
from tests.scenarios.trials.rig import PEOPLE
from tests.waiting import jitter, pause

TYPES = [f"recovery.{move}" for move in ("opened", "refreshed", "escalated", "resolved", "cancelled", "unblocked")]
CHOICES = ["restored", "cancelled", "false_positive"]
TRIES = 60
Messages = dict[tuple[str, str], Any]

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
_TWICE = """
    select channel, ts, count(*) as number
    from cards
    where ts is not null
    group by organization_id, connection_id, channel, ts
    having count(*) > 1
"""
_TAKEN = """
    select rounds.id
    from interactions as rounds
    where
        rounds.thing_id is not null and rounds.status = 'answered'
        and (rounds.answer ->> 'move' is null or rounds.receipt is not null or rounds.unheard)
"""
_FINAL_CARDS = """
    select things.id, recoveries.status, cards.channel, cards.ts
    from things
    join recoveries on recoveries.organization_id = things.organization_id and recoveries.id = things.id
    join cards on cards.organization_id = things.organization_id and cards.interaction_id = things.anchor_id
    where
        things.ended_at is not null and cards.ts is not null
        and cards.given_up_at is null and cards.retired_at is null
"""
_SHOWN = ("Restored", "Cancelled", "False positive", "Blocked")


async def begin(stories: Stories, url: str) -> "ThingStories":
    """Stories of recoveries, with an endpoint that gets their events; replicas of this release are running."""
    told = ThingStories(agent=stories.agent, db=stories.db, acked=stories.acked)
    await told.call("POST", "/v1/webhook_endpoints", {"url": f"{url}/things", "types": TYPES})
    return told


async def found(db: "asyncpg.Pool[asyncpg.Record]", messages: Messages) -> dict[str, list[str]]:
    """The cases that must not be, by the rule that they break."""
    cards = []
    for card in await db.fetch(_FINAL_CARDS):
        message = messages.get((card["channel"], card["ts"]))
        text = str(message and message["text"])
        if message is None or program.has_buttons(message) or not any(word in text for word in _SHOWN):
            cards.append(f"{card['id']} {card['status']}: {text[:80]}")
    open_rounds = await db.fetch(
        "select thing_id from interactions where thing_id is not null and status = 'pending' "
        "group by organization_id, thing_id having count(*) > 1"
    )
    return {
        "rounds that were taken as questions are": [str(row["id"]) for row in await db.fetch(_TAKEN)],
        "things with two open rounds": [str(row["thing_id"]) for row in open_rounds],
        "messages with two rows": [f"{row['channel']} {row['ts']}" for row in await db.fetch(_TWICE)],
        "cards of things that do not show the end": cards,
        "things whose rows contradict each other": await contradictions(db, cards=False),
    }


@dataclass(kw_only=True)
class ThingStories:
    """Runs one life of a recovery after the other."""

    agent: Agent
    db: "asyncpg.Pool[asyncpg.Record]"
    acked: list[Acked]
    choices: list[str] = field(default_factory=lambda: CHOICES)
    begun: int = 0

    async def tell(self, goes_on: Callable[[], bool]) -> None:
        """Open, report, click on this and on the former release, and end, until told to stop."""
        while goes_on():
            self.begun += 1
            await self._story(f"job-{self.begun}")
            await jitter(0.5)

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

    async def _story(self, source: str) -> None:
        opened = await self._report(source)
        if opened is None:
            return
        id = ids.decode(NOUN.prefix, opened["id"])
        for number in range(random.randint(1, 4)):
            if random.random() < 0.7:
                await self._report(source, cause=random.choice(["no heartbeat", "out of memory", f"cause {number}"]))
            await self._clicks(id, random.randint(1, 3))
        status, _ = await self.call("POST", f"/v1/recoveries/{opened['id']}/resolve", {"outcome": "restored"})
        self._expect("an end", status, 200, 409)
        await self._clicks(id, 1)  # on a card that may be stale

    async def _report(self, source: str, **fields: Any) -> Any:
        rig = self.agent.rig
        channel = {"channel": random.choice(rig.channels)}
        body = {
            "source": {"type": "job", "id": source},
            "kind": "stalled",
            "cause": "no heartbeat",
            "fingerprint": "heartbeat",
            "next_action": "restart it",
            "to": random.choice([channel, channel, {"user": random.choice(PEOPLE)}]),
            **fields,
        }
        if fields:  # a report keeps the addresses that it does not give
            del body["to"]
        key = f"key-{random.getrandbits(64):x}"
        status, response = await self.call("POST", "/v1/recoveries", body, **{"Idempotency-Key": key})
        self._expect("a report", status, 200, 201)
        if status not in (200, 201):
            return None
        self.agent.done["reports of recoveries"] += 1
        return response

    def _expect(self, what: str, status: int, *expected: int) -> None:
        if status not in (*expected, 503):
            self.agent.strange.append(f"{what} was answered {status}")

    async def _clicks(self, id: Any, number: int) -> None:
        """Clicks on the latest round or on an earlier one, each delivered to replicas of both releases."""
        for _ in range(TRIES):
            if posted := await self.db.fetch(_CARDS, id):
                break
            await pause(0.2)
        else:
            return
        for _ in range(number):
            rounds = await self.db.fetch(_ROUNDS, id)
            await self._click(random.choice([rounds[0], random.choice(rounds)])["id"], random.choice(posted))

    async def _click(self, round_id: Any, card: asyncpg.Record) -> None:
        rig, replica = self.agent.rig, self.agent.replica()
        person = random.choice(PEOPLE)
        if card["channel"].startswith("D"):  # only its owner sees it
            seen = await rig.sandbox("GET", "/channels")
            person = next(one["user"] for one in seen["channels"] if one["id"] == card["channel"])
        stale = {
            "block_id": action_ids.block_id(round_id, 1),
            "action_id": action_ids.choose(random.choice(self.choices)),
            "value": None,
            "type": "button",
        }
        told = await rig.sandbox(
            "POST",
            "/clicks",
            {
                "user": person,
                "channel": card["channel"],
                "ts": card["ts"],
                "stale": stale,
                "request_url": f"{replica.url}/slack/events",
                "repeat": random.choice([1, 1, 2]),
            },
        )
        self.agent.done[f"clicks on rounds at {replica.release.name}"] += 1
        body = told["request"]["body"].encode()
        statuses = told.get("statuses") or [told["status"]]
        while 200 not in statuses or random.random() < 0.3:
            try:
                statuses.append(await rig.envelope(self.agent.replica(), body))
            except (aiohttp.ClientError, TimeoutError):
                await pause(0.2)
        if strange := set(statuses) - {0, 200, 503}:
            self.agent.strange.append(f"a click on a round was answered {strange}")
        payload = parse_qs(body.decode())["payload"][0]
        claim_id = hashlib.sha256(payload.encode()).digest()
        self.acked.append(Acked(claim_id=claim_id, interaction=ids.encode("int", round_id)))
