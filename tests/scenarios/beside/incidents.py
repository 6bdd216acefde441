"""Lives of incidents: opened or reused, updated by agents, moved and written about by people, resolved and reopened."""

import random
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import aiohttp
import asyncpg

from bridge import ids
from bridge.card import action_ids
from bridge.forms import codec
from bridge.things.incident import NOUN, form
from bridge.things.incident.row import Severity, Status
from sandbox.children import ChildFailed
from tests.scenarios.beside.acting import Actor, claim_id, key
from tests.scenarios.beside.stories import Acked
from tests.scenarios.trials.rig import PEOPLE

SYSTEMS = 4  # few, so that incidents are reused
STATUSES = [status.value for status in Status]
CHOICES = [Status.IDENTIFIED.value, Status.FIXING.value, Status.MONITORING.value]
FORMS = [form.UPDATE, form.UPDATE, form.SEVERITY, Status.RESOLVED.value]


@dataclass(kw_only=True)
class Incidents:
    """Runs lives of incidents; `kept` are the words whose form a replica closed, or whose request one confirmed."""

    actor: Actor
    kept: list[str] = field(default_factory=list)
    said: int = 0

    async def live(self, number: int) -> None:
        """One life."""
        opened = await self._open(number)
        if opened is None:
            return
        id = ids.decode(NOUN.prefix, opened["id"])
        assert id is not None
        for _ in range(random.randint(2, 5)):
            await self._update(opened["id"])
            await self.actor.clicks(id, CHOICES, random.randint(1, 2))
            await self._write(id)
        status, _ = await self.actor.call("POST", f"/v1/incidents/{opened['id']}/resolve", {})
        self.actor.expect("a resolution", status, 200)
        await self.actor.clicks(id, CHOICES, 1)  # on a card that may be stale

    def _words(self) -> str:
        """Words that are said once."""
        self.said += 1
        return f"Words number {self.said}."

    async def _open(self, number: int) -> Any:
        channel = {"channel": random.choice(self.actor.agent.rig.channels)}
        body = {
            "title": f"Incident {number}",
            "severity": random.choice([severity.value for severity in Severity]),
            "systems": [f"system-{random.randrange(SYSTEMS)}"],
            "to": random.choice([channel, channel, {"user": random.choice(PEOPLE)}]),
            "agent": {"run": f"run-{number}"},
            "dedupe_open_for_system": random.random() < 0.7,
        }
        status, response = await self.actor.call("POST", "/v1/incidents", body, **key())
        self.actor.expect("an incident", status, 200, 201)
        if status not in (200, 201):
            return None
        self.actor.agent.done["incidents reused" if status == 200 else "incidents opened"] += 1
        return response

    async def _update(self, public_id: str) -> None:
        words = self._words()
        body = {"message": words} | ({"status": random.choice(STATUSES)} if random.random() < 0.4 else {})
        status, _ = await self.actor.call("POST", f"/v1/incidents/{public_id}/updates", body, **key())
        self.actor.expect("an update", status, 200, 201)
        if status in (200, 201):
            self.kept.append(words)
            self.actor.agent.done["updates of incidents"] += 1

    async def _write(self, id: UUID) -> None:
        """Open a form from the card at any replica, and send it to any replica."""
        if not (posted := await self.actor.posted(id)):
            return
        card, move, replica = random.choice(posted), random.choice(FORMS), self.actor.agent.replica()
        person, round_id = await self.actor.person_at(card), await self.actor.round_of(id)
        told = await self.actor.send(round_id, card, action_ids.open_form(move), person, replica, wait_view=1)
        if told["status"] == 200:
            self.actor.acked.append(Acked(claim_id=claim_id(told), interaction=ids.encode("int", round_id)))
        if told["view"] is None:
            self.actor.agent.done[f"forms of incidents not opened by {replica.release.name}"] += 1
            return
        self.actor.agent.done[f"forms of incidents opened by {replica.release.name}"] += 1
        await self._submit(told["view"], move, person, round_id)

    async def _submit(self, view: Any, move: str, person: str, round_id: UUID) -> None:
        words, replica = self._words(), self.actor.agent.replica()
        values = {codec.block_id(form.MESSAGE): {codec.INPUT: words}}
        if move == form.SEVERITY:
            values |= {codec.block_id(form.SEVERITY): {codec.INPUT: random.choice("012")}}
        sent = {"user": person, "values": values, "request_url": f"{replica.url}/slack/events"}
        try:
            told = await self.actor.agent.rig.sandbox("POST", f"/views/{view['id']}/submit", sent)
        except (aiohttp.ClientError, TimeoutError, ChildFailed):  # another form was opened over it
            return
        if told["status"] not in (0, 200, 503):
            self.actor.agent.strange.append(f"a form of an incident was answered {told['status']}")
        if told["status"] == 200:
            is_closed = told["response"] is None
            self.kept += [words] if is_closed else []
            what = "closed" if is_closed else "kept open with its words"
            self.actor.agent.done[f"forms of incidents {what} by {replica.release.name}"] += 1
            self.actor.acked.append(Acked(claim_id=claim_id(told), interaction=ids.encode("int", round_id)))


_SAID = """
    select message, count(*) as number
    from incident_updates
    where message is not null
    group by message
"""


async def found(db: "asyncpg.Pool[asyncpg.Record]", incidents: Incidents) -> dict[str, list[str]]:
    """The words that were confirmed and are not kept, and those that are kept twice."""
    said = {row["message"]: row["number"] for row in await db.fetch(_SAID)}
    return {
        "words about incidents that were confirmed and are not kept": [
            words for words in incidents.kept if words not in said
        ],
        "words about incidents that are kept twice": [words for words, number in said.items() if number > 1],
    }
