"""Counts what must be zero at the end: contradictions between responses, messages and the database."""

import json
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import asyncpg

from bridge import ids
from bridge.things.registry import NOUNS
from tests.scenarios import program
from tests.scenarios.beside import incidents, things_audit, words
from tests.scenarios.beside.receiving import Reader, WebhookReceiver
from tests.scenarios.beside.stories import Stories
from tests.scenarios.beside.things import ThingStories
from tests.scenarios.trials.ledger import ENDS, ReadingLedger
from tests.scenarios.trials.rig import THIS, Release, Rig

FINALS = {f"interaction.{status}" for status in ENDS}
Found = dict[str, list[str]]

_TWO_WINNERS = """
    select interactions.id
    from interactions
    left join clicks on
        clicks.organization_id = interactions.organization_id
        and clicks.interaction_id = interactions.id and clicks.verdict = 'won'
    group by interactions.organization_id, interactions.id
    having
        count(clicks.claim_id) <> (case when answered_by is null then 0 else 1 end)
        or bool_or(clicks.claim_id <> interactions.claim_id or clicks.user_id <> interactions.answered_by)
"""

_ENDS_TOLD = """
    select interactions.id, interactions.status, array_agg(events.type) filter (where events.id is not null) as told
    from interactions
    left join events on
        events.organization_id = interactions.organization_id
        and events.interaction_id = interactions.id and events.type = any ($1)
    where interactions.status <> 'pending' and interactions.thing_id is null
    group by interactions.organization_id, interactions.id
    having count(events.id) <> 1 or bool_or(events.type <> 'interaction.' || interactions.status)
"""

_EVENTS = """
    select
        events.id, events.type, events.interaction_id, events.thing_id, events.at, interactions.callback,
        work_items.name
    from events
    left join interactions on
        interactions.organization_id = events.organization_id and interactions.id = events.interaction_id
    left join work_items on
        work_items.organization_id = events.organization_id and work_items.id = events.thing_id
    where events.position is not null
    order by events.position
"""

_CARDS = """
    select cards.channel, cards.ts, cards.interaction_id, interactions.status, interactions.choice,
        interactions.kind
    from cards
    join interactions on
        interactions.organization_id = cards.organization_id and interactions.id = cards.interaction_id
    where
        cards.ts is not null and cards.given_up_at is null
        and interactions.status <> 'pending' and interactions.thing_id is null
"""
_SHOWN = {"approve": "*Approved*", "deny": "*Denied*", "north": "“North”", "south": "“South”"}


