"""Each known difference is what the sandbox does; a test's docstring is the sentence in DIFFERENCES.md, literally."""

import asyncio
import inspect
import re
import sys
from dataclasses import replace
from typing import Any

import aiohttp
import pytest
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient
from slack_sdk.webhook.async_client import AsyncWebhookClient

from sandbox.slack.server import Sandbox
from tests.sandbox.slack import elsewhere
from tests.sandbox.slack.conftest import Clock, Control, Listen, card, card_to_click, clicks_go_to, refusal
from tests.sandbox.slack.test_differences import TEXT
from tests.sandbox.slack.views import test_view_differences


def test_the_page_lists_exactly_these() -> None:
    section = TEXT.partition("## Known differences\n")[2]
    listed = [re.sub(r"\s+", " ", item).strip() for item in re.split(r"^- ", section, flags=re.MULTILINE)[1:]]
    tested = [
        re.sub(r"\s+", " ", test.__doc__).strip()
        for module in (sys.modules[__name__], test_view_differences)
        for name, test in inspect.getmembers(module, inspect.isfunction)
        if name.startswith("test_") and test.__doc__
    ]

    assert sorted(listed) == sorted(tested)


async def refused(call: Any) -> Any:
    with pytest.raises(SlackApiError) as error:
        await call
    return error.value.response


def paragraphs(*texts: str) -> list[dict[str, Any]]:
    return [{"type": "section", "text": {"type": "plain_text", "text": text}} for text in texts]


async def test_characters(client: AsyncWebClient) -> None:
    """Characters are counted as Unicode code points, and all text of a message's blocks together may be 13,200 of
    them.
    """
    full = ["🚀" * 3000] * 4
    assert (await client.chat_postMessage(channel="C0GENERAL", text="x", blocks=paragraphs(*full, "🚀" * 1200)))["ok"]

    call = client.chat_postMessage(channel="C0GENERAL", text="x", blocks=paragraphs(*full, "🚀" * 1201))
    assert await refusal(call) == "msg_blocks_too_long"


async def test_words_and_codes(client: AsyncWebClient) -> None:
    """`blocks.validate` words its errors as posting does; its codes beyond `failed_constraint` are ours."""
    bad = [{"type": "header"}, {"type": "nope"}, *paragraphs("")]

    judged = (await refused(client.blocks_validate(blocks=bad)))["errors"]
    posted = (await refused(client.chat_postMessage(channel="C0GENERAL", text="x", blocks=bad)))["errors"]

    assert [f"{one['message']} [json-pointer:/blocks{one['pointer']}]" for one in judged] == posted
    assert [one["code"] for one in judged] == ["missing_field", "unsupported_type", "failed_constraint"]


async def test_duplicates(client: AsyncWebClient) -> None:
    """Duplicate `block_id`s in a message, and duplicate `action_id`s in a block, are refused with our own sentence."""
    button = card()[1]["elements"][0]
    bad: list[dict[str, Any]] = [
        {"type": "divider", "block_id": "a"},
        {"type": "actions", "block_id": "a", "elements": [button, button]},
    ]

    assert (await refused(client.chat_postMessage(channel="C0GENERAL", text="x", blocks=bad)))["errors"] == [
        "`block_id` must be unique: a [json-pointer:/blocks]",
        "`action_id` must be unique: approve [json-pointer:/blocks/1]",
    ]


async def test_markdown(client: AsyncWebClient) -> None:
    """`markdown_text` is kept as text; it becomes no blocks."""
    response = await client.api_call("chat.postMessage", json={"channel": "C0GENERAL", "markdown_text": "**hi**"})

    assert response["message"]["text"] == "**hi**"
    assert "blocks" not in response["message"]


@pytest.mark.parametrize("name", ["general", "#general"])
async def test_names(client: AsyncWebClient, name: str) -> None:
    """Posting takes a channel's name, with or without `#`; all other methods take its id only."""
    posted = await client.chat_postMessage(channel=name, text="hi")

    assert posted["channel"] == "C0GENERAL"
    assert (await client.chat_postEphemeral(channel=name, user="U0ANA", text="hi"))["ok"]
    for other in (
        client.chat_update(channel=name, ts=posted["ts"], text="bye"),
        client.conversations_history(channel=name),
        client.conversations_info(channel=name),
    ):
        assert await refusal(other) == "channel_not_found"


