"""A click on a thing against a click on a question, and whether very many open things slow what is done with them."""

import asyncio
import secrets
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Final
from uuid import UUID

import asyncpg

from bench import click, rounds, things
from bench.environment import BenchDatabase, Environment
from bench.figures import Bar, Figure, Floor, percentile
from bench.measures.claim import claim
from bench.sizes import Sizes
from bench.wire import Wire
from bridge import ids
from bridge.card import action_ids
from bridge.things import transactions
from bridge.things.contract import Decision, Locked
from bridge.things.recovery import NOUN, life
from bridge.things.recovery.request import Report
from bridge.things.recovery.row import Recovery
from storage import interactions
from storage import things as stored
from storage.interactions import ClaimRequest, Filters
from storage.model import LAST_ID, Intent, Status, Verdict
from storage.statements import Runs
from storage.things import LockedConnection

_PAUSE: Final = 0.005  # seconds
_TIMEOUT: Final = 20.0
_PAGE: Final = 50


async def figures(environment: Environment, sizes: Sizes) -> list[Figure]:
    """Click → ack on a thing, and each statement beside many open things and beside few."""
    results = await rounds.interleaved(
        sizes.rounds,
        {
            "thing": _acks(environment, sizes, of_things=True),
            "question": _acks(environment, sizes, of_things=False),
        },
    )
    middle = {name: [percentile(took, 50) for took in turns] for name, turns in results.items()}
    return [
        Floor(name="a click on a question", values=middle["question"]).figure(
            "click on a thing → ack, one at a time, p50", middle["thing"], unit="ms", bar=Bar(limit=2)
        ),
        *await _beside_many(environment, sizes),
    ]


def _acks(environment: Environment, sizes: Sizes, *, of_things: bool) -> Callable[[], Awaitable[list[float]]]:
    database, child, count = environment.database, environment.replicas[0], sizes.clicks

    async def turn() -> list[float]:
        await asyncio.sleep(sizes.settle)
        if of_things:
            made = await things.opened(database.db, database.scope, database.key_id, count + 1)
            values = [action_ids.thing(NOUN.name, id) for id, _ in made]
            clicks = [
                environment.click(child, round_id, choice="restored", value=value)
                for (_, round_id), value in zip(made, values, strict=True)
            ]
        else:
            clicks = [environment.click(child, id) for id in await database.pending(count + 1)]
        wire = await Wire.open(environment.url(child))
        try:
            await wire.expect(clicks.pop())  # the first request on a connection is slower than the others
            return await rounds.each([partial(wire.expect, each) for each in clicks], pause=_PAUSE)
        finally:
            wire.close()

    return turn


async def _beside_many(environment: Environment, sizes: Sizes) -> list[Figure]:
    async with (
        environment.another_database("few_things", settled=sizes.few) as few,
        environment.another_database("many_things", settled=sizes.few) as many,
    ):
        for database, count in ((few, sizes.few), (many, sizes.many)):
            await things.opened(database.db, database.scope, database.key_id, count)
            await _analyze(database)
        results = await rounds.interleaved(
            sizes.rounds,
            {
                f"{name} {size}": _turn(work, database, sizes.samples)
                for name, work in _WORKS.items()
                for size, database in (("few", few), ("many", many))
            },
        )
    middle = {name: [percentile(took, 50) for took in turns] for name, turns in results.items()}
    return [
        Floor(name=f"beside {sizes.few:,}", values=middle[f"{name} few"]).figure(
            f"{name} beside {sizes.many:,} open things, p50",
            middle[f"{name} many"],
            unit="ms",
            # Planning a list takes longer with the larger statistics of the many; executing it does not.
            bar=None if work is _questions else Bar(limit=1.3),
        )
        for name, work in _WORKS.items()
    ]


def _turn(work: "_Work", database: BenchDatabase, count: int) -> Callable[[], Awaitable[list[float]]]:
    async def turn() -> list[float]:
        made = await things.opened(database.db, database.scope, database.key_id, count + 1)
        await work(database, *made.pop())
        if work is _claimed:  # the questions are made before it is timed
            return await rounds.each([partial(claim, database, id) for id in await database.pending(count)])
        return await rounds.each([partial(work, database, *each) for each in made])

    return turn


async def _clicked(database: BenchDatabase, id: UUID, round_id: UUID) -> None:
    request = ClaimRequest(
        scope=database.scope,
        interaction_id=round_id,
        claim_id=secrets.token_bytes(32),
        event_id=ids.new(),
        choice="restored",
        intent=Intent.ANSWER,
        given=None,
        user_id=click.PERSON,
        user_name="ana",
        user_team=click.TEAM,
        channel=click.CHANNEL,
        ts="1763719200.000100",
    )
    await interactions.claim(database.db, request, seconds=_TIMEOUT)
    done = await transactions.claim(database.db, NOUN, id, request, seconds=_TIMEOUT)
    if done.claimed.verdict is not Verdict.WON:
        raise RuntimeError(f"the click should have won, but its verdict is {done.claimed.verdict}")


async def _reported(database: BenchDatabase, id: UUID, _: UUID) -> None:
    """A report that changes what the thing offers, so that its round ends and the next one is opened."""
    sent = Report.model_validate(
        {
            "source": {"type": "job", "id": str(id)},
            "kind": "stalled",
            "cause": "out of memory",
            "fingerprint": "worker/memory",
            "next_action": "restart the worker",
        }
    )

    async def decide(_: Runs, locked: Locked[Recovery], __: LockedConnection) -> Decision[Recovery]:
        return life.reported(locked, sent, {"key": "bench"})

    await transactions.change(database.db, NOUN, database.scope, id, decide, seconds=_TIMEOUT)


async def _listed(database: BenchDatabase, _: UUID, __: UUID) -> None:
    found = await NOUN.table.ids(
        "page",
        database.db,
        organization_id=database.scope.organization_id,
        before=LAST_ID,
        limit=_PAGE,
        open=True,
        **dict.fromkeys(("source_type", "source_id", "status", "fingerprint", "owner_agent", "owner_user")),
    )
    await NOUN.table.several(database.db, database.scope.organization_id, found)


async def _questions(database: BenchDatabase, _: UUID, __: UUID) -> None:
    for filters in (Filters(), Filters(status=Status.PENDING)):
        await interactions.page(database.db, database.scope.organization_id, filters, before=None, limit=_PAGE)


async def _counted(database: BenchDatabase, _: UUID, __: UUID) -> None:
    """As before a thing is opened, with the usual quota."""
    await stored.open_count(database.db, database.scope.organization_id, limit=1_000)


async def _claimed(database: BenchDatabase, _: UUID, __: UUID) -> None:
    (made,) = await database.pending(1)
    await claim(database, made)


_Work = Callable[[BenchDatabase, UUID, UUID], Awaitable[None]]
_WORKS: Final[dict[str, _Work]] = {
    "click on a thing, without HTTP,": _clicked,
    "report of a recovery": _reported,
    "list of recoveries": _listed,
    "list of questions": _questions,
    "count of open things": _counted,
    "claim of a question": _claimed,
}


async def _analyze(database: BenchDatabase) -> None:
    server = await asyncpg.connect(database.dsn)
    try:
        await server.execute("vacuum analyze")
        await server.execute("checkpoint")
    finally:
        await server.close()