@dataclass(kw_only=True)
class Audit:
    """Everything that a trial recorded, for the audit after it has come to rest."""

    rig: Rig
    former: Release
    db: "asyncpg.Pool[asyncpg.Record]"
    ledger: ReadingLedger
    stories: Stories
    things: ThingStories
    receiver: WebhookReceiver
    readers: list[Reader]
    postgres_log: Path

    async def found(self) -> Found:
        """The cases found, as text, by the rule that they break."""
        events = await self.db.fetch(_EVENTS)
        changed = self.ledger.contradictions()
        return {
            "questions with two winners, or another than the click that won": [
                str(row["id"]) for row in await self.db.fetch(_TWO_WINNERS)
            ],
            "answers that need words and have none": [
                str(row["id"]) for row in await self.db.fetch(words.WITHOUT_WORDS)
            ],
            "questions that ended but not once in the feed, or otherwise": [
                f"{row['id']} {row['status']}: {row['told']}" for row in await self.db.fetch(_ENDS_TOLD, list(FINALS))
            ],
            "final status or answer changed between two readings": [
                f"{id}: {entry.ends}" for id, entry in changed.items()
            ],
            "end told to an agent that differs from the row": await self._otherwise(set(changed)),
            "acknowledged clicks that are not in the database": await self._missing_clicks(),
            "events told to no endpoint or callback that should hear": await self._untold(events),
            "deliveries under an id that is no event's, or twice under two": self._doubled(events),
            **self._misread(events),
            "cards that do not show the end": await self._cards(),
            "idempotency keys with two questions": self.stories.doubled,
            "answers that no request may get": self.stories.agent.strange,
            **await things_audit.found(self.db, await self._messages(), self.rig.replicas, self.former),
            **await incidents.found(self.db, self.things.incidents),
            "deadlocks": _deadlocks(self.postgres_log),
            "tracebacks in the replicas' logs": self._tracebacks(),
        }

    async def _otherwise(self, changed: set[str]) -> list[str]:
        for row in await self.db.fetch("select * from interactions where thing_id is null"):
            self.ledger.add_row(ids.encode("int", row["id"]), row, ended=float("inf"))
        found = self.ledger.contradictions()
        return [f"{id}: {entry.ends}" for id, entry in found.items() if id not in changed]

    async def _missing_clicks(self) -> list[str]:
        there = {row["claim_id"] for row in await self.db.fetch("select claim_id from clicks")}
        return [acked.interaction for acked in self.stories.acked if acked.claim_id not in there]

    async def _untold(self, events: Iterable[asyncpg.Record]) -> list[str]:
        endpoints = await self.db.fetch("select url, types, created_at from webhook_endpoints")
        missing = []
        for event in events:
            id, type = ids.encode("evt", event["id"]), event["type"]
            owed = [
                endpoint["url"]
                for endpoint in endpoints
                if endpoint["created_at"] < event["at"] and type in (endpoint["types"] or FINALS)
            ]
            owed += [event["callback"]] if event["callback"] and type in FINALS else []
            missing += [f"{id} {type} at {url}" for url in owed if id not in self.receiver.accepted.get(_path(url), {})]
        return missing

    def _doubled(self, events: Iterable[asyncpg.Record]) -> list[str]:
        """Ids that belong to no event, and (type, interaction) pairs with more ids than events."""
        known = {ids.encode("evt", event["id"]): event for event in events}
        there = Counter((event["type"], _subject(event)) for event in known.values())
        found = []
        for path, calls in self.receiver.accepted.items():
            for told, number in Counter(calls.values()).items():
                if number > there[told]:
                    found.append(f"{path}: {number} × {told}")
            found += [f"{path}: {id} is no event's" for id in calls if id not in known]
        return found

    def _misread(self, events: Iterable[asyncpg.Record]) -> Found:
        """Readers that did not get every event once, in the order of the positions.

        The former release tells no events of things whose noun it does not know.
        """
        every = [
            (
                ids.encode("evt", event["id"]),
                event["thing_id"] is None or event["type"].partition(".")[0] in self.former.nouns,
            )
            for event in events
        ]
        found: Found = {"feed: events skipped": [], "feed: events told twice": [], "feed: events out of order": []}
        for reader in self.readers:
            right = [id for id, is_known in every if is_known or reader.release == THIS.name]
            once = list(dict.fromkeys(reader.event_ids))
            found["feed: events skipped"] += [f"{reader.name}: {id}" for id in set(right) - set(once)]
            found["feed: events told twice"] += [reader.name] * (len(reader.event_ids) - len(once))
            read = set(once)
            expected = [id for id in right if id in read]
            found["feed: events out of order"] += [
                f"{reader.name}: {one}" for one, other in zip(once, expected, strict=False) if one != other
            ]
        return found

    async def _messages(self) -> dict[tuple[str, str], Any]:
        """Every message in Slack by its channel and ts."""
        shown: dict[tuple[str, str], Any] = {}
        for channel in (await self.rig.sandbox("GET", "/channels"))["channels"]:
            said = await self.rig.sandbox("GET", f"/messages?channel={channel['id']}")
            shown |= {(channel["id"], one["ts"]): one for one in said["messages"]}
        return shown

    async def _cards(self) -> list[str]:
        shown, found = await self._messages(), []
        for card in await self.db.fetch(_CARDS):
            message = shown[card["channel"], card["ts"]]
            if program.has_buttons(message) or _SHOWN.get(card["choice"], "") not in message["text"]:
                found.append(f"{card['interaction_id']} {card['status']} {card['choice']}: {message['text'][:80]}")
        return found

    def _tracebacks(self) -> list[str]:
        found: dict[str, int] = defaultdict(int)
        for replica in self.rig.replicas:
            for line in replica.log.read_text().splitlines():
                try:
                    event = json.loads(line)
                except ValueError:
                    event = {"where": line} if "Traceback" in line else {}
                if "where" in event:
                    place = str(event["where"]).strip().splitlines()[-1].strip()
                    found[f"{replica.name} {event.get('event')} {event.get('error')}: {place}"] += 1
        return [f"{number} × {what}" for what, number in found.items() for _ in range(number)]


def _subject(event: asyncpg.Record) -> str:
    """The id of what an event is about, as agents know it."""
    if event["name"] is not None:
        return str(event["name"])
    if event["thing_id"] is not None:
        return NOUNS[event["type"].partition(".")[0]].public_id(event["thing_id"])
    return ids.encode("int", event["interaction_id"])


def _path(url: str) -> str:
    return "/" + url.split("/", 3)[3]


def _deadlocks(log: Path) -> list[str]:
    """Each deadlock with the statements in it, which PostgreSQL logs in the lines that follow, indented."""
    found: list[str] = []
    inside = False
    for line in log.read_text(errors="replace").splitlines():
        begins = "deadlock detected" in line
        if begins:
            found.append(line)
        elif inside and (line.startswith("\t") or "DETAIL:" in line or "CONTEXT:" in line):
            found[-1] += f"\n{line}"
        inside = begins or (inside and (line.startswith("\t") or "DETAIL:" in line or "HINT:" in line))
    return found
