"""A question of any kind on its way through a whole house: asked at agents' door, shown in three places, clicked there.

The house is two replicas on one PostgreSQL and a sandbox Slack. Nothing here knows a kind: what can be clicked is read
off the cards as Slack has them, and what it stands for is what the kind said when the question was asked.
"""

import asyncio
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from bridge.card import action_ids
from bridge.card.frame import Drawing
from bridge.kinds.contract import Example, Kind
from bridge.loops import acknowledgements
from bridge.loops.unacknowledged import Unacknowledged
from sandbox.slack.model import Channel, Message
from storage import cards
from storage.model import Handle, Interaction, Json
from tests.bridge import limits
from tests.bridge.agents.door import Door, Reply
from tests.bridge.replica import Replica
from tests.storage import build

CHANNEL: Final = "C0APPROVALS"
THREADS: Final = "C0RELEASES"  # another channel, because two messages in one are a second apart
ANA, BOB, CHO, SAM = "U0ANA", "U0BOB", "U0CHO", "U0SAM"  # who may answer, may too, may not, and is from elsewhere
_BESIDE = re.compile(r"<[^<|]+(?=\|a newer question>)")  # each leads to the card in its own channel


@dataclass(frozen=True, kw_only=True)
class House:
    """Two replicas of one bridge; agents talk to the first."""

    replicas: tuple[Replica, Replica]
    door: Door
    turns: Iterator[Replica]  # which of them Slack sends the next click to

    async def ask(self, kind: Kind[Any], example: Example, **routing: Any) -> "Asked":
        """Ask Ana and Bob in a channel, in a thread elsewhere and in Ana's direct messages; all of them can see it."""
        first = self.replicas[0]
        world = first.slack.world
        members = world.channels[CHANNEL].members
        world.add_channel(Channel(id=THREADS, name="releases", members=members, is_ext_shared=True))
        parent = world.say(Message(channel=THREADS, ts=world.new_ts(), user=BOB, text="Release 4.2"))
        places = [{"channel": CHANNEL}, {"channel": THREADS, "thread_ts": parent.ts}, {"user": ANA}]
        body = {**example.request, "to": places, "responders": {"users": [ANA, BOB]}, **routing}
        first.notifier.cards.clear()
        async with asyncio.TaskGroup() as together:
            asking = together.create_task(self._asked(body))
            await first.notifier.cards.wait()
            await first.settle()
        row = await build.read(first.db, first.tenant, asking.result().id)
        copies = await cards.of_interaction(first.db, row.organization_id, row.id)
        handles = [card.handle for card in copies if card.handle]
        assert len(handles) == len(places)
        return Asked(
            house=self,
            kind=kind,
            row=row,
            told=(await self.door.get(asking.result().json["id"])).json,
            copies=handles,
            seen={handle: self.message(handle) for handle in handles},
        )

    def message(self, copy: Handle) -> Message:
        """A copy as it now is on the screen."""
        found = self.replicas[0].slack.world.message(channel=copy.channel, ts=copy.ts)
        assert found is not None
        return found

    def edits(self) -> int:
        """How often Slack was asked to change a message."""
        return len(self.replicas[0].called("chat.update"))

    async def pass_two_minutes(self, asked: "Asked") -> None:
        """Let an answer have been there for so long, and look which were heard by nobody."""
        replica = self.replicas[1]
        await replica.db.fetch(
            "update interactions set created_at = created_at - interval '121 s', "
            "ended_at = ended_at - interval '121 s' where id = $1",
            asked.row.id,
        )
        assert await Unacknowledged(db=replica.db, notifier=replica.notifier).step() == 1

    async def write_heard(self) -> None:
        """Write down what the agent was told."""
        replica = self.replicas[0]
        assert await acknowledgements.step(replica.db, replica.notifier) == 1

    async def _asked(self, body: Json) -> Reply:
        reply = await self.door.ask(body)
        assert reply.status == 201, reply.json
        return reply


@dataclass(frozen=True, kw_only=True)
class Asked:
    """One question and its copies: in a channel, in a thread, in Ana's direct messages."""

    house: House
    kind: Kind[Any]
    row: Interaction  # as it was when it was asked
    told: Json  # what the agent gets while nobody has clicked
    copies: list[Handle]
    seen: dict[Handle, Message]  # each copy as it was first shown, and as a client may still show it

    @property
    def choices(self) -> list[str]:
        """What can be answered, in no order of importance; of very many the first and the last few."""
        every = list(self.row.answers)
        return every if len(every) <= 5 else [*every[:3], *every[-2:]]

    async def click(self, user: str, copy: Handle, choice: str) -> list[str]:
        """Click on a copy as it was first shown; what the clicker is then told privately.

        A copy that still shows what is clicked is clicked as it is. Replicas take turns.
        """
        replica = next(self.house.turns)
        pressed = _element(self.seen[copy], choice)
        fresh = pressed["block_id"] in json.dumps(self.house.message(copy).blocks)
        before = len(_heard(replica, copy, user))
        body: Json = {"user": user, "channel": copy.channel, "ts": copy.ts, "request_url": replica.url}
        body |= {name: pressed[name] for name in ("action_id", "block_id", "value")} if fresh else {"stale": pressed}
        async with replica.http.post(f"{replica.slack.url}/sandbox/clicks", json=body) as answer:
            told = await answer.json()
        assert (answer.status, told["status"]) == (200, 200), told
        await replica.inbound.close()
        return _heard(replica, copy, user)[before:]

    async def settle(self) -> None:
        """Let the other replica bring every copy to the truth."""
        await self.house.replicas[1].settle()

    async def look(self, *words: str) -> Interaction:
        """Look at every copy: within every limit, the question as a record, all alike, and all say these words."""
        first = self.house.replicas[0]
        row = await build.read(first.db, first.tenant, self.row.id)
        shown = [self.house.message(copy) for copy in self.copies]
        for message in shown:
            drawing = Drawing(text=message.text, blocks=list(message.blocks))
            limits.check(drawing, row)
            said = limits.words(drawing)
            assert self.row.request["title"] in said
            assert [word for word in words if word not in said or word not in message.text] == []
        assert len({_content(message) for message in shown}) == 1
        return row

    async def answer(self) -> Json:
        """What the agent gets now, from the row alone."""
        reply = await self.house.door.get(self.told["id"])
        assert reply.status == 200
        return reply.json


def _heard(replica: Replica, copy: Handle, user: str) -> list[str]:
    return [text for to, text, _ in replica.whispers(copy.channel) if to == user]


def _element(message: Message, choice: str) -> Json:
    """What stands for a choice on a copy, as the sandbox's mouse names it."""
    for block in message.blocks:
        for element in block.get("elements", ()):
            for option in element.get("options", [{"value": element.get("value")}]):
                if action_ids.choice_of(element.get("action_id"), option["value"]) == choice:
                    named = {name: element[name] for name in ("action_id", "type")}
                    return {**named, "block_id": block["block_id"], "value": option["value"]}
    raise AssertionError(f"nothing on the card stands for {choice}")


def _content(message: Message) -> str:
    """All of a copy, less the names that Slack gives to blocks without one and the addresses of copies beside it."""
    blocks = [{name: value for name, value in block.items() if name != "block_id"} for block in message.blocks]
    return _BESIDE.sub("<", json.dumps([message.text, blocks]))
