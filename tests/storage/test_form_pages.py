"""What is kept of the pages of a form: for its own person and scope, and never replaced by what was sent before it."""

import dataclasses

from bridge import ids
from storage import form_pages
from storage.form_pages import FormKey, KeptPages
from storage.interactions import ClaimRequest
from storage.model import Intent, Interaction, Scope, StoredRequest
from storage.pool import Database
from tests.storage import build
from tests.storage.build import ANSWERS, Tenant
from tests.storage.claim_checks import unwaited


def entered(page: int, text: str) -> KeptPages:
    return KeptPages(page=page, entered={"texts": {"v0": text}, "selected": {}})


async def sent(db: Database, question: Interaction) -> ClaimRequest:
    """A click that opens a form, or a page of it that is sent."""
    claim = build.click(question, choice="deny", intent=Intent.OPEN, claim_id=build.envelope())
    await unwaited(db, claim)
    return claim


async def asked(db: Database, tenant: Tenant) -> tuple[Interaction, FormKey]:
    """A question, and the form that a click on its card opened."""
    question = await build.question(db, tenant, answers={}, forms={"deny": ANSWERS["deny"]})
    opening = await sent(db, question)
    key = FormKey(scope=tenant.scope, interaction_id=question.id, form=opening.claim_id, user_id=opening.user_id)
    return question, key


async def test_it_is_read_with_what_was_asked_in_its_own_scope_and_for_its_own_person(
    db: Database, tenant: Tenant
) -> None:
    question, key = await asked(db, tenant)
    stored = StoredRequest(kind=question.kind, request=question.request)
    assert await form_pages.asked(db, key) == (stored, None)

    await form_pages.keep(db, key, entered(1, "a"), claim_id=(await sent(db, question)).claim_id)

    assert await form_pages.asked(db, key) == (stored, entered(1, "a"))
    assert await form_pages.asked(db, dataclasses.replace(key, user_id="U0BOB")) == (stored, None)
    assert await form_pages.asked(db, dataclasses.replace(key, form=b"x" * 32)) == (stored, None)
    other = await build.tenant(db)
    elsewhere = Scope(organization_id=tenant.scope.organization_id, connection_id=ids.new())
    for scope in (other.scope, elsewhere):
        foreign = dataclasses.replace(key, scope=scope)
        assert await form_pages.asked(db, foreign) == (None, None)
        assert await form_pages.kept(db, foreign) is None
        await form_pages.keep(db, foreign, entered(2, "b"), claim_id=(await sent(db, question)).claim_id)
    assert await form_pages.kept(db, key) == entered(1, "a")


async def test_a_slower_request_replaces_nothing(db: Database, tenant: Tenant) -> None:
    question, key = await asked(db, tenant)
    early, late = await sent(db, question), await sent(db, question)

    await form_pages.keep(db, key, entered(1, "late"), claim_id=late.claim_id)
    await form_pages.keep(db, key, entered(1, "early"), claim_id=early.claim_id)

    assert await form_pages.kept(db, key) == entered(1, "late")
    await form_pages.keep(db, key, entered(2, "late"), claim_id=late.claim_id)
    assert await form_pages.kept(db, key) == entered(2, "late"), "the same request again"
