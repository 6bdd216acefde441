"""Checks of a claim that take the claim as an argument: the real one passes, wrong ones must fail."""

import asyncio
import contextlib
import random
from collections import Counter
from collections.abc import Awaitable, Callable, Coroutine
from datetime import timedelta
from typing import Any, TypeAlias, TypeVar

from storage import events, interactions, statements
from storage.interactions import Claimed, ClaimRequest
from storage.model import Status, Verdict
from storage.pool import Database
from storage.statements import Runs
from tests.storage import build
from tests.storage.elapse import set_deadline
from tests.storage.faults import until_overdue, until_waiting

T = TypeVar("T")
Claim: TypeAlias = Callable[[Database, ClaimRequest], Coroutine[Any, Any, Claimed]]

CLICKS = 16
LOST = {Verdict.TAKEN, Verdict.RECORDED, Verdict.DECIDED}


def mutant(*changes: tuple[str, str]) -> Claim:
    """Return the claim with its text changed; a change whose old text is not found fails."""
    text = statements.load("interactions")["claim"].text
    for old, new in changes:
        assert old in text, f"the claim does not say {old!r} any more"
        text = text.replace(old, new)
    statement = statements.parse("interactions", f"-- name: claim :one\n-- A mutant.\n{text};")["claim"]

    async def claim(db: Database, click: ClaimRequest) -> Claimed:
        row = await statement.one(db, **interactions._scoped(click))  # noqa: SLF001  -- as the real call does
        life = interactions._life(row)  # noqa: SLF001  -- as above
        return Claimed(verdict=Verdict(row["verdict"]), repeats=row["repeats"], life=life)

    return claim


async def race(claim: Claim, one: Database, other: Database, *, rounds: int, seed: int = 7) -> None:
    """Claim with many clicks at once over two pools, a third of them repeats: one wins, the others see the truth."""
    chance = random.Random(seed)
    tenant = await build.tenant(one)
    for _ in range(rounds):
        question = await build.question(one, tenant, responders=None)
        originals = [
            build.click(question, user_id=f"U{chance.randrange(8)}", choice=chance.choice(["approve", "deny"]))
            for _ in range(CLICKS - CLICKS // 3)
        ]
        clicks = originals + chance.choices(originals, k=CLICKS // 3)
        chance.shuffle(clicks)

        claims = await asyncio.gather(
            *(claim(chance.choice((one, other)), click) for click in clicks), return_exceptions=True
        )

        refused = [claimed for claimed in claims if isinstance(claimed, BaseException)]
        assert not refused, f"a click got no verdict: {refused[:3]}"
        done = [claimed for claimed in claims if isinstance(claimed, Claimed)]
        winners = {
            click.claim_id for click, claimed in zip(clicks, done, strict=True) if claimed.verdict is Verdict.WON
        }
        assert len(winners) == 1, f"{len(winners)} winners"
        verdicts: dict[bytes, set[str]] = {}
        for click, claimed in zip(clicks, done, strict=True):
            verdicts.setdefault(click.claim_id, set()).add(claimed.verdict)
            assert claimed.verdict is Verdict.WON or claimed.verdict in LOST
            assert claimed.life is not None and claimed.life.status is Status.ANSWERED, "a stale status"
        assert all(len(given) == 1 for given in verdicts.values()), "one envelope got two verdicts"
        answer = (await build.read(one, tenant, question.id)).answer
        winner = next(click for click in clicks if click.claim_id in winners)
        assert answer is not None and (answer.get("by") or {}).get("user") == winner.user_id
        assert all(claimed.life is not None and claimed.life.answer == answer for claimed in done)
        rows = await one.fetch(
            "select verdict, repeats from clicks where organization_id = $1 and interaction_id = $2",
            question.organization_id,
            question.id,
        )
        assert Counter(row["verdict"] for row in rows)["won"] == 1
        assert sum(row["repeats"] + 1 for row in rows) == CLICKS


class Dying:
    """A database whose connection is lost right after its first statement has committed."""

    def __init__(self, db: Database) -> None:
        self._db = db
        self._dead = False

    async def fetch(self, query: str, *args: Any) -> Any:
        if self._dead:
            raise ConnectionResetError("the connection was lost")
        self._dead = True
        return await self._db.fetch(query, *args)

    async def insist(self, run: Callable[[Any], Any], *, seconds: float) -> Any:
        return await run(self)


async def dies_after_its_first_statement(claim: Claim, db: Database) -> None:
    """An answer is never stored without its event and edits, even if the replica dies right after it."""
    tenant = await build.tenant(db)
    question = await build.question(db, tenant)
    with contextlib.suppress(ConnectionResetError):
        await claim(Dying(db), build.click(question))  # type: ignore[arg-type]  # a Database that dies

    written = await db.fetch(
        "select status, (select count(*) from events where type = 'interaction.answered') as events, "
        "(select count(*) from clicks) as clicks, (select min(wanted) from cards) as wanted from interactions"
    )
    assert [tuple(row) for row in written] in ([("answered", 1, 1, 2)], [("pending", 0, 0, 1)])


async def reaches_an_endpoint(claim: Claim, db: Database) -> None:
    """The event of an answer is owed: its delivery is written with its position."""
    tenant = await build.tenant(db)
    await build.endpoint(db, tenant)
    await claim(db, build.click(await build.question(db, tenant)))
    await events.number(db)

    assert len(await db.fetch("select from deliveries")) == 1


async def waits_past_the_deadline(claim: Claim, db: Database) -> None:
    """A claim that waits for the row until after the deadline must lose."""
    tenant = await build.tenant(db)
    question = await build.question(db, tenant)
    await db.fetch("update interactions set cards_shown = 1")
    await set_deadline(db, question.id, timedelta(milliseconds=500))
    async with db.acquire() as holder, holder.transaction():
        await holder.execute("select from interactions for update")
        waiting = asyncio.create_task(claim(db, build.click(question)))
        await until_waiting(holder)
        await until_overdue(holder)

    assert (await waiting).verdict is Verdict.EXPIRED


class _OneTry(Database):
    """A pool whose `insist` tries once: a second try, on a slow machine, would be counted as a repeat."""

    def __init__(self, whole: Database) -> None:
        super().__init__(whole.pool)

    async def insist(self, run: Callable[[Runs], Awaitable[T]], *, seconds: float) -> T:
        return await run(self)


async def sent_once(db: Database, click: ClaimRequest) -> Claimed:
    """The real claim, tried exactly once."""
    return await interactions.claim(_OneTry(db), click)


async def unwaited(db: Database, click: ClaimRequest) -> Claimed:
    """The real claim, with enough time for a loaded machine."""
    return await interactions.claim(db, click, seconds=20)
