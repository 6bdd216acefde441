"""Several questions, and arguments that a person changes, in the page of the sandbox."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio

from tests.pictures.forms import REFUND, SERVICE
from tests.sandbox.slack.browser.driver import Browser, Visit, expect, visits
from tests.scenarios.program import Program
from tests.scenarios.test_page import close_forms, verdicts

pytestmark = [pytest.mark.processes, pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]


@pytest_asyncio.fixture(loop_scope="session")
async def visit(browser: Browser, shared: Program) -> AsyncIterator[Visit]:
    await close_forms(shared)
    async with visits(browser, shared.facts["slack_url"]) as visit:
        yield visit


async def test_several_questions_are_answered_in_one_form_after_a_correction(shared: Program, visit: Visit) -> None:
    asked = await shared.posted(await shared.ask(**SERVICE))
    page = await visit(as_="U0ANA")
    card = page.locator(f'article[data-ts="{asked["cards"][0]["ts"]}"]')
    await expect(card).to_contain_text("Which region? — EU · US")
    await card.get_by_role("button", name="Answer").click()
    form = page.get_by_role("dialog", name="Answer")

    await form.get_by_role("radio", name="US").check()
    await form.get_by_role("combobox", name="Which shard?").click()
    await form.get_by_role("option", name="Shard 33").click()
    name = form.get_by_role("textbox", name="What should it be called?")
    await name.fill(" ")
    await form.get_by_role("button", name="Submit").click()
    await expect(form.get_by_text("Please enter some text.")).to_be_visible()
    await name.fill("order-export")
    await form.get_by_role("button", name="Submit").click()
    await expect(form).to_have_count(0)

    answer: dict[str, Any] = (await shared.get(asked["id"]))["answer"]
    assert answer["answers"] == {
        "region": {"option": "US", "label": "US"},
        "shard": {"option": "shard-33", "label": "Shard 33"},
        "name": {"text": "order-export"},
        "notes": None,
    }
    assert await verdicts(shared, asked["id"]) == ["opened", "mistaken", "won"]
    await expect(card).to_contain_text("“What should it be called?”: “order-export”")


async def test_an_argument_is_changed_before_it_is_approved(shared: Program, visit: Visit) -> None:
    asked = await shared.posted(await shared.ask(**REFUND))
    page = await visit(as_="U0ANA")
    card = page.locator(f'article[data-ts="{asked["cards"][0]["ts"]}"]')
    await card.get_by_role("button", name="Edit…").click()
    form = page.get_by_role("dialog", name="Edit and approve")
    await expect(form.get_by_role("textbox", name="To: Iban")).to_have_value("DE02")
    await form.get_by_role("textbox", name="Amount").fill("50.00")
    await form.get_by_role("radio", name="No").check()
    await form.get_by_role("button", name="Approve").click()
    await expect(form).to_have_count(0)

    answer: dict[str, Any] = (await shared.get(asked["id"]))["answer"]
    assert answer["arguments"] == REFUND["action"]["arguments"] | {"amount": "50.00", "notify": False}
    assert (answer["approved"], answer["edited"], len(answer["changes"])) == (True, True, 2)
    assert answer["digest"] != asked["digest"]
    await expect(card).to_contain_text("Approved with changes")
    await expect(card).to_contain_text("“/notify”: “true → false”")
