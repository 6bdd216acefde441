"""What the page shows to which person, and how, foreign text above all."""

from typing import Any

import pytest
from slack_sdk.web.async_client import AsyncWebClient

from sandbox.slack.server import Sandbox
from tests.sandbox.slack.browser.driver import NOT_SLACK, PHONE, Visit, expect, message

pytestmark = pytest.mark.browser

SCRIPT = "<script>alert(1)</script>"


async def test_it_says_that_it_is_not_slack_and_shows_people_and_channels(visit: Visit) -> None:
    page = await visit()

    await expect(page).to_have_title(f"#approvals · {NOT_SLACK}")
    await expect(page.get_by_role("heading", name=NOT_SLACK)).to_be_visible()
    people = page.get_by_role("radiogroup", name="Acting as").get_by_role("radio")
    await expect(people).to_have_count(5)
    await expect(page.get_by_role("radio", name="(@ana)")).to_be_checked()
    await expect(page.get_by_role("radio", name="from another organization")).to_have_count(1)
    channels = page.get_by_role("region", name="Channels").get_by_role("link")
    await expect(channels).to_have_text(["approvals", "general", "private", "archive"], use_inner_text=True)


async def test_a_direct_message_is_seen_by_its_two_ends_only(visit: Visit, client: AsyncWebClient) -> None:
    posted = await client.chat_postMessage(channel="U0ANA", text="For Ana alone")
    page = await visit()
    direct = page.get_by_role("region", name="Direct messages").get_by_role("link")

    await expect(direct).to_have_accessible_name("askbridge APP , unread")
    await direct.click()
    await expect(message(page, "For Ana alone")).to_be_visible()
    await page.get_by_role("radio", name="(@bob)").click()
    await expect(page).to_have_title(f"#approvals · {NOT_SLACK}")
    await expect(direct).to_have_count(0)

    peeking = await visit(as_="U0BOB", channel=posted["channel"])
    await expect(peeking.get_by_role("heading", name="Bob Okafor cannot see this conversation")).to_be_visible()
    await expect(peeking.get_by_text("For Ana alone")).to_have_count(0)


async def test_an_ephemeral_is_seen_by_its_person_only(visit: Visit, client: AsyncWebClient) -> None:
    await client.chat_postEphemeral(channel="C0APPROVALS", user="U0ANA", text="Bob already approved")
    await client.chat_postMessage(channel="C0APPROVALS", text="For everybody")
    page = await visit()

    await expect(message(page, "only visible to you: Bob already approved")).to_contain_text("Only visible to you")
    await page.get_by_role("radio", name="(@bob)").click()
    await expect(page.get_by_role("article")).to_have_count(1)
    await expect(message(page, "For everybody")).to_be_visible()


async def test_markup_from_strangers_is_text(visit: Visit, client: AsyncWebClient) -> None:
    rich = {"type": "rich_text_preformatted", "elements": [{"type": "text", "text": SCRIPT}]}
    link = {"type": "link", "url": "javascript:alert(1)", "text": "click me"}
    blocks: list[dict[str, Any]] = [
        {"type": "header", "text": {"type": "plain_text", "text": SCRIPT}},
        {"type": "section", "text": {"type": "mrkdwn", "text": f"{SCRIPT} &lt;b&gt; <javascript:alert(2)|me too>"}},
        {"type": "rich_text", "elements": [rich, {"type": "rich_text_section", "elements": [link]}]},
    ]
    await client.chat_postMessage(channel="C0APPROVALS", text="careful", blocks=blocks)
    page = await visit()
    await page.get_by_role("textbox", name="Message #approvals").fill(f"{SCRIPT} & @bob")
    await page.keyboard.press("Enter")

    await expect(message(page, f"{SCRIPT} & @bob")).to_be_visible()
    await expect(message(page, "careful").get_by_text(SCRIPT)).to_have_count(3)
    await expect(message(page, "careful").get_by_text("<b>")).to_be_visible()
    await expect(page.locator(".content script, .content b, .content a")).to_have_count(0)