async def test_metadata(client: AsyncWebClient) -> None:
    """`metadata` may be 16 KiB of JSON; more is `metadata_too_large`."""

    async def post(size: int) -> Any:
        rest = len('{"event_type": "t", "event_payload": {"k": ""}}')
        metadata = {"event_type": "t", "event_payload": {"k": "x" * (size - rest)}}
        return await client.chat_postMessage(channel="C0GENERAL", text="hi", metadata=metadata)

    assert (await post(16 * 1024))["ok"]
    assert await refusal(post(16 * 1024 + 1)) == "metadata_too_large"


async def test_images(client: AsyncWebClient) -> None:
    """What Slack adds to a stored image says 512 by 512 pixels of every image: the sandbox fetches none."""
    image = {"type": "image", "image_url": "https://example.com/x.png", "alt_text": "x"}
    blocks: list[dict[str, Any]] = [image, {"type": "context", "elements": [image]}]

    posted = await client.chat_postMessage(channel="C0GENERAL", text="x", blocks=blocks)

    whole, small = posted["message"]["blocks"][0], posted["message"]["blocks"][1]["elements"][0]
    assert (whole["image_width"], whole["image_height"], whole["fallback"]) == (512, 512, "512x512px image")
    assert small["image_bytes"] == whole["image_bytes"] > 0
    again = await client.chat_update(channel="C0GENERAL", ts=posted["ts"], text="x", blocks=posted["message"]["blocks"])
    assert again["message"]["blocks"] == posted["message"]["blocks"], "what is stored may be sent back"


async def test_entries(client: AsyncWebClient, control: Control) -> None:
    """What a person has entered in a message stays as long as the element can hold it, also after an edit."""
    element = {"type": "plain_text_input", "action_id": "why"}
    label = {"type": "plain_text", "text": "Why?"}
    blocks = [{"type": "input", "block_id": "it", "label": label, "element": element}, *card()]
    click = await card_to_click(client, blocks)
    await control.post("clicks", **click, state={"it": {"why": "late"}})
    await client.chat_update(channel=click["channel"], ts=click["ts"], text="x", blocks=blocks)

    values = (await control.post("clicks", **click))["payload"]["state"]["values"]

    assert values["it"]["why"]["value"] == "late"


async def test_deactivated_members(client: AsyncWebClient, control: Control, slack: Sandbox) -> None:
    """A deactivated person stays a member of channels, but is not counted."""
    await control.post("people/U0BOB", is_deleted=True)

    channel = (await client.conversations_info(channel="C0GENERAL", include_num_members=True))["channel"]

    assert "U0BOB" in slack.world.channels["C0GENERAL"].members
    assert channel["num_members"] == len(slack.world.channels["C0GENERAL"].members) - 1


async def test_bots_info(client: AsyncWebClient) -> None:
    """`bots.info` without `bot` is `bot_not_found`."""
    assert await refusal(client.api_call("bots.info")) == "bot_not_found"


async def test_tombstones(client: AsyncWebClient) -> None:
    """A message of which only the tombstone is left is `message_not_found` to everything but its thread."""
    ts = (await client.chat_postMessage(channel="C0GENERAL", text="first"))["ts"]
    await client.chat_postMessage(channel="C0GENERAL", text="reply", thread_ts=ts)
    await client.chat_delete(channel="C0GENERAL", ts=ts)

    for call in (
        client.chat_update(channel="C0GENERAL", ts=ts, text="again"),
        client.chat_delete(channel="C0GENERAL", ts=ts),
        client.chat_getPermalink(channel="C0GENERAL", message_ts=ts),
    ):
        assert await refusal(call) == "message_not_found"
    assert (await client.chat_postMessage(channel="C0GENERAL", text="more", thread_ts=ts))["ok"]


async def test_limits(client: AsyncWebClient, control: Control, http: aiohttp.ClientSession, clock: Clock) -> None:
    """Posting is limited to one message per second, app and channel, with four at once; ephemerals and response_urls
    are not.
    """
    click = await card_to_click(client)
    url = (await control.post("clicks", **click))["payload"]["response_url"]
    webhook = AsyncWebhookClient(url, session=http, retry_handlers=[])
    for _ in range(3):
        await client.chat_postMessage(channel="C0APPROVALS", text="hi")

    assert await refusal(client.chat_postMessage(channel="C0APPROVALS", text="hi")) == "ratelimited"
    assert (await client.chat_postMessage(channel="C0GENERAL", text="hi"))["ok"]
    assert (await client.chat_postEphemeral(channel="C0APPROVALS", user="U0ANA", text="hi"))["ok"]
    assert (await webhook.send(text="hi", response_type="in_channel")).status_code == 200
    clock.pass_(1)
    assert (await client.chat_postMessage(channel="C0APPROVALS", text="hi"))["ok"]


