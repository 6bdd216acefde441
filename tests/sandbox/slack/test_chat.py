from typing import Any

import pytest
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from sandbox.slack.model import Channel
from sandbox.slack.server import Sandbox
from tests.sandbox.slack.conftest import Clock, Control, card, refusal


async def test_a_posted_card_comes_back_complete(client: AsyncWebClient, control: Control) -> None:
    answer = await client.chat_postMessage(channel="C0APPROVALS", text="Deploy?", blocks=card())

    message = answer["message"]
    assert answer["channel"] == "C0APPROVALS"
    assert answer["ts"] == message["ts"]
    assert message["bot_profile"]["app_id"] == message["app_id"] == "A0ASKBRIDGE"
    assert (message["user"], message["bot_id"], message["team"]) == ("U0ASKBRIDGE", "B0ASKBRIDGE", "T0SANDBOX")
    section, actions = message["blocks"]
    assert section["block_id"]
    assert section["text"]["verbatim"] is False
    assert actions["block_id"] == "ask"
    assert actions["elements"][0]["text"]["emoji"] is True
    assert await control.texts("C0APPROVALS", as_="U0ANA") == ["Deploy?"]


async def test_time_stamps_differ_and_grow_though_the_clock_stands(client: AsyncWebClient) -> None:
    stamps = [(await client.chat_postMessage(channel="C0GENERAL", text="hi"))["ts"] for _ in range(4)]

    assert stamps == sorted(set(stamps))
    assert all(len(ts.partition(".")[2]) == 6 for ts in stamps)


async def test_posting_to_a_person_answers_with_the_direct_message(client: AsyncWebClient, control: Control) -> None:
    answer = await client.chat_postMessage(channel="U0ANA", text="for you")
    opened = await client.conversations_open(users="U0ANA")

    assert answer["channel"] == opened["channel"]["id"]
    assert answer["channel"].startswith("D0")
    assert await control.texts(answer["channel"], as_="U0ANA") == ["for you"]


async def test_a_direct_message_is_seen_by_its_two_ends_only(client: AsyncWebClient, control: Control) -> None:
    channel = (await client.chat_postMessage(channel="U0ANA", text="for you"))["channel"]

    status, answer = await control.try_get("messages", channel=channel, as_="U0BOB")

    assert (status, answer["error"]) == (404, "channel_not_found")
    bobs = await control.get("channels", as_="U0BOB")
    assert channel not in [shown["id"] for shown in bobs["channels"]]
    anas = await control.get("channels", as_="U0ANA")
    (shown,) = [shown for shown in anas["channels"] if shown["id"] == channel]
    assert (shown["is_im"], shown["user"]) == (True, "U0ASKBRIDGE")


@pytest.mark.parametrize(
    ("channel", "error"),
    [
        ("C0NOWHERE", "channel_not_found"),
        ("C0PRIVATE", "channel_not_found"),
        ("C0RANDOM", "not_in_channel"),
        ("C0ARCHIVE", "is_archived"),
        ("U0NOBODY", "channel_not_found"),
        ("U0ASKBRIDGE", "channel_not_found"),
    ],
)
async def test_a_channel_that_takes_no_message_says_why(
    client: AsyncWebClient, slack: Sandbox, channel: str, error: str
) -> None:
    slack.world.add_channel(Channel(id="C0RANDOM", name="random", members=frozenset({"U0ANA"})))

    assert await refusal(client.chat_postMessage(channel=channel, text="hi")) == error


@pytest.mark.parametrize(
    ("args", "error"),
    [
        ({"text": ""}, "no_text"),
        ({"text": "x", "blocks": "not json"}, "invalid_blocks_format"),
        ({"text": "x", "blocks": {"type": "divider"}}, "invalid_blocks_format"),
        ({"text": "x", "blocks": [{"type": "nope"}]}, "invalid_blocks"),
        ({"text": "x", "metadata": "nope"}, "invalid_metadata_format"),
        ({"text": "x", "metadata": {"event_type": "a"}}, "invalid_metadata_schema"),
        ({"text": "x", "attachments": [{}] * 101}, "too_many_attachments"),
        ({"text": "x", "attachments": "nope"}, "invalid_attachments"),
        ({"text": "x", "thread_ts": "1.000001"}, "thread_not_found"),
        ({"markdown_text": "x" * 12_001}, "msg_too_long"),
        ({"markdown_text": "x", "text": "x"}, "markdown_text_conflict"),
        ({"markdown_text": "x", "blocks": [{"type": "divider"}]}, "markdown_text_conflict"),
    ],
)
async def test_content_that_slack_would_refuse_is_refused(
    client: AsyncWebClient, args: dict[str, Any], error: str
) -> None:
    call = client.api_call("chat.postMessage", json={"channel": "C0GENERAL", **args})

    assert await refusal(call) == error


