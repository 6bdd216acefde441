"""Cards of a thing that moves between places, also back, while cards are posted, skipped and edited."""

from dataclasses import replace
from typing import Any
from uuid import UUID

import pytest

from bridge import ids
from bridge.things import transactions
from bridge.things.recovery import NOUN, life, people
from storage import cards, things
from storage.model import Card, Json
from storage.pool import Database
from storage.statements import Runs
from tests.bridge.replica import Replica
from tests.bridge.things import recoveries
from tests.storage.build import Tenant

HERE: list[Json] = [{"channel": "C0APPROVALS"}]
THERE: list[Json] = [{"user": "U0ANA"}]
ELSEWHERE: list[Json] = [{"user": "U0BOB"}]


async def change(db: Database, tenant: Tenant, id: UUID, **common: Any) -> None:
    """Report a recovery again with other fields that all things have, such as other places."""

    async def work(runs: Runs) -> None:
        connection = await things.lock_connection(runs, tenant.scope)
        locked = await transactions.lock(runs, NOUN, tenant.scope.organization_id, id)
        assert locked is not None
        thing = replace(locked.thing, **common)
        await things.change(runs, thing, callback_target=None)
        decision = life.reported(locked, recoveries.report_of(), recoveries.BY)
        await transactions.write(runs, NOUN, thing, connection, decision, now=locked.now)

    await db.transact_within(work, seconds=5)


async def move(db: Database, tenant: Tenant, id: UUID, to: list[Json]) -> None:
    await change(db, tenant, id, asked_addresses=to)


async def rows(replica: Replica, id: UUID) -> list[Card]:
    found = await NOUN.table.get(replica.db, replica.tenant.scope.organization_id, id)
    assert found is not None and found.thing.anchor_id is not None
    return await cards.of_interaction(replica.db, found.thing.organization_id, found.thing.anchor_id)


async def test_a_card_that_is_wanted_again_while_it_is_skipped_is_posted(
    replica: Replica, monkeypatch: pytest.MonkeyPatch
) -> None:
    id = (await recoveries.opened(replica.db, replica.tenant, to=HERE)).after.thing.id
    await move(replica.db, replica.tenant, id, THERE)  # before the first card was posted
    original = cards.skip
    moved: list[Card] = []

    async def skip(db: Database, card: Card) -> None:
        if not moved:
            moved.append(card)
            await move(replica.db, replica.tenant, id, HERE)
        await original(db, card)

    monkeypatch.setattr(cards, "skip", skip)
    await replica.settle()

    (live,) = [card for card in await rows(replica, id) if card.retired_at is None]
    assert moved and live.address == HERE[0] and live.handle is not None
    assert replica.has_buttons(live.handle)


async def test_a_place_that_is_asked_for_again_is_tried_again(replica: Replica) -> None:
    nowhere: list[Json] = [{"channel": "C0NOWHERE"}]
    id = (await recoveries.opened(replica.db, replica.tenant, to=nowhere)).after.thing.id
    for to in (THERE, nowhere):
        await replica.settle()
        await move(replica.db, replica.tenant, id, to)
    await replica.settle()

    assert [call["channel"] for call in replica.called("chat.postMessage")].count("C0NOWHERE") == 2


async def test_a_card_that_was_left_says_where_the_others_are_now(replica: Replica) -> None:
    id = (await recoveries.opened(replica.db, replica.tenant, to=HERE)).after.thing.id
    for to in (THERE, ELSEWHERE):
        await replica.settle()
        await move(replica.db, replica.tenant, id, to)
    await replica.settle()

    first = (await rows(replica, id))[0]
    assert first.handle is not None and "<@U0BOB>" in replica.shown(first.handle)
    assert "<@U0ANA>" not in replica.shown(first.handle)


async def test_other_people_who_may_act_are_shown_at_once(replica: Replica) -> None:
    id = (await recoveries.opened(replica.db, replica.tenant)).after.thing.id
    await replica.settle()
    before = await recoveries.round_of(replica.db, replica.tenant, id)

    await change(replica.db, replica.tenant, id, responders=["U0BOB"])

    assert await recoveries.round_of(replica.db, replica.tenant, id) != before
    (due,) = await replica.db.fetch("select due_at <= clock_timestamp() as now from cards")
    assert due["now"]


async def test_reports_during_an_edit_wait_for_the_next_one(db: Database, tenant: Tenant) -> None:
    id = (await recoveries.opened(db, tenant)).after.thing.id
    await db.fetch("update cards set shown = 1, wanted = 2, ts = '1.1', channel = 'C0A'")
    (leased,) = await cards.lease(db, [tenant.scope], kinds=["recovery"], limit=10)
    await recoveries.reported(db, tenant, id)  # while Slack is called

    assert await cards.edited(db, leased, plain=False, settles=False, event_id=ids.new())

    assert await cards.lease(db, [tenant.scope], kinds=["recovery"], limit=10) == [], "not at once"
    (card,) = await db.fetch("select shown < wanted as is_due, due_at > clock_timestamp() as later from cards")
    assert tuple(card) == (True, True)


async def test_a_stray_card_of_a_place_that_was_left_is_retired_too(db: Database, tenant: Tenant) -> None:
    id = (await recoveries.opened(db, tenant, to=HERE)).after.thing.id
    (leased,) = await cards.lease(db, [tenant.scope], kinds=["recovery"], limit=10)
    await cards.mark_maybe_shown(db, leased)
    await db.fetch("update cards set attempt = attempt + 1")  # another replica has leased it since
    await move(db, tenant, id, THERE)

    handle = recoveries.HANDLE
    assert not await cards.posted(db, leased, handle, plain=False, stray_id=ids.new(), event_id=ids.new())

    found = await db.fetch("select retired_at is null as is_live from cards where ts is not null")
    assert [row["is_live"] for row in found] == [False]


async def test_a_person_who_owns_it_alone_sees_a_card(db: Database, tenant: Tenant) -> None:
    report = recoveries.report_of(owner={"user": "U0BOB"})
    opened = (await recoveries.opened(db, tenant, report, to=THERE)).after

    assert opened.thing.addresses == [*THERE, *ELSEWHERE]
    assert people.responders(opened.thing, opened.row) == ["U0BOB"]
