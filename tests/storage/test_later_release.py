"""Rows of a later release that runs beside this one: unknown values are read as text, or their rows left alone."""

import pytest

from bridge import ids
from storage import cards, deliveries, events, interactions
from storage.model import EventType, Verdict
from storage.pool import Database
from tests.storage import build
from tests.storage.build import Tenant

KINDS = ["approval", "choice"]


@pytest.fixture
async def later(db: Database) -> Database:
    """The schema as a later release may extend it: new verdicts, and rows that belong to something new."""
    for change in (
        "alter table clicks drop constraint clicks_verdict_check",
        "alter table clicks drop constraint clicks_refusal",
        "alter table events drop constraint events_subject",
        "alter table deliveries drop constraint deliveries_subject",
    ):
        await db.fetch(change)
    return db


async def test_a_verdict_of_a_later_release_is_told_again_as_the_text_that_it_is(
    later: Database, tenant: Tenant
) -> None:
    question = await build.question(later, tenant)
    click = build.click(question, user_id="U0BOB")
    await interactions.claim(later, click)
    await later.fetch("update clicks set verdict = 'postponed'")

    again = await interactions.claim(later, click)

    assert (again.verdict, isinstance(again.verdict, Verdict)) == ("postponed", False)
    moments = await interactions.timeline(later, question.organization_id, question.id)
    assert [moment.verdict for moment in moments if moment.verdict] == ["postponed"]


async def test_a_card_of_a_kind_that_cannot_be_drawn_is_not_leased_and_keeps_no_other_waiting(
    later: Database, tenant: Tenant
) -> None:
    strange, known = await build.question(later, tenant, kind="contract"), await build.question(later, tenant)

    leased = await cards.lease(later, [tenant.scope], kinds=KINDS, limit=10)

    assert [card.interaction_id for card in leased] == [known.id]
    rows = await later.fetch("select attempt from cards where interaction_id = $1", strange.id)
    assert [row["attempt"] for row in rows] == [0]


async def test_an_event_of_something_new_is_left_to_the_release_that_wrote_it(later: Database, tenant: Tenant) -> None:
    await build.question(later, tenant)
    strange = ids.new()
    await later.fetch(
        "insert into events (organization_id, id, type, owed) values ($1, $2, 'contract.opened', true)",
        tenant.scope.organization_id,
        strange,
    )

    numbered = await events.number(later)

    assert numbered.counts == {tenant.scope.organization_id: 1} and not numbered.passed_over
    await later.fetch("update events set position = 2 where id = $1", strange)
    for types in (None, [EventType.CREATED, EventType.ANSWERED]):
        read = await events.page(later, tenant.scope.organization_id, past=0, limit=10, types=types)
        assert [event.type for event in read] == ["interaction.created"]


async def test_an_event_of_an_unknown_type_is_told_as_the_text_that_it_is(later: Database, tenant: Tenant) -> None:
    question = await build.question(later, tenant)
    await later.fetch("update events set type = 'interaction.escalated', detail = $1", {"to": "U0BOB"})
    await events.number(later)

    (event,) = await events.page(later, tenant.scope.organization_id, past=0, limit=10)

    assert (event.type, event.interaction_id) == ("interaction.escalated", question.id)


async def test_a_delivery_of_something_new_is_not_leased(later: Database, tenant: Tenant) -> None:
    endpoint = await build.endpoint(later, tenant)
    await interactions.claim(later, build.click(await build.question(later, tenant)))
    await events.number(later)
    await later.fetch(
        "insert into deliveries (organization_id, target_id, event_id, endpoint_id, due_at) "
        "select organization_id, target_id, gen_random_uuid(), endpoint_id, due_at - interval '1 hour' from deliveries"
    )

    leased = await deliveries.lease(later, limit=10)

    assert [(one.endpoint_id, one.type) for one in leased] == [(endpoint.id, "interaction.answered")]
