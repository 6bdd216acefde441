"""Disabling a connection: pending interactions are cancelled, and once it has returned none there is answered."""

import asyncio
from typing import Any

import pytest

from bridge import ids
from storage import cards, connections, interactions, organizations
from storage.connections import DISCONNECTED, OwnedElsewhere
from storage.interactions import Disconnected, Opened
from storage.model import Connection, Status, Verdict
from storage.pool import Database
from tests.storage import build
from tests.storage.build import Tenant
from tests.storage.claim_checks import unwaited
from tests.storage.elapse import set_deadline
from tests.storage.faults import admin, until_waiting
from tests.storage.test_connections import connect, organization
from tests.waiting import jitter


async def disable(db: Database, tenant: Tenant, **other: Any) -> connections.ConnectionDisabled:
    scope = tenant.scope
    done = await connections.disable(
        db, organization_id=scope.organization_id, id=scope.connection_id, new_id=ids.new, **other
    )
    assert done is not None
    return done


async def enable(db: Database, connection: Connection) -> Connection | None:
    return await connections.enable(db, organization_id=connection.organization_id, id=connection.id)


async def test_what_is_open_is_cancelled_with_a_reason_an_event_and_its_cards_to_be_edited(
    db: Database, tenant: Tenant
) -> None:
    questions = [await build.question(db, tenant) for _ in range(3)]

    done = await disable(db, tenant)

    assert done.cancelled == 3 and done.connection.disabled_at is not None
    for question in questions:
        after = await build.read(db, tenant, question.id)
        assert (after.status, after.reason) == (Status.CANCELLED, DISCONNECTED)
        (card,) = await cards.of_interaction(db, question.organization_id, question.id)
        assert card.wanted == 2
        types = [line.type for line in await interactions.timeline(db, question.organization_id, question.id)]
        assert types == ["interaction.created", "interaction.cancelled"]


async def test_other_connections_and_what_has_ended_stay_as_they_are(db: Database, tenant: Tenant) -> None:
    neighbour = await build.question(db, await build.tenant(db))
    answered = await build.question(db, tenant)
    await unwaited(db, build.click(answered))

    assert (await disable(db, tenant)).cancelled == 0

    assert (await build.read(db, tenant, answered.id)).status is Status.ANSWERED
    (row,) = await db.fetch("select status from interactions where id = $1", neighbour.id)
    assert row["status"] == "pending"


async def test_what_was_told_to_be_expired_is_never_called_cancelled_later(db: Database, tenant: Tenant) -> None:
    question = await build.question(db, tenant)
    await db.fetch("update interactions set cards_shown = 1")
    await set_deadline(db, question.id)

    assert (await disable(db, tenant)).cancelled == 0

    assert (await build.read_with_end(db, tenant, question.id)).status is Status.EXPIRED
    assert (await unwaited(db, build.click(question))).verdict is Verdict.EXPIRED


async def test_more_than_one_batch_is_cancelled(db: Database, tenant: Tenant) -> None:
    for _ in range(7):
        await build.question(db, tenant)

    assert (await disable(db, tenant, batch=3)).cancelled == 7


async def test_disabling_again_changes_nothing_and_a_foreign_connection_is_not_found(
    db: Database, tenant: Tenant
) -> None:
    first = await disable(db, tenant)
    other = (await build.tenant(db)).scope.organization_id

    assert (await disable(db, tenant)).connection == first.connection
    assert await connections.disable(db, organization_id=other, id=tenant.connection.id, new_id=ids.new) is None
    assert await connections.enable(db, organization_id=other, id=tenant.connection.id) is None


async def test_a_claim_that_waits_while_its_connection_is_disabled_is_refused(
    dsn: str, db: Database, other: Database, tenant: Tenant
) -> None:
    """The claim came after the cancelling, and both wait for the transaction that has locked the row."""
    question = await build.question(db, tenant)
    async with admin(dsn) as holder:
        async with holder.transaction():
            await holder.execute("select from interactions for update")
            disabling = asyncio.create_task(disable(db, tenant))
            await until_waiting(holder)
            claiming = asyncio.create_task(unwaited(other, build.click(question)))
            await until_waiting(holder, number=2)
        done = await disabling
        claimed = await claiming

    # PostgreSQL grants a row's lock to waiters in their order.
    assert (done.cancelled, claimed.verdict) == (1, Verdict.CANCELLED)
    assert (await build.read(db, tenant, question.id)).status is Status.CANCELLED


