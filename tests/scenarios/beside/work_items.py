"""Lives of work items: leased by agents and people, blocked, reclaimed, run out, linked, and done in the end."""

import random
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import aiohttp

from bridge import ids
from bridge.card import action_ids
from bridge.forms import codec
from bridge.things.work import NOUN, form
from bridge.things.work.names import Choice
from sandbox.children import ChildFailed
from tests.scenarios.beside import words
from tests.scenarios.beside.acting import TRIES, Actor, claim_id, key
from tests.scenarios.beside.stories import Acked
from tests.waiting import pause

CHOICES = [Choice.TAKE, Choice.KEEP, Choice.RELEASE, Choice.RECLAIM, Choice.UNBLOCK]
FORMS = {Choice.DONE: form.RESULT, Choice.BLOCKED: form.REASON}
OWNERS = 8
RECENT = 5  # items that a new one may depend on


@dataclass(kw_only=True)
class WorkItems:
    """Runs lives of work items; `recent` are those that were added last."""

    actor: Actor
    recent: list[str] = field(default_factory=list)

    async def live(self, number: int) -> None:
        """One life."""
        if (added := await self._add(number)) is None:
            return
        for _ in range(random.randint(3, 5)):
            if random.random() < 0.5:
                await self._lease(added["id"])
            else:
                await self.actor.clicks(added["thing"], [Choice.TAKE.value], 1)
                await self._write(added["thing"])
            await self.actor.clicks(added["thing"], [each.value for each in CHOICES], 1)
            await self._change(added["id"], added["thing"])
        await self._finish(added["id"])
        await self.actor.clicks(added["thing"], [each.value for each in CHOICES], 1)  # on a card that may be stale

    async def _add(self, number: int) -> Any:
        """An item with its made id beside the one that agents know."""
        name = random.choice([f"item-{number}", None])
        body = {
            "title": f"Item {number}",
            "priority": random.randint(-1, 1),
            "depends_on": random.sample(self.recent, min(len(self.recent), random.randint(0, 2))),
            "to": {"channel": random.choice(self.actor.agent.rig.channels)},
            **({"id": name} if name else {}),
        }
        status, item = await self.actor.call("POST", "/v1/work", body, **key())
        self.actor.expect("a work item", status, 200, 201)
        if status not in (200, 201):
            return None
        self.actor.agent.done["work items added"] += 1
        self.recent = [*self.recent[1 - RECENT :], item["id"]]
        (made,) = await self.actor.db.fetch(
            "select id from work_items where name = $1 or ($1 is null and id = $2)",
            name,
            ids.decode(NOUN.prefix, item["id"]),
        )
        return {"id": item["id"], "thing": made["id"]}

    async def _lease(self, id: str) -> None:
        """Lease the next item, or this one, and mostly go on with it."""
        owner = {"owner": f"worker-{random.randrange(OWNERS)}", "ttl_seconds": random.choice([1, 900])}
        which = {"id": id} if random.random() < 0.5 else {}
        status, item = await self.actor.call("POST", "/v1/work/lease", owner | which, **key())
        self.actor.expect("a lease", status, 200, 204, 409)
        if status != 200:
            return
        self.actor.agent.done["work items leased"] += 1
        move = random.choice(["renew", "release", "complete", "block", None])
        if move is not None:
            reason = {"reason": "It waits."} if move in ("release", "block") else {}
            body = {"fence": item["attempts"], **reason}
            status, _ = await self.actor.call("POST", f"/v1/work/{item['id']}/{move}", body)
            self.actor.expect(f"{move} of a work item", status, 200, 409)

    async def _change(self, id: str, thing: UUID) -> None:
        """Let its lease run out, or change what it waits for."""
        path = f"/v1/work/{id}"
        match random.choice(["time", "link", "unlink", "unblock"]):
            case "time":
                await self.actor.db.execute(
                    "update work_items set leased_at = leased_at - interval '1 d', leased_until = clock_timestamp() "
                    "where id = $1 and leased_until is not null",
                    thing,
                )
            case "unblock":
                status, _ = await self.actor.call("POST", f"{path}/unblock", {})
                self.actor.expect("an unblocked work item", status, 200, 409)
            case move:
                status, _ = await self.actor.call("POST", f"{path}/{move}", {"depends_on": random.choice(self.recent)})
                self.actor.expect(f"{move} of a work item", status, 200, 409, 422)

    async def _write(self, id: UUID) -> None:
        """Open a form from the card at any replica, and send it to any replica."""
        if not (posted := await self.actor.posted(id)):
            return
        agent, card, move = self.actor.agent, random.choice(posted), random.choice(list(FORMS))
        holder = await self.actor.db.fetchval("select holder_user from work_items where id = $1", id)
        person, round_id = holder or await self.actor.person_at(card), await self.actor.round_of(id)
        replica = random.choice([agent.replica(), words.of_this_release(agent) or agent.replica()])
        told = await self.actor.send(round_id, card, action_ids.open_form(move), person, replica, wait_view=1)
        if told["status"] == 200:
            self.actor.acked.append(Acked(claim_id=claim_id(told), interaction=ids.encode("int", round_id)))
        if told["view"] is None:
            return
        agent.done[f"forms of work items opened by {replica.release.name}"] += 1
        replica = agent.replica()
        values = {codec.block_id(FORMS[move]): {codec.INPUT: "Words."}}
        sent = {"user": person, "values": values, "request_url": f"{replica.url}/slack/events"}
        try:
            told = await agent.rig.sandbox("POST", f"/views/{told['view']['id']}/submit", sent)
        except (aiohttp.ClientError, TimeoutError, ChildFailed):  # another form was opened over it
            return
        if told["status"] not in (0, 200, 503):
            agent.strange.append(f"a form of a work item was answered {told['status']}")
        if told["status"] == 200:
            self.actor.acked.append(Acked(claim_id=claim_id(told), interaction=ids.encode("int", round_id)))

    async def _finish(self, id: str) -> None:
        """Take it from who holds it, and say that it is done."""
        for _ in range(TRIES):
            await self.actor.call("POST", f"/v1/work/{id}/reclaim", {"reason": "The day is over."})
            status, _ = await self.actor.call("POST", f"/v1/work/{id}/complete", {})
            self.actor.expect("the end of a work item", status, 200, 409)
            _, item = await self.actor.call("GET", f"/v1/work/{id}")
            if item and item["status"] == "done":
                self.actor.agent.done["work items done"] += 1
                return
            await pause(0.1)
        self.actor.agent.strange.append(f"the work item {id} was not done in the end")
