"""The page in the world of another seed file, and with people who were deactivated and threads whose start is gone."""

from pathlib import Path

import pytest
from slack_sdk.web.async_client import AsyncWebClient

from sandbox.slack.server import Sandbox
from tests.sandbox.slack.browser import driver
from tests.sandbox.slack.browser.driver import Browser, Visit, expect, message
from tests.sandbox.slack.conftest import Control, card
from tests.sandbox.slack.test_seed import LARGE, written

pytestmark = pytest.mark.browser


async def test_the_page_starts_as_the_first_person_of_another_world(browser: Browser, tmp_path: Path) -> None:
    async with Sandbox(seed_file=written(tmp_path, LARGE)) as slack:
        client = AsyncWebClient(token="xoxb-second", base_url=slack.api_url, retry_handlers=[])
        await client.chat_postMessage(channel="C0SHARED", text="Hello, North")

        async with driver.visits(browser, slack.url) as visit:
            page = await visit()

            await expect(page.get_by_role("radio", name="Nia (@nia)")).to_be_checked()
            await expect(message(page, "Hello, North")).to_be_visible()
            await expect(page.get_by_role("radio", name="old")).to_have_count(0)


async def test_a_deactivated_person_cannot_be_acted_as(visit: Visit, client: AsyncWebClient, control: Control) -> None:
    await control.post("messages", user="U0BOB", channel="C0APPROVALS", text="I am leaving")
    page = await visit()
    await expect(page.get_by_role("radio", name="Bob Okafor")).to_have_count(1)

    await control.post("people/U0BOB", is_deleted=True)

    await expect(page.get_by_role("radio", name="Bob Okafor")).to_have_count(0)
    await expect(message(page, "I am leaving").get_by_text("deactivated")).to_be_visible()


async def test_a_thread_outlives_its_first_message(visit: Visit, client: AsyncWebClient) -> None:
    first = await client.chat_postMessage(channel="C0APPROVALS", text="Deploy?", blocks=card())
    await client.chat_postMessage(channel="C0APPROVALS", text="Any news?", thread_ts=first["ts"])
    page = await visit()

    await client.chat_delete(channel="C0APPROVALS", ts=first["ts"])

    gone = message(page, "This message was deleted.")
    await expect(gone.get_by_role("button", name="Approve")).to_have_count(0)
    await gone.get_by_role("button", name="1 reply").click()
    await expect(message(page, "Any news?")).to_be_visible()
