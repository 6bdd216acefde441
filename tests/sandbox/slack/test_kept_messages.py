"""Messages that are kept in a file between two starts of the sandbox."""

from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import aiohttp
import pytest
from slack_sdk.web.async_client import AsyncWebClient

from sandbox.slack.kept_messages import DamagedError
from sandbox.slack.server import Sandbox
from tests.sandbox.slack.conftest import Clock, Control, card


def client_of(slack: Sandbox) -> AsyncWebClient:
    return AsyncWebClient(token=slack.world.app.bot_token, base_url=slack.api_url, retry_handlers=[])


async def everything(slack: Sandbox, http: aiohttp.ClientSession) -> dict[str, Any]:
    control = Control(slack.url, http)
    channels = (await control.get("channels"))["channels"]
    messages = [(await control.get("messages", channel=one["id"]))["messages"] for one in channels]
    return {one["id"]: {**one, "messages": found} for one, found in zip(channels, messages, strict=True)}


async def test_messages_are_there_again_and_can_be_used(
    tmp_path: Path, http: aiohttp.ClientSession, clock: Clock
) -> None:
    file = tmp_path / "messages"
    async with Sandbox(messages=file, clock=clock, posting_limit=False) as slack:
        client, control = client_of(slack), Control(slack.url, http)
        asked = await client.chat_postMessage(channel="U0ANA", text="Deploy?", blocks=card())
        edited = await client.chat_postMessage(channel="C0GENERAL", text="before")
        await client.chat_update(channel="C0GENERAL", ts=edited["ts"], text="after", blocks=card())
        root = await control.post("messages", user="U0BOB", channel="C0GENERAL", text="gone root")
        replies = [
            await client.chat_postMessage(channel="C0GENERAL", text=text, thread_ts=root["ts"]) for text in "abc"
        ]
        await client.chat_delete(channel="C0GENERAL", ts=replies[1]["ts"])
        async with http.delete(f"{slack.url}/sandbox/messages", params={"channel": "C0GENERAL", "ts": root["ts"]}):
            pass
        await client.chat_postEphemeral(channel="C0GENERAL", user="U0ANA", text="psst")
        before, port = await everything(slack, http), urlsplit(slack.url).port or 0
    for _ in range(2):  # the second start reads what the first has written anew
        async with Sandbox(port=port, messages=file, clock=clock, posting_limit=False) as slack:
            assert await everything(slack, http) == before
            click = {"user": "U0ANA", "channel": asked["channel"], "ts": asked["ts"], "action_id": "approve"}
            clicked = await Control(slack.url, http).post("clicks", **click)
            assert clicked["payload"]["message"]["text"] == "Deploy?"
            thread = await client_of(slack).conversations_replies(channel="C0GENERAL", ts=root["ts"])
            assert [one["text"] for one in thread["messages"]] == ["This message was deleted.", "a", "c"]
    clock.pass_(-3600)
    async with Sandbox(messages=file, clock=clock, posting_limit=False) as slack:
        later = await client_of(slack).chat_postMessage(channel="C0GENERAL", text="new")
        assert later["ts"] > before["C0GENERAL"]["messages"][-1]["ts"]


async def test_a_line_that_a_kill_cut_is_dropped_and_any_other_damage_is_named(
    tmp_path: Path, http: aiohttp.ClientSession
) -> None:
    file = tmp_path / "messages"
    async with Sandbox(messages=file, posting_limit=False) as slack:
        for text in ("one", "two"):
            await client_of(slack).chat_postMessage(channel="C0GENERAL", text=text)
    whole = file.read_bytes()
    file.write_bytes(whole[:-20])

    async with Sandbox(messages=file) as slack:
        assert await Control(slack.url, http).texts("C0GENERAL", as_="U0ANA") == ["one"]

    for line in (b"{", b"[]", b'{"kind": "say", "row": {}}', b'{"kind": "say"}', b"\xff"):
        file.write_bytes(whole + line + b"\n" + whole)
        with pytest.raises(DamagedError, match=f"{file}.* is damaged in line 3. Delete this file"):
            Sandbox(messages=file)
        assert file.read_bytes() == whole + line + b"\n" + whole


async def test_messages_of_a_world_that_is_another_one_now_are_dropped(
    tmp_path: Path, http: aiohttp.ClientSession
) -> None:
    file, seed = tmp_path / "messages", tmp_path / "seed.toml"
    async with Sandbox(messages=file) as slack:
        await client_of(slack).chat_postMessage(channel="C0GENERAL", text="hi")
        await client_of(slack).chat_postMessage(channel="U0ANA", text="hi")
    seed.write_text(
        """
        [[workspaces]]
        id = "T0NORTH"
        name = "North"
        people = [{ id = "W0NIA", name = "nia" }]
        channels = [{ id = "C0GENERAL", name = "general", members = ["W0NIA"] }]
        [[apps]]
        id = "A0DEPLOY"
        name = "deploy"
        [[installations]]
        app_id = "A0DEPLOY"
        team_id = "T0NORTH"
        """
    )

    async with Sandbox(messages=file, seed_file=seed) as slack:
        assert [(one["id"], one["messages"]) for one in (await everything(slack, http)).values()] == [("C0GENERAL", [])]
