"""Races on fixes over two replicas: proposals of one session and clicks on each card, and reminders and verdicts."""

import asyncio
import random
from uuid import UUID

from bridge.loops.things import Things
from bridge.notifier import Notifier
from bridge.things import transactions
from bridge.things.fix import NOUN
from storage import notes
from storage.interactions import ClaimRequest
from storage.model import Handle, Verdict
from storage.pool import Database
from tests.bridge.things import recoveries
from tests.bridge.things.fix.agents import Proposer, click, found
from tests.bridge.things.fix.agreement import agree
from tests.scenarios.thing_races.racing import SECONDS, SPREAD, Races
from tests.storage import build
from tests.storage.build import Tenant
from tests.waiting import jitter

PROPOSALS = 30


async def proposals(db: Database, other: Database, *, rounds: int, seed: int = 7) -> Races:
    """So many proposals of one session at once, and a click on each as soon as it has a card.

    One is active in the end, no click is lost, and none decides on a fix that was superseded.
    """
    tenant, seen = await build.tenant(db), Races()
    for number in range(rounds):
        chance = random.Random(seed + number)

        async def one(session: str, chance: random.Random) -> tuple[UUID, str]:
            here, there = chance.sample([db, other], 2)
            await jitter(SPREAD)
            thing = await Proposer(db=here, tenant=tenant, seconds=SECONDS).propose(session)
            return thing.id, await _applied(there, tenant, thing.id)

        done = await asyncio.gather(*(one(f"many-{number}", chance) for _ in range(PROPOSALS)))

        rows = await db.fetch(
            "select id, decision, superseded_at from fixes where organization_id = $1 and session = $2",
            tenant.scope.organization_id,
            f"many-{number}",
        )
        assert len(rows) == PROPOSALS and sum(row["superseded_at"] is None for row in rows) == 1, rows
        decided = {row["id"] for row in rows if row["decision"] is not None}
        assert decided == {id for id, verdict in done if verdict == Verdict.WON}, (
            "a click that won decided, and no other"
        )
        seen.update(verdict for _, verdict in done)
        if number % 50 == 0:
            await agree(db)
    await agree(db)
    return seen


async def reminders(db: Database, other: Database, *, rounds: int, seed: int = 7) -> Races:
    """Time on two replicas, a replica that posts, and a verdict at once: no reminder comes after a verdict."""
    tenant, seen = await build.tenant(db), Races()
    loops = [Things(db=each, notifier=Notifier()) for each in (db, other)]
    for number in range(rounds):
        here, there = random.Random(seed + number).sample([db, other], 2)
        thing = await Proposer(db=here, tenant=tenant, seconds=SECONDS).propose(f"reminder-{number}")
        assert await _applied(here, tenant, thing.id) == Verdict.WON
        await db.fetch("update cards set channel = 'C1', ts = $1 where ts is null", f"{number}.1")
        await db.fetch("update fixes set due_at = clock_timestamp() where due_at is not null")
        worked = await click(db, tenant, thing.id, "worked")

        async def verdict(at: Database, id: UUID, request: ClaimRequest) -> str:
            await jitter(6 * SPREAD)
            return str((await transactions.claim(at, NOUN, id, request, seconds=SECONDS)).claimed.verdict)

        async def remind(loop: Things) -> int:
            await jitter(SPREAD)
            return await loop.step()

        told, posted, *_ = await asyncio.gather(
            verdict(there, thing.id, worked), _posts(here, tenant), *(remind(loop) for loop in loops)
        )

        assert told == Verdict.WON
        written = await db.fetch("select ts, maybe_sent, given_up_at, over_at from notes where thing_id = $1", thing.id)
        assert len(written) <= 1, "it is reminded once"
        for note in written:
            assert note["over_at"] is not None and note["maybe_sent"] == (note["given_up_at"] is None), note
        assert await _posts(there, tenant) == 0, "a reminder was posted after the verdict"
        edits = await notes.lease_edits(db, [tenant.scope], limit=9)
        assert len(edits) == posted, "what was posted loses its buttons"
        for edit in edits:
            await notes.edited(db, edit)
        seen["no reminder" if not written else "posted and edited" if posted else "written and given up"] += 1
    await agree(db)
    return seen


async def _applied(db: Database, tenant: Tenant, id: UUID) -> str:
    """The verdict on a click on Apply on the card as it was posted; its round may have ended meanwhile."""
    anchor = (await found(db, tenant, id)).thing.anchor_id
    assert anchor is not None
    request = recoveries.click(tenant, anchor, "apply")
    await jitter(SPREAD)
    return str((await transactions.claim(db, NOUN, id, request, seconds=SECONDS)).claimed.verdict)


async def _posts(db: Database, tenant: Tenant) -> int:
    """How many messages a replica posts, which looks a few times for notes."""
    posted = 0
    for _ in range(4):
        await jitter(SPREAD)
        leased, _ = await notes.lease(db, [tenant.scope], limit=9, seconds=SECONDS)
        for each in leased:
            await jitter(SPREAD)
            if await notes.mark_maybe_sent(db, each):
                await jitter(SPREAD)
                await notes.sent(db, each, Handle(channel="C1", ts=f"{each.handle.ts}1"))
                posted += 1
    return posted