@pytest.mark.parametrize(
    ("thread_ts", "error"),
    [("1.000001", "thread_not_found"), ("yesterday", "invalid_thread_ts"), ("1700000000.12", "invalid_thread_ts")],
)
async def test_threads_and_archives(
    client: AsyncWebClient, slack: Sandbox, control: Control, http: aiohttp.ClientSession, thread_ts: str, error: str
) -> None:
    """A reply to an unknown thread is `thread_not_found`, and `invalid_thread_ts` to a malformed one, also by a
    `response_url`; editing in an archived channel is `is_inactive`.
    """
    reply = client.chat_postMessage(channel="C0GENERAL", text="hi", thread_ts=thread_ts)
    assert await refusal(reply) == error
    private = client.chat_postEphemeral(channel="C0GENERAL", user="U0ANA", text="hi", thread_ts=thread_ts)
    assert await refusal(private) == error
    url = (await control.post("clicks", **await card_to_click(client)))["payload"]["response_url"]
    answer = await AsyncWebhookClient(url, session=http).send_dict({"text": "hi", "thread_ts": thread_ts})
    assert (answer.status_code, answer.body) == (400, error)
    ts = (await client.chat_postMessage(channel="C0GENERAL", text="hi"))["ts"]
    slack.world.add_channel(replace(slack.world.channels["C0GENERAL"], is_archived=True))
    assert await refusal(client.chat_update(channel="C0GENERAL", ts=ts, text="bye")) == "is_inactive"


async def test_strangers(client: AsyncWebClient, control: Control) -> None:
    """Strangers in a shared channel can be written to directly."""
    channel = (await client.chat_postMessage(channel="U0SAM", text="hi"))["channel"]

    assert await control.texts(channel, as_="U0SAM") == ["hi"]


async def test_full_members(control: Control, http: aiohttp.ClientSession) -> None:
    """Full members see, and can click in, public channels that they have not joined."""
    new = {"id": "C0NEW", "name": "new"}
    await control.post("workspaces", id="T0NEW", name="New", people=[{"id": "U0NEO", "name": "neo"}], channels=[new])
    bot = await elsewhere.install(control, http, team_id="T0NEW", channels=["C0NEW"])
    posted = await bot.client.chat_postMessage(channel="C0NEW", text="Deploy?", blocks=card())

    click = {"user": "U0NEO", "channel": "C0NEW", "ts": posted["ts"], "action_id": "approve"}

    assert await control.texts("C0NEW", as_="U0NEO") == ["Deploy?"]
    assert (await control.try_post("clicks", **click))[0] == 200


async def test_ephemerals_stay(client: AsyncWebClient, control: Control, http: aiohttp.ClientSession) -> None:
    """An ephemeral stays for its one reader until the reader dismisses it or the app deletes it; reading again does not
    lose it. Once it is dismissed, `response_url`s of clicks on it can still post, but not replace it.
    """
    posted = await client.chat_postEphemeral(channel="C0GENERAL", user="U0ANA", text="psst", blocks=card())
    message = {"channel": "C0GENERAL", "ts": str(posted["message_ts"])}
    for _ in range(2):
        assert await control.texts("C0GENERAL", as_="U0ANA") == ["psst"]
    click = await control.post("clicks", user="U0ANA", action_id="approve", **message)
    webhook = AsyncWebhookClient(click["payload"]["response_url"], session=http)

    async with http.delete(f"{control.url}/sandbox/messages", params={**message, "as": "U0ANA"}) as answer:
        assert answer.status == 200

    assert await control.texts("C0GENERAL", as_="U0ANA") == []
    assert (await webhook.send(text="instead", replace_original=True)).status_code == 404
    assert (await webhook.send(text="beside")).status_code == 200


async def test_response_urls(
    client: AsyncWebClient, control: Control, http: aiohttp.ClientSession, clock: Clock
) -> None:
    """A `response_url` that was refused (400) has not been used; used up or expired it answers 404 `used_url` or
    `expired_url`.
    """
    click = await card_to_click(client)
    used, expired = [
        AsyncWebhookClient((await control.post("clicks", **click))["payload"]["response_url"], session=http)
        for _ in range(2)
    ]

    assert (await used.send(text="")).status_code == 400
    assert [(await used.send(text="hi")).status_code for _ in range(6)] == [200] * 5 + [404]
    assert "used_url" in (await used.send(text="hi")).body
    clock.pass_(30 * 60 + 1)
    late = await expired.send(text="hi")
    assert (late.status_code, "expired_url" in late.body) == (404, True)


