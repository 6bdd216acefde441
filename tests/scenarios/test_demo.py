"""`make demo` as a newcomer lives it: one command, one address, one click, and the agent has its answer."""

import asyncio
import os
import re
import signal
import sys
from pathlib import Path

import pytest

from tests.sandbox.slack.browser import driver
from tests.scenarios.commands import run
from tests.waiting import PATIENCE

pytestmark = [pytest.mark.processes, pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]


async def test_a_newcomer_clicks_a_card_in_the_browser_and_the_terminal_tells_of_it(
    browser: driver.Browser, tmp_path: Path
) -> None:
    demo = await asyncio.create_subprocess_exec(
        *(sys.executable, "-P", "-m", "sandbox.demo"), stdout=asyncio.subprocess.PIPE, start_new_session=True
    )
    assert demo.stdout is not None
    async with asyncio.timeout(60):
        slack_url, place = (await _line(demo.stdout, r"(http://\S+as=U0ANA)")).split("/#")
        async with driver.visits(browser, slack_url) as visit:
            page = await visit(f"/#{place}", size=(1280, 900))
            card = page.get_by_role("article").filter(has_text="Deploy payments 4.2.0 to production?")
            await driver.expect(card.get_by_role("button", name="Deny")).to_be_visible()
            await page.screenshot(path=tmp_path / "pending.png")

            await card.get_by_role("button", name="Approve").click()

            await driver.expect(card).to_contain_text("Approved by @ana")
            await driver.expect(card.locator(".button")).to_have_count(0)
            await page.screenshot(path=tmp_path / "settled.png")
            told = await _line(demo.stdout, r"(the agent got the answer .*)")
            bridge, key = (await _line(demo.stdout, r"export ASKBRIDGE_URL=(\S+ ASKBRIDGE_KEY=\S+)")).split(
                " ASKBRIDGE_KEY="
            )
            command = (await _line(demo.stdout, r"(\S+askbridge ask .*)")).split(" --slack-url ")
    asked, _, said = await run(
        *("ask", "Lunch?", "--to", "@bob", "--approve", "--wait", "0.2", "--slack-url", command[1]),
        ASKBRIDGE_URL=bridge,
        ASKBRIDGE_KEY=key,
    )
    os.kill(demo.pid, signal.SIGINT)

    assert (asked, "asked @bob" in said) == (2, True)  # still open: the commands it prints are true

    assert await asyncio.wait_for(demo.wait(), PATIENCE) == 0
    assert re.fullmatch(r"the agent got the answer “Approve” from @ana after \d+\.\d s", told)


async def _line(stdout: asyncio.StreamReader, pattern: str) -> str:
    """The first line from here on that says this."""
    while line := (await stdout.readline()).decode():
        if found := re.search(pattern, line):
            return found[1].strip()
    raise AssertionError(f"the demo ended without saying {pattern}")
