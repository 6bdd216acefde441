"""A conversation as Slack's client shows it: where it opens, what is grouped or cut, threads, dismissed replies."""

import asyncio
import json
from typing import Any
from urllib.parse import parse_qs

import pytest
from slack_sdk.web.async_client import AsyncWebClient

from tests.sandbox.slack.browser.driver import DESK, PHONE, Page, Visit, expect, message
from tests.sandbox.slack.conftest import ClickListener, Clock, Control, card
from tests.waiting import until

pytestmark = pytest.mark.browser

LONG = "Roll back to the version before last and stop the workers"
FROM_END = "list => list.scrollHeight - list.scrollTop - list.clientHeight"


def labelled(text: str, **more: str) -> list[dict[str, Any]]:
    blocks = card()
    blocks[1]["elements"] = [
        {"type": "button", "action_id": "go", "text": {"type": "plain_text", "text": text}, **more},
    ]
    return blocks


async def fill(client: AsyncWebClient, clock: Clock, *, count: int) -> str:
    """Cards in Ana's direct message; returns its channel."""
    for number in range(count):
        await client.chat_postMessage(channel="U0ANA", text=f"Deploy {number}?", blocks=card())
        clock.pass_(2)
    return str((await client.conversations_open(users="U0ANA"))["channel"]["id"])


async def expect_end(page: Page) -> None:
    """The list of messages is scrolled to its end."""
    await until(lambda: page.get_by_role("main").get_by_role("log").evaluate(FROM_END), lambda left: left < 1)


@pytest.mark.parametrize("size", [DESK, PHONE])
async def test_a_direct_message_opens_at_its_newest_card(
    visit: Visit, client: AsyncWebClient, clock: Clock, size: tuple[int, int]
) -> None:
    direct = await fill(client, clock, count=30)
    for page in (await visit(size=size), await visit(size=size, as_="U0ANA", channel=direct)):
        if not page.url.endswith(direct):
            if size == PHONE:
                await page.get_by_role("button", name="Channels and people").click()
            await page.get_by_role("region", name="Direct messages").get_by_role("link").click()

        await expect(message(page, "Deploy 29?").get_by_role("button", name="Approve")).to_be_in_viewport()
        await expect(message(page, "Deploy 0?")).not_to_be_in_viewport()
        await expect_end(page)


async def test_the_list_stays_at_its_end_when_it_grows_before_its_scroll_was_reported(
    visit: Visit, client: AsyncWebClient, clock: Clock
) -> None:
    direct = await fill(client, clock, count=30)
    page = await visit(as_="U0ANA", channel=direct)
    await expect_end(page)

    await page.get_by_role("log").evaluate(
        """async (list) => {
          const frames = () => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)));
          list.scrollTop -= 20;
          await frames();
          await new Promise((done) => setTimeout(done)); // outside a frame: the next one reports the scroll first
          list.scrollTop = list.scrollHeight;
          const more = document.createElement("p");
          more.style.height = "400px";
          list.firstElementChild.append(more);
          await frames();
        }"""
    )

    await expect_end(page)


async def test_a_reader_who_scrolled_up_stays_there(visit: Visit, client: AsyncWebClient, clock: Clock) -> None:
    direct = await fill(client, clock, count=30)
    page = await visit(as_="U0ANA", channel=direct)
    await expect_end(page)
    await page.get_by_role("log").hover()
    await page.mouse.wheel(0, -3000)
    await expect(message(page, "Deploy 0?")).to_be_in_viewport()

    await client.chat_postMessage(channel=direct, text="The newest")

    await expect(message(page, "The newest")).to_be_attached()
    await expect(message(page, "Deploy 0?")).to_be_in_viewport()


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("x" * 30, "x" * 30),
        ("x" * 31, "x" * 30 + "…"),
        (LONG, "Roll back to the version befor…"),
        (":rocket: " + LONG, "🚀 Roll back to the version bef…"),
        ("😀" * 31, "😀" * 30 + "…"),
    ],
)
async def test_a_button_shows_thirty_characters_and_is_sent_and_read_aloud_whole(
    visit: Visit, client: AsyncWebClient, app: ClickListener, text: str, shown: str
) -> None:
    await client.chat_postMessage(channel="C0APPROVALS", text="Where?", blocks=labelled(text))
    page = await visit()
    button = message(page, "Where?").get_by_role("button").and_(page.locator(".button"))

    await expect(button).to_have_text(shown)
    if shown.endswith("…"):
        await expect(button).to_have_accessible_name(text)
    await button.click()
    await expect(page.get_by_text("Last click: 200 in")).to_be_visible()

    [(_, body)] = app.got
    [action] = json.loads(parse_qs(body.decode())["payload"][0])["actions"]
    assert action["text"]["text"] == text