async def test_of_disabling_and_clicking_at_once_no_answer_comes_after_the_disabling(
    db: Database, other: Database, tenant: Tenant
) -> None:
    ends = set()
    for _ in range(200):
        question = await build.question(db, tenant)

        async def click(click: interactions.ClaimRequest) -> interactions.Claimed:
            await jitter(0.006)  # a random point around the disabling is what this test is about
            return await unwaited(other, click)

        async def disabled() -> Status:
            await disable(db, tenant)
            return (await build.read(db, tenant, question.id)).status  # noqa: B023  -- awaited in this very round

        disabling = asyncio.create_task(disabled())
        claims = await asyncio.gather(*(click(build.click(question)) for _ in range(4)))
        acknowledged = await disabling
        late = await unwaited(other, build.click(question, choice="deny"))
        after = await build.read(db, tenant, question.id)

        verdicts = [claimed.verdict for claimed in claims]
        assert after.status is acknowledged, "it changed after the disabling had returned"
        assert acknowledged in {Status.ANSWERED, Status.CANCELLED}
        assert verdicts.count(Verdict.WON) == (acknowledged is Status.ANSWERED)
        assert late.verdict in {Verdict.DECIDED, Verdict.CANCELLED}
        ends.add(acknowledged)
        await enable(db, tenant.connection)

    assert ends == {Status.ANSWERED, Status.CANCELLED}, "the race was never close"


async def test_of_disabling_and_asking_at_once_no_question_is_missed(
    db: Database, other: Database, tenant: Tenant
) -> None:
    for _ in range(60):

        async def ask() -> interactions.Opened | interactions.Disconnected | object:
            await jitter(0.004)  # a random point around the disabling
            return await interactions.open(other, build.opening(tenant))

        outcomes = await asyncio.gather(*(ask() for _ in range(6)), disable(db, tenant))

        assert not await db.fetch("select from interactions where status = 'pending'")
        assert all(isinstance(one, Opened | Disconnected) for one in outcomes[:-1])
        await enable(db, tenant.connection)


async def test_an_enabled_connection_takes_questions_again_and_what_was_cancelled_stays_so(
    db: Database, tenant: Tenant
) -> None:
    question = await build.question(db, tenant)
    await disable(db, tenant)
    assert isinstance(await interactions.open(db, build.opening(tenant)), Disconnected)

    assert await enable(db, tenant.connection) == tenant.connection

    assert (await build.question(db, tenant)).status is Status.PENDING
    assert (await build.read(db, tenant, question.id)).status is Status.CANCELLED


async def test_a_connection_whose_workspace_another_organization_has_now_is_not_enabled(
    db: Database, tenant: Tenant
) -> None:
    await disable(db, tenant)
    taken = await connect(db, await organization(db), team_id=tenant.connection.team_id)

    with pytest.raises(OwnedElsewhere, match="by another connection now"):
        await enable(db, tenant.connection)

    assert await connections.of_organization(db, taken.organization_id) == [taken]
    assert await connections.of_organization(db, tenant.scope.organization_id) == []


async def test_the_connection_disabled_last_is_the_one_remembered_for_an_installation(
    db: Database, tenant: Tenant
) -> None:
    who = {"app_id": "A0ASKBRIDGE", "enterprise_id": None, "team_id": tenant.connection.team_id}
    assert await connections.disabled_of_installation(db, **who) == []  # type: ignore[arg-type]  # as in the call
    await disable(db, tenant)
    newer = await connect(db, await organization(db), team_id=tenant.connection.team_id)
    await connections.disable(db, organization_id=newer.organization_id, id=newer.id, new_id=ids.new)

    found = await connections.disabled_of_installation(db, **who)  # type: ignore[arg-type]  # as above

    assert [one.id for one in found] == [newer.id, tenant.connection.id]
    assert {one.id for one in await connections.all_of_organization(db, tenant.scope.organization_id)} == {
        tenant.connection.id
    }
    assert await organizations.get(db, newer.organization_id) is not None
