"""One race after the other, many at once: a click, a cancel, a supersede or a first post just before a deadline.

A question's end is decided by the database alone, so every reader must tell the same one: whatever it looks at, on
whichever replica, and however long the winner's commit takes.
"""

import asyncio
import json
import random
import time
from collections import Counter, deque
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import aiohttp
import asyncpg

from bridge import ids
from tests import payloads
from tests.scenarios.last_moment import feed, holding
from tests.scenarios.last_moment.feed import Feed
from tests.scenarios.trials.ledger import ENDS, PENDING, Ledger
from tests.scenarios.trials.rig import PEOPLE, Replica, Rig

KINDS = ("click", "cancel", "supersede", "first post")
READERS = 4
EARLY, LATE = 0.005, 0.2  # seconds before and after the deadline for which readers look
AHEAD = 0.08  # seconds from the moment a deadline is set until it passes
LONGEST_STEP, STEP, SPREAD = 0.008, 0.0006, 0.002  # seconds by which the aim is corrected, and missed on purpose
SWEPT_SECONDS = 60.0
CLICKER = PEOPLE[0]


@dataclass(kw_only=True)
class Race:
    """One question, and when its deadline passes by the database's clock, which is this machine's."""

    number: int
    kind: str
    idempotency_key: str
    id: str = ""
    deadline: float = 0.0
    card: dict[str, Any] = field(default_factory=dict)
    asking: "asyncio.Task[None] | None" = None
    reported: bool = False


class Aim:
    """When to act so that about half of the attempts are in time: sooner after each that was not, else later.

    The steps are long at first, and shorter whenever they change their direction.
    """

    def __init__(self) -> None:
        self._lead, self._step, self._was_in_time = 0.012, LONGEST_STEP, True

    def lead(self) -> float:
        return self._lead + random.uniform(-SPREAD, SPREAD)

    def correct(self, *, in_time: bool) -> None:
        if in_time is not self._was_in_time:
            self._step = max(self._step / 2, STEP)
        self._was_in_time = in_time
        self._lead += -self._step if in_time else self._step


