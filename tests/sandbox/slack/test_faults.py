import asyncio
from typing import Any

import aiohttp
import pytest
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from sandbox.slack.faults import Fault, Faults, Kind
from sandbox.slack.server import Sandbox
from tests.sandbox.slack.conftest import Control

CHANNEL = "C0GENERAL"


async def outcome(client: AsyncWebClient) -> Any:
    """Post a message; returns the SDK's response, whether it is a refusal or not."""
    try:
        return await client.chat_postMessage(channel=CHANNEL, text="hi")
    except SlackApiError as refused:
        return refused.response


@pytest.mark.parametrize(("fields", "header"), [({}, "1"), ({"retry_after": 7}, "7"), ({"retry_after": None}, None)])
async def test_a_429_comes_with_or_without_its_header(
    client: AsyncWebClient, control: Control, fields: dict[str, Any], header: str | None
) -> None:
    await control.post("faults", on="chat.postMessage", fault="ratelimited", **fields)

    answer = await outcome(client)

    assert (answer.status_code, answer["error"]) == (429, "ratelimited")
    assert answer.headers.get("Retry-After") == header
    assert await control.texts(CHANNEL, as_="U0ANA") == []


async def test_any_refusal_of_slacks_can_be_had(client: AsyncWebClient, control: Control) -> None:
    await control.post("faults", on="chat.postMessage", fault="error", error="restricted_action")

    answer = await outcome(client)

    assert (answer.status_code, answer["error"]) == (200, "restricted_action")


@pytest.mark.parametrize(("fault", "status"), [("status", 502), ("html", 503)])
async def test_a_proxys_error_is_not_json_and_nothing_was_done(
    client: AsyncWebClient, control: Control, fault: str, status: int
) -> None:
    await control.post("faults", on="chat.postMessage", fault=fault, status=status)

    answer = await outcome(client)

    assert answer.status_code == status
    assert answer.get("error") is None
    assert await control.texts(CHANNEL, as_="U0ANA") == []


@pytest.mark.parametrize(("fault", "status"), [("status", 502), ("html", 503), ("error", 200)])
async def test_a_failure_may_come_though_the_deed_was_done(
    client: AsyncWebClient, control: Control, slack: Sandbox, fault: str, status: int
) -> None:
    await control.post("faults", on="chat.postMessage", fault=fault, status=status, applied=True)

    answer = await outcome(client)

    assert (answer.status_code, answer.get("ok")) == (status, False if fault == "error" else None)
    assert await control.texts(CHANNEL, as_="U0ANA") == ["hi"]
    assert len(slack.requests) == 1


async def test_a_limit_can_have_slacks_other_word(client: AsyncWebClient, control: Control) -> None:
    await control.post("faults", on="chat.postMessage", fault="ratelimited", error="rate_limited")

    answer = await outcome(client)

    assert (answer.status_code, answer["error"]) == (429, "rate_limited")


@pytest.mark.parametrize("fault", ["empty", "text", "truncated"])
async def test_a_broken_answer_comes_after_the_deed(client: AsyncWebClient, control: Control, fault: str) -> None:
    await control.post("faults", on="chat.postMessage", fault=fault)

    with pytest.raises((SlackApiError, AttributeError)):
        await client.chat_postMessage(channel=CHANNEL, text="hi")

    assert await control.texts(CHANNEL, as_="U0ANA") == ["hi"]


@pytest.mark.parametrize(("fault", "texts"), [("drop_before", []), ("drop_after", ["hi"])])
async def test_a_cut_connection_leaves_the_deed_undone_or_done(
    client: AsyncWebClient, control: Control, slack: Sandbox, fault: str, texts: list[str]
) -> None:
    await control.post("faults", on="chat.postMessage", fault=fault)

    with pytest.raises(aiohttp.ClientConnectionError):
        await client.chat_postMessage(channel=CHANNEL, text="hi")

    assert await control.texts(CHANNEL, as_="U0ANA") == texts
    assert [request.method for request in slack.requests] == ["chat.postMessage"]


async def test_a_slow_answer_comes_after_the_deed(client: AsyncWebClient, control: Control) -> None:
    await control.post("faults", on="chat.postMessage", fault="slow", seconds=30)
    before = (await control.get("changes"))["version"]

    posting = asyncio.create_task(client.chat_postMessage(channel=CHANNEL, text="hi"))
    await control.get("changes", after=before)

    assert await control.texts(CHANNEL, as_="U0ANA") == ["hi"]
    assert not posting.done()
    posting.cancel()


