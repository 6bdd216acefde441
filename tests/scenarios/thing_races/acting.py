"""One incident, and what agents, people with buttons and people with forms do to it, through two replicas and Slack."""

import asyncio
import random
from dataclasses import dataclass, field
from typing import Any, Final
from uuid import UUID

from bridge import ids
from bridge.card import action_ids
from bridge.forms import codec
from bridge.slack.inbound import PATH
from bridge.things.incident import NOUN, form
from bridge.things.incident.row import Status
from sandbox.slack.model import Message
from sandbox.slack.server import Sandbox
from storage.model import Handle, Json
from tests import waiting
from tests.bridge.replica import Replica
from tests.bridge.things.incident.building import BODY
from tests.sandbox.slack.conftest import Control
from tests.scenarios.thing_races.racing import Races
from tests.waiting import jitter, until

CHANNEL: Final = "C0RACE"
_WITH_STATUS: Final = 0.1  # of the updates of agents
_BUTTONS: Final = {Status.IDENTIFIED.value, Status.FIXING.value, Status.MONITORING.value}
CLICKS: Final = """
    select
    from clicks
    join interactions on
        interactions.organization_id = clicks.organization_id and interactions.id = clicks.interaction_id
    where interactions.thing_id = $1
"""
WON: Final = f"{CLICKS} and verdict = 'won'"


@dataclass(kw_only=True)
class OneIncident:
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
        while not (self.are_agents_done and await self.replicas[0].db.fetch(WON, self.id)):
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


async def shown(of: list[Replica], chance: random.Random, seen: Races, pause: float) -> OneIncident:
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
    return OneIncident(replicas=of, id=id, handle=Handle(**card), since=since, chance=chance, seen=seen, pause=pause)


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
