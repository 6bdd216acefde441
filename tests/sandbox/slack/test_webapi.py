import json
from typing import Any

import aiohttp
import pytest
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from sandbox.slack.server import Sandbox


async def test_the_sdk_learns_who_it_is(client: AsyncWebClient, slack: Sandbox) -> None:
    answer = await client.auth_test()

    assert answer["ok"] is True
    assert (answer["team_id"], answer["user_id"], answer["bot_id"]) == ("T0SANDBOX", "U0ASKBRIDGE", "B0ASKBRIDGE")
    assert answer["url"] == f"{slack.url}/"
    assert "chat:write" in answer.headers["x-oauth-scopes"].split(",")


async def test_the_sdk_lists_its_teams(client: AsyncWebClient) -> None:
    answer = await client.auth_teams_list()

    assert [team["id"] for team in answer["teams"]] == ["T0SANDBOX"]


@pytest.mark.parametrize(
    ("token", "error"), [("xoxb-foreign", "invalid_auth"), ("", "not_authed"), (None, "not_authed")]
)
async def test_a_caller_without_a_known_token_is_refused(slack: Sandbox, token: str | None, error: str) -> None:
    stranger = AsyncWebClient(token=token, base_url=slack.api_url, retry_handlers=[])

    with pytest.raises(SlackApiError) as refused:
        await stranger.auth_test()

    assert refused.value.response["error"] == error
    assert refused.value.response.status_code == 200


async def test_an_unknown_method_is_named_so(client: AsyncWebClient) -> None:
    with pytest.raises(SlackApiError, match="unknown_method"):
        await client.api_call("chat.shout")


@pytest.mark.parametrize("how", ["query", "form", "json", "multipart", "get"])
async def test_arguments_are_read_however_they_come(slack: Sandbox, http: aiohttp.ClientSession, how: str) -> None:
    args: dict[str, Any] = {"channel": "C0GENERAL", "text": "hello", "team_id": "T0SANDBOX"}
    blocks = json.dumps([{"type": "divider"}])
    url, headers = f"{slack.api_url}chat.postMessage", {"Authorization": f"Bearer {slack.world.app.bot_token}"}
    with_blocks = {**args, "blocks": blocks}
    multipart = aiohttp.FormData(with_blocks, default_to_multipart=True)
    calls = {
        "query": lambda: http.post(url, params=with_blocks, headers=headers),
        "form": lambda: http.post(url, data=with_blocks, headers=headers),
        "json": lambda: http.post(url, json={**args, "blocks": [{"type": "divider"}]}, headers=headers),
        "multipart": lambda: http.post(url, data=multipart, headers=headers),
        "get": lambda: http.get(url, params={**with_blocks, "token": slack.world.app.bot_token}),
    }

    async with calls[how]() as answer:
        body = await answer.json()

    assert answer.content_type == "application/json"
    assert body["message"]["blocks"][0]["type"] == "divider"
    assert body["message"]["text"] == "hello"


@pytest.mark.parametrize("body", [b"{bad", b"[" * 100_000, b'{"a": ' + b"1" * 5000 + b"}", b"\xff\xfe{}"])
async def test_an_unreadable_body_is_refused_in_slacks_words(
    slack: Sandbox, http: aiohttp.ClientSession, body: bytes
) -> None:
    headers = {"Content-Type": "application/json"}

    async with http.post(f"{slack.api_url}auth.test", data=body, headers=headers) as answer:
        assert (answer.status, await answer.json()) == (200, {"ok": False, "error": "invalid_json"})


async def test_a_body_that_is_no_object_is_refused(slack: Sandbox, http: aiohttp.ClientSession) -> None:
    async with http.post(f"{slack.api_url}auth.test", json=[1]) as answer:
        assert (await answer.json())["error"] == "json_not_object"


@pytest.mark.parametrize("in_header", [False, True])
async def test_a_token_in_the_arguments_is_never_recorded(
    slack: Sandbox, http: aiohttp.ClientSession, *, in_header: bool
) -> None:
    token = slack.world.app.bot_token
    headers = {"Authorization": f"Bearer {token}"} if in_header else {}

    async with http.post(f"{slack.api_url}auth.test", data={"token": token}, headers=headers) as answer:
        assert (await answer.json())["ok"] is True

    assert [request.args for request in slack.requests] == [{}]


async def test_requests_are_recorded_without_their_token(client: AsyncWebClient, slack: Sandbox) -> None:
    await client.chat_postMessage(channel="C0GENERAL", text="hello")
    with pytest.raises(SlackApiError):
        await client.api_call("chat.postMessage", params={"channel": "C0NOWHERE", "token": "xoxb-other"})

    first, second = slack.requests

    assert (first.n, first.method, first.ok, first.args["text"]) == (1, "chat.postMessage", True, "hello")
    assert (second.ok, second.error) == (False, "invalid_auth")
    assert "xoxb" not in repr(slack.requests)


async def test_people_are_told_as_slack_tells_them(client: AsyncWebClient) -> None:
    guest = (await client.users_info(user="U0GUS"))["user"]
    stranger = (await client.users_info(user="U0SAM"))["user"]
    everybody = (await client.users_list())["members"]

    assert (guest["is_restricted"], guest["team_id"]) == (True, "T0SANDBOX")
    assert (stranger["is_stranger"], stranger["team_id"]) == (True, "T0OTHER")
    assert {"U0ANA", "U0BOB", "U0CHO", "U0GUS", "U0SAM", "U0ASKBRIDGE"} == {user["id"] for user in everybody}


async def test_an_unknown_person_is_not_found(client: AsyncWebClient) -> None:
    with pytest.raises(SlackApiError, match="user_not_found"):
        await client.users_info(user="U0NOBODY")


async def test_blocks_are_judged_without_posting(client: AsyncWebClient, slack: Sandbox) -> None:
    assert (await client.blocks_validate(blocks=[{"type": "divider"}]))["ok"] is True
    assert (await client.blocks_validate(message={"blocks": [{"type": "divider"}]}))["ok"] is True

    with pytest.raises(SlackApiError) as refused:
        await client.blocks_validate(blocks=[{"type": "header", "text": {"type": "plain_text", "text": ""}}])

    assert refused.value.response["error"] == "invalid_blocks"
    assert refused.value.response["errors"] == [
        {
            "pointer": "/0/text/text",
            "code": "failed_constraint",
            "message": "must be more than 0 characters",
            "constraint": {"type": "min_length", "expected": 1, "got": 0},
        }
    ]
    with pytest.raises(SlackApiError, match="invalid_message"):
        await client.blocks_validate(message={"blocks": [{"type": "nope"}]})
    with pytest.raises(SlackApiError, match="invalid_arguments"):
        await client.api_call("blocks.validate")


async def test_views_are_judged_too(client: AsyncWebClient) -> None:
    title = {"type": "plain_text", "text": "Why?"}
    assert (await client.blocks_validate(view={"type": "modal", "title": title, "blocks": []}))["ok"] is True

    with pytest.raises(SlackApiError) as refused:
        await client.blocks_validate(view={"type": "modal", "title": {**title, "text": "x" * 25}, "blocks": []})

    assert refused.value.response["error"] == "invalid_view"
    assert [problem["pointer"] for problem in refused.value.response["errors"]] == ["/title/text"]
    large = {"type": "home", "blocks": [], "private_metadata": "x" * 256_000}
    with pytest.raises(SlackApiError, match="view_too_large"):
        await client.blocks_validate(view=large)
