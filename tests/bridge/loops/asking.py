"""Opens interactions with cards to be posted, each in its own channel, and reads their state."""

import asyncio
import itertools
from typing import Any

from bridge import ids
from sandbox.slack.model import Channel
from storage import interactions
from storage.model import Card, Handle, Interaction, Status
from tests.bridge.replica import Replica
from tests.storage import build

CHANNEL = "C0APPROVALS"
PEOPLE = ("U0ANA", "U0BOB", "U0CHO", "U0GUS")
_numbers = itertools.count(1)


async def ask(replica: Replica, *addresses: dict[str, str], **other: Any) -> Interaction:
    """Open an interaction with one card per address; without an address, in a new channel."""
    to = list(addresses) or [{"channel": own_channel(replica)}]
    card_ids = [ids.new() for _ in to]
    return await build.question(replica.db, replica.tenant, addresses=to, card_ids=card_ids, **other)


def own_channel(replica: Replica) -> str:
    """The id of a new channel, which no other interaction uses."""
    number = next(_numbers)
    members = frozenset({"U0ASKBRIDGE", "U0ANA", "U0BOB"})
    replica.slack.world.add_channel(Channel(id=f"C1{number:06}", name=f"channel-{number}", members=members))
    return f"C1{number:06}"


async def status(replica: Replica, interaction: Interaction) -> Status:
    return (await build.read(replica.db, replica.tenant, interaction.id)).status


async def answered(replica: Replica, interaction: Interaction, user: str = "U0ANA") -> None:
    claimed = await interactions.claim(replica.claims, build.click(interaction, user_id=user, user_team="T0SANDBOX"))
    assert claimed.verdict == "won"


async def events(replica: Replica, interaction: Interaction) -> list[str]:
    moments = await interactions.timeline(replica.db, interaction.organization_id, interaction.id)
    return [moment.type for moment in moments]


def said(replica: Replica, question_or_channel: str) -> list[Handle]:
    return [Handle(channel=question_or_channel, ts=one.ts) for one in replica.slack.world.messages(question_or_channel)]


async def warm(replica: Replica) -> None:
    """Open every connection of the pool, so that many cards really are handled at once."""
    await asyncio.gather(*(replica.db.fetch("select pg_sleep(0.05)") for _ in range(10)))


def place(card: Card) -> str:
    return str(card.address["channel"])