async def test_an_accessibility_label_stays_the_name_of_a_button_that_is_cut(
    visit: Visit, client: AsyncWebClient
) -> None:
    await client.chat_postMessage(
        channel="C0APPROVALS", text="Where?", blocks=labelled(LONG, accessibility_label="Roll back")
    )
    page = await visit()

    await expect(page.get_by_role("button", name="Roll back", exact=True)).to_have_text(
        "Roll back to the version befor…"
    )


async def test_consecutive_messages_of_one_author_are_one_group(
    visit: Visit, client: AsyncWebClient, control: Control, clock: Clock
) -> None:
    async def post(text: str, *, after: float = 2) -> str:
        clock.pass_(after)
        return str((await client.chat_postMessage(channel="C0APPROVALS", text=text))["ts"])

    async def say(user: str, text: str) -> None:
        clock.pass_(2)
        await control.post("messages", user=user, channel="C0APPROVALS", text=text)

    await post("app begins")
    await post("app goes on")
    await post("app after five minutes", after=301)
    await say("U0ANA", "ana begins")
    await say("U0ANA", "ana goes on")
    await say("U0BOB", "bob begins")
    await client.chat_postEphemeral(channel="C0APPROVALS", user="U0ANA", text="private")
    await post("app after a private reply")
    root = await post("app has a thread")
    await client.chat_postMessage(channel="C0APPROVALS", text="a reply", thread_ts=root)
    await post("app after a thread")
    page = await visit()

    await expect(page.get_by_role("article")).to_have_count(10)
    heads = page.locator("article:has(.author) .content")
    await expect(heads).to_have_text(
        [
            *("app begins", "app after five minutes", "ana begins", "bob begins", "private"),
            *("app after a private reply", "app has a thread", "app after a thread"),
        ]
    )
    # A screen reader is told the author of every message.
    await expect(page.get_by_role("article", name="askbridge, ")).to_have_count(7)


async def test_a_person_starts_a_thread(visit: Visit, client: AsyncWebClient, control: Control) -> None:
    posted = await client.chat_postMessage(channel="C0APPROVALS", text="Deploy?", blocks=card())
    page = await visit()
    start = message(page, "Deploy?").get_by_role("button", name="Reply in thread")
    thread = page.get_by_role("complementary", name="Thread")

    await start.press("Enter")
    await expect(thread.get_by_role("textbox")).to_be_focused()
    await page.keyboard.press("Escape")
    await expect(thread).to_have_count(0)
    await expect(start).to_be_focused()
    await message(page, "Deploy?").hover()
    await start.click()
    await thread.get_by_role("textbox").fill("Why now?")
    await page.keyboard.press("Enter")

    await expect(thread.get_by_role("article", name="Ana Lima")).to_contain_text("Why now?")
    await expect(page.get_by_role("main").get_by_role("button", name="1 reply")).to_be_visible()
    await expect(page.get_by_role("main").get_by_role("article")).to_have_count(1)
    found = (await control.get("messages", channel="C0APPROVALS"))["messages"]
    assert [one.get("thread_ts") for one in found] == [posted["ts"], posted["ts"]]


async def test_no_thread_starts_where_the_person_cannot_write_or_under_a_private_reply(
    visit: Visit, client: AsyncWebClient
) -> None:
    await client.chat_postMessage(channel="C0GENERAL", text="For members")
    await client.chat_postEphemeral(channel="C0GENERAL", user="U0ANA", text="For Ana alone")
    page = await visit(channel="C0GENERAL")
    outside = await visit(as_="U0SAM", channel="C0GENERAL")

    await expect(message(page, "For Ana alone")).to_be_visible()
    await expect(page.get_by_role("button", name="Reply in thread")).to_have_count(1)
    await expect(outside.get_by_role("button", name="Reply in thread")).to_have_count(0)


async def test_a_private_reply_is_dismissed_for_good_and_no_other_one(
    visit: Visit, client: AsyncWebClient, control: Control
) -> None:
    for user, text in (("U0ANA", "first"), ("U0ANA", "second"), ("U0BOB", "of bob")):
        await client.chat_postEphemeral(channel="C0APPROVALS", user=user, text=text)
    page, other = await asyncio.gather(visit(), visit())

    await message(page, "first").get_by_role("button", name="Dismiss").press("Enter")

    for window in (page, other):
        await expect(window.get_by_role("article")).to_have_count(1)
        await expect(message(window, "second")).to_be_visible()
    await expect(page.get_by_role("log")).to_be_focused()
    left = (await control.get("messages", channel="C0APPROVALS"))["messages"]
    assert [one["text"] for one in left] == ["second", "of bob"]
