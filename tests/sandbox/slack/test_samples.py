"""Responses have the fields of Slack's own samples: those in the reference of its methods, and those of its SDKs.

Each line is one kind of object with the names that Slack always sends; of a name with `.` the object inside has it.
"""

from typing import Any

import aiohttp
import pytest
from slack_sdk.web.async_client import AsyncWebClient

from sandbox.slack.server import Sandbox
from tests.sandbox.slack.conftest import card, refusal

USER = (
    "id team_id name deleted color real_name tz tz_label tz_offset is_admin is_owner is_primary_owner is_restricted"
    " is_ultra_restricted is_bot is_app_user updated is_email_confirmed who_can_share_contact_card profile"
)
PROFILE = (
    "title phone skype real_name real_name_normalized display_name display_name_normalized first_name last_name team"
    " status_text status_text_canonical status_emoji status_emoji_display_info status_expiration avatar_hash"
    " image_24 image_32 image_48 image_72 image_192 image_512"
)
CHANNEL = (
    "id name name_normalized created updated creator is_channel is_group is_im is_mpim is_private is_archived"
    " is_general is_member is_shared is_ext_shared is_org_shared is_pending_ext_shared shared_team_ids pending_shared"
    " pending_connected_team_ids parent_conversation context_team_id unlinked previous_names topic purpose"
    " topic.value topic.creator topic.last_set purpose.value purpose.creator purpose.last_set"
)
IM = "id created is_im is_org_shared is_archived user is_user_deleted priority context_team_id updated"
BOT = "id deleted name updated app_id user_id icons icons.image_36 icons.image_48 icons.image_72"
MESSAGE = (
    "type user ts text team bot_id app_id blocks bot_profile bot_profile.id bot_profile.app_id bot_profile.user_id"
    " bot_profile.name bot_profile.deleted bot_profile.updated bot_profile.team_id bot_profile.icons.image_36"
)
PARENT = "thread_ts reply_count reply_users_count latest_reply reply_users is_locked subscribed"
TEXT, BUTTON = "type text verbatim", "type action_id text value style text.type text.text text.emoji"
IMAGE = "type block_id image_url alt_text fallback image_width image_height image_bytes"


def missing(names: str, shown: Any) -> list[str]:
    def holds(value: Any, path: list[str]) -> bool:
        return not path or (isinstance(value, dict) and path[0] in value and holds(value[path[0]], path[1:]))

    return [name for name in names.split() if not holds(shown, name.split("."))]


async def test_people_and_bots(client: AsyncWebClient) -> None:
    for shown in (
        (await client.users_info(user="U0ANA"))["user"],
        *(await client.users_list())["members"],
    ):
        assert missing(USER, shown) == []
        assert missing(PROFILE, shown["profile"]) == []
    assert missing(BOT, (await client.bots_info(bot="B0ASKBRIDGE"))["bot"]) == []
    who = "url team user team_id user_id bot_id app_id is_enterprise_install"
    assert missing(who, (await client.auth_test()).data) == []


async def test_channels(client: AsyncWebClient) -> None:
    dm = (await client.conversations_open(users="U0ANA", return_im=True))["channel"]
    info = (await client.conversations_info(channel="C0GENERAL"))["channel"]
    listed = (await client.conversations_list(types="public_channel,im"))["channels"]

    assert missing(CHANNEL + " last_read", info) == []
    assert "num_members" not in info, "only where it is asked for"
    for channel in listed:
        assert missing(IM if channel["is_im"] else CHANNEL + " num_members", channel) == []
    assert missing(IM + " last_read is_open", dm) == []


async def test_messages(client: AsyncWebClient) -> None:
    image = {"type": "image", "image_url": "https://example.com/x.png", "alt_text": "x"}
    posted = await client.chat_postMessage(channel="C0GENERAL", text="x", blocks=[*card(), image])
    reply = await client.chat_postMessage(channel="C0GENERAL", text="y", thread_ts=posted["ts"])
    history = (await client.conversations_history(channel="C0GENERAL")).data

    assert missing(MESSAGE, posted["message"]) == []
    section, actions, stored = posted["message"]["blocks"]
    assert missing(TEXT, section["text"]) == missing(BUTTON, actions["elements"][0]) == missing(IMAGE, stored) == []
    assert missing("thread_ts parent_user_id", reply["message"]) == []
    assert isinstance(history, dict)
    assert missing("ok messages has_more pin_count channel_actions_ts channel_actions_count", history) == []
    assert missing(f"{MESSAGE} {PARENT}", history["messages"][0]) == []


async def test_the_pictures_are_there(client: AsyncWebClient, http: aiohttp.ClientSession) -> None:
    profile = (await client.users_info(user="U0ANA"))["user"]["profile"]

    async with http.get(profile["image_72"]) as picture:
        assert (picture.status, picture.content_type) == (200, "image/svg+xml")


async def test_what_needs_no_token(slack: Sandbox, http: aiohttp.ClientSession) -> None:
    anonymous = AsyncWebClient(base_url=slack.api_url, session=http, retry_handlers=[])

    assert (await anonymous.api_test(foo="bar"))["args"] == {"foo": "bar"}
    assert await refusal(anonymous.api_test(error="my_error")) == "my_error"
    assert (await anonymous.blocks_validate(blocks=card()))["ok"]
    assert await refusal(anonymous.auth_test()) == "not_authed"


@pytest.mark.parametrize("bot", ["B0NOBODY", "U0ASKBRIDGE", ""])
async def test_an_unknown_bot_is_not_found(client: AsyncWebClient, bot: str) -> None:
    assert await refusal(client.bots_info(bot=bot)) == "bot_not_found"