async def test_mrkdwn_looks_as_in_slack(visit: Visit, client: AsyncWebClient) -> None:
    text = (
        "*bold* _it_ ~gone~ `co*d*e` <@U0BOB> <#C0GENERAL> :tada: :nope: 2 * 3 * 4 snake_case_name *not\nover*\n"
        "&gt; quoted\n```\n*fenced*\n```\n<https://example.com/a?b=1&amp;c=2|docs>"
    )
    await client.chat_postMessage(channel="C0APPROVALS", text=text)
    page = await visit()
    content = page.get_by_role("article").locator(".content")

    await expect(content.locator("b, i, s, code, blockquote, pre")).to_have_text(
        ["bold", "it", "gone", "co*d*e", "quoted", "*fenced*"]
    )
    await expect(content).to_contain_text("@bob #general 🎉 :nope: 2 * 3 * 4 snake_case_name *not")
    await expect(content.get_by_role("link", name="docs")).to_have_attribute("href", "https://example.com/a?b=1&c=2")


async def test_moments_are_told_in_the_readers_zone(visit: Visit, client: AsyncWebClient) -> None:
    await client.chat_postMessage(channel="C0APPROVALS", text="<!date^1700000000^{date} at {time}|then>")

    for zone, moment in (("UTC", "14th, 2023 at 10:13 PM"), ("Asia/Tokyo", "15th, 2023 at 7:13 AM")):
        page = await visit(zone=zone)
        await expect(page.get_by_role("article").locator(".content")).to_have_text(f"November {moment}")


async def test_replies_stand_in_their_thread(visit: Visit, client: AsyncWebClient) -> None:
    posted = await client.chat_postMessage(channel="C0APPROVALS", text="Deploy?")
    await client.chat_postMessage(channel="C0APPROVALS", text="Any news?", thread_ts=posted["ts"])
    page = await visit()

    await expect(page.get_by_role("article")).to_have_count(1)
    await page.get_by_role("button", name="1 reply").click()
    thread = page.get_by_role("complementary", name="Thread")
    await expect(thread.get_by_role("article", name="Any news?")).to_be_visible()
    await thread.get_by_role("textbox").fill("All green")
    await page.keyboard.press("Enter")
    await expect(thread.get_by_role("article", name="Ana Lima")).to_contain_text("All green")
    await expect(page.get_by_role("button", name="2 replies")).to_be_visible()


async def test_a_permalink_leads_to_its_message(visit: Visit, client: AsyncWebClient, slack: Sandbox) -> None:
    posted = await client.chat_postMessage(channel="C0GENERAL", text="Look here")
    link = await client.chat_getPermalink(channel="C0GENERAL", message_ts=posted["ts"])

    page = await visit(str(link["permalink"]).removeprefix(slack.url))

    await expect(message(page, "Look here")).to_be_focused()
    await expect(message(page, "Look here")).to_contain_text("You followed a link to this message")


async def test_on_a_phone_the_sidebar_is_a_drawer(visit: Visit) -> None:
    page = await visit(size=PHONE)
    menu = page.get_by_role("button", name="Channels and people")

    await menu.click()
    await expect(page.get_by_role("navigation").get_by_role("link", name="approvals")).to_be_focused()
    await page.keyboard.press("Escape")
    await expect(page.get_by_role("navigation")).to_be_hidden()
    await expect(menu).to_be_focused()
    await menu.click()
    await page.get_by_role("link", name="general").click()
    await expect(page).to_have_title(f"#general · {NOT_SLACK}")
    await expect(page.get_by_role("navigation")).to_be_hidden()


async def test_acting_as_a_person_who_does_not_see_the_channel_lands_where_they_do(visit: Visit) -> None:
    page = await visit()

    await page.get_by_role("radio", name="(@gus, guest)").click()

    await expect(page).to_have_title(f"#general · {NOT_SLACK}")
