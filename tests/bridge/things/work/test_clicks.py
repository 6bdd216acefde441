"""Work items in Slack: taken, kept, given back, blocked and finished on one card, also while agents do the same."""

import asyncio
from typing import Any
from uuid import UUID

import pytest

from bridge.card import action_ids
from bridge.forms import codec
from bridge.loops.things import Things
from bridge.notifier import Notifier
from storage import interactions
from storage.model import Handle, Interaction, Json, Verdict
from storage.pool import Database
from tests.bridge.replica import Replica
from tests.bridge.slack.forms import asking
from tests.bridge.things import recoveries
from tests.bridge.things.agreement import agree
from tests.bridge.things.work.items import Backlog
from tests.storage.build import Tenant

CHANNEL = recoveries.CHANNEL
BOB: dict[str, Any] = {"user_id": "U0BOB", "user_name": "bob"}


class Shown:
    """An item with its posted card."""

    def __init__(self, replica: Replica, id: UUID, handle: Handle) -> None:
        self.replica = replica
        self.backlog = Backlog(db=replica.db, tenant=replica.tenant)
        self.id = id
        self.handle = handle

    async def round(self) -> Interaction:
        """The open round, whose buttons the card has."""
        found = await self.backlog.found(self.id)
        assert found.round_id is not None
        row = await interactions.get(self.replica.db, found.thing.organization_id, found.round_id)
        assert row is not None
        return row

    async def click(self, choice: str, **other: Any) -> Any:
        """Click on a button of the card."""
        report = await self.replica.click(await self.round(), self.handle, choice=choice, **other)
        await self.replica.settle()
        return report

    async def form(self, move: str) -> Json:
        """The form that a click on this button opens."""
        stale = {
            "block_id": action_ids.block_id((await self.round()).id, 1),
            "action_id": action_ids.open_form(move),
            "value": "1",
        }
        report = await self.replica.click(await self.round(), self.handle, stale=stale, wait_view=3)
        view: Json | None = report["view"]
        assert view is not None, self.replica.whispers(CHANNEL)
        return view

    async def send(self, view: Json, **given: Any) -> Any:
        values = {codec.block_id(field): {codec.INPUT: value} for field, value in given.items()}
        report = await asking.submit(self.replica, view, user="U0ANA", values=values)
        await self.replica.settle()
        return report

    def text(self) -> str:
        return self.replica.shown(self.handle)


async def shown(replica: Replica, *depends_on: UUID, **fields: Any) -> Shown:
    backlog = Backlog(db=replica.db, tenant=replica.tenant)
    thing = await backlog.add(*depends_on, **fields)
    await replica.settle()
    anchor = (await backlog.found(thing.id)).thing.anchor_id
    [row] = await replica.db.fetch("select channel, ts from cards where interaction_id = $1", anchor)
    return Shown(replica, thing.id, Handle(channel=row["channel"], ts=row["ts"]))


async def test_a_person_takes_it_keeps_it_and_finishes_it_with_a_result(replica: Replica) -> None:
    of = await shown(replica, id="import-customers")
    assert "*Ready*" in of.text() and replica.has_buttons(of.handle)

    await of.click("take")
    taken = await of.backlog.row(of.id)
    assert taken.holder == {"user": "U0ANA", "name": "ana"} and "*Taken* by <@U0ANA>" in of.text()
    await of.backlog.db.fetch(
        "update work_items set leased_until = leased_until - make_interval(hours => 7) where id = $1", of.id
    )
    await of.click("keep")
    kept = await of.backlog.row(of.id)
    assert kept.leased_until and taken.leased_until and kept.leased_until >= taken.leased_until
    assert kept.attempts == 1
    view = await of.form("done")
    replica.notifier.things.clear()
    await of.send(view, result="48,210 rows.")

    assert replica.notifier.things.is_set(), "the cards of what depends on it are due"
    row = await of.backlog.row(of.id)
    assert (row.status, row.result, row.holder) == ("done", "48,210 rows.", None)
    assert "*Done* by <@U0ANA>" in of.text() and "48,210 rows." in of.text()
    assert not replica.has_buttons(of.handle)
    assert await of.backlog.history(of.id) == ["created", "leased", "done"]
    assert [verdict for verdict in await replica.verdicts() if verdict != Verdict.OPENED] == [
        Verdict.WON,
        Verdict.ADDED,
        Verdict.WON,
    ]
    assert replica.whispers(CHANNEL) == []
    await agree(replica.db)


async def test_who_keeps_it_while_a_form_is_open_sends_the_form_all_the_same(replica: Replica) -> None:
    of = await shown(replica)
    await of.click("take")
    view, first = await of.form("done"), await of.round()
    for _ in range(2):
        await replica.click(first, of.handle, choice="keep", user="U0ANA")
    await replica.settle()
    assert (await of.round()).id == first.id

    await of.send(view, result="48,210 rows.")

    row = await of.backlog.row(of.id)
    assert (row.status, row.result) == ("done", "48,210 rows.") and replica.whispers(CHANNEL) == []
    await agree(replica.db)


async def test_a_card_that_is_late_keeps_it_for_its_holder_and_for_no_other(db: Database, tenant: Tenant) -> None:
    backlog = Backlog(db=db, tenant=tenant)
    id = (await backlog.add()).id
    await backlog.clicked(id, "take")
    late = await backlog.click(id, "keep")
    await backlog.clicked(id, "release")
    await backlog.clicked(id, "take", **BOB)
    until = (await backlog.row(id)).leased_until

    assert (await backlog.claim(id, late)).claimed.verdict is Verdict.DECIDED
    assert (await backlog.clicked(id, "keep")).claimed.verdict is Verdict.NOT_YOURS
    assert (await backlog.row(id)).leased_until == until
    assert (await backlog.clicked(id, "keep", **BOB)).claimed.verdict is Verdict.ADDED
    kept = (await backlog.row(id)).leased_until
    assert kept and until and kept > until
    await agree(db)


