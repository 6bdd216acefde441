"""The event row is the outbox: its deliveries are written with its position, by the replica that numbers it."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, TypeAlias

import pytest

from bridge import ids
from storage import events, interactions, receipts, statements
from storage.events import Numbered
from storage.model import ENDS, EventType, Interaction, Progress, Verdict
from storage.pool import Database
from storage.receipts import Receipt
from tests.storage import build, card_moves
from tests.storage.build import Tenant
from tests.storage.faults import admin

Number: TypeAlias = Callable[[Database], Awaitable[object]]

HOLD = "select from interactions where id = $1 for "
CALLBACK: dict[str, Any] = {"callback": "https://a.example/", "callback_target": ids.new()}


async def answered(db: Database, tenant: Tenant, **other: Any) -> Interaction:
    question = await build.question(db, tenant, **other)
    assert (await interactions.claim(db, build.click(question), seconds=20)).verdict is Verdict.WON
    return question


async def called(db: Database) -> list[tuple[str, bool]]:
    """Return the types of the events to be delivered, and whether each has its position, in the order of due_at."""
    rows = await db.fetch(
        "select type, position is not null as placed from deliveries "
        "join events on events.id = deliveries.event_id order by due_at"
    )
    return [(row["type"], row["placed"]) for row in rows]


async def test_deliveries_come_with_the_position_to_each_endpoint_that_asks_and_to_the_callback(
    db: Database, tenant: Tenant
) -> None:
    for types in (None, ["interaction.created", "interaction.posted"], ["interaction.expired"]):
        await build.endpoint(db, tenant, types=types)
    question = await build.question(db, tenant, **CALLBACK)
    await card_moves.post(db, (await card_moves.lease(db, question))[0])
    await interactions.claim(db, build.click(question))
    assert await called(db) == []

    numbered = await events.number(db)

    assert numbered.deliveries == 4
    assert await called(db) == [
        (EventType.CREATED, True),
        (EventType.POSTED, True),
        (EventType.ANSWERED, True),
        (EventType.ANSWERED, True),
    ]
    assert (await events.number(db)).deliveries == 0


async def test_the_endpoints_that_are_active_when_the_position_is_given_are_called(
    db: Database, tenant: Tenant
) -> None:
    await answered(db, tenant)
    late = await build.endpoint(db, tenant)

    await events.number(db)

    assert [row["target_id"] for row in await db.fetch("select target_id from deliveries")] == [late.id]


async def test_a_delivery_is_as_old_as_its_event(db: Database, tenant: Tenant) -> None:
    """A replay since a time goes by created_at."""
    await build.endpoint(db, tenant)
    await answered(db, tenant)
    await events.number(db)

    (row,) = await db.fetch("select created_at = at as same from deliveries join events on events.id = event_id")
    assert row["same"]


async def test_the_release_before_may_number_an_event_of_this_one_and_its_own_are_left_alone(
    db: Database, tenant: Tenant
) -> None:
    await build.endpoint(db, tenant)
    await answered(db, tenant)
    await db.fetch("update events set position = 7 where type = 'interaction.answered'")
    await db.fetch("update events set owed = false where type = 'interaction.created'")

    await events.number(db)

    assert await called(db) == [(EventType.ANSWERED, True)]
    rows = await db.fetch("select type, position, owed from events order by position")
    assert [tuple(row) for row in rows] == [("interaction.created", 1, False), ("interaction.answered", 7, False)]


async def every_move(db: Database, tenant: Tenant) -> None:
    """Run each statement that writes an event of the feed once: all the events are owed."""
    question = await build.question(db, tenant)
    await card_moves.post(db, (await card_moves.lease(db, question))[0])
    await interactions.claim(db, build.click(question))
    await build.question(db, tenant, supersedes=(await build.question(db, tenant)).id)
    await interactions.cancel(
        db,
        question.organization_id,
        (await build.question(db, tenant)).id,
        reason={},
        cancelled_by="",
        event_id=ids.new(),
    )


async def test_every_event_of_the_feed_is_owed_until_it_is_numbered(db: Database, tenant: Tenant) -> None:
    await every_move(db, tenant)

    rows = await db.fetch("select distinct type, owed from events")

    assert {row["type"]: row["owed"] for row in rows} == {
        "interaction.created": True,
        "interaction.posted": True,
        "interaction.answered": True,
        "interaction.superseded": True,
        "interaction.cancelled": True,
    }


async def no_delivery_before_its_position(number: Number, db: Database, tenant: Tenant, dsn: str) -> None:
    """While another replica numbers the organization, none of its events is delivered."""
    await build.endpoint(db, tenant)
    await answered(db, tenant)
    async with admin(dsn) as other, other.transaction():
        await other.execute(
            "select from organizations where organization_id = $1 for no key update", tenant.scope.organization_id
        )
        await number(db)
        assert all(placed for _, placed in await called(db))
    await number(db)

    assert await called(db) == [(EventType.ANSWERED, True)]


async def test_nothing_is_delivered_before_it_has_its_position(db: Database, tenant: Tenant, dsn: str) -> None:
    await no_delivery_before_its_position(events.number, db, tenant, dsn)


def mutant(*changes: tuple[str, str]) -> Number:
    """Return the numbering statement with its text changed."""
    text = statements.load("events")["number"].text
    for old, new in changes:
        assert old in text, f"the statement does not say {old!r} any more"
        text = text.replace(old, new)
    changed = statements.parse("events", f"-- name: number :many\n-- A mutant.\n{text};")["number"]

    async def number(db: Database) -> object:
        return await changed.many(db, limit=100, ends=sorted(ENDS))

    return number


async def test_deliveries_before_the_position_would_be_found_out(db: Database, tenant: Tenant, dsn: str) -> None:
    wrong = mutant(
        (
            "    from held\n    join candidates using (organization_id)\n    join events",
            "    from candidates\n    join events",
        ),
        ("on events.organization_id = held.organization_id", "on events.organization_id = candidates.organization_id"),
        (
            "    from placed\n    join caused using (organization_id, id)\n    order by placed.place\n",
            "    from due as placed\n    join caused using (organization_id, id)\n    order by placed.at\n",
        ),
    )
    with pytest.raises(AssertionError):
        await no_delivery_before_its_position(wrong, db, tenant, dsn)


@pytest.mark.parametrize("lock", ["no key update", "update"], ids=["a click", "a deletion"])
async def test_a_question_that_is_held_keeps_no_other_organization_waiting(
    db: Database, tenant: Tenant, dsn: str, lock: str
) -> None:
    """A deletion, and the previous release, lock it against the foreign key of deliveries; then it is skipped."""
    neighbour = await build.tenant(db)
    for one in (tenant, neighbour):
        await build.endpoint(db, one)
    held, other = await answered(db, tenant), await answered(db, neighbour)
    async with admin(dsn) as holding, holding.transaction():
        await holding.execute(HOLD + lock, held.id)

        numbered: Numbered = await asyncio.wait_for(events.number(db), 2)

        waits = lock == "update"
        assert numbered.passed_over is waits
        delivered = {row["interaction_id"] for row in await db.fetch("select interaction_id from deliveries")}
        assert delivered == ({other.id} if waits else {other.id, held.id})
    await events.number(db)
    assert len(await called(db)) == 2


async def test_what_comes_after_an_event_that_is_passed_over_waits_with_it(
    db: Database, tenant: Tenant, dsn: str
) -> None:
    """The previous release locks an interaction against deliveries: its receipt is not delivered before its answer."""
    await build.endpoint(db, tenant)
    held = await answered(db, tenant)
    receipt = Receipt(status=Progress.PICKED_UP, summary=None, url=None)
    await receipts.record(db, held.organization_id, held.id, receipt, key_name="x", event_id=ids.new())
    async with admin(dsn) as holding, holding.transaction():
        await holding.execute(HOLD + "update", held.id)
        await events.number(db)
    await events.number(db)

    feed = await events.page(db, held.organization_id, past=0, limit=10)
    assert [event.type for event in feed] == [EventType.CREATED, EventType.ANSWERED, EventType.PICKED_UP]


async def test_an_organization_that_is_being_numbered_keeps_no_other_waiting(
    db: Database, tenant: Tenant, dsn: str
) -> None:
    """The organization has more due events than fit in a batch."""
    neighbour = await build.tenant(db)
    for _ in range(events.BATCH + 1):
        await build.question(db, tenant)
    await build.question(db, neighbour)
    async with admin(dsn) as other, other.transaction():
        await other.execute(
            "select from organizations where organization_id = $1 for no key update", tenant.scope.organization_id
        )
        numbered = await events.number(db)

    assert numbered.counts == {neighbour.scope.organization_id: 1} and numbered.passed_over


_ASKED = (
    "insert into interactions select (jsonb_populate_record(interactions, jsonb_build_object('id', many.id))).* "
    "from interactions, unnest($2::uuid[]) as many (id) where interactions.id = $1"
)
_TOLD = (
    "insert into events (organization_id, id, interaction_id, type, owed) "
    "select organization_id, gen_random_uuid(), id, $2, true from interactions where id = any ($1::uuid[])"
)


async def test_however_many_number_at_once_no_question_ends_before_it_was_asked(
    db: Database, other: Database, tenant: Tenant
) -> None:
    """Each transaction writes more than a batch: passes that locked events of the same transaction would mix them."""
    done = asyncio.Event()
    question = await build.question(db, tenant)

    async def number(one: Database) -> None:
        while not done.is_set():
            await events.number(one)

    async def write() -> None:
        for _ in range(10):
            many = [ids.new() for _ in range(2 * events.BATCH)]
            await db.fetch(_ASKED, question.id, many)
            for type in ("interaction.created", "interaction.cancelled"):
                await db.fetch(_TOLD, many, type)

    numbering = [asyncio.create_task(number(one)) for one in (db, other) * 4]
    await write()
    done.set()
    await asyncio.gather(*numbering)
    await events.number(db, batches=100)

    (row,) = await db.fetch(
        "select count(*) as mixed "
        "from events as created join events as cancelled using (organization_id, interaction_id) "
        "where created.type = 'interaction.created' and cancelled.type = 'interaction.cancelled' "
        "and cancelled.position < created.position"
    )
    assert row["mixed"] == 0
