"""Choices with a form: a submission wins what no bare click can, adds to the stored answer, and overrides nothing."""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any, TypeAlias

import pytest
from asyncpg.exceptions import CheckViolationError

from bridge import ids
from storage import forms
from storage.forms import OpenedForm
from storage.interactions import ClaimRequest
from storage.model import Handle, Intent, Interaction, Json, Status, StoredRequest, Verdict
from storage.pool import Database
from tests.storage import build, elapse
from tests.storage.build import ANSWERS, Tenant
from tests.storage.claim_checks import Claim, mutant, unwaited

Check: TypeAlias = Callable[[Claim, Database], Awaitable[None]]

DENY: Json = ANSWERS["deny"]
APPROVE: Json = ANSWERS["approve"]
BY: Json = {"user": "U0ANA", "name": "ana"}


async def asked(db: Database, tenant: Tenant, **other: Any) -> Interaction:
    """An interaction whose approve is a bare click and whose deny needs words."""
    return await build.question(db, tenant, answers={"approve": APPROVE}, forms={"deny": DENY}, **other)


def submission(question: Interaction, given: Json | None = None, **other: Any) -> ClaimRequest:
    return build.click(
        question, **{"choice": "deny", "given": {"comment": "Not on a Friday."} if given is None else given} | other
    )


async def verdicts(db: Database) -> list[str]:
    rows = await db.fetch("select verdict from clicks order by clicked_at")
    return [row["verdict"] for row in rows]


async def test_a_submission_wins_a_choice_that_needs_words_and_adds_them(db: Database, tenant: Tenant) -> None:
    question = await asked(db, tenant)

    claimed = await unwaited(db, submission(question))

    assert claimed.verdict is Verdict.WON and claimed.life is not None
    by = BY | {"team": tenant.connection.team_id}
    assert claimed.life.answer == DENY | {"comment": "Not on a Friday.", "by": by, "via": "form"}
    assert (await build.read(db, tenant, question.id)).answer == claimed.life.answer


async def overrides_nothing(claim: Claim, db: Database) -> None:
    """`given` is merged under the stored answer: it adds values, and changes none."""
    tenant = await build.tenant(db)
    question = await asked(db, tenant)
    forged = {
        "approved": True,
        "decision": "approve",
        "option": "x",
        "label": "Yes",
        "by": {"user": "U0EVE"},
        "via": "x",
    }

    await claim(db, submission(question, forged | {"comment": "no"}))

    answer = (await build.read(db, tenant, question.id)).answer
    assert answer == DENY | {"comment": "no", "by": BY | {"team": tenant.connection.team_id}, "via": "form"}


async def is_won_by_no_bare_click(claim: Claim, db: Database) -> None:
    """A bare click on a choice that needs words is `gone`, as is one of an old card or the previous release."""
    question = await asked(db, await build.tenant(db))

    claimed = await claim(db, build.click(question, choice="deny"))

    assert claimed.verdict is Verdict.GONE
    assert await verdicts(db) == ["gone"]


async def test_what_was_given_overrides_nothing(db: Database) -> None:
    await overrides_nothing(unwaited, db)


async def test_a_bare_click_wins_no_choice_that_needs_words(db: Database) -> None:
    await is_won_by_no_bare_click(unwaited, db)


GIVEN_OVER_THE_ANSWER = mutant(
    ("answer = coalesce($given::jsonb, '{}')\n            || (case", "answer = (case"),
    (
        "'via', $via::text),\n",
        "'via', $via::text) || coalesce($given::jsonb, '{}'),\n",
    ),
)
FORMS_FOR_BARE_CLICKS = mutant(
    (
        "(case when $intent::text = 'answer' and $given::jsonb is null then answers else forms end ? $choice::text)",
        "($intent::text is not null and answers || forms ? $choice::text)",
    ),
    (
        "(case when $given::jsonb is null then interactions.answers else interactions.forms end -> $choice::text)",
        "((interactions.answers || interactions.forms) -> $choice::text)",
    ),
)


async def lets_only_responders_submit(claim: Claim, db: Database) -> None:
    """A submission is checked like a click, although its form was opened by a click that was."""
    question = await asked(db, await build.tenant(db))

    claimed = await claim(db, submission(question, user_id="U0BOB"))

    assert claimed.verdict is Verdict.NOT_YOURS
    assert await verdicts(db) == ["not_yours"]


async def takes_nothing_when_it_opens(claim: Claim, db: Database) -> None:
    """The click that opens a form decides nothing."""
    tenant = await build.tenant(db)
    question = await asked(db, tenant)

    claimed = await claim(db, build.click(question, choice="deny", intent=Intent.OPEN))

    assert claimed.verdict is Verdict.OPENED
    assert (await build.read(db, tenant, question.id)).answer is None


