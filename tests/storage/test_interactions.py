"""Opening an interaction: all or nothing, once for each idempotency key, on an active connection only."""

import asyncio
import dataclasses
from datetime import timedelta

import pytest

from bridge import ids
from storage import interactions
from storage.interactions import Disconnected, Mismatch, Opened, Replayed
from storage.model import Scope, Status
from storage.pool import Database
from tests.storage import build, card_moves
from tests.storage.build import Tenant
from tests.storage.faults import admin, until_waiting


async def count(db: Database) -> tuple[int, ...]:
    (row,) = await db.fetch(
        "select (select count(*) from interactions), (select count(*) from cards), (select count(*) from events)"
    )
    return tuple(row)


async def test_a_question_is_opened_with_a_card_for_every_address_and_its_first_event(
    db: Database, tenant: Tenant
) -> None:
    opening = build.opening(
        tenant,
        addresses=[{"user": "U0ANA"}, {"channel": "C0DEV", "thread_ts": "1.1"}],
        card_ids=[ids.new(), ids.new()],
        tags=["deploy"],
        metadata={"commit": "abc"},
        expires_in=60,
    )

    opened = await interactions.open(db, opening)
    assert isinstance(opened, Opened) and opened.id == opening.id

    question = await build.read(db, tenant, opening.id)
    assert opened.interaction == question, "it is returned as it was written, in case it cannot be read"
    assert opened.cards == [
        dataclasses.replace(card, due_at=question.created_at) for card in await card_moves.of(db, question)
    ]
    assert question.status is Status.PENDING and question.scope == tenant.scope
    assert (question.request, question.answers, question.responders) == (
        opening.request,
        opening.answers,
        opening.responders,
    )
    assert (question.tags, question.metadata, question.asked_by) == (["deploy"], {"commit": "abc"}, "deploy-bot")
    assert (question.cards_left, question.cards_shown) == (2, 0)
    assert timedelta(seconds=59) < question.expires_at - question.created_at <= timedelta(seconds=60)
    copies = await card_moves.of(db, question)
    assert [(card.id, card.address, card.ordinal, card.shown, card.wanted) for card in copies] == [
        (id, address, place, 0, 1)
        for place, (id, address) in enumerate(zip(opening.card_ids, opening.addresses, strict=True), start=1)
    ]
    assert [moment.type for moment in await interactions.timeline(db, question.organization_id, question.id)] == [
        "interaction.created"
    ]


async def test_a_question_that_cannot_be_written_whole_leaves_nothing(db: Database, tenant: Tenant) -> None:
    twice = ids.new()

    with pytest.raises(Exception, match="cards_pkey"):
        await interactions.open(db, build.opening(tenant, **card_moves.copies(2) | {"card_ids": [twice, twice]}))

    assert await count(db) == (0, 0, 0)


async def test_a_question_of_another_organization_is_not_there(db: Database, tenant: Tenant) -> None:
    question = await build.question(db, tenant)
    other = await build.tenant(db)

    assert await interactions.get(db, other.scope.organization_id, question.id) is None
    assert await interactions.timeline(db, other.scope.organization_id, question.id) == []
    assert await interactions.get(db, tenant.scope.organization_id, ids.new()) is None


async def test_the_same_request_under_the_same_key_is_the_same_question_as_it_now_is(
    db: Database, tenant: Tenant
) -> None:
    first = build.opening(tenant, idempotency_key="deploy-1", request_hash=b"same")
    await interactions.open(db, first)
    await interactions.claim(db, build.click(await build.read(db, tenant, first.id)))

    again = dataclasses.replace(first, id=ids.new(), event_id=ids.new(), card_ids=[ids.new()], expires_in=7200)

    assert await interactions.open(db, again) == Replayed(id=first.id)
    assert await interactions.open(db, dataclasses.replace(again, request_hash=b"other")) == Mismatch()
    assert await count(db) == (1, 1, 2)
    after = await build.read(db, tenant, first.id)
    assert after.status is Status.ANSWERED and after.expires_at < after.created_at + timedelta(hours=1, minutes=1)


async def test_a_key_belongs_to_its_organization(db: Database, tenant: Tenant) -> None:
    other = await build.tenant(db)
    for owner in (tenant, other):
        opening = build.opening(owner, idempotency_key="deploy-1", request_hash=b"same")

        opened = await interactions.open(db, opening)
        assert isinstance(opened, Opened) and opened.id == opening.id


async def test_of_two_hundred_requests_with_one_key_one_is_opened_and_all_get_it(
    db: Database, other: Database, tenant: Tenant
) -> None:
    opened = await asyncio.gather(
        *(
            interactions.open(one, build.opening(tenant, idempotency_key="deploy-1", request_hash=b"same"))
            for one in [db, other] * 100
        )
    )

    assert [type(one) for one in opened].count(Opened) == 1
    assert len({one.id for one in opened if isinstance(one, Opened | Replayed)}) == 1
    assert await count(db) == (1, 1, 1)


async def test_nothing_is_opened_on_a_connection_that_is_disabled_or_not_its_own(db: Database, tenant: Tenant) -> None:
    other = await build.tenant(db)
    foreign = Scope(organization_id=tenant.scope.organization_id, connection_id=other.scope.connection_id)
    assert await interactions.open(db, build.opening(tenant, scope=foreign)) == Disconnected()
    await db.fetch("update connections set disabled_at = clock_timestamp()")

    assert await interactions.open(db, build.opening(tenant)) == Disconnected()
    keyed = build.opening(tenant, idempotency_key="deploy-1", request_hash=b"same")
    assert await interactions.open(db, keyed) == Disconnected()
    assert await count(db) == (0, 0, 0)


async def test_a_connection_that_is_being_disabled_cannot_miss_a_question_being_born(
    dsn: str, db: Database, tenant: Tenant
) -> None:
    """Disabling cancels the pending interactions in the same transaction: none may be opened while it runs."""
    async with admin(dsn) as disabling:
        transaction = disabling.transaction()
        await transaction.start()
        await disabling.execute("update connections set disabled_at = clock_timestamp()")
        opening = asyncio.create_task(interactions.open(db, build.opening(tenant)))
        await until_waiting(disabling)
        await transaction.commit()

    assert await opening == Disconnected()
    assert await count(db) == (0, 0, 0)
