"""The open round of a thing: one at a time, ended by what changes its offer, claimed only under the thing's lock."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest

from bridge.loops.things import Things
from bridge.notifier import Notifier
from bridge.things.recovery import NOUN
from storage import interactions, receipts, statements
from storage.interactions import ClaimRequest
from storage.model import Intent, Status, Verdict
from storage.pool import Database
from tests.bridge.replica import Counting
from tests.bridge.things import recoveries
from tests.storage import build
from tests.storage.build import Tenant
from tests.storage.elapse import elapse


async def test_the_fast_claim_passes_over_a_round_and_takes_and_writes_nothing(db: Database, tenant: Tenant) -> None:
    thing = (await recoveries.opened(db, tenant)).after.thing
    round_id = await recoveries.round_of(db, tenant, thing.id)
    async with db.acquire() as holder, holder.transaction():
        await holder.fetch("select from interactions where id = $1 for update", round_id)
        await holder.fetch("select from things where id = $1 for update", thing.id)

        passed = await interactions.claim(db, recoveries.click(tenant, round_id), seconds=1)

    assert passed.round_of is not None and (passed.round_of.id, passed.round_of.noun) == (thing.id, "recovery")
    assert passed.verdict is Verdict.UNAVAILABLE
    assert await db.fetch("select from clicks") == []


async def test_a_click_ends_the_thing_its_round_and_its_offer_at_once(db: Database, tenant: Tenant) -> None:
    thing = (await recoveries.opened(db, tenant)).after.thing
    round_id = await recoveries.round_of(db, tenant, thing.id)

    done = await recoveries.clicked(db, recoveries.click(tenant, round_id))

    assert done.claimed.verdict is Verdict.WON and done.settled is not None
    found = await NOUN.table.get(db, tenant.scope.organization_id, thing.id)
    assert found is not None and found.round_id is None and found.thing.ended_at is not None
    assert (found.row.status, found.row.outcome) == ("resolved", "restored")
    assert found.row.resolved_by == {"user": "U0ANA", "name": "ana", "team": tenant.connection.home_teams[0]}
    ended = await build.read(db, tenant, round_id)
    assert (ended.status, ended.choice, ended.unheard) == (Status.ANSWERED, "restored", None)
    assert ended.answer is not None and ended.answer["via"] == "button"
    events = await db.fetch("select type, interaction_id, thing_id, detail from events order by at, id")
    assert [(row["type"], row["interaction_id"], row["thing_id"]) for row in events] == [
        ("recovery.opened", None, thing.id),
        ("recovery.resolved", None, thing.id),
    ]
    history = await db.fetch("select move, number, from_status, to_status from history order by number")
    assert [tuple(row) for row in history] == [
        ("opened", 1, None, "active"),
        ("resolved", 2, "active", "resolved"),
    ]
    (card,) = await db.fetch("select wanted, interaction_id from cards")
    assert (card["wanted"], card["interaction_id"]) == (2, round_id)


async def test_a_repeated_envelope_gets_its_verdict_again_and_moves_nothing(db: Database, tenant: Tenant) -> None:
    thing = (await recoveries.opened(db, tenant)).after.thing
    click = recoveries.click(tenant, await recoveries.round_of(db, tenant, thing.id))

    first, again = [await recoveries.clicked(db, click) for _ in range(2)]

    assert (first.claimed.verdict, first.claimed.repeats) == (Verdict.WON, 0)
    assert (again.claimed.verdict, again.claimed.repeats) == (Verdict.WON, 1)
    assert again.settled is not None and again.settled.happened == ()
    assert len(await db.fetch("select from history")) == 2


@pytest.mark.parametrize(
    ("fields", "verdict"),
    [
        ({"user_team": "T0ELSEWHERE", "is_colleague": False}, Verdict.OUTSIDER),
        ({"choice": "delete"}, Verdict.GONE),
        ({"choice": None}, Verdict.GONE),
        ({"choice": "blocked", "intent": Intent.OPEN}, Verdict.OPENED),
        ({"choice": "blocked", "intent": Intent.MISTAKEN}, Verdict.MISTAKEN),
        ({"choice": "blocked"}, Verdict.REFUSED),  # a button cannot make a move that needs a form
        ({"choice": "blocked", "given": {"blocker": {"id": "rec_01jd00000000000000000000"}}}, Verdict.REFUSED),
    ],
)
async def test_a_click_that_does_not_count_changes_nothing_and_is_audited(
    db: Database, tenant: Tenant, fields: dict[str, object], verdict: Verdict
) -> None:
    thing = (await recoveries.opened(db, tenant)).after.thing
    round_id = await recoveries.round_of(db, tenant, thing.id)
    click = recoveries.click(tenant, round_id, **fields)  # type: ignore[arg-type]

    done, again = await recoveries.clicked(db, click), await recoveries.clicked(db, click)

    assert (done.claimed.verdict, again.claimed.verdict, again.claimed.repeats) == (verdict, verdict, 1)
    assert again.claimed.refusal == done.claimed.refusal
    assert (done.claimed.refusal is not None) == (verdict is Verdict.REFUSED)
    found = await NOUN.table.get(db, tenant.scope.organization_id, thing.id)
    assert found is not None and (found.round_id, found.row.status, found.thing.moves) == (round_id, "active", 1)
    (audited,) = await db.fetch("select verdict, repeats from clicks")
    assert tuple(audited) == (verdict, 1)


async def test_only_the_responders_may_click(db: Database, tenant: Tenant) -> None:
    thing = (await recoveries.opened(db, tenant, recoveries.report_of(owner={"user": "U0BOB"}))).after.thing
    round_id = await recoveries.round_of(db, tenant, thing.id)

    ana = await recoveries.clicked(db, recoveries.click(tenant, round_id))
    bob = await recoveries.clicked(db, recoveries.click(tenant, round_id, user_id="U0BOB"))

    assert (ana.claimed.verdict, bob.claimed.verdict) == (Verdict.NOT_YOURS, Verdict.WON)


async def test_a_report_of_the_same_leaves_the_round_open_and_one_of_something_else_ends_it(
    db: Database, tenant: Tenant
) -> None:
    thing = (await recoveries.opened(db, tenant)).after.thing
    first = await recoveries.round_of(db, tenant, thing.id)

    await recoveries.reported(db, tenant, thing.id)
    assert await recoveries.round_of(db, tenant, thing.id) == first
    await recoveries.reported(db, tenant, thing.id, recoveries.report_of(cause="out of memory"))

    second = await recoveries.round_of(db, tenant, thing.id)
    ended = await build.read(db, tenant, first)
    assert (ended.status, ended.superseded_by) == (Status.SUPERSEDED, second)
    late = await recoveries.clicked(db, recoveries.click(tenant, first))
    assert late.claimed.verdict is Verdict.SUPERSEDED
    found = await NOUN.table.get(db, tenant.scope.organization_id, thing.id)
    assert found is not None and (found.row.attempt_count, found.thing.anchor_id) == (3, first)
    cards = await db.fetch("select interaction_id, wanted from cards")
    assert [tuple(card) for card in cards] == [(first, 3)], "one card, of the first round, due for each change"


async def test_a_round_has_no_deadline_and_is_in_no_list_or_count_of_questions(db: Database, tenant: Tenant) -> None:
    question = await build.question(db, tenant)
    thing = (await recoveries.opened(db, tenant)).after.thing
    round_id = await recoveries.round_of(db, tenant, thing.id)
    organization_id = tenant.scope.organization_id

    for filters in (interactions.Filters(), interactions.Filters(status=Status.PENDING)):
        page = await interactions.page(db, organization_id, filters, before=None, limit=10)
        assert [row.id for row in page.interactions] == [question.id]
    rounds = await interactions.rounds(db, organization_id, thing.id, before=None, limit=10)
    assert [row.id for row in rounds.interactions] == [round_id]
    assert isinstance(await interactions.open(db, build.opening(tenant), max_pending=2), interactions.Opened)
    row = await build.read(db, tenant, round_id)
    assert (row.expires_at.year, row.thing_id, row.answers) == (9999, thing.id, {})


async def test_of_many_clicks_on_one_thing_one_wins_and_the_thing_moves_once(db: Database, tenant: Tenant) -> None:
    thing = (await recoveries.opened(db, tenant)).after.thing
    round_id = await recoveries.round_of(db, tenant, thing.id)

    def click(number: int) -> ClaimRequest:
        choice = ("restored", "cancelled", "false_positive")[number % 3]
        return recoveries.click(tenant, round_id, choice, user_id=f"U{number}")

    done = await asyncio.gather(*(recoveries.clicked(db, click(number), seconds=20) for number in range(16)))

    verdicts = [each.claimed.verdict for each in done]
    assert verdicts.count(Verdict.WON) == 1 and verdicts.count(Verdict.TAKEN) == 15
    assert len(await db.fetch("select from history")) == 2


async def add(db: Database, click: ClaimRequest) -> interactions.Claimed:
    """What a submission gets that adds something to an open thing."""
    async with db.acquire() as runs, runs.transaction():
        return await interactions.claim_round(runs, click)


async def test_adding_takes_nothing_any_number_of_times_also_when_the_round_has_ended(
    db: Database, tenant: Tenant
) -> None:
    thing = (await recoveries.opened(db, tenant)).after.thing
    round_id = await recoveries.round_of(db, tenant, thing.id)
    adding: dict[str, Any] = {"intent": Intent.ADD, "given": {"note": "it is the disk"}, "thing_id": thing.id}
    first, second = [recoveries.click(tenant, round_id, **adding) for _ in range(2)]

    assert [(await add(db, click)).verdict for click in (first, second)] == [Verdict.ADDED] * 2
    again = await add(db, first)
    assert (again.verdict, again.repeats) == (Verdict.ADDED, 1)
    assert (await build.read(db, tenant, round_id)).status is Status.PENDING

    await recoveries.reported(db, tenant, thing.id, recoveries.report_of(cause="second"))
    late = recoveries.click(tenant, round_id, **adding)
    assert (await add(db, late)).verdict is Verdict.ADDED
    stranger = recoveries.click(tenant, round_id, **adding, user_team="T0ELSEWHERE")
    assert (await add(db, stranger)).verdict is Verdict.OUTSIDER


@pytest.mark.parametrize(("user", "verdict"), [("U0ANA", Verdict.DECIDED), ("U0BOB", Verdict.TAKEN)])
async def test_nothing_is_added_to_a_thing_that_has_ended(
    db: Database, tenant: Tenant, user: str, verdict: Verdict
) -> None:
    thing = (await recoveries.opened(db, tenant)).after.thing
    round_id = await recoveries.round_of(db, tenant, thing.id)
    await recoveries.clicked(db, recoveries.click(tenant, round_id))
    adding: dict[str, Any] = {"intent": Intent.ADD, "given": {"note": "too late"}, "user_id": user}

    done = await recoveries.clicked(db, recoveries.click(tenant, round_id, **adding))

    assert done.claimed.verdict is verdict
    assert done.settled is not None and done.settled.happened == ()


async def test_a_round_is_never_heard_or_unheard(db: Database, tenant: Tenant) -> None:
    """Neither by this release nor by the one before, which leaves alone what does not remember whether it was heard."""
    thing = (await recoveries.opened(db, tenant)).after.thing
    round_id = await recoveries.round_of(db, tenant, thing.id)
    await recoveries.clicked(db, recoveries.click(tenant, round_id))
    await elapse(db, "interactions", timedelta(seconds=130))
    (before,) = await db.fetch("select wanted from cards")

    assert await receipts.mark_unacknowledged(db, limit=10, within=600) == []
    assert await receipts.acknowledge(db, [(thing.organization_id, round_id)]) == []

    (row,) = await db.fetch("select heard_at, unheard from interactions")
    assert (row["heard_at"], row["unheard"]) == (None, None)
    assert await db.fetch("select wanted from cards") == [before]


async def test_missing_rounds_are_looked_for_at_once_and_then_only_every_now_and_then(
    db: Database, tenant: Tenant
) -> None:
    """The look reads every open thing, and a pass is made whenever a thing is due."""
    counting = Counting(db)
    loop = Things(db=counting, notifier=Notifier())
    for number in range(6):
        report = recoveries.report_of(f"job-{number}", timeout_at="2020-01-01T00:00:00Z")
        await recoveries.opened(db, tenant, report)
        assert await loop.step() == 1
        assert await loop.step() == 0

    look = statements.load("things")["overlooked"].sql
    assert counting.statements.count(look) == 1
