"""Clicks on cards that say whose round they show: one look-up less, and nothing of another thing is claimed."""

from typing import Any
from uuid import UUID

import pytest

from bridge.card import action_ids
from bridge.slack.claims import Claims, ClaimValues, ClickOutcome
from bridge.slack.connections import Installations
from bridge.slack.payloads.incoming import Click
from bridge.slack.people import People
from storage.model import Intent, Verdict
from storage.pool import Database
from tests import payloads
from tests.bridge.slack.parsing import parsed
from tests.bridge.things import recoveries
from tests.bridge.things.agreement import agree
from tests.bridge.things.test_hot import click
from tests.storage import build
from tests.storage.build import Tenant
from tests.storage.test_round_trips import counted

ANSWER = ClaimValues(intent=Intent.ANSWER)


async def decided(db: Database, tenant: Tenant, round_id: UUID, thing: tuple[str, UUID] | None) -> ClickOutcome:
    claims = Claims(claims=db, people=People(Installations()))
    return await claims.decide(click(tenant, round_id, "restored", thing=thing), ANSWER)


async def opened(db: Database, tenant: Tenant, source: str) -> tuple[UUID, UUID]:
    """A new recovery and its round."""
    thing = (await recoveries.opened(db, tenant, recoveries.report_of(source))).after.thing
    return thing.id, await recoveries.round_of(db, tenant, thing.id)


@pytest.mark.parametrize(("is_named", "trips"), [(True, 6), (False, 7)], ids=["named", "of an earlier release"])
async def test_a_card_that_names_its_thing_saves_a_round_trip(
    db: Database, tenant: Tenant, dsn: str, *, is_named: bool, trips: int
) -> None:
    async with counted(dsn) as (way, pool):
        claims, taken = Claims(claims=pool, people=People(Installations())), []
        for number in range(3):
            id, round_id = await opened(db, tenant, f"job-{number}")
            one = click(tenant, round_id, "restored", thing=("recovery", id) if is_named else None)
            before = way.round_trips
            assert (await claims.decide(one, ANSWER)).claimed.verdict is Verdict.WON
            taken.append(way.round_trips - before)

    assert taken[-1] == trips, taken  # the first ones prepare the statements
    await agree(db)


async def test_a_click_that_names_another_thing_claims_nothing(db: Database, tenant: Tenant) -> None:
    (id, round_id), (other, _) = [await opened(db, tenant, source) for source in ("job-1", "job-2")]
    question = await build.question(db, tenant)

    outcomes = [
        await decided(db, tenant, round_id, ("recovery", other)),
        await decided(db, tenant, round_id, ("recovery", tenant.scope.organization_id)),
        await decided(db, tenant, round_id, ("incident", id)),
        await decided(db, tenant, question.id, ("recovery", id)),
    ]

    assert [(each.claimed.verdict, each.thing and each.thing.happened) for each in outcomes] == [
        (Verdict.GONE, ()),
        (Verdict.GONE, None),
        (Verdict.GONE, None),
        (Verdict.GONE, ()),
    ]
    assert (await decided(db, tenant, round_id, ("recovery", id))).claimed.verdict is Verdict.WON
    await agree(db)


async def test_a_thing_of_a_later_release_is_left_to_its_replicas(db: Database, tenant: Tenant) -> None:
    _, round_id = await opened(db, tenant, "job-1")

    outcome = await decided(db, tenant, round_id, ("experiment", round_id))

    assert outcome.claimed.verdict is Verdict.UNAVAILABLE


def test_the_value_of_the_clicked_button_names_the_thing() -> None:
    thing = ("recovery", UUID(int=7))
    payload: Any = payloads.load("block_actions_message")
    payload["actions"][0]["value"] = action_ids.thing(*thing)

    found = parsed(payloads.form(payload))

    assert isinstance(found, Click)
    assert found.thing == thing