class Races:
    """All of them on two replicas, with what was told and how they ended."""

    def __init__(self, rig: Rig, db: "asyncpg.Pool[asyncpg.Record]", *, held: float, last: float = LATE) -> None:
        self.ledger = Ledger()
        self.ended: dict[str, Counter[str]] = {kind: Counter() for kind in KINDS}
        self.kinds: dict[str, str] = {}  # by the question's id
        self.statuses: Counter[str] = Counter()  # answers other than those that tell of a question
        self.feeds: list[Feed] = []
        self._raced: list[Race] = []
        self._rig, self._db, self._held = rig, db, held
        self._late = held + 0.3 if held else last
        self._aims = {kind: Aim() for kind in KINDS}
        self._template = ""
        self._free, self._shared = deque(rig.channels[::2]), rig.channels[1::2]
        self._clock = time.time  # the database's clock, too

    async def run(self, number: int, *, at_once: int) -> None:
        """Run so many races, so many of them at a time, while every replica's feed is read."""
        numbers = iter(range(number))
        self._template = await self._click_template()

        async def runner() -> None:
            for one in numbers:
                await self._race(one)

        async with feed.following(self._rig, self.ledger) as self.feeds:
            if self._held:
                await holding.hold(self._db, self._held)
            async with asyncio.TaskGroup() as group:
                for _ in range(at_once):
                    group.create_task(runner())
            for race in self._raced:
                await self._judge(race)
            await asyncio.sleep(0.5)  # the feed is a moment behind

    async def _race(self, number: int) -> None:
        race = await self._opened(number)
        if race is None:
            return
        readers = [asyncio.create_task(self._reader(race, reader)) for reader in range(READERS)]
        if race.kind != "first post":
            await self._until(race.deadline - self._aims[race.kind].lead())
            await self._act(race)
        await asyncio.gather(*readers, *([race.asking] if race.asking else []))
        row = await self._row(race)
        in_time = {
            "click": row["answered_by"] is not None,
            "cancel": row["status"] == "cancelled",
            "supersede": row["status"] == "superseded",
            "first post": row["cards_shown"] > 0 and row["status"] != "unreachable",
        }
        self._aims[race.kind].correct(in_time=in_time[race.kind])
        self._raced.append(race)
        self.kinds[race.id] = race.kind

    async def _judge(self, race: Race) -> None:
        """Read the end once more on each replica, and in the row, which must say what every reader told."""
        async with asyncio.timeout(SWEPT_SECONDS):
            while (row := await self._row(race))["status"] == PENDING:
                await asyncio.sleep(0.05)  # a sweep comes every ten seconds
        for replica in self._rig.replicas:
            await self._get(race, replica, "")
        self.ledger.row(race.id, row, ended=self._clock())
        self.ended[race.kind][_how(row)] += 1

    async def _opened(self, number: int) -> Race | None:
        """A question whose deadline passes in a moment; with its card on a screen, unless that is the race."""
        kind = KINDS[number % len(KINDS)]
        key = f"race-{random.getrandbits(64):x}"
        channel = self._free.popleft() if kind == "first post" else random.choice(self._shared)
        body = _question(f"Race {number}?", channel) | {"tags": ["race"]}
        if number // len(KINDS) % 2:
            body["on_expiry"] = {"decision": "approve"}
        replica, headers = self._rig.replicas[number % 2], {"Idempotency-Key": key}
        race = Race(number=number, kind=kind, idempotency_key=key)
        if kind == "first post":  # right after another message, so that its turn is known: a second later
            before = await self._asked(replica, _question("Before?", channel))
            due = await self._db.fetchval("select max(at) from throttles where name like '% ' || $1", channel)
            # It is answered once its card is on a screen, or its end is known; the deadline is moved meanwhile.
            race.asking = asyncio.create_task(
                self._told(race, replica, "ask", "POST", "/v1/interactions?wait=0", body=body, headers=headers)
            )
            moved = before and await self._moved(key, due + timedelta(seconds=self._aims[kind].lead()))
            self._free.append(channel)
        elif (asked := await self._asked(replica, body, headers=headers)) is not None:
            race.card = asked["cards"][0]
            moved = await self._moved(key, datetime.fromtimestamp(self._clock() + AHEAD, UTC))
        else:
            return None
        if not moved:
            return None
        race.id, race.deadline = ids.encode("int", moved["id"]), moved["expires_at"].timestamp()
        return race

    async def _moved(self, key: str, deadline: datetime) -> asyncpg.Record | None:
        """Move a deadline as soon as its question is there; None when it is not, or has ended."""
        for _ in range(200):
            row = await self._db.fetchrow(
                "update interactions set expires_at = $2 where idempotency_key = $1 and status = 'pending' "
                "returning id, expires_at",
                *(key, deadline),
            )
            if row is not None:
                return row
            await asyncio.sleep(0.005)
        return None

    async def _asked(
        self, replica: Replica, body: dict[str, Any], *, headers: dict[str, str] | None = None, query: str = ""
    ) -> dict[str, Any] | None:
        """A new question, with its card on a screen unless the query says not to wait for that."""
        status, asked = await self._call(replica, "POST", f"/v1/interactions{query}", body=body, headers=headers)
        if status != 201 or not (query or await self._posted(asked)):
            return None
        found: dict[str, Any] = asked
        return found

    async def _posted(self, asked: dict[str, Any]) -> bool:
        for replica in self._rig.replicas * 50:
            if asked["cards"][0]["ts"]:
                return True
            await asyncio.sleep(0.1)
            _, looked = await self._call(replica, "GET", f"/v1/interactions/{asked['id']}")
            asked.update(looked)
        return False

    # What is done in the last moment.

    async def _act(self, race: Race) -> None:
        replica = self._rig.replicas[race.number // 2 % 2]
        match race.kind:
            case "click":
                await self._click(race, replica)
            case "cancel":
                await self._told(race, replica, "cancel", "POST", f"/v1/interactions/{race.id}/cancel")
            case _:
                newer = {"kind": "approval", "title": "Instead?", "to": {"user": CLICKER}, "supersedes": race.id}
                await self._told(race, replica, "supersede", "POST", "/v1/interactions?wait=0", body=newer)

    async def _click(self, race: Race, replica: Replica) -> None:
        text = (
            self._template.replace("INTERACTION", race.id)
            .replace("C0CHANNEL", race.card["channel"])
            .replace("MESSAGE.TS", race.card["ts"])
        )
        try:
            status = await self._rig.envelope(replica, payloads.form_text(text))
        except (aiohttp.ClientError, TimeoutError):
            status = 0
        if status != 200:
            self.statuses[f"click {status}"] += 1

    async def _click_template(self) -> str:
        """The payload of a real click, with words in the places of what differs from click to click."""
        replica = self._rig.replicas[0]
        body = {"kind": "approval", "title": "Warm?", "to": {"channel": self._rig.channels[0]}}
        _, asked = await self._call(replica, "POST", "/v1/interactions", body=body | {"responders": {"users": PEOPLE}})
        assert await self._posted(asked)
        card = asked["cards"][0]
        clicked = await self._rig.sandbox(
            "POST",
            "/clicks",
            {
                "user": CLICKER,
                "channel": card["channel"],
                "ts": card["ts"],
                "action_id": "v1:choose:deny",
                "request_url": f"{replica.url}/slack/events",
            },
        )
        text = json.dumps(clicked["payload"])
        for found, word in ((asked["id"], "INTERACTION"), (card["channel"], "C0CHANNEL"), (card["ts"], "MESSAGE.TS")):
            assert found in text
            text = text.replace(found, word)
        return text

    # Looking.

    async def _reader(self, race: Race, reader: int) -> None:
        """Look in one way after the other, on one replica after the other, until some time after the deadline."""
        ways = (self._get_now, self._get_waiting, self._list, self._timeline)
        turn = reader
        await self._until(race.deadline - EARLY)
        while self._clock() < race.deadline + self._late:
            replica = self._rig.replicas[(turn + turn // len(ways)) % 2]
            await ways[turn % len(ways)](race, replica)
            turn += 1
            await asyncio.sleep(0)

    async def _get_now(self, race: Race, replica: Replica) -> None:
        await self._get(race, replica, "")

    async def _get_waiting(self, race: Race, replica: Replica) -> None:
        left = race.deadline + self._late - self._clock()
        await self._get(race, replica, f"?wait={max(0.0, left):.3f}")

    async def _get(self, race: Race, replica: Replica, query: str) -> None:
        where = "wait" if query else "get"
        await self._told(race, replica, where, "GET", f"/v1/interactions/{race.id}{query}")

    async def _list(self, race: Race, replica: Replica) -> None:
        query = random.choice(
            [f"idempotency_key={race.idempotency_key}"]
            + [f"idempotency_key={race.idempotency_key}&status={status}" for status in (PENDING, *ENDS[:2])]
            + ["status=answered&limit=20", "tag=race&limit=20"]
        )
        began = self._clock()
        status, page = await self._call(replica, "GET", f"/v1/interactions?{query}")
        for item in page["items"] if status == 200 else ():
            self.ledger.told(item, where=f"list {replica.name} {query}", began=began, ended=self._clock())

    async def _timeline(self, race: Race, replica: Replica) -> None:
        began = self._clock()
        status, told = await self._call(replica, "GET", f"/v1/interactions/{race.id}/timeline")
        if status == 200:
            self.ledger.timeline(race.id, told, where=f"timeline {replica.name}", began=began, ended=self._clock())

    async def _told(self, race: Race, replica: Replica, way: str, method: str, path: str, **other: Any) -> None:
        """Note what a request tells of a question, also with a 409; who first hears an answer reports it."""
        began = self._clock()
        status, told = await self._call(replica, method, path, **other)
        if status == 409:
            told = told.get("interaction")
        if not told or "cards" not in told or "id" not in told:
            return
        self.ledger.told(told, where=f"{way} {replica.name} {status}", began=began, ended=self._clock())
        if told["id"] == race.id and told["status"] == "answered" and not race.reported:
            race.reported = True
            another = self._rig.replicas[1 - self._rig.replicas.index(replica)]
            report = {"status": "picked_up"}
            await self._told(race, another, "receipt", "POST", f"/v1/interactions/{race.id}/receipt", body=report)

    async def _call(self, replica: Replica, method: str, path: str, **other: Any) -> tuple[int, Any]:
        try:
            status, told = await self._rig.call(replica, method, path, **other)
        except (aiohttp.ClientError, TimeoutError) as error:
            status, told = 0, {}
            self.statuses[f"{method} {type(error).__name__}"] += 1
        if status not in (0, 200, 201, 409):
            self.statuses[f"{method} {status}"] += 1
        return status, told

    async def _until(self, moment: float) -> None:
        if (left := moment - self._clock()) > 0:
            await asyncio.sleep(left)

    async def _row(self, race: Race) -> asyncpg.Record:
        row = await self._db.fetchrow("select * from interactions where id = $1", ids.decode("int", race.id))
        assert row is not None
        return row


def _question(title: str, channel: str) -> dict[str, Any]:
    return {"kind": "approval", "title": title, "to": {"channel": channel}, "responders": {"users": PEOPLE}}


def _how(row: asyncpg.Record) -> str:
    if row["status"] == "answered":
        return "answered by the click" if row["answered_by"] else "answered by default"
    return str(row["status"])
