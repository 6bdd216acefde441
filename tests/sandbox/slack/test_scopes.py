"""A token may do what its scopes allow; a refusal names the missing scopes and the token's scopes."""

from typing import Any

import pytest
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from sandbox.slack.methods import scopes
from sandbox.slack.methods.table import METHODS
from sandbox.slack.model import Channel
from sandbox.slack.server import Sandbox
from tests.sandbox.slack.conftest import Control, refusal

ALL = "chat:write,im:write,users:read,channels:read,channels:history,im:read,im:history,groups:read,groups:history"


async def given(control: Control, *provided: str) -> None:
    await control.post("installations/U0ASKBRIDGE", scopes=list(provided))


async def outcome(call: Any) -> Any:
    with pytest.raises(SlackApiError) as refused:
        await call
    return refused.value.response


def test_every_method_that_needs_a_scope_is_one_of_ours() -> None:
    assert set(scopes.ANY_OF) <= set(METHODS)


@pytest.mark.parametrize("method", sorted(scopes.ANY_OF))
async def test_a_method_without_any_of_its_scopes_is_refused_before_its_arguments_are_read(
    client: AsyncWebClient, control: Control, method: str
) -> None:
    await given(control, *(scope for scope in ALL.split(",") if scope not in scopes.ANY_OF[method]))

    answer = await outcome(client.api_call(method))

    assert answer["error"] == "missing_scope"
    assert answer["provided"] == answer.headers["x-oauth-scopes"]
    assert answer.headers["x-accepted-oauth-scopes"] == ",".join(scopes.ANY_OF[method])


async def test_what_is_lacking_and_what_is_there_are_told_as_slack_tells_them(
    client: AsyncWebClient, control: Control
) -> None:
    await given(control, "users:read", "im:write")

    posting = await outcome(client.chat_postMessage(channel="C0GENERAL", text="hi"))
    reading = await outcome(client.conversations_list())

    assert posting.data == {
        "ok": False,
        "error": "missing_scope",
        "needed": "chat:write:bot",
        "provided": "users:read,im:write",
    }
    assert reading["needed"] == "channels:read,groups:read,mpim:read,im:read"


async def test_reading_needs_the_scope_of_that_sort_of_channel(
    client: AsyncWebClient, control: Control, slack: Sandbox
) -> None:
    direct = (await client.conversations_open(users="U0ANA"))["channel"]["id"]
    members = frozenset({"U0ANA", "U0ASKBRIDGE"})
    slack.world.add_channel(Channel(id="C0SECRET", name="secret", members=members, is_private=True))
    await given(control, "channels:read", "channels:history")

    lacking = {
        "im:history": client.conversations_history(channel=direct),
        "im:read": client.conversations_info(channel=direct),
        "groups:history": client.conversations_replies(channel="C0SECRET", ts="1.000001"),
        "groups:read": client.conversations_list(types="public_channel,private_channel"),
    }

    assert [(await outcome(call))["needed"] for call in lacking.values()] == list(lacking)
    assert (await client.conversations_history(channel="C0GENERAL"))["ok"] is True


async def test_an_unknown_sort_of_channel_is_refused(client: AsyncWebClient) -> None:
    assert await refusal(client.conversations_list(types="public_channel,secret")) == "invalid_types"


async def test_a_public_channel_can_be_written_to_from_outside_with_the_scope_for_it(
    client: AsyncWebClient, control: Control, slack: Sandbox
) -> None:
    slack.world.add_channel(Channel(id="C0RANDOM", name="random", members=frozenset({"U0ANA"})))
    assert await refusal(client.chat_postMessage(channel="C0RANDOM", text="hi")) == "not_in_channel"

    await given(control, "chat:write", "chat:write.public")

    assert (await client.chat_postMessage(channel="C0RANDOM", text="hi"))["ok"] is True
    assert await refusal(client.chat_postMessage(channel="C0PRIVATE", text="hi")) == "channel_not_found"
