"""Full texts in the database: apart from the request, shown by a claim that takes nothing, deleted with their row."""

from datetime import timedelta

import asyncpg
import pytest

from bridge import ids
from storage import forms, interactions
from storage.interactions import ClaimRequest
from storage.model import Handle, Intent, Interaction, Status, StoredRequest, Verdict
from storage.pool import Database
from tests.storage import build, elapse
from tests.storage.build import Tenant
from tests.storage.claim_checks import Claim, mutant, unwaited

TEXT = "begin;\n" + "x" * 102_000


async def asked(db: Database, tenant: Tenant, **other: object) -> Interaction:
    return await build.question(db, tenant, full_text=TEXT, **other)


def show(question: Interaction, **other: object) -> ClaimRequest:
    return build.click(question, choice=None, intent=Intent.SHOW, **other)


async def test_a_full_text_is_read_by_its_own_organization_and_only_when_it_is_asked_for(
    db: Database, tenant: Tenant
) -> None:
    question, without = await asked(db, tenant), await build.question(db, tenant)
    other = await build.tenant(db)
    organization_id = question.organization_id

    assert await interactions.full_text(db, organization_id, question.id) == TEXT
    assert await interactions.full_text(db, organization_id, without.id) is None
    assert await interactions.full_text(db, other.scope.organization_id, question.id) is None
    assert TEXT not in repr(question)


async def shows_and_takes_nothing(claim: Claim, db: Database) -> None:
    """A click that shows the text passes every check; nothing is won, and no event is written."""
    tenant = await build.tenant(db)
    question = await asked(db, tenant)

    claimed = [
        await claim(db, show(question)),
        await claim(db, show(question, user_id="U0BOB")),
        await claim(db, show(question, user_team="T0OTHER", user_id="U0SAM")),
        await claim(db, show(question, interaction_id=ids.new())),
        await claim(db, show(await build.question(db, tenant))),
    ]

    assert [one.verdict for one in claimed] == ["opened", "not_yours", "outsider", "gone", "gone"]
    now = await build.read(db, tenant, question.id)
    assert (now.status, now.answer) == (Status.PENDING, None)
    rows = await db.fetch("select verdict, choice from clicks order by clicked_at")
    assert [tuple(row) for row in rows] == [(one.verdict.value, None) for one in claimed]  # type: ignore[union-attr]
    assert await db.fetch("select from events where type = 'interaction.answered'") == []


async def test_a_click_that_shows_the_text_takes_nothing(db: Database) -> None:
    await shows_and_takes_nothing(unwaited, db)


SHOWN_TO_ANYONE = mutant(
    (
        "any (responders)) is not true then 'not_yours'",
        "any (responders)) is not true and $intent <> 'show' then 'not_yours'",
    )
)
SHOWN_BEFORE_THE_CHECKS = mutant(
    (
        "when id is null then 'gone'",
        "when $intent = 'show' and id is not null then 'opened' when id is null then 'gone'",
    )
)
TAKING = mutant(("case when has_full_text then 'opened' else 'gone' end", "case when has_full_text then 'won' end"))
SHOWN_WITHOUT_A_TEXT = mutant(("case when has_full_text then 'opened' else 'gone' end", "'opened'"))


@pytest.mark.parametrize(
    "claim", [SHOWN_TO_ANYONE, SHOWN_BEFORE_THE_CHECKS, TAKING, SHOWN_WITHOUT_A_TEXT], ids=range(4)
)
async def test_a_claim_that_shows_it_otherwise_would_be_found_out(db: Database, claim: Claim) -> None:
    with pytest.raises((AssertionError, asyncpg.CheckViolationError)):
        await shows_and_takes_nothing(claim, db)


async def test_the_text_comes_with_the_verdict_and_with_no_other(db: Database, tenant: Tenant) -> None:
    question = await asked(db, tenant, forms={"deny": {"decision": "deny"}})
    showing = show(question)

    first, repeated = await unwaited(db, showing), await unwaited(db, showing)
    refused = await unwaited(db, show(question, user_id="U0BOB"))
    opening = await unwaited(db, build.click(question, choice="deny", intent=Intent.OPEN))

    expected = StoredRequest(kind=question.kind, request=question.request, full_text=TEXT)
    assert (first.asked, repeated.asked, repeated.repeats) == (expected, expected, 1)
    assert refused.asked is None
    assert opening.asked is not None and opening.asked.full_text is None


async def test_pages_are_not_among_the_forms_of_a_card(db: Database, tenant: Tenant) -> None:
    """Else a person who reads many pages would crowd out forms that are to get a notice."""
    question = await asked(db, tenant)
    await unwaited(db, show(question))
    handle = Handle(channel="C0APPROVALS", ts="1700000000.000100")

    found = await forms.opened(db, question.organization_id, question.id, handle, seconds=3600, limit=20)

    assert found == []


async def test_after_the_end_and_after_the_deadline_nothing_is_shown(db: Database, tenant: Tenant) -> None:
    answered, overdue = await asked(db, tenant), await asked(db, tenant)
    await unwaited(db, build.click(answered))
    await db.fetch("update interactions set cards_shown = 1")
    await elapse.set_deadline(db, overdue.id, timedelta(seconds=-1))

    claimed = [await unwaited(db, show(one)) for one in (answered, overdue)]

    assert [one.verdict for one in claimed] == [Verdict.DECIDED, Verdict.EXPIRED]
    assert [one.asked for one in claimed] == [None, None]


async def test_a_click_as_the_release_before_reads_it_is_gone_and_takes_nothing(db: Database, tenant: Tenant) -> None:
    """To that release `v1:show` is an unknown action: a bare click without a choice."""
    question = await asked(db, tenant)

    assert (await unwaited(db, build.click(question, choice=None))).verdict is Verdict.GONE
    assert (await build.read(db, tenant, question.id)).status is Status.PENDING


async def test_what_the_release_before_inserts_has_no_full_text(db: Database, tenant: Tenant) -> None:
    question = await build.question(db, tenant)
    [row] = await db.fetch("select full_text from interactions where id = $1", question.id)
    assert row["full_text"] is None
    [column] = await db.fetch(
        "select is_nullable, column_default from information_schema.columns "
        "where table_name = 'interactions' and column_name = 'full_text'"
    )
    assert tuple(column) == ("YES", None), "an insert that does not name it is possible"