async def test_permalinks(client: AsyncWebClient, slack: Sandbox) -> None:
    """Permalinks lead to the sandbox, not to slack.com."""
    ts = (await client.chat_postMessage(channel="C0GENERAL", text="hi"))["ts"]

    link = (await client.chat_getPermalink(channel="C0GENERAL", message_ts=ts))["permalink"]

    assert link == f"{slack.url}/archives/C0GENERAL/p{ts.replace('.', '')}"


async def test_pages(client: AsyncWebClient) -> None:
    """`users.list` is one page, however long."""
    response = await client.users_list(limit=1)

    assert (len(response["members"]), response["response_metadata"]["next_cursor"]) == (6, "")


async def test_scopes(client: AsyncWebClient, control: Control) -> None:
    """`missing_scope` comes before everything about the arguments, and posting asks for `chat:write:bot`, as Slack has
    been seen to.
    """
    await control.post("installations/U0ASKBRIDGE", scopes=["users:read"])

    response = await refused(client.api_call("chat.postMessage"))

    assert (response["error"], response["needed"]) == ("missing_scope", "chat:write:bot")


async def test_an_organizations_token(control: Control, http: aiohttp.ClientSession) -> None:
    """An organization-wide token is told the organization in `team_id` and `team` by `auth.test`."""
    response = await (await elsewhere.org(control, http)).client.auth_test()

    assert (response["team_id"], response["team"], response["enterprise_id"]) == ("E0ORG", "The Org", "E0ORG")


async def test_bots(control: Control, http: aiohttp.ClientSession) -> None:
    """Every installation has a bot user of its own, also where those of an organization and of its workspace meet."""
    wide = await elsewhere.org(control, http)
    narrow = await elsewhere.install(control, http, team_id="T0NORTH")

    assert (await wide.client.auth_test())["user_id"] != (await narrow.client.auth_test())["user_id"]
    taken = {"app_id": "A0ASKBRIDGE", "team_id": "T0SOUTH", "bot_user_id": wide.bot}
    assert (await control.try_post("installations", **taken))[0] == 409


async def test_what_bots_say(control: Control, http: aiohttp.ClientSession) -> None:
    """What an organization-wide bot says belongs to the channel's workspace."""
    wide = await elsewhere.org(control, http)

    response = await wide.client.chat_postMessage(channel="C0NORTH", text="hi")

    assert (response["message"]["team"], response["message"]["bot_profile"]["team_id"]) == ("T0NORTH", "T0NORTH")


async def test_workspaces_not_granted(control: Control, http: aiohttp.ClientSession) -> None:
    """A workspace that was not granted, or is not there, is `team_access_not_granted` to a list; so is a public channel
    in one that was not granted.
    """
    wide = await elsewhere.org(control, http)
    calls = [
        wide.client.users_list(team_id="T0SOUTH"),
        wide.client.conversations_list(team_id="T0NOWHERE"),
        wide.client.conversations_info(channel="C0SOUTH"),
    ]

    assert [await refusal(call) for call in calls] == ["team_access_not_granted"] * 3


async def test_dead_tokens(client: AsyncWebClient, control: Control) -> None:
    """A dead token is refused with the word that was chosen for it; clicks on its cards are not delivered."""
    click = await card_to_click(client)
    await control.post("installations/U0ASKBRIDGE", revoked="token_expired")

    assert await refusal(client.auth_test()) == "token_expired"
    status, response = await control.try_post("clicks", **click)
    assert (status, response["error"]) == (409, "app_not_installed")


async def test_balancer(client: AsyncWebClient, control: Control, listen: Listen) -> None:
    """A balancer passes over a replica that refuses or resets the connection; nothing else makes interactivity be sent
    again.
    """

    async def reset(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.transport.abort()

    living, failing = await listen(), await listen()
    failing.status = 500
    async with await asyncio.start_server(reset, "127.0.0.1", 0) as server:
        resetting = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/"
        await control.post("request_urls", request_urls=["http://127.0.0.1:1/", resetting, living.url])
        assert (await control.post("clicks", **await card_to_click(client)))["request_url"] == living.url
    await clicks_go_to(control, failing, living)

    statuses = [(await control.post("clicks", **await card_to_click(client)))["status"] for _ in range(2)]

    assert sorted(statuses) == [200, 500]
    assert (len(failing.got), len(living.got)) == (1, 2)