async def test_a_person_says_what_blocks_it_and_another_unblocks_it(replica: Replica) -> None:
    of = await shown(replica)
    await of.click("take")

    view = await of.form("blocked")
    empty = await of.send(view, reason=" ")
    assert empty["response"]["response_action"] == "errors"
    await of.send(view, reason="No access to the old shop.")
    assert "No access to the old shop." in of.text()
    await of.click("unblock", user="U0BOB")

    row = await of.backlog.row(of.id)
    assert (row.status, row.blocked_reason, row.lease_end) == ("ready", None, "blocked")
    assert "It was taken once before." in of.text()


async def test_what_a_person_holds_only_that_person_moves(replica: Replica) -> None:
    of = await shown(replica)
    await of.click("take")

    await of.click("release", user="U0BOB")
    assert (await of.backlog.row(of.id)).status == "leased"
    await of.click("release")

    assert (await of.backlog.row(of.id)).lease_end == "released" and "*Ready*" in of.text()
    assert (await replica.verdicts())[-2:] == [Verdict.NOT_YOURS, Verdict.WON]


async def test_people_take_it_away_from_an_agent_whose_fence_is_stale_then(replica: Replica) -> None:
    of = await shown(replica)
    fence = await of.backlog.lease(of.id)
    await replica.settle()
    assert "*Taken* by the agent" in of.text()

    await of.click("reclaim")

    assert (await of.backlog.row(of.id)).lease_end == "reclaimed" and "*Ready*" in of.text()
    with pytest.raises(AssertionError, match="stale_fence"):
        await of.backlog.complete(of.id, fence)


async def test_it_cannot_be_taken_before_what_it_depends_on_is_done_and_then_by_a_fresh_card(replica: Replica) -> None:
    backlog = Backlog(db=replica.db, tenant=replica.tenant)
    schema = await backlog.add(title="Make the schema", id="schema", to=[])
    of = await shown(replica, schema.id)
    assert "*Waiting* for 1 other work item" in of.text() and not replica.has_buttons(of.handle)
    early = await backlog.clicked(of.id, "take")
    assert early.claimed.verdict is Verdict.REFUSED and "waits for 1 other work item" in str(early.claimed.refusal)

    await backlog.complete(schema.id)
    assert (await backlog.row(of.id)).unmet == 0
    await Things(db=replica.db, notifier=replica.notifier).step()
    await replica.settle()

    assert "*Ready*" in of.text() and replica.has_buttons(of.handle)
    assert (await backlog.row(of.id)).refresh_at is None
    await of.click("take")
    assert (await backlog.row(of.id)).holder_user == "U0ANA"
    await agree(replica.db)


async def test_a_person_who_is_late_is_told_so_and_may_still_finish(db: Database, tenant: Tenant) -> None:
    backlog = Backlog(db=db, tenant=tenant)
    id = (await backlog.add()).id
    await backlog.clicked(id, "take")
    await backlog.let_expire(id)

    late = await backlog.clicked(id, "keep")
    assert late.claimed.verdict is Verdict.REFUSED and "run out" in str(late.claimed.refusal)
    done = await backlog.clicked(id, "done", given={})

    assert done.claimed.verdict is Verdict.WON and (await backlog.row(id)).status == "done"
    assert await backlog.history(id) == ["created", "leased", "done"]
    await agree(db)


async def test_time_gives_it_back_once_on_whichever_replica(db: Database, other: Database, tenant: Tenant) -> None:
    backlog = Backlog(db=db, tenant=tenant)
    id = (await backlog.add()).id
    await backlog.clicked(id, "take")
    late = await backlog.click(id, "done", given={})
    await backlog.let_expire(id)

    assert sum([await Things(db=each, notifier=Notifier()).step() for each in (db, other)]) == 1

    assert await backlog.history(id) == ["created", "leased", "expired"]
    assert (await backlog.claim(id, late)).claimed.verdict is Verdict.SUPERSEDED
    assert (await backlog.row(id)).status == "ready"
    await agree(db)


async def test_of_two_who_take_it_one_gets_it(db: Database, other: Database, tenant: Tenant) -> None:
    backlog = Backlog(db=db, tenant=tenant)
    for _ in range(10):
        id = (await backlog.add()).id
        ana, bob = await backlog.click(id, "take"), await backlog.click(id, "take", **BOB)

        both = await asyncio.gather(backlog.claim(id, ana), backlog.claim(id, bob, db=other))

        verdicts = sorted(each.claimed.verdict for each in both)
        assert verdicts[1] is Verdict.WON and verdicts[0] in (Verdict.SUPERSEDED, Verdict.TAKEN), verdicts
        row = await backlog.row(id)
        won = "U0ANA" if both[0].claimed.verdict is Verdict.WON else "U0BOB"
        assert (row.holder_user, row.attempts) == (won, 1)
    await agree(db)


async def test_a_click_on_what_an_agent_leased_meanwhile_takes_nothing(db: Database, tenant: Tenant) -> None:
    backlog = Backlog(db=db, tenant=tenant)
    id = (await backlog.add()).id
    late = await backlog.click(id, "take")
    await backlog.lease(id)

    assert (await backlog.claim(id, late)).claimed.verdict is Verdict.SUPERSEDED
    assert (await backlog.row(id)).holder == {"agent": "worker-1"}
