from typing import Any

import pytest
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from sandbox.slack.model import Channel
from sandbox.slack.server import Sandbox
from tests.sandbox.slack.conftest import Clock, Control


async def test_opening_a_direct_message_twice_gives_the_same_one(client: AsyncWebClient) -> None:
    first = await client.conversations_open(users="U0ANA")
    again = await client.conversations_open(users="U0ANA", return_im=True)
    by_id = await client.conversations_open(channel=first["channel"]["id"])

    assert "already_open" not in first
    assert again["already_open"] is True
    assert again["channel"]["user"] == "U0ANA"
    assert first["channel"]["id"] == again["channel"]["id"] == by_id["channel"]["id"]


@pytest.mark.parametrize(
    ("args", "error"),
    [
        ({"users": "U0NOBODY"}, "user_not_found"),
        ({"users": "U0ASKBRIDGE"}, "cannot_dm_bot"),
        ({"users": "U0ANA,U0BOB"}, "method_not_supported_for_channel_type"),
        ({"channel": "D0NOWHERE"}, "channel_not_found"),
        ({}, "users_list_not_supplied"),
    ],
)
async def test_what_cannot_be_opened_says_why(client: AsyncWebClient, args: dict[str, Any], error: str) -> None:
    with pytest.raises(SlackApiError) as refused:
        await client.api_call("conversations.open", params=args)

    assert refused.value.response["error"] == error


async def test_a_channel_tells_whether_strangers_are_in_it(client: AsyncWebClient) -> None:
    answer = await client.conversations_info(channel="C0APPROVALS", include_num_members=True)

    channel = answer["channel"]
    assert (channel["is_ext_shared"], channel["is_member"], channel["num_members"]) == (True, True, 5)
    assert (channel["is_private"], channel["is_im"], channel["name"]) == (False, False, "approvals")


@pytest.mark.parametrize("channel", ["C0NOWHERE", "C0PRIVATE"])
async def test_a_channel_the_bot_does_not_see_does_not_exist(client: AsyncWebClient, channel: str) -> None:
    with pytest.raises(SlackApiError, match="channel_not_found"):
        await client.conversations_info(channel=channel)


async def test_a_public_channel_can_be_looked_at_but_not_read_from_outside(
    client: AsyncWebClient, slack: Sandbox
) -> None:
    slack.world.add_channel(Channel(id="C0RANDOM", name="random", members=frozenset({"U0ANA"})))

    assert (await client.conversations_info(channel="C0RANDOM"))["channel"]["is_member"] is False
    with pytest.raises(SlackApiError, match="not_in_channel"):
        await client.conversations_history(channel="C0RANDOM")


async def test_channels_are_listed_by_type_and_page(client: AsyncWebClient) -> None:
    await client.conversations_open(users="U0ANA")

    public = await client.conversations_list()
    living = await client.conversations_list(exclude_archived=True, limit=1)
    rest = await client.conversations_list(
        exclude_archived=True, limit=1, cursor=living["response_metadata"]["next_cursor"]
    )
    direct = await client.conversations_list(types="im,private_channel")

    assert [c["id"] for c in public["channels"]] == ["C0APPROVALS", "C0GENERAL", "C0ARCHIVE"]
    assert [c["id"] for c in [*living["channels"], *rest["channels"]]] == ["C0APPROVALS", "C0GENERAL"]
    assert rest["response_metadata"]["next_cursor"] == ""
    assert [c["user"] for c in direct["channels"]] == ["U0ANA"]


async def test_history_is_newest_first_and_can_be_narrowed(client: AsyncWebClient, clock: Clock) -> None:
    stamps = []
    for text in ("one", "two", "three"):
        clock.pass_(10)
        stamps.append((await client.chat_postMessage(channel="C0GENERAL", text=text))["ts"])

    async def texts(**narrowed: Any) -> list[str]:
        answer = await client.conversations_history(channel="C0GENERAL", **narrowed)
        return [message["text"] for message in answer["messages"]]

    assert await texts() == ["three", "two", "one"]
    assert await texts(latest=stamps[1], inclusive=True, limit=1) == ["two"]
    assert await texts(latest=stamps[1]) == ["one"]
    assert await texts(oldest=stamps[1]) == ["three"]


