"""Which connections a replica can post for, on the database's clock; cards of the others slow down no lease."""

import asyncio
import itertools
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from bridge import ids
from bridge.kinds.registry import KINDS
from storage import backlog, cards, interactions, serving
from storage.model import Card, Interaction, Scope
from storage.pool import Database
from storage.serving import ServingStatus
from tests.storage import build, card_moves
from tests.storage.build import Tenant
from tests.storage.card_moves import lease
from tests.storage.elapse import elapse

# The lease of cards of a previous release, which does not know `serving` and runs beside this release for a while.
BEFORE = """
with due as materialized (
    select organization_id, interaction_id, id
    from cards
    where
        connection_id = any ($1::uuid[])
        and shown < wanted
        and given_up_at is null
        and due_at <= statement_timestamp()
        and (leased_until is null or leased_until <= clock_timestamp())
    order by due_at
    limit $2
    for update skip locked
)
update cards
set attempt = cards.attempt + 1, leased_until = clock_timestamp() + make_interval(secs => 20)
from due
where
    cards.organization_id = due.organization_id
    and cards.interaction_id = due.interaction_id
    and cards.id = due.id
returning cards.id
"""


SHELVING: dict[str, Any] = {"reason": {"code": "token_missing"}, "new_id": ids.new}


async def of(db: Database, tenant: Tenant) -> ServingStatus:
    found = await serving.get(db, tenant.scope)
    assert found is not None
    return found


async def pass_time(db: Database, *, seconds: int = serving.SECONDS) -> None:
    """Let `seconds` pass for every serving lease."""
    await elapse(db, "serving", timedelta(seconds=seconds))


async def shelve(db: Database) -> int:
    """Return how many cards two passes shelve; the first only inserts the row of a connection never served."""
    return sum([await serving.shelve(db, **SHELVING) for _ in range(2)])


async def shelved(db: Database) -> set[UUID]:
    return {row["id"] for row in await db.fetch("select id from cards where shelved = wanted")}


@pytest.fixture
async def question(db: Database, tenant: Tenant) -> Interaction:
    return await build.question(db, tenant)


async def card(db: Database, question: Interaction) -> Card:
    (found,) = await card_moves.of(db, question)
    return found


async def test_a_connection_is_served_for_a_minute_after_the_last_renewal(db: Database, tenant: Tenant) -> None:
    assert await serving.get(db, tenant.scope) is None

    assert (await serving.renew(db, [tenant.scope])).started == 1

    first = await of(db, tenant)
    assert first.served
    assert (first.served_until - first.served_since).total_seconds() == serving.SECONDS
    await pass_time(db, seconds=serving.SECONDS - 1)
    assert (await of(db, tenant)).served
    await pass_time(db, seconds=1)
    assert not (await of(db, tenant)).served


async def test_a_renewal_in_time_keeps_the_beginning_and_a_late_one_begins_anew(db: Database, tenant: Tenant) -> None:
    await serving.renew(db, [tenant.scope])
    await pass_time(db, seconds=30)
    before = await of(db, tenant)

    assert (await serving.renew(db, [tenant.scope])).started == 0

    renewed = await of(db, tenant)
    assert renewed.served_since == before.served_since and renewed.served_until > before.served_until
    await pass_time(db)
    assert (await serving.renew(db, [tenant.scope])).started == 1
    anew = await of(db, tenant)
    assert (anew.served_until - anew.served_since).total_seconds() == serving.SECONDS


async def test_a_claim_waits_for_nothing_that_opens_or_disables(db: Database, other: Database, tenant: Tenant) -> None:
    """An update of the row in `connections` would wait for both."""
    await serving.renew(db, [tenant.scope])
    async with other.acquire() as opening, opening.transaction():
        await opening.execute("select from connections for share")
        async with db.acquire() as renewing:
            await renewing.execute("set lock_timeout = '1ms'")

            assert (await serving.renew(renewing, [tenant.scope])).started == 0


async def test_what_no_replica_serves_is_leased_no_more_and_is_not_late(
    db: Database, tenant: Tenant, question: Interaction
) -> None:
    served = await build.question(db, await build.tenant(db))
    await serving.renew(db, [served.scope])
    await elapse(db, "cards", timedelta(hours=1))

    assert [await serving.shelve(db, **SHELVING) for _ in range(3)] == [0, 1, 0], (
        "the first pass inserts its row, the second one shelves"
    )

    both = [tenant.scope, served.scope]
    assert await shelved(db) == {(await card(db, question)).id}
    assert (await backlog.look(db, [tenant.scope], with_notices=False)).cards_age is None
    assert [leased.interaction_id for leased in await cards.lease(db, both, kinds=KINDS, limit=10)] == [served.id]