UNCHECKED_SUBMISSIONS = mutant(
    ("when responders is not null and (", "when $given::jsonb is null and responders is not null and (")
)
OPENING_TAKES = mutant(("when $intent = 'open' then 'opened'", "when $intent = 'open' then 'won'"))


@pytest.mark.parametrize("check", [lets_only_responders_submit, takes_nothing_when_it_opens])
async def test_forms_are_checked_and_only_their_submission_decides(check: Check, db: Database) -> None:
    await check(unwaited, db)


@pytest.mark.parametrize(
    ("check", "wrong"),
    [(lets_only_responders_submit, UNCHECKED_SUBMISSIONS), (takes_nothing_when_it_opens, OPENING_TAKES)],
    ids=["a submission that skips the responders", "an opening click that takes"],
)
async def test_a_wrong_claim_for_forms_would_be_found_out(check: Check, wrong: Claim, db: Database) -> None:
    with pytest.raises((AssertionError, CheckViolationError)):  # a constraint refuses an answer without a choice
        await check(wrong, db)


async def test_given_merged_over_the_stored_answer_would_be_found_out(db: Database) -> None:
    with pytest.raises(AssertionError):
        await overrides_nothing(GIVEN_OVER_THE_ANSWER, db)


async def test_a_forms_choice_won_by_a_bare_click_would_be_found_out(db: Database) -> None:
    with pytest.raises(AssertionError):
        await is_won_by_no_bare_click(FORMS_FOR_BARE_CLICKS, db)


async def test_words_win_no_choice_of_a_bare_click(db: Database, tenant: Tenant) -> None:
    question = await asked(db, tenant)

    assert (await unwaited(db, submission(question, choice="approve"))).verdict is Verdict.GONE


@pytest.mark.parametrize(("intent", "verdict"), [(Intent.OPEN, Verdict.OPENED), (Intent.MISTAKEN, Verdict.MISTAKEN)])
async def test_opening_a_form_and_a_mistaken_submission_pass_every_check_and_take_nothing(
    db: Database, tenant: Tenant, intent: Intent, verdict: Verdict
) -> None:
    question = await asked(db, tenant)

    claimed = await unwaited(db, build.click(question, choice="deny", intent=intent))
    bare = await unwaited(db, build.click(question, choice="approve", intent=intent))
    bob = await unwaited(db, build.click(question, choice="deny", intent=intent, user_id="U0BOB"))
    outsider = await unwaited(db, build.click(question, choice="deny", intent=intent, user_team="T0OTHER"))

    assert claimed.verdict is verdict
    assert (bare.verdict, bob.verdict, outsider.verdict) == (Verdict.GONE, Verdict.NOT_YOURS, Verdict.OUTSIDER)
    assert await verdicts(db) == [verdict, "gone", "not_yours", "outsider"]
    assert (await build.read(db, tenant, question.id)).answer is None
    assert len(await db.fetch("select from events where type = 'interaction.answered'")) == 0
    assert (await unwaited(db, submission(question))).verdict is Verdict.WON
    again = await unwaited(db, build.click(question, choice="deny", intent=intent))
    repeated = {Intent.OPEN: Verdict.RECORDED, Intent.MISTAKEN: Verdict.DECIDED}
    assert again.verdict is repeated[intent], "a mistaken submission gave other words than the answer has"


async def test_a_menu_with_nothing_selected_passes_every_check_and_takes_nothing(db: Database, tenant: Tenant) -> None:
    question = await build.question(db, tenant)

    def unselected(**other: Any) -> ClaimRequest:
        return build.click(question, choice=None, intent=Intent.MISTAKEN, **other)

    claimed = await unwaited(db, unselected())
    bob = await unwaited(db, unselected(user_id="U0BOB"))
    outsider = await unwaited(db, unselected(user_team="T0OTHER"))
    purged = await unwaited(db, unselected(interaction_id=ids.new()))
    answers = await unwaited(db, build.click(question, choice=None))

    assert [one.verdict for one in (claimed, bob, outsider, purged, answers)] == [
        Verdict.MISTAKEN,
        Verdict.NOT_YOURS,
        Verdict.OUTSIDER,
        Verdict.GONE,
        Verdict.GONE,
    ]
    assert claimed.life is not None and claimed.life.status is Status.PENDING
    assert (await unwaited(db, build.click(question))).verdict is Verdict.WON
    assert (await unwaited(db, unselected())).verdict is Verdict.DECIDED