async def test_history_goes_on_where_its_cursor_says(client: AsyncWebClient) -> None:
    for text in ("one", "two", "three"):
        await client.chat_postMessage(channel="C0GENERAL", text=text)

    first = await client.conversations_history(channel="C0GENERAL", limit=2)
    cursor = first["response_metadata"]["next_cursor"]
    rest = await client.conversations_history(channel="C0GENERAL", limit=2, cursor=cursor)

    assert (first["has_more"], rest["has_more"]) == (True, False)
    assert [m["text"] for m in [*first["messages"], *rest["messages"]]] == ["three", "two", "one"]


@pytest.mark.parametrize(
    ("args", "error"),
    [
        ({"cursor": "nope"}, "invalid_cursor"),
        ({"oldest": "yesterday"}, "invalid_ts_oldest"),
        ({"latest": "tomorrow"}, "invalid_ts_latest"),
        ({"limit": "0"}, "invalid_limit"),
        ({"limit": "many"}, "invalid_arguments"),
    ],
)
async def test_history_refuses_what_it_cannot_read(client: AsyncWebClient, args: dict[str, Any], error: str) -> None:
    with pytest.raises(SlackApiError) as refused:
        await client.api_call("conversations.history", params={"channel": "C0GENERAL", **args})

    assert refused.value.response["error"] == error


async def test_metadata_is_told_whole_only_when_asked_for(client: AsyncWebClient) -> None:
    metadata = {"event_type": "ask", "event_payload": {"id": "1"}}
    await client.chat_postMessage(channel="C0GENERAL", text="hi", metadata=metadata)

    brief = await client.conversations_history(channel="C0GENERAL")
    whole = await client.conversations_history(channel="C0GENERAL", include_all_metadata=True)

    assert brief["messages"][0]["metadata"] == {"event_type": "ask"}
    assert whole["messages"][0]["metadata"] == metadata


async def test_a_thread_is_told_from_its_parent_on(client: AsyncWebClient, control: Control) -> None:
    parent = await client.chat_postMessage(channel="C0GENERAL", text="Deploy?")
    ts = parent["ts"]
    reply = await control.post("messages", user="U0ANA", channel="C0GENERAL", text="why?", thread_ts=ts)
    await client.chat_postMessage(channel="C0GENERAL", text="because", thread_ts=reply["ts"])
    await client.chat_postMessage(channel="C0GENERAL", text="done", thread_ts=ts, reply_broadcast=True)

    thread = await client.conversations_replies(channel="C0GENERAL", ts=ts)
    history = await client.conversations_history(channel="C0GENERAL")

    assert [m["text"] for m in thread["messages"]] == ["Deploy?", "why?", "because", "done"]
    parent = thread["messages"][0]
    assert (parent["thread_ts"], parent["reply_count"]) == (ts, 3)
    assert parent["reply_users"] == ["U0ANA", "U0ASKBRIDGE"]
    assert thread["messages"][1]["parent_user_id"] == "U0ASKBRIDGE"
    assert [m["text"] for m in history["messages"]] == ["done", "Deploy?"]
    assert history["messages"][0]["subtype"] == "thread_broadcast"


async def test_a_deleted_reply_leaves_the_thread(client: AsyncWebClient) -> None:
    ts = (await client.chat_postMessage(channel="C0GENERAL", text="Deploy?"))["ts"]
    reply = await client.chat_postMessage(channel="C0GENERAL", text="no", thread_ts=ts)
    await client.chat_postEphemeral(channel="C0GENERAL", user="U0ANA", text="psst", thread_ts=ts)
    assert (await client.conversations_history(channel="C0GENERAL"))["messages"][0]["reply_count"] == 1

    await client.chat_delete(channel="C0GENERAL", ts=reply["ts"])

    (parent,) = (await client.conversations_replies(channel="C0GENERAL", ts=ts))["messages"]
    assert "reply_count" not in parent


async def test_a_thread_that_was_not_started_is_not_found(client: AsyncWebClient) -> None:
    with pytest.raises(SlackApiError, match="thread_not_found"):
        await client.conversations_replies(channel="C0GENERAL", ts="1.000001")
