"""Counts what must be zero of things at the end: what the former release took, drew or added, and contradictions."""

import json
from collections import Counter
from collections.abc import AsyncIterator, Iterable, Iterator
from typing import Any

import asyncpg

from bridge import ids
from tests.bridge.things.agreement import contradictions
from tests.scenarios import program
from tests.scenarios.trials.rig import THIS, Release, ReplicaProcess

Messages = dict[tuple[str, str], Any]

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
    select
        things.id, things.noun, cards.channel, cards.ts,
        exists (
            select
            from interactions
            where
                interactions.organization_id = things.organization_id
                and interactions.thing_id = things.id and interactions.status = 'pending'
        ) as is_correctable
    from things
    join cards on cards.organization_id = things.organization_id and cards.interaction_id = things.anchor_id
    where
        things.ended_at is not null and cards.ts is not null
        and cards.given_up_at is null and cards.retired_at is null
"""
_STRAYS = """
    select cards.interaction_id as id
    from cards
    join interactions on
        interactions.organization_id = cards.organization_id and interactions.id = cards.interaction_id
    where interactions.thing_id is not null and not interactions.is_anchor
"""
_NOTES = """
    select notes.text, notes.number, notes.ts, cards.channel, cards.ts as thread_ts, things.id
    from notes
    join cards on
        cards.organization_id = notes.organization_id
        and cards.interaction_id = notes.interaction_id and cards.id = notes.card_id
    join things on things.organization_id = notes.organization_id and things.id = notes.thing_id
    where cards.ts is not null and notes.round_id is null -- what asks is edited once it is answered
    order by notes.number
"""
_DRAWN = ("card_posted", "card_edited", "card_settled", "card_replaced")
_SHOWN = {
    "recovery": ("Restored", "Cancelled", "False positive", "Blocked"),
    "incident": ("Resolved",),
    "fix": ("Worked", "Didn't work", "Dismissed", "Superseded"),
    "work": ("Done",),
}


async def found(
    db: "asyncpg.Pool[asyncpg.Record]", messages: Messages, replicas: Iterable[ReplicaProcess], former: Release
) -> dict[str, list[str]]:
    """The cases that must not be, by the rule that they break."""
    open_rounds = await db.fetch(
        "select thing_id from interactions where thing_id is not null and status = 'pending' "
        "group by organization_id, thing_id having count(*) > 1"
    )
    rounds = await db.fetch(
        "select id from interactions where thing_id is not null and kind <> all ($1::text[])", list(former.nouns)
    )
    drawn = _drawn({ids.encode("int", row["id"]) for row in rounds}, replicas)
    return {
        "rounds that were taken as questions are": [str(row["id"]) for row in await db.fetch(_TAKEN)],
        "things with two open rounds": [str(row["thing_id"]) for row in open_rounds],
        "messages with two rows": [f"{row['channel']} {row['ts']}" for row in await db.fetch(_TWICE)],
        "cards of other rounds than the first of their thing": [str(row["id"]) for row in await db.fetch(_STRAYS)],
        "cards of things unknown to the former release that it posted or edited": list(drawn),
        "cards of things that do not show the end": [case async for case in _cards(db, messages)],
        "threads without a note that was posted, or with one twice, or out of order": await _notes(db, messages),
        "things whose rows contradict each other": await contradictions(db, cards=False),
    }


async def _cards(db: "asyncpg.Pool[asyncpg.Record]", messages: Messages) -> AsyncIterator[str]:
    for card in await db.fetch(_FINAL_CARDS):
        message = messages.get((card["channel"], card["ts"]))
        text = str(message and message["text"])
        buttons = program.has_buttons(message) if message else False
        if buttons is not card["is_correctable"] or not any(word in text for word in _SHOWN[card["noun"]]):
            yield f"{card['id']} {card['noun']}: {text[:80]}"


def _drawn(rounds: set[str], replicas: Iterable[ReplicaProcess]) -> Iterator[str]:
    """The lines of the former release's logs about cards of rounds."""
    for replica in replicas:
        if replica.release is THIS:
            continue
        for line in replica.log.read_text().splitlines():
            try:
                event = json.loads(line)
            except ValueError:
                continue
            if event.get("event") in _DRAWN and event.get("interaction") in rounds:
                yield f"{replica.name}: {line}"


async def _notes(db: "asyncpg.Pool[asyncpg.Record]", messages: Messages) -> list[str]:
    """Threads that do not have every note as often as it was posted, or have one more often, or in another order."""
    threads: dict[tuple[str, str], list[str]] = {}
    for (channel, ts), message in sorted(messages.items()):
        if (thread := message.get("thread_ts")) and thread != ts and not message.get("is_ephemeral"):
            threads.setdefault((channel, thread), []).extend(message["text"].split("\n"))
    wanted: dict[tuple[str, str], list[asyncpg.Record]] = {}
    for note in await db.fetch(_NOTES):
        wanted.setdefault((note["channel"], note["thread_ts"]), []).append(note)
    found = []
    for thread, notes in wanted.items():
        lines, written = threads.get(thread, []), Counter(note["text"] for note in notes)
        once = [note["text"] for note in notes if written[note["text"]] == 1]
        sent = Counter(note["text"] for note in notes if note["ts"] is not None)
        shown = Counter(line for line in lines if line in written)
        in_order = [once.index(line) for line in lines if line in once]
        if sent - shown or shown - written or in_order != sorted(in_order):
            found.append(f"{thread}: {lines} of {list(written)}")
    return found
