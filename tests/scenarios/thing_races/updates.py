"""One incident that agents, people with buttons and people with forms change at once, through two replicas and Slack.

Each change that was told is one transition, and each comment is kept. One card shows all of it with at most one edit
for each change, and so do the replies in its thread, each word once and in order, joined while they wait.
"""

import asyncio
import contextlib
import random
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, TypeAlias
from uuid import UUID

from bridge import ids
from bridge.card import action_ids
from bridge.forms import codec
from bridge.loops import runner
from bridge.slack.inbound import PATH
from bridge.things.incident import NOUN, form
from bridge.things.incident.row import Status
from sandbox.slack.model import Message
from sandbox.slack.server import Sandbox
from storage.model import Handle, Json
from tests import waiting
from tests.bridge import replica as replicas
from tests.bridge.replica import Replica
from tests.bridge.things.agreement import agree
from tests.bridge.things.incident.building import BODY
from tests.bridge.things.noting import loop, post_all
from tests.sandbox.slack.conftest import Control
from tests.scenarios.thing_races.racing import Races
from tests.waiting import jitter, until

CHANNEL: Final = "C0RACE"
CLICKERS: Final = ("U0ANA", "U0BOB", "U0CHO", "U0DAN", "U0EVE")
WRITERS: Final = ("U0FAY", "U0GIL")
PEOPLE: Final = Path(__file__).with_name("people.toml")
AGENTS: Final = 10
FLOOD: Final = 100
"""From so many changes on there are not more edits than changes, although a click on a card that shows an earlier state
has that card edited once more."""
_WITH_STATUS: Final = 0.1  # of the updates of agents
_LOOPS: Final = {"cards", "notes"}
_BUTTONS: Final = {Status.IDENTIFIED.value, Status.FIXING.value, Status.MONITORING.value}
_LEFT: Final = """
    select
    from cards
    where shown < wanted
    union all
    select
    from notes
    where given_up_at is null and ts is null
"""
_CLICKS: Final = """
    select
    from clicks
    join interactions on
        interactions.organization_id = clicks.organization_id and interactions.id = clicks.interaction_id
    where interactions.thing_id = $1
"""
_SHOWN: Final = """
    select incidents.status, cards.wanted
    from incidents
    join things on things.organization_id = incidents.organization_id and things.id = incidents.id
    join cards on cards.organization_id = things.organization_id and cards.interaction_id = things.anchor_id
    where incidents.id = $1
"""
_WON: Final = f"{_CLICKS} and verdict = 'won'"
_LATE: Final = f"{_CLICKS} and verdict not in ('won', 'added', 'opened')"

Showing: TypeAlias = Callable[[list[Replica]], AbstractAsyncContextManager[None]]
"""Shows cards and notes while the block runs, and all of them at its end."""


@contextlib.asynccontextmanager
async def two(dsn: str, *, posting_limit: bool = True) -> AsyncIterator[list[Replica]]:
    """Two replicas and their Slack, which has people for this race."""
    async with (
        Sandbox(seed_file=PEOPLE, posting_limit=posting_limit) as slack,
        replicas.running(slack, dsn) as one,
        replicas.running(slack, dsn, tenant=one.tenant) as other,
    ):
        yield [one, other]


@contextlib.asynccontextmanager
async def by_loops(of: list[Replica]) -> AsyncIterator[None]:
    """By the loops of the replicas, with their pauses."""
    stopping = asyncio.Event()
    loops = [each for replica in of for each in replica.built.loops if each.name in _LOOPS]
    async with asyncio.TaskGroup() as group:
        for each in loops:
            group.create_task(runner.run(each, stopping))
        yield
        await until(lambda: of[0].db.fetch(_LEFT), lambda left: not left, every=0.1, within=60)
        stopping.set()


@contextlib.asynccontextmanager
async def at_once(of: list[Replica]) -> AsyncIterator[None]:
    """By steps of both replicas without the pauses between messages."""
    is_over = asyncio.Event()

    async def steps(replica: Replica) -> None:
        while not is_over.is_set():
            replica.forget()
            await replica.db.fetch("delete from throttles")
            await replica.cards.step()
            await loop(replica).post()
            await waiting.pause(0.02)

    async with asyncio.TaskGroup() as group:
        for replica in of:
            group.create_task(steps(replica))
        yield
        is_over.set()
    await of[0].settle()
    await post_all(of[0])


