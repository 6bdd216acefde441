"""Real cards in the page of the sandbox, in several windows of a real browser."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio

from tests.sandbox.slack.browser.driver import Browser, Locator, Page, Visit, expect, message, visits
from tests.scenarios.program import Program

pytestmark = [pytest.mark.processes, pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

SCRIPT = "<script>alert(1)</script>"
OPTIONS = [
    {"id": "wait", "label": "Wait"},
    {"id": "flag", "label": "Switch it off", "confirm": "Carts are emptied."},
]


@pytest.fixture
def dev(shared: Program) -> Program:
    return shared


@pytest_asyncio.fixture(loop_scope="session")
async def visit(browser: Browser, dev: Program) -> AsyncIterator[Visit]:
    async with visits(browser, dev.facts["slack_url"]) as visit:
        yield visit


async def verdicts(dev: Program, id: str) -> list[str]:
    return [line["verdict"] for line in await dev.timeline(id) if line["verdict"]]


def private_replies(page: Page, *, since: dict[str, Any]) -> Locator:
    """What the page shows to its own person alone, below this card: other tests use the channel too."""
    below = page.locator(f'article[data-ts="{since["cards"][0]["ts"]}"] ~ article')
    return below.and_(page.get_by_role("article", name="only visible to you"))


async def test_a_script_in_a_title_is_text_and_a_cancelled_confirmation_sends_nothing(
    dev: Program, visit: Visit
) -> None:
    asked = await dev.ask(kind="choice", title=SCRIPT, options=OPTIONS)
    page = await visit(as_="U0ANA")
    card = message(page, SCRIPT)
    dialog = page.get_by_role("alertdialog", name="Are you sure?")

    await expect(card.get_by_role("heading", name=SCRIPT)).to_be_visible()
    await expect(page.locator("article script")).to_have_count(0)
    await card.get_by_role("button", name="Switch it off").press("Enter")
    await expect(dialog).to_contain_text("Carts are emptied.")
    await page.keyboard.press("Enter")  # on Cancel, which has the focus: what can do harm is not one key away
    await expect(dialog).to_have_count(0)
    await expect(card.get_by_role("button", name="Switch it off")).to_be_focused()
    assert await verdicts(dev, asked["id"]) == []
    await page.keyboard.press("Enter")
    await dialog.get_by_role("button", name="Submit").click()
    await expect(card).to_contain_text("Answered: “Switch it off” by @ana")

    assert await verdicts(dev, asked["id"]) == ["won"]


async def test_a_late_click_is_told_privately_and_no_other_person_sees_it(dev: Program, visit: Visit) -> None:
    asked = await dev.posted(
        await dev.ask(kind="choice", title="Checkout fails", options=OPTIONS, responders={"users": ["U0ANA", "U0BOB"]})
    )
    ana, bob, cho = [await visit(as_=person) for person in ("U0ANA", "U0BOB", "U0CHO")]
    await message(bob, "Checkout fails").get_by_role("button", name="Switch it off").click()

    await message(ana, "Checkout fails").get_by_role("button", name="Wait").click()
    await expect(message(bob, "Checkout fails")).to_contain_text("Answered: “Wait” by @ana")
    await bob.get_by_role("alertdialog").get_by_role("button", name="Submit").click()

    await expect(private_replies(bob, since=asked)).to_contain_text("@ana already answered “Wait”")
    await expect(bob.get_by_role("status")).to_contain_text("@ana already answered “Wait”")
    assert await verdicts(dev, asked["id"]) == ["won", "taken"]
    await dev.ask(title="Afterwards")  # what the others see by then, they saw after Bob was told
    for page in (ana, cho):
        await expect(message(page, "Afterwards")).to_be_visible()
        await expect(private_replies(page, since=asked)).to_have_count(0)


async def test_of_two_windows_that_click_at_once_one_wins_and_the_other_is_told(dev: Program, visit: Visit) -> None:
    asked = await dev.posted(await dev.ask(title="Deploy?", responders={"anyone_in_channel": True}))
    windows = {"ana": await visit(as_="U0ANA"), "bob": await visit(as_="U0BOB")}
    buttons = {"ana": "Approve", "bob": "Deny"}
    held = [
        await message(page, "Deploy?").get_by_role("button", name=buttons[who]).element_handle()
        for who, page in windows.items()
    ]

    # In the page, not with its mouse, which would look for the button again; the winner's click takes it away.
    await asyncio.gather(*(button.evaluate("button => button.click()") for button in held))

    answered = await dev.get(asked["id"], wait=30)
    winner = answered["answer"]["by"]["name"]
    (loser,) = windows.keys() - {winner}
    assert answered["answer"]["label"] == buttons[winner]
    for page in windows.values():
        await expect(message(page, "Deploy?").locator(".button")).to_have_count(0)
        await expect(message(page, "Deploy?")).to_contain_text({"ana": "Approved", "bob": "Denied"}[winner])
    await expect(private_replies(windows[loser], since=asked)).to_contain_text(
        f"@{winner} already answered “{buttons[winner]}”"
    )
    await expect(private_replies(windows[winner], since=asked)).to_have_count(0)
    assert sorted(await verdicts(dev, asked["id"])) == ["taken", "won"]
