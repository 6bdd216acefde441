"""The claim: one click wins, the others get the true verdict, and every verdict of the design occurs."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar
from uuid import uuid4

import pytest

from bridge import ids
from storage import interactions
from storage.deadlines import EndedInteraction
from storage.model import Interaction, Json, Scope, Status, Verdict
from storage.pool import Database
from storage.statements import Runs
from tests.storage import build
from tests.storage.build import Tenant
from tests.storage.elapse import set_deadline
from tests.storage.faults import admin, until_waiting

T = TypeVar("T")


@pytest.fixture
async def tenant(db: Database) -> Tenant:
    return await build.tenant(db)


async def end(db: Database, question: Interaction, status: str, **columns: Any) -> None:
    """Put an interaction into a final status as its own statements would."""
    sets = ", ".join(f"{name} = ${number}" for number, name in enumerate(columns, start=4))
    await db.fetch(
        f"update interactions set status = $3, ended_at = clock_timestamp() {', ' + sets if sets else ''} "
        "where organization_id = $1 and id = $2",
        question.organization_id,
        question.id,
        status,
        *columns.values(),
    )


async def clicks(db: Database) -> list[Json]:
    return [dict(row) for row in await db.fetch("select * from clicks order by clicked_at")]


async def test_the_first_valid_click_wins_and_everything_it_causes_is_written_with_it(
    db: Database, tenant: Tenant
) -> None:
    question = await build.question(db, tenant)

    claimed = await interactions.claim(db, build.click(question))

    assert claimed.verdict is Verdict.WON
    assert claimed.life is not None and claimed.life.status is Status.ANSWERED
    after = await build.read(db, tenant, question.id)
    assert after.status is Status.ANSWERED
    assert after.choice == "approve"
    assert after.answer == {
        **build.ANSWERS["approve"],
        "by": {"user": "U0ANA", "name": "ana", "team": tenant.connection.team_id},
        "via": "button",
    }
    assert claimed.life.answer == after.answer and claimed.life.ended_at == after.ended_at
    assert [row["wanted"] for row in await db.fetch("select wanted from cards")] == [2]
    moments = await interactions.timeline(db, question.organization_id, question.id)
    assert [moment.type for moment in moments] == [
        "interaction.created",
        "interaction.clicked",
        "interaction.answered",
    ]
    assert moments[1].verdict is Verdict.WON and moments[1].by == "U0ANA"


async def test_the_winner_again_is_told_recorded_or_decided_and_everyone_else_taken(
    db: Database, tenant: Tenant
) -> None:
    question = await build.question(db, tenant, responders=None)
    await interactions.claim(db, build.click(question))

    again = await interactions.claim(db, build.click(question))
    other = await interactions.claim(db, build.click(question, choice="deny"))
    bob = await interactions.claim(db, build.click(question, user_id="U0BOB"))

    assert [again.verdict, other.verdict, bob.verdict] == [Verdict.RECORDED, Verdict.DECIDED, Verdict.TAKEN]
    assert bob.life is not None and bob.life.answer is not None
    assert bob.life.answer["by"]["user"] == "U0ANA"
    assert (await build.read(db, tenant, question.id)).choice == "approve"


@pytest.mark.parametrize(
    ("status", "columns"),
    [
        ("expired", {}),
        ("cancelled", {"reason": {"code": "cancelled", "detail": "No longer needed.", "fix": ""}}),
        ("superseded", {"superseded_by": uuid4()}),
        ("unreachable", {"reason": {"code": "is_archived", "detail": "", "fix": ""}}),
    ],
)
async def test_a_click_on_what_has_ended_is_told_how(
    db: Database, tenant: Tenant, status: str, columns: dict[str, Any]
) -> None:
    question = await build.question(db, tenant)
    await end(db, question, status, **columns)

    claimed = await interactions.claim(db, build.click(question))

    assert claimed.verdict == status
    assert claimed.life is not None and claimed.life.status == status
    assert claimed.life.reason == columns.get("reason")
    assert (await build.read(db, tenant, question.id)).status == status


async def test_a_click_after_the_deadline_has_the_end_written_and_is_told_it(db: Database, tenant: Tenant) -> None:
    question, unseen = await build.question(db, tenant), await build.question(db, tenant)
    await db.fetch("update interactions set cards_shown = 1 where id = $1", question.id)
    for one in (question, unseen):
        await set_deadline(db, one.id)

        ended: list[EndedInteraction] = []
        claimed = await interactions.claim(db, build.click(one), ended=ended)

        assert claimed.verdict is (Verdict.EXPIRED if one is question else Verdict.UNREACHABLE)
        read = await build.read(db, tenant, one.id)
        assert claimed.life is not None and claimed.life.status is read.status
        assert (claimed.life.reason, claimed.life.ended_at) == (read.reason, read.ended_at)
        await interactions.claim(db, build.click(one), ended=ended)
        assert ended == [(one.organization_id, one.id, read.status)]
    written_events = await db.fetch("select type, owed from events where type <> 'interaction.created' order by type")
    assert [tuple(row) for row in written_events] == [("interaction.expired", True), ("interaction.unreachable", True)]


async def test_wrong_people_never_consume_anything(db: Database, tenant: Tenant) -> None:
    question = await build.question(db, tenant)

    outsider = await interactions.claim(db, build.click(question, user_team="T0OTHER"))
    without_team = await interactions.claim(db, build.click(question, user_team=None))
    bob = await interactions.claim(db, build.click(question, user_id="U0BOB"))
    unknown = await interactions.claim(db, build.click(question, choice="launch"))
    without = await interactions.claim(db, build.click(question, choice=None))

    assert [outsider.verdict, without_team.verdict] == [Verdict.OUTSIDER, Verdict.OUTSIDER]
    assert [bob.verdict, unknown.verdict, without.verdict] == [Verdict.NOT_YOURS, Verdict.GONE, Verdict.GONE]
    assert (await interactions.claim(db, build.click(question))).verdict is Verdict.WON


async def test_outsiders_may_answer_when_that_was_asked_for(db: Database, tenant: Tenant) -> None:
    question = await build.question(db, tenant, home_teams=None, responders=None)

    claimed = await interactions.claim(db, build.click(question, user_id="U0SAM", user_team="T0OTHER"))

    assert claimed.verdict is Verdict.WON


async def test_another_scope_learns_nothing_and_changes_nothing(db: Database, tenant: Tenant) -> None:
    question = await build.question(db, tenant)
    other = await build.tenant(db)
    foreign = Scope(organization_id=tenant.scope.organization_id, connection_id=other.scope.connection_id)

    for scope in (other.scope, foreign):
        claimed = await interactions.claim(db, build.click(question, scope=scope))

        assert claimed == interactions.Claimed(verdict=Verdict.GONE, repeats=0, life=None)
    assert all(row["interaction_id"] is None for row in await clicks(db))
    assert (await build.read(db, tenant, question.id)).status is Status.PENDING


async def test_a_click_that_names_no_question_is_gone(db: Database, tenant: Tenant) -> None:
    question = await build.question(db, tenant)

    claimed = await interactions.claim(db, build.click(question, interaction_id=None))

    assert claimed.verdict is Verdict.GONE and claimed.life is None


class Deadlines(Database):
    """A database on the same pool, which records until when each work may be repeated."""

    def __init__(self, whole: Database) -> None:
        super().__init__(whole.pool)
        self.seen: list[float] = []

    async def insist(self, run: Callable[[Runs], Awaitable[T]], *, seconds: float) -> T:
        self.seen.append(asyncio.get_running_loop().time() + seconds)
        return await super().insist(run, seconds=seconds)


async def test_the_look_whether_it_is_a_round_takes_from_the_time_of_the_claim(
    db: Database, tenant: Tenant, dsn: str
) -> None:
    question = await build.question(db, tenant)
    deadlines, clock = Deadlines(db), asyncio.get_running_loop().time
    async with admin(dsn) as holder:
        async with holder.transaction():
            await holder.execute("lock table interactions")
            began = clock()
            click = build.click(question, interaction_id=ids.new_round())
            claiming = asyncio.create_task(interactions.claim(deadlines, click))
            await until_waiting(holder)
            waited = clock() - began
        claimed = await claiming

    assert claimed.verdict is Verdict.GONE
    look, claim = deadlines.seen
    assert claim - look < waited / 2


async def test_a_repeated_envelope_gets_its_stored_verdict_whatever_happened_since(
    db: Database, tenant: Tenant
) -> None:
    question = await build.question(db, tenant, responders=None)
    first = build.click(question, claim_id=build.envelope("win"))
    late = build.click(question, claim_id=build.envelope("late"), user_id="U0BOB")

    verdicts = [(await interactions.claim(db, click)).verdict for click in (first, late, first, late, first)]

    assert verdicts == [Verdict.WON, Verdict.TAKEN, Verdict.WON, Verdict.TAKEN, Verdict.WON]
    assert [row["repeats"] for row in await clicks(db)] == [2, 1]
    assert [row["wanted"] for row in await db.fetch("select wanted from cards")] == [2]


async def test_an_envelope_refused_once_cannot_win_later(db: Database, tenant: Tenant) -> None:
    """A stored refusal is never turned into an answer, even if the row would allow it now."""
    question = await build.question(db, tenant)
    refused = build.click(question, claim_id=build.envelope("bob"), user_id="U0BOB")
    await interactions.claim(db, refused)
    await db.fetch("update interactions set responders = null")

    assert (await interactions.claim(db, refused)).verdict is Verdict.NOT_YOURS
    assert (await build.read(db, tenant, question.id)).status is Status.PENDING


async def test_the_database_itself_refuses_a_second_winner(db: Database, tenant: Tenant) -> None:
    question = await build.question(db, tenant)
    await interactions.claim(db, build.click(question))

    with pytest.raises(Exception, match="clicks_winner"):
        await db.fetch(
            "insert into clicks (organization_id, claim_id, connection_id, interaction_id, verdict, user_id) "
            "values ($1, $2, $3, $4, 'won', 'U0BOB')",
            question.organization_id,
            build.envelope(),
            question.connection_id,
            question.id,
        )


ELSEWHERE = {"user_team": "T0ELSEWHERE"}


async def test_a_colleague_from_another_workspace_of_the_enterprise_is_no_outsider(
    db: Database, tenant: Tenant
) -> None:
    question = await build.question(db, tenant)

    verdicts = [
        (await interactions.claim(db, build.click(question, **ELSEWHERE, is_colleague=is_colleague))).verdict
        for is_colleague in (False, True)
    ]

    assert verdicts == [Verdict.OUTSIDER, Verdict.WON]
    assert (await build.read(db, tenant, question.id)).answer["by"]["team"] == "T0ELSEWHERE"  # type: ignore[index]


async def test_nothing_is_decided_or_stored_while_it_is_not_known_whose_colleague_a_person_is(
    db: Database, tenant: Tenant
) -> None:
    question = await build.question(db, tenant)

    claimed = await interactions.claim(db, build.click(question, **ELSEWHERE, is_colleague=None))

    assert (claimed.verdict, claimed.life) == (Verdict.UNAVAILABLE, None)
    assert await clicks(db) == []
    assert (await build.read(db, tenant, question.id)).status is Status.PENDING


async def test_what_does_not_depend_on_it_is_decided_all_the_same(db: Database, tenant: Tenant) -> None:
    open_to_all = await build.question(db, tenant, home_teams=None)
    answered, overdue = await build.question(db, tenant), await build.question(db, tenant)
    await interactions.claim(db, build.click(answered))
    await set_deadline(db, overdue.id)

    verdicts = [
        (await interactions.claim(db, build.click(question, **{**ELSEWHERE, **other}, is_colleague=None))).verdict
        for question, other in ((open_to_all, {}), (answered, {"user_id": "U0BOB"}), (overdue, {}))
    ]

    assert verdicts == [Verdict.WON, Verdict.TAKEN, Verdict.UNREACHABLE]
