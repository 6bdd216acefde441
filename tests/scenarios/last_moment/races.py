"""Runs races, several at once: a click, a cancel, a supersede or a first post just before a deadline.

The database alone decides the end of an interaction, so all readers must return the same end, in every way of reading,
on every replica, and however long the winner's commit takes.
"""

import asyncio
import random
from collections import Counter
from datetime import UTC, datetime, timedelta

import asyncpg

from bridge import ids
from tests.scenarios.last_moment import feed, holding
from tests.scenarios.last_moment.acting import Acting, Aim, question
from tests.scenarios.last_moment.feed import Feed
from tests.scenarios.last_moment.looking import Looking, Race
from tests.scenarios.trials.ledger import PENDING
from tests.scenarios.trials.rig import Rig
from tests.storage.elapse import set_deadlines
from tests.waiting import pause, until

KINDS = ("click", "cancel", "supersede", "first post")
READERS = 4
LATE = 0.2  # seconds after the deadline for which readers look; with held commits until these are over
AHEAD = 0.08  # seconds from the moment a deadline is set until it passes
SWEPT_SECONDS = 60.0


class Races:
    """All races on two replicas, with all readings and their ends."""

    def __init__(self, rig: Rig, db: "asyncpg.Pool[asyncpg.Record]", *, held: float) -> None:
        self._looking = Looking(rig, late=held + 0.3 if held else LATE)
        self._acting = Acting(rig, self._looking)
        self.ledger, self.statuses = self._looking.ledger, self._looking.statuses
        self.ended: dict[str, Counter[str]] = {kind: Counter() for kind in KINDS}
        self.kinds: dict[str, str] = {}  # by the question's id
        self.feeds: list[Feed] = []
        self._raced: list[Race] = []
        self._rig, self._db, self._held = rig, db, held
        self._aims = {kind: Aim() for kind in KINDS}
        self._free: asyncio.Queue[str] = asyncio.Queue()
        self._shared = rig.channels[1::2]
        for channel in rig.channels[::2]:
            self._free.put_nowait(channel)

    async def run(self, number: int, *, at_once: int) -> None:
        """Run so many races, so many of them at a time, while every replica's feed is read."""
        numbers = iter(range(number))
        await self._acting.prepare()

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
            await pause(0.5)  # the feed is slightly behind

    async def _race(self, number: int) -> None:
        race = await self._opened(number)
        if race is None:
            return
        readers = [asyncio.create_task(self._looking.reader(race, reader)) for reader in range(READERS)]
        if race.kind != "first post":
            await self._looking.until(race.deadline - self._aims[race.kind].lead())
            await self._acting.act(race)
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
        """Read the end once more on each replica and in the row, which must agree with all readings."""
        # The expiry loop runs every ten seconds.
        row = await until(lambda: self._row(race), lambda row: row["status"] != PENDING, within=SWEPT_SECONDS)
        for replica in self._rig.replicas:
            await self._looking.get(race, replica, "")
        self.ledger.add_row(race.id, row, ended=self._looking.clock())
        self.ended[race.kind][_how(row)] += 1

    async def _opened(self, number: int) -> Race | None:
        """An interaction whose deadline passes shortly; its card is posted, unless the race is about the first post."""
        kind = KINDS[number % len(KINDS)]
        key = f"race-{random.getrandbits(64):x}"
        channel = await self._free.get() if kind == "first post" else random.choice(self._shared)
        body = question(f"Race {number}?", channel) | {"tags": ["race"]}
        if number // len(KINDS) % 2:
            body["on_expiry"] = {"decision": "approve"}
        replica, headers = self._rig.replicas[number % 2], {"Idempotency-Key": key}
        race = Race(number=number, kind=kind, idempotency_key=key)
        if kind == "first post":  # right after another message, so that the time of its post is known: a second later
            before = await self._acting.asked(replica, question("Before?", channel))
            due = await self._db.fetchval("select max(at) from throttles where name like '% ' || $1", channel)
            # The response comes once the card is posted or the end is known; the deadline is moved meanwhile.
            race.asking = asyncio.create_task(
                self._looking.read(race, replica, "ask", "POST", "/v1/interactions?wait=0", body=body, headers=headers)
            )
            moved = before and await self._moved(key, due + timedelta(seconds=self._aims[kind].lead()))
            self._free.put_nowait(channel)
        elif (asked := await self._acting.asked(replica, body, headers=headers)) is not None:
            race.card = asked["cards"][0]
            moved = await self._moved(key, datetime.fromtimestamp(self._looking.clock() + AHEAD, UTC))
        else:
            return None
        if not moved:
            await asyncio.gather(*([race.asking] if race.asking else []))
            return None
        race.id, race.deadline = ids.encode("int", moved["id"]), moved["expires_at"].timestamp()
        return race

    async def _moved(self, key: str, deadline: datetime) -> asyncpg.Record | None:
        """Move a deadline once its interaction is stored; None if it is not stored in time, or has ended."""
        for _ in range(200):
            if moved := await set_deadlines(self._db, key, where="idempotency_key = $1", at=deadline):
                return moved[0]
            await pause(0.005)
        return None

    async def _row(self, race: Race) -> asyncpg.Record:
        row = await self._db.fetchrow("select * from interactions where id = $1", ids.decode("int", race.id))
        assert row is not None
        return row


def _how(row: asyncpg.Record) -> str:
    if row["status"] == "answered":
        return "answered by the click" if row["answered_by"] else "answered by default"
    return str(row["status"])
