"""Takes an interaction of any kind through its life: opened over the API, posted as three cards, clicked there.

Two replicas share one PostgreSQL and a sandbox Slack. Nothing here depends on a kind: the choices come from the cards
as Slack stores them, and their answers from the stored interaction.
"""

import asyncio
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
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
from tests.storage.elapse import elapse

CHANNEL: Final = "C0APPROVALS"
THREADS: Final = "C0RELEASES"  # another channel, because Slack takes one message a second in each
# Two responders, a person who may not answer, and one of another organization.
ANA, BOB, CHO, SAM = "U0ANA", "U0BOB", "U0CHO", "U0SAM"
_BESIDE = re.compile(r"<[^<|]+(?=\|a newer question>)")  # the link on each card leads to the card in the same channel


@dataclass(frozen=True, kw_only=True)
class TwoReplicas:
    """Two replicas of one bridge; agents use the first."""

    replicas: tuple[Replica, Replica]
    door: Door
    turns: Iterator[Replica]  # the replica that gets the next click

    async def ask(self, kind: Kind[Any], example: Example, **routing: Any) -> "PostedInteraction":
        """Open an interaction for Ana and Bob in a channel, a thread elsewhere and Ana's direct messages.

        Returns it once all three cards are posted.
        """
        first = self.replicas[0]
        world = first.slack.world
        members = world.channels[CHANNEL].members
        world.add_channel(Channel(id=THREADS, name="releases", members=members, is_ext_shared=True))
        parent = world.say(Message(channel=THREADS, ts=world.new_ts(), user=BOB, text="Release 4.2"))
        addresses = [{"channel": CHANNEL}, {"channel": THREADS, "thread_ts": parent.ts}, {"user": ANA}]
        body = {**example.request, "to": addresses, "responders": {"users": [ANA, BOB]}, **routing}
        first.notifier.cards.clear()
        async with asyncio.TaskGroup() as together:
            asking = together.create_task(self._asked(body))
            await first.notifier.cards.wait()
            await first.settle()
        row = await build.read(first.db, first.tenant, asking.result().id)
        rows = await cards.of_interaction(first.db, row.organization_id, row.id)
        handles = [card.handle for card in rows if card.handle]
        assert len(handles) == len(addresses)
        return PostedInteraction(
            bridge=self,
            kind=kind,
            row=row,
            resource=(await self.door.get(asking.result().json["id"])).json,
            cards=handles,
            first_shown={handle: self.message(handle) for handle in handles},
        )

    def message(self, card: Handle) -> Message:
        """The message of a card as Slack shows it now."""
        message = self.replicas[0].slack.world.message(channel=card.channel, ts=card.ts)
        assert message is not None
        return message

    def edits(self) -> int:
        """How many calls of chat.update Slack got."""
        return len(self.replicas[0].called("chat.update"))

    async def pass_two_minutes(self, asked: "PostedInteraction") -> None:
        """Let two minutes pass since the answer, and run the loop that finds unacknowledged answers."""
        replica = self.replicas[1]
        await elapse(replica.db, "interactions", timedelta(seconds=121), asked.row.id, where="id = $1")
        assert await Unacknowledged(db=replica.db, notifier=replica.notifier).step() == 1

    async def store_acknowledgements(self) -> None:
        """Run the loop that stores acknowledgements."""
        replica = self.replicas[0]
        assert await acknowledgements.step(replica.db, replica.notifier) == 1

    async def _asked(self, body: Json) -> Reply:
        reply = await self.door.ask(body)
        assert reply.status == 201, reply.json
        return reply


@dataclass(frozen=True, kw_only=True)
class PostedInteraction:
    """An interaction and its cards: in a channel, in a thread, in Ana's direct messages."""

    bridge: TwoReplicas
    kind: Kind[Any]
    row: Interaction  # as first posted
    resource: Json  # what the API returned before any click
    cards: list[Handle]
    first_shown: dict[Handle, Message]  # each card as first posted, as a client may still show it

    @property
    def choices(self) -> list[str]:
        """The choices that a click alone wins; of more than five, the first three and the last two."""
        every = [choice for choice in self.row.answers if choice not in self.row.forms]
        return every if len(every) <= 5 else [*every[:3], *every[-2:]]

    async def click(self, user: str, card: Handle, choice: str) -> list[str]:
        """Click on a card as first posted; returns the private replies to the clicker. Replicas take turns."""
        replica = next(self.bridge.turns)
        pressed = _element(self.first_shown[card], choice)
        fresh = pressed["block_id"] in json.dumps(self.bridge.message(card).blocks)
        before = len(_private_replies(replica, card, user))
        body: Json = {"user": user, "channel": card.channel, "ts": card.ts, "request_url": replica.url}
        body["state"] = {pressed["block_id"]: selected} if (selected := pressed.pop("selected")) else None
        body |= {name: pressed[name] for name in ("action_id", "block_id", "value")} if fresh else {"stale": pressed}
        async with replica.http.post(f"{replica.slack.url}/sandbox/clicks", json=body) as response:
            clicked = await response.json()
        assert (response.status, clicked["status"]) == (200, 200), clicked
        await replica.inbound.close()
        return _private_replies(replica, card, user)[before:]

    async def settle(self) -> None:
        """Let the other replica edit every card that is due."""
        await self.bridge.replicas[1].settle()

    async def look(self, *words: str) -> Interaction:
        """Check every card: within all limits, with its title, all equal, and all with these words."""
        first = self.bridge.replicas[0]
        row = await build.read(first.db, first.tenant, self.row.id)
        shown = [self.bridge.message(card) for card in self.cards]
        for message in shown:
            drawing = Drawing(text=message.text, blocks=list(message.blocks))
            limits.check(drawing, row)
            text = limits.words(drawing)
            assert self.row.request["title"] in text
            assert [word for word in words if word not in text or word not in message.text] == []
        assert len({_content(message) for message in shown}) == 1
        return row

    async def answer(self) -> Json:
        """What the API returns now."""
        reply = await self.bridge.door.get(self.resource["id"])
        assert reply.status == 200
        return reply.json


def _private_replies(replica: Replica, card: Handle, user: str) -> list[str]:
    return [text for to, text, _ in replica.whispers(card.channel) if to == user]


def _element(message: Message, choice: str) -> Json:
    """The button of a choice on a card, in the form that the sandbox takes for clicks.

    `selected` is what must be selected in the menu beside it, by the menu's `action_id`.
    """
    for block in message.blocks:
        selected = _selected(block, choice)
        for element in block.get("elements", ()):
            if action_ids.choice_of(element.get("action_id"), choice if selected else None) == choice:
                named = {name: element.get(name) for name in ("action_id", "type", "value")}
                return {**named, "block_id": block["block_id"], "selected": selected}
    raise AssertionError(f"nothing on the card stands for {choice}")


def _selected(block: Json, choice: str) -> Json:
    for element in block.get("elements", ()):
        if any(option["value"] == choice for option in element.get("options", ())):
            return {element["action_id"]: choice}
    return {}


def _content(message: Message) -> str:
    """The content of a card without generated block ids and without the permalinks of newer cards."""
    blocks = [{name: value for name, value in block.items() if name != "block_id"} for block in message.blocks]
    return _BESIDE.sub("<", json.dumps([message.text, blocks]))
