"""Fixes in Slack: decided, judged, corrected and confirmed on one card."""

from typing import Any

import pytest

from bridge import ids
from bridge.card import action_ids
from bridge.forms import codec
from bridge.loops.things import Things
from bridge.notifier import Notifier
from bridge.things import transactions
from bridge.things.fix import NOUN
from bridge.things.fix.row import Fix
from storage import connections, interactions
from storage.model import Handle, Intent, Interaction, Json, Thing, Verdict
from storage.pool import Database
from tests.bridge.replica import Replica
from tests.bridge.slack.forms import asking
from tests.bridge.things import recoveries
from tests.bridge.things.agreement import agree
from tests.bridge.things.fix.agents import Proposer, click, clicked, found
from tests.storage.build import Tenant

CHANNEL = recoveries.CHANNEL


class Shown:
    """A fix with its posted card."""

    def __init__(self, replica: Replica, thing: Thing, handle: Handle) -> None:
        self.replica = replica
        self.thing = thing
        self.handle = handle

    async def row(self) -> Fix:
        return (await found(self.replica.db, self.replica.tenant, self.thing.id)).row

    async def round(self) -> Interaction:
        """The open round, whose buttons the card has."""
        round_id = (await found(self.replica.db, self.replica.tenant, self.thing.id)).round_id
        assert round_id is not None
        row = await interactions.get(self.replica.db, self.thing.organization_id, round_id)
        assert row is not None
        return row

    async def click(self, choice: str, *, handle: Handle | None = None, **other: Any) -> Any:
        """Click on a button of the card, or of another message."""
        report = await self.replica.click(await self.round(), handle or self.handle, choice=choice, **other)
        await self.replica.settle()
        return report

    async def form(self, move: str, *, handle: Handle | None = None, version: int = 1) -> Json:
        """The form that a click on this button opens."""
        block = action_ids.block_id((await self.round()).id, version)
        stale = {"block_id": block, "action_id": action_ids.open_form(move), "value": "1"}
        report = await self.replica.click(await self.round(), handle or self.handle, stale=stale, wait_view=3)
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


async def shown(replica: Replica, **fields: Any) -> Shown:
    thing = await Proposer(db=replica.db, tenant=replica.tenant).propose(**fields)
    await replica.settle()
    [row] = await replica.db.fetch(
        "select channel, ts from cards where interaction_id = $1",
        thing.anchor_id or (await found(replica.db, replica.tenant, thing.id)).thing.anchor_id,
    )
    return Shown(replica, thing, Handle(channel=row["channel"], ts=row["ts"]))


@pytest.mark.parametrize("is_judged_before", [True, False])
async def test_an_enabled_connection_gives_a_verdict_its_round_back(
    db: Database, tenant: Tenant, *, is_judged_before: bool
) -> None:
    agent = Proposer(db=db, tenant=tenant)
    thing = await agent.propose()
    scope, things = tenant.scope, Things(db=db, notifier=Notifier())
    await clicked(db, tenant, thing.id, "apply")
    if is_judged_before:
        await clicked(db, tenant, thing.id, "worked")
    await connections.disable(db, organization_id=scope.organization_id, id=scope.connection_id, new_id=ids.new)
    if not is_judged_before:
        await agent.judge(thing.id, "applied_success")
    assert await things.open_missing_rounds() == 0
    await connections.enable(db, organization_id=scope.organization_id, id=scope.connection_id)

    assert [await things.open_missing_rounds() for _ in range(2)] == [1, 0]

    given = {"outcome": "applied_failed", "words": "It hangs again."}
    await clicked(db, tenant, thing.id, "correct", given=given)
    assert (await found(db, tenant, thing.id)).row.outcome == "applied_failed"
    await agree(db)


async def test_what_nothing_can_be_done_to_any_more_gets_no_round_back(db: Database, tenant: Tenant) -> None:
    agent, scope = Proposer(db=db, tenant=tenant), tenant.scope
    superseded, dismissed = await agent.propose(), await agent.propose("another")
    await agent.judge(superseded.id, "applied_success")
    await connections.disable(db, organization_id=scope.organization_id, id=scope.connection_id, new_id=ids.new)
    await agent.judge(dismissed.id, "dismissed")
    await connections.enable(db, organization_id=scope.organization_id, id=scope.connection_id)
    await agent.propose()

    assert await Things(db=db, notifier=Notifier()).open_missing_rounds() == 0
    assert (await found(db, tenant, superseded.id)).round_id is None


async def test_a_verdict_before_the_first_card_is_posted_with_its_form(replica: Replica) -> None:
    agent = Proposer(db=replica.db, tenant=replica.tenant)
    thing = await agent.propose()
    await agent.judge(thing.id, "applied_success")

    await replica.settle()

    [row] = await replica.db.fetch("select channel, ts, shown, wanted from cards")
    assert row["ts"] is not None and row["shown"] == row["wanted"]
    of = Shown(replica, thing, Handle(channel=row["channel"], ts=row["ts"]))
    assert "*Worked*" in of.text()
    await of.send(await of.form("correct"), outcome="1", words="It came back.")
    assert (await of.row()).outcome == "applied_failed"


async def test_what_nothing_can_be_done_to_any_more_gets_no_card(replica: Replica) -> None:
    agent = Proposer(db=replica.db, tenant=replica.tenant)
    thing = await agent.propose()
    await agent.judge(thing.id, "dismissed")

    await replica.settle()

    assert replica.called("chat.postMessage") == []