async def test_only_a_click_that_opens_a_form_is_given_what_the_form_is_made_from(db: Database, tenant: Tenant) -> None:
    request: Json = {
        "kind": "approval",
        "title": "Deploy?",
        "facts": [{"name": "n", "value": "0.10000000000000000001"}],
    }
    question = await asked(db, tenant, request=request)
    opening = build.click(question, choice="deny", intent=Intent.OPEN)
    others = [
        build.click(question, choice="deny", intent=Intent.OPEN, user_id="U0BOB"),
        build.click(question, choice="deny", intent=Intent.MISTAKEN),
        build.click(question, choice="deny"),
        submission(question),
    ]

    opened = [(await unwaited(db, opening)).asked, (await unwaited(db, opening)).asked]

    assert opened == [StoredRequest(kind="approval", request=request)] * 2, "also for a repeat, on another replica"
    assert [(await unwaited(db, other)).asked for other in others] == [None] * 4
    assert (await unwaited(db, opening)).asked, "a repeat is opened also after the end"


async def test_a_request_is_read_in_its_own_scope_only(db: Database, tenant: Tenant) -> None:
    question = await asked(db, tenant)
    other = await build.tenant(db)
    elsewhere = replace(tenant.scope, connection_id=other.scope.connection_id)

    found = [await forms.asked(db, scope, question.id) for scope in (tenant.scope, other.scope, elsewhere)]

    assert found == [StoredRequest(kind="approval", request=question.request), None, None]


async def test_the_forms_of_a_card_are_those_that_clicks_on_it_opened_lately(db: Database, tenant: Tenant) -> None:
    question = await asked(db, tenant, responders=None)
    clicks = [
        build.click(question, choice="deny", intent=Intent.OPEN, user_id=user, claim_id=build.envelope())
        for user in ("U0ANA", "U0BOB", "U0OLD")
    ]
    elsewhere = build.click(question, choice="deny", intent=Intent.OPEN, ts="1700000000.000200")
    for click in (*clicks, elsewhere, build.click(question, choice="deny", intent=Intent.MISTAKEN)):
        await unwaited(db, click)
    await elapse.set_time(db, "clicks", "clicked_at", timedelta(minutes=-61), where="user_id = 'U0OLD'")
    handle = Handle(channel="C0APPROVALS", ts="1700000000.000100")

    async def found(limit: int) -> list[OpenedForm]:
        return await forms.opened(db, question.organization_id, question.id, handle, seconds=3600, limit=limit)

    ana, bob, _ = clicks
    expected = [OpenedForm(claim_id=click.claim_id, choice="deny", user_id=click.user_id) for click in (bob, ana)]
    assert await found(20) == expected
    assert await found(1) == expected[:1]


async def test_a_repeated_envelope_is_told_what_it_was_told(db: Database, tenant: Tenant) -> None:
    question = await asked(db, tenant)
    opening, mistaken = (
        build.click(question, choice="deny", intent=intent) for intent in (Intent.OPEN, Intent.MISTAKEN)
    )
    first = [(await unwaited(db, one)).verdict for one in (opening, mistaken)]
    await unwaited(db, submission(question))

    again = [await unwaited(db, one) for one in (opening, mistaken)]

    assert [claimed.verdict for claimed in again] == first == [Verdict.OPENED, Verdict.MISTAKEN]
    assert [claimed.repeats for claimed in again] == [1, 1]


async def test_the_winner_is_recorded_only_with_the_words_that_the_answer_has(db: Database, tenant: Tenant) -> None:
    question = await asked(db, tenant)
    await unwaited(db, submission(question, {"comment": "no", "values": {"days": [1, 2]}}))

    others: list[Json] = [
        {"comment": "no"},
        {"values": {"days": [1, 2]}},
        {"comment": "never"},
        {"other": 1},
        {"values": {"days": [1]}},
        {"values": {"days": [2, 1]}},
        {"values": {}},
    ]

    results = [(await unwaited(db, submission(question, given))).verdict for given in others]

    assert results == [Verdict.RECORDED] * 2 + [Verdict.DECIDED] * 5, "a part of the words is not the same words"
    assert (await unwaited(db, submission(question, user_id="U0BOB"))).verdict is Verdict.TAKEN


async def test_a_default_stands_among_the_answers_of_bare_clicks(db: Database, tenant: Tenant) -> None:
    await asked(db, tenant, on_expiry="approve")

    with pytest.raises(Exception, match="interactions_on_expiry"):
        await asked(db, tenant, on_expiry="deny")