@dataclass(kw_only=True)
class Race:
    """One incident with its posted card, and what agents and people were told of what they did."""

    replicas: list[Replica]
    id: UUID
    handle: Handle
    since: int  # number of the last call to Slack before
    chance: random.Random
    seen: Races
    comments: list[str] = field(default_factory=list)  # that agents and people were told are kept
    changes: int = 0  # of the status, that agents were told
    turn: int = 0
    pause: float = 0.2  # seconds between two updates of one agent, at most
    are_agents_done: bool = False

    @property
    def slack(self) -> Sandbox:
        return self.replicas[0].slack

    @property
    def control(self) -> Control:
        return Control(self.slack.url, self.replicas[0].http)

    @property
    def message(self) -> Message:
        found = self.slack.world.message(channel=self.handle.channel, ts=self.handle.ts)
        assert found is not None
        return found

    def replica(self) -> Replica:
        """One replica after the other."""
        self.turn += 1
        return self.replicas[self.turn % len(self.replicas)]

    async def agents(self, number: int, of: int) -> None:
        """Add so many updates by `of` agents at once, some of them with a status."""
        await asyncio.gather(*(self._agent(name, number // of) for name in range(of)))
        await self._update("agents are done", Status.INVESTIGATING)  # it is open from now on
        self.are_agents_done = True

    async def _agent(self, name: int, number: int) -> None:
        for place in range(number):
            has_status = self.chance.random() < _WITH_STATUS
            await self._update(f"agent {name} update {place}", self.chance.choice(list(Status)) if has_status else None)
            await jitter(self.pause)

    async def _update(self, message: str, status: Status | None) -> None:
        done = await _call(self.replica(), f"/{NOUN.public_id(self.id)}/updates", message=message, status=status)
        self.comments.append(message)
        self.changes += done["update"]["status"] is not None

    async def clicker(self, user: str) -> None:
        """Look at the card, think for a moment, and click on the button of a status, until agents are done.

        And until a click of some person has won.
        """
        while not (self.are_agents_done and await self.replicas[0].db.fetch(_WON, self.id)):
            buttons = _buttons(self.message)
            await jitter(0.05)
            if wanted := [each for each in buttons if each["action_id"] in map(action_ids.choose, _BUTTONS)]:
                report = await self._click(user, self.chance.choice(wanted))
                self.seen[f"clicks answered {report['status']}"] += 1
            await jitter(0.3)

    async def writer(self, user: str) -> None:
        """Open the form for an update, write for a moment, and send it, until agents are done, and one was kept."""
        place = kept = 0
        while not (self.are_agents_done and kept):
            place += 1
            opens = [each for each in _buttons(self.message) if each["action_id"] == action_ids.open_form(form.UPDATE)]
            view = (await self._click(user, opens[0], wait_view=1))["view"] if opens else None
            if view is not None:
                await jitter(0.1)
                message = f"{user} wrote {place}"
                entered = {codec.block_id(form.MESSAGE): {codec.INPUT: message}}
                sent = {"user": user, "values": entered, "request_url": self.replica().url}
                report = await self.control.post(f"views/{view['id']}/submit", **sent)
                is_kept = report["status"] == 200 and report["response"] is None
                self.comments += [message] if is_kept else []
                kept += is_kept
                self.seen["comments in forms" if is_kept else "forms that kept their words"] += 1
                if not is_kept:
                    await self.control.post(f"views/{view['id']}/close", user=user)
            await jitter(0.3)

    async def _click(self, user: str, button: Json, **more: Any) -> Any:
        sent = {"user": user, "channel": self.handle.channel, "ts": self.handle.ts, "stale": button}
        return await self.control.post("clicks", **sent, request_url=self.replica().url, **more)


async def race(
    of: list[Replica],
    showing: Showing,
    *,
    rounds: int,
    seed: int = 7,
    number: int = 100,
    agents: int = AGENTS,
    pause: float = 0.2,
) -> Races:
    """So many updates of agents in each round, beside people who click and people who write."""
    seen = Races()
    for round_ in range(rounds):
        async with showing(of):
            each = await _shown(of, random.Random(seed + round_), seen, pause)
            await asyncio.gather(
                each.agents(number, agents),
                *(each.clicker(user) for user in CLICKERS),
                *(each.writer(user) for user in WRITERS),
            )
            for replica in of:
                await replica.inbound.close()
        await _check(each)
    await agree(of[0].db)
    return seen


async def _shown(of: list[Replica], chance: random.Random, seen: Races, pause: float) -> Race:
    """A new incident, once its card is posted."""
    since = max((call.n for call in of[0].slack.requests), default=0)
    opened = await _call(of[0], "", **BODY, to={"channel": CHANNEL})
    id = ids.decode(NOUN.prefix, opened["id"])
    assert id is not None
    query = """
        select cards.channel, cards.ts
        from cards
        join things on things.organization_id = cards.organization_id and things.anchor_id = cards.interaction_id
        where things.id = $1 and cards.ts is not null
    """
    (card,) = await until(lambda: of[0].db.fetch(query, id))
    return Race(replicas=of, id=id, handle=Handle(**card), since=since, chance=chance, seen=seen, pause=pause)


async def _call(replica: Replica, path: str, **body: Any) -> Json:
    """A request of an agent, which repeats it under its key while the replica cannot answer."""
    url = f"{replica.url.removesuffix(PATH)}/v1/incidents{path}"
    headers = {"Authorization": f"Bearer {replica.tenant.secret}", "Idempotency-Key": ids.new().hex}
    while True:
        async with replica.http.post(url, json=body, headers=headers) as response:
            told: Json = await response.json()
            if response.status not in (429, 503):
                assert response.status in (200, 201), told
                return told
        await waiting.pause(0.1)


def _buttons(message: Message) -> list[Json]:
    """The buttons of a card, as a client that shows it clicks them."""
    return [
        {"block_id": block["block_id"], "action_id": element["action_id"], "value": element.get("value")}
        for block in message.blocks
        if block["type"] == "actions"
        for element in block["elements"]
    ]


async def _check(race: Race) -> None:
    db, seen = race.replicas[0].db, race.seen
    updates = await db.fetch(
        "select message, changes from incident_updates where incident_id = $1 order by number", race.id
    )
    said = [row["message"] for row in updates if row["message"] is not None]
    assert sorted(said) == sorted(race.comments), "comments that are kept, and that were told to be"

    won = len(await db.fetch(_WON, race.id))
    transitions = len(await db.fetch("select from history where thing_id = $1", race.id)) - 1
    assert transitions == race.changes + won, (transitions, race.changes, won)

    calls = [call for call in race.slack.requests if call.n > race.since]
    posts = [call for call in calls if call.method == "chat.postMessage" and call.ok]
    assert len([call for call in posts if not call.args.get("thread_ts")]) == 1, "one card"
    edits = [call for call in calls if call.method == "chat.update"]
    assert {call.args["ts"] for call in edits} == {race.handle.ts}
    late = len(await db.fetch(_LATE, race.id))
    (row,) = await db.fetch(_SHOWN, race.id)
    assert len(edits) < row["wanted"] <= 1 + len(updates) + late, (len(edits), row["wanted"], len(updates), late)
    if len(updates) >= FLOOD:
        assert len(edits) <= len(updates), (len(edits), len(updates), late)
    assert row["status"].capitalize() in race.message.text.split("\n")[1]

    replies = [
        message.text
        for message in race.slack.world.messages(CHANNEL)
        if message.thread_ts == race.handle.ts and message.ts != race.handle.ts and message.ephemeral_to is None
    ]
    lines = [line for text in replies for line in text.split("\n")]
    assert len(lines) == len(updates)
    for line, update in zip(lines, updates, strict=True):
        assert update["message"] is None or f"“{update['message']}”" in line, (line, update["message"])
        status = (update["changes"] or {}).get("status")
        assert (status is not None) == (f"status *{(status or {}).get('from')}* → *{(status or {}).get('to')}*" in line)
    assert len(replies) < len(lines), "notes are joined while they wait"

    seen["comments of agents"] += sum(message.startswith("agent") for message in said)
    seen["transitions by agents"] += race.changes
    seen["transitions by clicks"] += won
    seen["clicks that came too late"] += late
    seen["edits"] += len(edits)
    seen["changes"] += len(updates)
    seen["messages in threads"] += len(replies)
