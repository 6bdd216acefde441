"""A typed form in the page of the sandbox: every element, two mistakes, and a page turned back and forth."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio

from tests.sandbox.slack.browser.driver import Browser, Visit, expect, visits
from tests.scenarios.program import Program
from tests.scenarios.test_page import close_forms, verdicts

pytestmark = [pytest.mark.processes, pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {
        "name": {"type": "string", "title": "Name", "pattern": "^[a-z-]+$"},
        "notes": {"type": "string", "title": "Notes", "maxLength": 500},
        "contact": {"type": "string", "title": "Contact", "format": "email"},
        "site": {"type": "string", "title": "Site", "format": "uri"},
        "replicas": {"type": "integer", "title": "Replicas", "minimum": 1, "maximum": 9},
        "budget": {"type": "number", "title": "Budget", "multipleOf": 0.05},
        "tier": {"enum": ["gold", "silver"], "title": "Tier"},
        "region": {"enum": [f"region-{number}" for number in range(8)], "title": "Region"},
        "days": {"type": "array", "items": {"enum": ["Mon", "Tue", "Wed"]}, "title": "Days"},
        "labels": {"type": "array", "items": {"enum": [f"label {number}" for number in range(12)]}, "title": "Labels"},
        "begins": {"type": "string", "format": "date", "title": "Begins"},
        "at": {"type": "string", "format": "time", "title": "At"},
        "until": {"type": "string", "format": "date-time", "title": "Until", "default": "2026-12-24T18:00:00Z"},
        "public": {"type": "boolean", "title": "Public", "default": False},
        "tags": {"type": "array", "items": {"type": "string"}, "title": "Tags"},
    },
    "required": ["name", "replicas", "budget", "tier", "region"],
}


@pytest_asyncio.fixture(loop_scope="session")
async def visit(browser: Browser, shared: Program) -> AsyncIterator[Visit]:
    await close_forms(shared)
    async with visits(browser, shared.facts["slack_url"]) as visit:
        yield visit


async def test_every_element_two_mistakes_and_a_page_turned_back_and_forth(shared: Program, visit: Visit) -> None:
    asked = await shared.posted(await shared.ask(kind="form", title="Describe the service", schema=SCHEMA))
    page = await visit(as_="U0ANA")
    card = page.locator(f'article[data-ts="{asked["cards"][0]["ts"]}"]')
    await card.get_by_role("button", name="Fill in…").click()
    form = page.get_by_role("dialog", name="Fill in")
    await expect(form).to_contain_text("Page 1 of 2")

    await form.get_by_role("textbox", name="Name").fill("Order Export")
    await form.get_by_role("textbox", name="Notes").fill("Runs at night.")
    await form.get_by_role("textbox", name="Contact").fill("ana@example.com")
    await form.get_by_role("textbox", name="Site").fill("https://example.com")
    await form.get_by_label("Replicas").fill("3")
    await form.get_by_label("Budget").fill("12.34")
    await form.get_by_role("radio", name="silver").check()
    await form.get_by_role("combobox", name="Region").click()
    await form.get_by_role("option", name="region-5").click()
    await form.get_by_role("button", name="Next").click()
    await expect(form.get_by_text("This must match the pattern ^[a-z-]+$")).to_be_visible()
    await expect(form.get_by_text("Please enter a multiple of 0.05.")).to_be_visible()
    await form.get_by_role("textbox", name="Name").fill("order-export")
    await form.get_by_label("Budget").fill("12.35")
    await form.get_by_role("button", name="Next").click()
    await expect(form).to_contain_text("Page 2 of 2")

    await form.get_by_role("checkbox", name="Tue").check()
    await form.get_by_role("combobox", name="Labels").click()
    await form.get_by_role("option", name="label 3").click()
    await form.get_by_role("option", name="label 11").click()
    await form.get_by_label("Begins").fill("2026-12-01")
    await form.get_by_label("At", exact=True).fill("09:30")
    await form.get_by_label("Until").fill("2026-12-31T18:00")
    await form.get_by_role("radio", name="Yes").check()
    await form.get_by_role("textbox", name="Tags").fill("export\norders")
    await form.get_by_role("button", name="Back").click()
    await expect(form).to_contain_text("Page 1 of 2")
    await expect(form.get_by_role("textbox", name="Name")).to_have_value("order-export")
    await form.get_by_label("Replicas").fill("4")
    await form.get_by_role("button", name="Next").click()
    await expect(form).to_contain_text("Page 2 of 2")
    await expect(form.get_by_role("textbox", name="Tags")).to_have_value("export\norders")
    await form.get_by_role("button", name="Submit").click()
    await expect(form).to_have_count(0)

    answer = (await shared.get(asked["id"]))["answer"]
    assert answer["values"] == {
        "name": "order-export",
        "notes": "Runs at night.",
        "contact": "ana@example.com",
        "site": "https://example.com",
        "replicas": 4,
        "budget": 12.35,
        "tier": "silver",
        "region": "region-5",
        "days": ["Tue"],
        "labels": ["label 3", "label 11"],
        "begins": "2026-12-01",
        "at": "09:30:00Z",
        "until": "2026-12-31T18:00:00Z",
        "public": True,
        "tags": ["export", "orders"],
    }
    assert await verdicts(shared, asked["id"]) == ["opened", "mistaken", "opened", "opened", "opened", "won"]
    await expect(card).to_contain_text("order-export")
