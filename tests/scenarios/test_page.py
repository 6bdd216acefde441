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
BLANK = "Please enter some text."
REGION = "Drain which region?"
OPTIONS = [
    {"id": "wait", "label": "Wait"},
    {"id": "flag", "label": "Switch it off", "confirm": "Carts are emptied."},
]


@pytest.fixture
def dev(shared: Program) -> Program:
    return shared


@pytest_asyncio.fixture(loop_scope="session")
async def visit(browser: Browser, dev: Program) -> AsyncIterator[Visit]:
    await close_forms(dev)
    async with visits(browser, dev.facts["slack_url"]) as visit:
        yield visit


async def close_forms(dev: Program) -> None:
    """Close every form that another test left open: the page shows it above everything else."""
    opened = await dev.views()
    for view in opened["views"]:
        if view["id"] == view["root_view_id"]:
            await dev.close_view(view, opened["shown"][view["id"]]["user"], lost=True)


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


async def test_a_menu_shows_what_is_selected_and_its_button_submits_it(dev: Program, visit: Visit) -> None:
    regions = [{"id": name.lower(), "label": name} for name in ("Dublin", "London", "Mumbai", "Paris", "Sydney")]
    careful = {"id": "all", "label": "All of them", "confirm": "Every customer is offline."}
    people = {"users": ["U0ANA", "U0BOB"]}
    asked = await dev.posted(await dev.ask(kind="choice", title=REGION, options=[*regions, careful], responders=people))
    ana, bob = await visit(as_="U0ANA"), await visit(as_="U0BOB")

    async def select(page: Page, name: str) -> None:
        await message(page, REGION).get_by_role("combobox").click()
        await page.get_by_role("option", name=name).click()
        await expect(message(page, REGION).get_by_role("combobox")).to_have_value(name)

    async def submit(page: Page) -> Locator:
        """Press Submit; returns the dialog's button."""
        await message(page, REGION).get_by_role("button", name="Submit").click()
        dialog = page.get_by_role("alertdialog", name="Submit the selected option?")
        await expect(dialog).to_contain_text("“All of them”: Every customer is offline.")
        return dialog.get_by_role("button", name="Submit")

    await (await submit(ana)).click()
    await expect(private_replies(ana, since=asked)).to_contain_text("No option is selected.")
    await select(bob, "London")
    late = await submit(bob)
    await select(ana, "Paris")
    await (await submit(ana)).click()
    await expect(message(bob, REGION)).to_contain_text("Answered: “Paris” by @ana")
    await late.click()
    await expect(private_replies(bob, since=asked)).to_contain_text("@ana already answered “Paris”")

    assert await verdicts(dev, asked["id"]) == ["mistaken", "won", "taken"]
    clicked = [line["detail"]["choice"] for line in await dev.timeline(asked["id"]) if line["verdict"]]
    assert clicked == [None, "paris", "london"]


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


async def test_a_comment_is_asked_for_corrected_and_kept_for_the_person_who_was_late(
    dev: Program, visit: Visit
) -> None:
    people = {"users": ["U0ANA", "U0BOB"]}
    asked = await dev.posted(await dev.ask(title=SCRIPT, comment={"deny": "required"}, responders=people))
    ana, bob = [await visit(as_=person) for person in ("U0ANA", "U0BOB")]
    for page in (ana, bob):
        await page.locator(f'article[data-ts="{asked["cards"][0]["ts"]}"]').get_by_role("button", name="Deny").click()
    form, late = [page.get_by_role("dialog", name="Deny") for page in (ana, bob)]
    await expect(form).to_contain_text(SCRIPT)
    await late.get_by_role("textbox").fill("It has to wait.")

    submit = form.get_by_role("button", name="Deny")
    await submit.click()
    await expect(form).to_contain_text("Please complete this required field.")
    await form.get_by_role("textbox").fill(" ")
    await submit.click()
    await expect(form.get_by_role("textbox")).to_have_accessible_description(BLANK)
    await form.get_by_role("textbox").fill("Not on a Friday.")
    await submit.click()
    await expect(form).to_have_count(0)
    await expect(late).to_contain_text("@ana already answered “Deny”")
    await expect(late.get_by_role("textbox")).to_have_value("It has to wait.")
    await late.get_by_role("button", name="Deny").click()
    await expect(bob.get_by_role("dialog", name="Not recorded")).to_contain_text("It has to wait.")
    await bob.keyboard.press("Escape")
    await expect(bob.get_by_role("dialog")).to_have_count(0)

    assert await verdicts(dev, asked["id"]) == ["opened", "opened", "mistaken", "won", "taken"]
    assert (await dev.get(asked["id"]))["answer"]["comment"] == "Not on a Friday."