async def test_a_duplicated_call_posts_twice(client: AsyncWebClient, control: Control) -> None:
    await control.post("faults", on="chat.postMessage", fault="duplicate")

    answer = await outcome(client)

    assert answer["ok"] is True
    assert await control.texts(CHANNEL, as_="U0ANA") == ["hi", "hi"]


async def test_a_fault_in_one_channel_leaves_the_others_alone(client: AsyncWebClient, control: Control) -> None:
    dm = (await client.conversations_open(users="U0ANA"))["channel"]["id"]
    await control.post("faults", on="chat.postMessage", fault="error", error="is_archived", channel=dm)

    assert (await outcome(client))["ok"] is True
    with pytest.raises(SlackApiError, match="is_archived"):
        await client.chat_postMessage(channel="U0ANA", text="hi")


async def test_faults_are_used_up_listed_and_cleared(client: AsyncWebClient, control: Control) -> None:
    added = await control.post("faults", on="chat.postMessage", fault="error", error="a_word", times=2)
    await outcome(client)

    (left,) = (await control.get("faults"))["faults"]
    assert (left["fault_id"], left["fault"], left["times"]) == (added["fault_id"], "error", 1)
    async with control.http.delete(f"{control.url}/sandbox/faults") as answer:
        assert answer.status == 200
    assert (await control.get("faults"))["faults"] == []
    assert (await outcome(client))["ok"] is True


async def test_one_fault_can_hit_every_method(client: AsyncWebClient, control: Control) -> None:
    await control.post("faults", on="*", fault="error", error="invalid_auth", times=2)

    for call in (client.auth_test(), client.users_info(user="U0ANA")):
        with pytest.raises(SlackApiError, match="invalid_auth"):
            await call
    assert (await client.auth_test())["ok"] is True


@pytest.mark.parametrize(
    "fields",
    [
        {"on": "chat.shout", "fault": "error"},
        {"on": "chat.postMessage", "fault": "gremlins"},
        {"on": "chat.postMessage", "fault": "bad_signature"},
        {"on": "interactivity", "fault": "ratelimited"},
        {"on": "chat.postMessage", "fault": "error", "times": 0},
        {"on": "chat.postMessage", "fault": "status", "status": 9},
        {"on": "chat.postMessage", "fault": "slow", "seconds": "long"},
        {"on": "chat.postMessage", "fault": "error", "tims": 2},
        {"on": "chat.postMessage", "fault": "ratelimited", "applied": True},
        {"on": "chat.postMessage", "fault": "error", "applied": "yes"},
        {"fault": "error"},
    ],
)
async def test_an_impossible_fault_is_refused(control: Control, fields: dict[str, Any]) -> None:
    status, answer = await control.try_post("faults", **fields)

    assert (status, answer["ok"]) == (400, False)
    assert answer["detail"]


def test_the_oldest_fault_goes_first() -> None:
    faults = Faults()
    faults.add(Fault(on="chat.update", kind=Kind.EMPTY))
    faults.add(Fault(on="chat.update", kind=Kind.SLOW))

    taken = [faults.take("chat.update", channels=()) for _ in range(3)]

    assert [fault.kind if fault else None for fault in taken] == [Kind.EMPTY, Kind.SLOW, None]


@pytest.mark.parametrize("on", ["interactivity", "response_url"])
def test_a_fault_of_every_method_is_of_methods_only(on: str) -> None:
    faults = Faults()
    faults.add(Fault(on="*", kind=Kind.STATUS))

    assert faults.take(on, channels=()) is None


async def test_one_fault_can_be_forgotten_and_each_change_wakes_a_watcher(
    control: Control, http: aiohttp.ClientSession, client: AsyncWebClient
) -> None:
    before = (await control.get("changes"))["version"]
    first = await control.post("faults", on="auth.test", fault="empty")
    second = await control.post("faults", on="auth.test", fault="error")
    await http.delete(f"{control.url}/sandbox/faults", params=first)
    await http.delete(f"{control.url}/sandbox/faults", params=first)

    assert [fault["fault_id"] for fault in (await control.get("faults"))["faults"]] == [second["fault_id"]]
    with pytest.raises(SlackApiError, match="internal_error"):
        await client.auth_test()
    assert (await control.get("changes"))["version"] == before + 5
