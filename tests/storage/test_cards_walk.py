"""A seeded random walk through the moves of an interaction's cards, recorded in a dict; the rows must agree with it."""

import random
from dataclasses import dataclass, field
from uuid import UUID

import pytest

from bridge import ids
from storage import cards, interactions
from storage.model import Card, Handle, Interaction, Status
from storage.pool import Database
from tests.storage import build, card_moves
from tests.storage.build import Tenant

MOVES = ["lease", "lose", "post", "post", "edit", "retry", "unsure", "give up", "skip", "claim", "heal"]


@dataclass
class ExpectedCard:
    """The state of one card as the walk has recorded it."""

    on_screen: bool = False
    maybe: bool = False
    skipped: bool = False
    given_up: bool = False
    attempt: int = 0
    stray: bool = False  # made by a post whose lease was lost


@dataclass
class Walk:
    """An interaction's cards, the leases that replicas believe to hold, and the posted messages."""

    question: Interaction
    copies: dict[UUID, ExpectedCard]
    held: list[Card] = field(default_factory=list)
    messages: set[Handle] = field(default_factory=set)
    status: Status = Status.PENDING
    strays: int = 0

    def left(self) -> int:
        return sum(not (copy.stray or copy.on_screen or copy.skipped or copy.given_up) for copy in self.copies.values())

    def shown(self) -> int:
        return self.strays + sum(copy.on_screen or copy.maybe for copy in self.copies.values())


async def begin(db: Database, chance: random.Random) -> tuple[Tenant, Walk]:
    """Open an interaction of a new tenant, so that no other cards are due there."""
    tenant = await build.tenant(db)
    question = await build.question(db, tenant, **card_moves.copies(chance.randint(1, 3)))
    return tenant, Walk(
        question=question, copies={card.id: ExpectedCard() for card in await card_moves.of(db, question)}
    )


async def move(db: Database, walk: Walk, chance: random.Random) -> str:
    """Make one move, and record it in the dict."""
    name = chance.choice(MOVES)
    if name == "claim" and chance.random() < 0.8:
        name = "lease"  # an answer leaves few moves to walk through
    match name:
        case "lease":
            for card in await card_moves.lease(db, walk.question, limit=chance.randint(1, 3)):
                walk.held.append(card)
                walk.copies.setdefault(card.id, ExpectedCard(stray=True)).attempt = card.attempt
            return name
        case "lose":
            await card_moves.lose_leases(db, walk.question.id)
            return name
        case "claim":
            claimed = await interactions.claim(db, build.click(walk.question))
            assert claimed.life is not None
            walk.status = claimed.life.status
            return name
        case "heal":
            if walk.messages and walk.status is not Status.PENDING:
                where = chance.choice(sorted(walk.messages, key=lambda one: one.ts))
                await cards.heal(db, walk.question.scope, walk.question.id, where, stray_id=ids.new())
                for row in await card_moves.of(db, walk.question):
                    if row.handle == where and row.id in walk.copies:
                        walk.copies[row.id].given_up = False
            return name
        case _ if not walk.held:
            return "nothing"
        case _:
            return await write_back(db, walk, walk.held.pop(chance.randrange(len(walk.held))), name)


async def write_back(db: Database, walk: Walk, card: Card, name: str) -> str:
    """Write back the result of a lease, which may have been lost long ago."""
    copy = walk.copies[card.id]
    holds = copy.attempt == card.attempt and not copy.given_up
    if name == "edit" and card.ts is None:
        name = "post"
    elif name in {"post", "skip"} and card.ts is not None:
        name = "edit"
    elif name == "skip" and walk.status is Status.PENDING:
        name = "retry"
    match name:
        case "post":
            where = card_moves.handle()
            walk.messages.add(where)
            kept = await card_moves.post(db, card, where)
            assert kept == holds
            if holds:
                copy.on_screen = True
            else:
                walk.strays += 1
        case "edit":
            assert await card_moves.edit(db, card) == holds
        case "retry" | "unsure":
            await card_moves.fail(db, card, unsure=name == "unsure" and card.ts is None)
            copy.maybe |= holds and name == "unsure" and card.ts is None
        case "skip":
            await cards.skip(db, card)
            copy.skipped |= holds
        case _:
            after = await card_moves.give_up(db, card)
            assert (after is not None) == holds
            copy.given_up |= holds
            if holds and walk.status is Status.PENDING and walk.left() == 0 and walk.shown() == 0:
                walk.status = Status.UNREACHABLE
            assert after in {None, walk.status}
    return name


async def agrees(db: Database, tenant: Tenant, walk: Walk) -> None:
    """Check what must be true of the rows after every move."""
    after = await build.read(db, tenant, walk.question.id)
    assert (after.status, after.cards_left, after.cards_shown) == (walk.status, walk.left(), walk.shown())
    rows = await card_moves.of(db, walk.question)
    known = {(row.channel, row.ts) for row in rows if row.ts}
    assert known == {(where.channel, where.ts) for where in walk.messages}, "a posted message has no row"
    assert after.cards_left == sum(row.shown == 0 and row.given_up_at is None for row in rows)
    assert after.cards_shown == sum(row.ts is not None or row.maybe_shown for row in rows)
    for row in rows:
        assert row.shown <= row.wanted
        if walk.status is Status.ANSWERED and row.given_up_at is None and row.ts:
            assert row.wanted >= 2, "a card would show its buttons for ever"


@pytest.mark.parametrize("seed", range(12))
async def test_whatever_replicas_do_the_counts_agree_with_the_copies(db: Database, seed: int) -> None:
    chance = random.Random(seed)
    for _ in range(3):
        tenant, walk = await begin(db, chance)
        moves: list[str] = []
        for _ in range(30):
            moves.append(await move(db, walk, chance))
            try:
                await agrees(db, tenant, walk)
            except AssertionError as error:
                error.add_note(f"after {', '.join(moves)}")
                raise


async def test_in_the_end_every_copy_shows_the_end(db: Database) -> None:
    """Whatever failed before: once the replicas write back what they lease, no card is due any more."""
    chance = random.Random(99)
    for _ in range(20):
        tenant, walk = await begin(db, chance)
        question = walk.question
        for _ in range(15):
            await move(db, walk, chance)
        await interactions.claim(db, build.click(question))
        await card_moves.lose_leases(db, question.id)

        for _ in range(3):
            for card in await card_moves.lease(db, question):
                if card.ts is None:
                    await cards.skip(db, card)
                else:
                    assert await card_moves.edit(db, card)

        rows = await card_moves.of(db, question)
        assert all(row.shown == row.wanted or row.given_up_at for row in rows)
        assert (await build.read(db, tenant, question.id)).cards_left == 0