async def test_a_connection_that_is_served_again_has_all_its_cards_due_at_once(db: Database, tenant: Tenant) -> None:
    """However many there are: a pass that moved some is followed by another one."""
    question = await build.question(db, tenant, **card_moves.copies(10))
    await serving.renew(db, [tenant.scope])
    await pass_time(db)
    assert [await serving.shelve(db, **SHELVING, limit=4) for _ in range(4)] == [4, 4, 2, 0]

    renewed = [await serving.renew(db, [tenant.scope], limit=4) for _ in range(4)]

    assert [(one.started, one.put_back) for one in renewed] == [(1, 4), (0, 4), (0, 2), (0, 0)]
    assert await shelved(db) == set()
    assert len(await lease(db, question)) == 10


async def test_a_connection_of_another_replica_is_left_alone(db: Database, tenant: Tenant) -> None:
    question = await build.question(db, await build.tenant(db))
    assert await shelve(db) == 1

    renewed = await serving.renew(db, [tenant.scope])

    assert (renewed.started, renewed.put_back) == (1, 0)
    assert await shelved(db) == {(await card(db, question)).id}


async def test_whatever_wants_a_shelved_card_changed_puts_it_back(
    db: Database, tenant: Tenant, question: Interaction
) -> None:
    """It need not know about shelving: it raises `wanted` above the version that was shelved."""
    await card_moves.post(db, await card_moves.take(db, question))
    await interactions.claim(db, build.click(question))
    assert await shelve(db) == 1
    assert await lease(db, question) == []

    await db.fetch("update cards set wanted = wanted + 1")

    assert [leased.interaction_id for leased in await lease(db, question)] == [question.id]


async def test_the_release_before_still_finds_what_this_one_shelved(
    db: Database, tenant: Tenant, question: Interaction
) -> None:
    """The previous release renews no serving lease, so a replica of this release takes its connections for unserved."""
    assert await shelve(db) == 1

    rows = await db.fetch(BEFORE, [tenant.scope.connection_id], 10)

    leased = await card(db, question)
    assert [row["id"] for row in rows] == [leased.id]
    assert await card_moves.post(db, leased)
    await interactions.claim(db, build.click(question))
    assert [found.id for found in await lease(db, question)] == [leased.id], (
        "its end is due as if it had not been shelved"
    )


async def test_the_release_before_deletes_a_connection_with_the_claim_that_it_does_not_know(
    db: Database, tenant: Tenant
) -> None:
    await serving.renew(db, [tenant.scope])

    await db.fetch("delete from connections where organization_id = $1", tenant.scope.organization_id)

    assert await serving.get(db, tenant.scope) is None


async def test_cards_of_a_disabled_connection_are_settled(db: Database, tenant: Tenant, question: Interaction) -> None:
    await card_moves.post(db, await card_moves.take(db, question))
    await interactions.cancel(
        db,
        organization_id=question.organization_id,
        id=question.id,
        reason={"code": "no_longer_needed"},
        cancelled_by="deploy-bot",
        event_id=ids.new(),
    )
    await db.fetch("update connections set disabled_at = clock_timestamp()")

    assert [leased.interaction_id for leased in await lease(db, question)] == [question.id]


async def test_no_card_stays_shelved_on_a_connection_that_is_served_again_while_others_shelve(
    db: Database, other: Database, tenant: Tenant
) -> None:
    """The serving lease expires repeatedly, while one replica shelves and another begins to serve."""
    question = await build.question(db, tenant, **card_moves.copies(50))
    for _ in range(40):
        await serving.renew(db, [tenant.scope])
        await pass_time(db)

        async def begin() -> None:
            for _ in itertools.count():
                renewed = await serving.renew(db, [tenant.scope])
                if not renewed.started and not renewed.put_back:
                    return

        await asyncio.gather(begin(), *(serving.shelve(other, **SHELVING) for _ in range(4)))

        assert await shelved(db) == set()
    assert len(await lease(db, question)) == 50


async def test_two_replicas_may_renew_the_same_claims_in_any_order(db: Database, other: Database) -> None:
    scopes = [(await build.tenant(db)).scope for _ in range(10)]

    async def renewing(runs: Database, mine: list[Scope]) -> None:
        for _ in range(30):
            await serving.renew(runs, mine)

    await asyncio.gather(renewing(db, scopes), renewing(other, scopes[::-1]))

    assert len(await db.fetch("select from serving where served_until > clock_timestamp()")) == 10