async def test_broken_blocks_are_told_as_slack_tells_them(client: AsyncWebClient) -> None:
    blocks = [{"type": "section", "text": {"type": "mrkdwn", "text": "x" * 3001}}]

    with pytest.raises(SlackApiError) as refused:
        await client.chat_postMessage(channel="C0GENERAL", text="x", blocks=blocks)

    sentence = "must be less than 3001 characters [json-pointer:/blocks/0/text/text]"
    assert refused.value.response.data == {
        "ok": False,
        "error": "invalid_blocks",
        "errors": [sentence],
        "response_metadata": {"messages": [f"[ERROR] {sentence}"]},
    }


async def test_markdown_is_taken_in_place_of_text(client: AsyncWebClient, control: Control) -> None:
    await client.api_call("chat.postMessage", json={"channel": "C0GENERAL", "markdown_text": "# " + "x" * 11_998})

    (text,) = await control.texts("C0GENERAL", as_="U0ANA")
    assert len(text) == 12_000


async def test_many_valid_blocks_can_be_too_long_together(client: AsyncWebClient) -> None:
    blocks = [{"type": "section", "text": {"type": "mrkdwn", "text": "x" * 2700}} for _ in range(5)]

    call = client.chat_postMessage(channel="C0GENERAL", text="x", blocks=blocks)

    assert await refusal(call) == "msg_blocks_too_long"


async def test_a_refused_post_leaves_nothing(client: AsyncWebClient, control: Control) -> None:
    await refusal(client.chat_postMessage(channel="C0GENERAL", text="x", blocks=[{"type": "nope"}]))

    assert await control.texts("C0GENERAL", as_="U0ANA") == []


async def test_an_ephemeral_is_seen_by_one_person_and_told_nowhere_else(
    client: AsyncWebClient, control: Control
) -> None:
    answer = await client.chat_postEphemeral(channel="C0APPROVALS", user="U0ANA", text="psst", blocks=card())

    assert await control.texts("C0APPROVALS", as_="U0ANA") == ["psst"]
    assert await control.texts("C0APPROVALS", as_="U0BOB") == []
    assert (await client.conversations_history(channel="C0APPROVALS"))["messages"] == []
    (message,) = (await control.get("messages", channel="C0APPROVALS", as_="U0ANA"))["messages"]
    assert (message["is_ephemeral"], message["ephemeral_to"]) == (True, "U0ANA")
    assert message["ts"] == answer["message_ts"]


@pytest.mark.parametrize(
    ("channel", "user", "error"),
    [
        ("C0APPROVALS", "U0GUS", "user_not_in_channel"),
        ("C0PRIVATE", "U0ANA", "channel_not_found"),
        ("C0ARCHIVE", "U0ANA", "is_archived"),
    ],
)
async def test_an_ephemeral_needs_a_member_in_a_living_channel(
    client: AsyncWebClient, channel: str, user: str, error: str
) -> None:
    assert await refusal(client.chat_postEphemeral(channel=channel, user=user, text="psst")) == error


async def test_a_permalink_leads_to_the_sandbox_not_to_slack(client: AsyncWebClient, slack: Sandbox) -> None:
    parent = await client.chat_postMessage(channel="C0GENERAL", text="one")
    reply = await client.chat_postMessage(channel="C0GENERAL", text="two", thread_ts=parent["ts"])

    link = await client.chat_getPermalink(channel="C0GENERAL", message_ts=parent["ts"])
    threaded = await client.chat_getPermalink(channel="C0GENERAL", message_ts=reply["ts"])

    assert link["permalink"] == f"{slack.url}/archives/C0GENERAL/p{parent['ts'].replace('.', '')}"
    assert threaded["permalink"].endswith(f"?thread_ts={parent['ts']}&cid=C0GENERAL")
    missing = client.chat_getPermalink(channel="C0GENERAL", message_ts="1.000001")
    assert await refusal(missing) == "message_not_found"


async def test_five_posts_at_once_to_a_channel_are_one_too_many(client: AsyncWebClient, clock: Clock) -> None:
    for _ in range(4):
        await client.chat_postMessage(channel="C0GENERAL", text="hi")

    with pytest.raises(SlackApiError) as refused:
        await client.chat_postMessage(channel="C0GENERAL", text="hi")

    assert refused.value.response.status_code == 429
    assert refused.value.response.headers["Retry-After"] == "1"
    assert refused.value.response["error"] == "ratelimited"
    await client.chat_postMessage(channel="C0APPROVALS", text="elsewhere it is quiet")
    clock.pass_(1)
    await client.chat_postMessage(channel="C0GENERAL", text="hi")


async def test_the_posting_limit_can_be_switched_off() -> None:
    async with Sandbox(posting_limit=False) as slack:
        client = AsyncWebClient(token=slack.world.app.bot_token, base_url=slack.api_url, retry_handlers=[])
        answers = [await client.chat_postMessage(channel="C0GENERAL", text="hi") for _ in range(10)]

    assert all(answer["ok"] for answer in answers)