async def test_people_decide_and_judge_it_on_one_card(replica: Replica) -> None:
    of = await shown(replica)
    assert "Proposed" in of.text() and replica.has_buttons(of.handle)

    await of.click("apply")
    assert (await of.row()).status == "decided" and "decided by <@U0ANA>" in of.text()
    await of.send(await of.form("pending"), words="The nightly run.")
    assert "The nightly run." in of.text()
    await of.send(await of.form("reason"), words="The weekly run.", remind_in="0")
    assert "The weekly run." in of.text()
    await of.click("worked")

    row = await of.row()
    assert (row.outcome, row.waiting_on, row.decision) == ("applied_success", "The weekly run.", "one_off")
    assert "*Worked*, recorded by <@U0ANA>" in of.text() and replica.has_buttons(of.handle), "it can be corrected"
    verdicts = [verdict for verdict in await replica.verdicts() if verdict != Verdict.OPENED]
    assert verdicts == [Verdict.WON, Verdict.WON, Verdict.ADDED, Verdict.WON]
    assert replica.whispers(CHANNEL) == []


async def test_a_verdict_is_corrected_by_a_form(replica: Replica) -> None:
    of = await shown(replica)
    await of.click("apply")
    await of.click("worked")

    wrong = await of.send(await of.form("correct"), outcome="1", words="")
    assert wrong["response"]["response_action"] == "errors"
    assert (await of.row()).outcome == "applied_success"
    same = await of.send(await of.form("correct"), outcome="0", words="")
    assert "already" in str(same["response"]["errors"])
    await of.send(await of.form("correct"), outcome="1", words="It came back.")

    row = await of.row()
    assert (row.outcome, row.failure_reason) == ("applied_failed", "It came back.")
    assert "It came back." in of.text()


async def test_a_template_is_chosen_in_the_menu(replica: Replica) -> None:
    of = await shown(replica)
    of_menu = {"action_id": action_ids.SELECT, "value": "draft_template"}

    await of.replica.click(await of.round(), of.handle, **of_menu)
    await replica.settle()

    assert ((await of.row()).decision, (await of.row()).due_at) == ("draft_template", None)
    assert "Draft a template" in of.text()


async def test_to_dismiss_it_is_final(replica: Replica) -> None:
    of = await shown(replica)

    await of.click("dismiss")

    row = await of.row()
    assert (row.decision, row.outcome) == ("dismissed", "dismissed") and not replica.has_buttons(of.handle)
    told = await replica.db.fetch("select type from events where type like 'fix.%' order by at")
    assert [event["type"] for event in told] == ["fix.proposed", "fix.decided"]


async def test_what_an_agent_reports_counts_once_a_person_confirms_it(replica: Replica) -> None:
    of, agent = await shown(replica), Proposer(db=replica.db, tenant=replica.tenant)
    await of.click("apply")
    stale = await of.round()
    await agent.propose_outcome(of.thing.id, "applied_failed", reason="Rate 31 %.", evidence={"rate": 0.31})
    await replica.settle()
    assert (await of.row()).outcome == "proposed" and "0.31" in of.text() and "Rate 31 %." in of.text()

    await replica.click(stale, of.handle, choice="worked")
    assert (await of.row()).outcome == "proposed", "it was clicked before that was reported"
    await of.click("confirm")

    row = await of.row()
    assert (row.outcome, row.failure_reason, row.outcome_by) == (
        "applied_failed",
        "Rate 31 %.",
        {"user": "U0ANA", "name": "ana", "team": "T0SANDBOX"},
    )


async def test_a_reason_that_comes_when_nothing_is_awaited_any_more_is_refused(db: Database, tenant: Tenant) -> None:
    agent = Proposer(db=db, tenant=tenant)
    thing = await agent.propose()
    await agent.judge(thing.id, "applied_pending", reason="The run.")
    late = await click(db, tenant, thing.id, "reason", given={"words": "Another run."}, intent=Intent.ADD)
    await agent.judge(thing.id, "applied_partial", notes="Half.")

    done = await transactions.claim(db, NOUN, thing.id, late, seconds=20)

    assert done.claimed.verdict is Verdict.REFUSED
    row = (await found(db, tenant, thing.id)).row
    assert (row.outcome, row.waiting_on, row.partial_notes) == ("applied_partial", "The run.", "Half.")


async def test_a_reason_is_added_also_when_its_round_ended_meanwhile(db: Database, tenant: Tenant) -> None:
    agent = Proposer(db=db, tenant=tenant)
    thing = await agent.propose()
    await agent.judge(thing.id, "applied_pending", reason="The run.")
    late = await click(db, tenant, thing.id, "reason", given={"words": "Another run."}, intent=Intent.ADD)
    await agent.propose_outcome(thing.id, "applied_success")

    done = await transactions.claim(db, NOUN, thing.id, late, seconds=20)

    assert done.claimed.verdict is Verdict.ADDED
    assert (await found(db, tenant, thing.id)).row.waiting_on == "Another run."


async def test_the_first_decision_stands(db: Database, tenant: Tenant) -> None:
    thing = await Proposer(db=db, tenant=tenant).propose()
    late = await click(db, tenant, thing.id, "dismiss", user_id="U0BOB")
    await clicked(db, tenant, thing.id, "apply")

    done = await transactions.claim(db, NOUN, thing.id, late, seconds=20)

    assert done.claimed.verdict is Verdict.TAKEN
    assert (await found(db, tenant, thing.id)).row.decision == "one_off"
