from typing import Any

import pytest
from slack_sdk.web.async_client import AsyncWebClient

from sandbox.slack.model import Channel
from sandbox.slack.server import Sandbox
from tests.sandbox.slack.conftest import Control


async def test_everybody_is_introduced(control: Control) -> None:
    people = {person["id"]: person for person in (await control.get("people"))["people"]}

    assert set(people) == {"U0ANA", "U0BOB", "U0CHO", "U0GUS", "U0SAM", "U0ASKBRIDGE"}
    fields = {"id", "name", "real_name", "team_id", "is_bot", "is_guest", "is_deleted", "is_stranger", "color"}
    assert all(set(person) == fields for person in people.values())
    assert people["U0ASKBRIDGE"]["is_bot"] and people["U0GUS"]["is_guest"] and people["U0SAM"]["is_stranger"]


@pytest.mark.parametrize(
    ("viewer", "seen"),
    [
        ("U0ANA", ["C0APPROVALS", "C0GENERAL", "C0PRIVATE", "C0ARCHIVE"]),
        ("U0CHO", ["C0APPROVALS", "C0GENERAL", "C0ARCHIVE"]),
        ("U0GUS", ["C0GENERAL"]),
        ("U0SAM", ["C0APPROVALS"]),
        ("U0ASKBRIDGE", ["C0APPROVALS", "C0GENERAL", "C0ARCHIVE"]),
    ],
)
async def test_each_sees_their_own_channels(control: Control, viewer: str, seen: list[str]) -> None:
    channels = (await control.get("channels", as_=viewer))["channels"]

    assert [channel["id"] for channel in channels] == seen


async def test_an_operator_sees_all_channels_and_direct_messages(client: AsyncWebClient, control: Control) -> None:
    posted = await client.chat_postMessage(channel="U0ANA", text="hi")

    channels = (await control.get("channels"))["channels"]

    assert len(channels) == 5
    assert channels[4] == {
        "id": posted["channel"],
        "team_id": "T0SANDBOX",
        "name": "ana",
        "is_im": True,
        "is_private": False,
        "is_archived": False,
        "user": "U0ANA",
        "last_ts": posted["ts"],
        "is_member": False,
    }
    assert [m["text"] for m in (await control.get("messages", channel=posted["channel"]))["messages"]] == ["hi"]


async def test_an_operator_sees_every_ephemeral(client: AsyncWebClient, control: Control) -> None:
    await client.chat_postEphemeral(channel="C0GENERAL", user="U0ANA", text="for ana")
    await client.chat_postEphemeral(channel="C0GENERAL", user="U0BOB", text="for bob")

    messages = (await control.get("messages", channel="C0GENERAL"))["messages"]

    assert [(m["text"], m["ephemeral_to"]) for m in messages] == [("for ana", "U0ANA"), ("for bob", "U0BOB")]


async def test_a_person_writes(client: AsyncWebClient, control: Control) -> None:
    written = await control.post("messages", user="U0ANA", channel="C0GENERAL", text="hello")

    (message,) = (await client.conversations_history(channel="C0GENERAL"))["messages"]
    assert message == {
        "type": "message",
        "user": "U0ANA",
        "text": "hello",
        "ts": written["ts"],
        "team": "T0SANDBOX",
    }


async def test_a_person_answers_in_a_direct_message(client: AsyncWebClient, control: Control) -> None:
    channel = (await client.conversations_open(users="U0ANA"))["channel"]["id"]

    await control.post("messages", user="U0ANA", channel=channel, text="hello")

    assert (await client.conversations_history(channel=channel))["messages"][0]["user"] == "U0ANA"


@pytest.mark.parametrize(
    ("body", "status", "error"),
    [
        ({"user": "U0NOBODY", "channel": "C0GENERAL", "text": "x"}, 404, "user_not_found"),
        ({"user": "U0GUS", "channel": "C0APPROVALS", "text": "x"}, 404, "channel_not_found"),
        ({"user": "U0ANA", "channel": "C0ARCHIVE", "text": "x"}, 409, "is_archived"),
        ({"user": "U0ANA", "channel": "C0GENERAL", "text": ""}, 400, "invalid_arguments"),
        ({"user": "U0ANA", "channel": "C0GENERAL"}, 400, "invalid_arguments"),
        ({"user": "U0ANA", "channel": "C0GENERAL", "text": 7}, 400, "invalid_arguments"),
        ({"user": "U0ANA", "channel": "C0GENERAL", "text": "x", "thread_ts": "1.0"}, 404, "message_not_found"),
        ({"user": "U0GUS", "channel": "C0GENERAL", "text": "x", "loud": True}, 400, "invalid_arguments"),
    ],
)
async def test_a_person_cannot_write_anything_anywhere(
    control: Control, body: dict[str, Any], status: int, error: str
) -> None:
    answer = await control.try_post("messages", **body)

    assert (answer[0], answer[1]["error"]) == (status, error)


async def test_one_reads_a_public_channel_from_outside_but_does_not_write_there(
    slack: Sandbox, control: Control
) -> None:
    slack.world.add_channel(Channel(id="C0RANDOM", name="random", members=frozenset({"U0BOB"})))

    status, answer = await control.try_post("messages", user="U0ANA", channel="C0RANDOM", text="hi")

    assert (status, answer["error"]) == (409, "not_in_channel")
    assert await control.texts("C0RANDOM", as_="U0ANA") == []
    (shown,) = [c for c in (await control.get("channels", as_="U0ANA"))["channels"] if c["id"] == "C0RANDOM"]
    assert shown["is_member"] is False


async def test_a_channel_one_does_not_see_has_no_messages(control: Control) -> None:
    assert await control.try_get("messages", channel="C0PRIVATE", as_="U0CHO") == (
        404,
        {"ok": False, "error": "channel_not_found"},
    )
    assert (await control.try_get("messages", channel="C0NOWHERE"))[0] == 404
    assert (await control.try_get("messages", as_="U0ANA"))[0] == 400
    assert (await control.try_get("channels", as_="U0NOBODY"))[0] == 404
