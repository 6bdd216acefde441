"""`make demo` as a newcomer lives it: one address, one click, and the agent has its answer; then a short menu."""

import asyncio
import contextlib
import os
import re
import signal
import sys
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.sandbox.slack.browser import driver
from tests.sandbox.slack.browser.driver import Page
from tests.scenarios.commands import run
from tests.waiting import PATIENCE

pytestmark = [pytest.mark.processes, pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]


@dataclass(frozen=True)
class Demo:
    """A running demo, with its terminal."""

    process: asyncio.subprocess.Process

    def type(self, line: str) -> None:
        """Type a line and press Enter."""
        assert self.process.stdin is not None
        self.process.stdin.write(f"{line}\n".encode())

    async def line(self, pattern: str) -> str:
        """The first line from here on that says this."""
        assert self.process.stdout is not None
        while line := (await self.process.stdout.readline()).decode():
            if found := re.search(pattern, line):
                return found[1].strip()
        raise AssertionError(f"the demo ended without saying {pattern}")


@contextlib.asynccontextmanager
async def demo() -> AsyncIterator[Demo]:
    """A demo, which ends with Ctrl-C and status 0."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-P", "-m", "sandbox.demo"),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        start_new_session=True,
    )
    try:
        async with asyncio.timeout(90):
            yield Demo(process)
    finally:
        os.kill(process.pid, signal.SIGINT)
        status = await asyncio.wait_for(process.wait(), PATIENCE)
    assert status == 0


async def test_a_newcomer_clicks_a_card_in_the_browser_and_the_terminal_tells_of_it(
    browser: driver.Browser, tmp_path: Path
) -> None:
    async with demo() as running:
        running.type("")  # an impatient Enter changes nothing
        slack_url, place = (await running.line(r"(http://\S+as=U0ANA)")).split("/#")
        async with driver.visits(browser, slack_url) as visit:
            page = await visit(f"/#{place}", size=(1280, 900))
            card = page.get_by_role("article").filter(has_text="Deploy payments 4.2.0 to production?")
            await driver.expect(card.get_by_role("button", name="Deny")).to_be_visible()
            await page.screenshot(path=tmp_path / "pending.png")

            await card.get_by_role("button", name="Approve").click()

            await driver.expect(card).to_contain_text("Approved by @ana")
            await driver.expect(card.locator(".button")).to_have_count(0)
            await page.screenshot(path=tmp_path / "settled.png")
            told = await running.line(r"(the agent got the answer .*)")
            bridge, key = (await running.line(r"export ASKBRIDGE_URL=(\S+ ASKBRIDGE_KEY=\S+)")).split(" ASKBRIDGE_KEY=")
            command = (await running.line(r"(\S+askbridge ask .*)")).split(" --slack-url ")
        asked, _, said = await run(
            *("ask", "Lunch?", "--to", "@bob", "--approve", "--wait", "0.2", "--slack-url", command[1]),
            ASKBRIDGE_URL=bridge,
            ASKBRIDGE_KEY=key,
        )

    assert (asked, "asked @bob" in said) == (2, True)  # still open: the commands it prints are true
    assert re.fullmatch(r"the agent got the answer “Approve” from @ana after \d+\.\d s", told)


async def test_the_menu_offers_an_approval_a_form_and_a_thing_of_every_sort(
    browser: driver.Browser, tmp_path: Path
) -> None:
    async with demo() as running:
        slack_url, place = (await running.line(r"(http://\S+as=U0ANA)")).split("/#")
        async with driver.visits(browser, slack_url) as visit:
            page = await visit(f"/#{place}", size=(1280, 900))
            running.type("2")  # at once: the approval stays open in Slack
            assert await running.line(r"(asked @ana for a text)")
            await _fill_in(page)
            told = await running.line(r"(the agent got the answer .*)")
            menu = [await running.line(rf"^ +{number}  (an? \w+)") for number in range(1, 7)]
            running.type("what?")
            assert await running.line(r'^("what\?" is not 1, 2, 3, 4, 5 or 6\.)$')
            approval = page.get_by_role("article").filter(has_text="Deploy payments 4.2.0 to production?")
            await approval.get_by_role("button", name="Approve").click()
            first = await running.line(r"(the agent got the answer .*)")
            running.type("3")
            card = page.get_by_role("article").filter(has_text="The nightly import has written nothing")
            await driver.expect(card).to_contain_text("Escalated to @ana")
            await page.screenshot(path=tmp_path / "escalated.png")

            await card.get_by_role("button", name="Restored").click()

            await driver.expect(card).to_contain_text("Restored by @ana")
            ended = await running.line(r"(the recovery ended .*)")
            running.type("4")
            resolved = await _resolve_incident(page, running, tmp_path)
            running.type("5")
            judged = await _judge_fix(page, running, tmp_path)
            running.type("6")
            done = await _do_work(page, running, tmp_path)
            running.type("1")
            assert await running.line(r"(asked @ana for an approval)")

    assert menu == ["an approval", "a form", "a recovery", "an incident", "a fix", "a work"]
    assert re.fullmatch(r"the agent got the answer “Approve” from @ana after \d+\.\d s", first), (
        "it was still waited for"
    )
    assert re.fullmatch(r"the agent got the answer “Checkout works again.” from @ana after \d+\.\d s", told)
    assert re.fullmatch(r"the recovery ended as “restored” by @ana after \d+\.\d s", ended)
    assert re.fullmatch(r"the incident was resolved by @ana after \d+\.\d s", resolved)
    assert re.fullmatch(r"the fix was judged as “applied_success” by @ana after \d+\.\d s", judged)
    assert re.fullmatch(r"the work item was done by @ana after \d+\.\d s", done)


async def _fill_in(page: Page) -> None:
    """Answer the question for a text in its form."""
    card = page.get_by_role("article").filter(has_text="What should the status page say?")
    await card.get_by_role("button", name="Answer", exact=True).click()
    form = page.get_by_role("dialog").first
    await form.get_by_role("textbox").fill("Checkout works again.")
    await page.keyboard.press("Control+Enter")
    await driver.expect(form).to_be_hidden()


async def _resolve_incident(page: Page, running: Demo, tmp_path: Path) -> str:
    """Set a status and resolve the incident after the agent has added an update; what the terminal tells."""
    card = page.get_by_role("article").filter(has_text="Checkout fails for some customers")
    await card.get_by_role("button", name="Identified").click()
    await driver.expect(card).to_contain_text("Identified since")
    await driver.expect(card).to_contain_text("Error rate 12 %.")
    await page.screenshot(path=tmp_path / "incident.png")
    await card.get_by_role("button", name="Resolve…").click()
    form = page.get_by_role("dialog").first
    await form.get_by_role("textbox").fill("Rolled back to 4.1.9.")
    await page.keyboard.press("Control+Enter")
    await driver.expect(card).to_contain_text("Resolved by @ana")
    return await running.line(r"(the incident was .*)")


async def _judge_fix(page: Page, running: Demo, tmp_path: Path) -> str:
    """Have a fix applied, and confirm the outcome that the agent proposes; what the terminal tells."""
    card = page.get_by_role("article").filter(has_text="Raise the limit of connections of orders-db")
    await card.get_by_role("button", name="Apply").click()
    await page.get_by_role("alertdialog", name="Apply this fix?").get_by_role("button", name="Apply").click()
    await card.get_by_role("button", name="Confirm").click()
    await driver.expect(card).to_contain_text("Worked")
    await page.screenshot(path=tmp_path / "fix.png")
    return await running.line(r"(the fix was .*)")


async def _do_work(page: Page, running: Demo, tmp_path: Path) -> str:
    """Take a work item and finish it; what the terminal tells."""
    card = page.get_by_role("article").filter(has_text="Look through ten customers of the export")
    await card.get_by_role("button", name="Take").click()
    await driver.expect(card).to_contain_text("Taken by @ana")
    await page.screenshot(path=tmp_path / "work.png")
    await card.get_by_role("button", name="Done…").click()
    form = page.get_by_role("dialog").first
    await form.get_by_role("textbox").fill("Two have no street; the others are complete.")
    await page.keyboard.press("Control+Enter")
    await driver.expect(card).to_contain_text("Done by @ana")
    done = await running.line(r"(the work item was .*)")
    assert await running.line(r"(went on with the item that waited)")
    return done
