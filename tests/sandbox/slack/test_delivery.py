import asyncio
import time

import aiohttp
import pytest
from slack_sdk.web.async_client import AsyncWebClient

from sandbox.slack.server import Sandbox
from tests.sandbox.slack.conftest import (
    Control,
    Listen,
    card_to_click,
    clicks_go_to,
    payload_of,
    verifies,
)

CHANNEL = "C0APPROVALS"


async def test_the_envelope_is_slacks(client: AsyncWebClient, slack: Sandbox, control: Control, listen: Listen) -> None:
    listener = await listen()
    await clicks_go_to(control, listener)

    result = await control.post("clicks", **await card_to_click(client))

    ((headers, body),) = listener.got
    assert headers["User-Agent"] == "Slackbot 1.0 (+https://api.slack.com/robots)"
    assert headers["Content-Type"] == "application/x-www-form-urlencoded"
    assert abs(int(headers["X-Slack-Request-Timestamp"]) - time.time()) < 10
    assert verifies(slack, headers, body)
    assert payload_of(body) == result["payload"]


@pytest.mark.parametrize("status", [200, 401, 404, 500, 302])
async def test_the_status_of_the_ack_is_told(
    client: AsyncWebClient, control: Control, listen: Listen, status: int
) -> None:
    listener = await listen()
    listener.status = status
    await clicks_go_to(control, listener)

    result = await control.post("clicks", **await card_to_click(client))

    assert (result["status"], result["error"], result["request_url"]) == (status, None, listener.url)
    assert len(listener.got) == 1


async def test_replicas_take_turns(client: AsyncWebClient, control: Control, listen: Listen) -> None:
    first, second = await listen(), await listen()
    await clicks_go_to(control, first, second)
    click = await card_to_click(client)

    for _ in range(4):
        await control.post("clicks", **click)

    assert (len(first.got), len(second.got)) == (2, 2)


async def test_a_dead_replica_is_passed_over(client: AsyncWebClient, control: Control, listen: Listen) -> None:
    living = await listen()
    dead = "http://127.0.0.1:1/slack/events"
    await control.post("request_urls", request_urls=[dead, living.url])
    click = await card_to_click(client)

    results = [await control.post("clicks", **click) for _ in range(2)]

    assert [result["status"] for result in results] == [200, 200]
    assert [result["request_url"] for result in results] == [living.url, living.url]


async def test_a_replica_that_resets_before_answering_is_passed_over(
    client: AsyncWebClient, control: Control, listen: Listen
) -> None:
    async def reset(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.transport.abort()

    living = await listen()
    async with await asyncio.start_server(reset, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        await control.post("request_urls", request_urls=[f"http://127.0.0.1:{port}/", living.url])

        result = await control.post("clicks", **await card_to_click(client))

    assert (result["status"], result["request_url"]) == (200, living.url)


async def test_a_refusal_is_final_and_not_sent_to_the_next_replica(
    client: AsyncWebClient, control: Control, listen: Listen
) -> None:
    failing, idle = await listen(), await listen()
    failing.status = 503
    await clicks_go_to(control, failing, idle)

    result = await control.post("clicks", **await card_to_click(client))

    assert result["status"] == 503
    assert idle.got == []


async def test_no_replica_at_all_is_a_connection_error(client: AsyncWebClient, control: Control) -> None:
    click = await card_to_click(client)

    unanswered = await control.post("clicks", **click)
    await control.post("request_urls", request_urls=["http://127.0.0.1:1/"])
    dead = await control.post("clicks", **click)

    assert (unanswered["status"], unanswered["error"]) == (0, "connection")
    assert (dead["status"], dead["error"]) == (0, "connection")


async def test_an_app_that_hangs_is_given_up_on_and_not_asked_again(
    http: aiohttp.ClientSession, listen: Listen
) -> None:
    hanging, idle = await listen(), await listen()
    hanging.hangs = True
    async with Sandbox(ack_limit=0.2, request_urls=(hanging.url, idle.url)) as slack:
        client = AsyncWebClient(token=slack.world.app.bot_token, base_url=slack.api_url, session=http)

        result = await Control(slack.url, http).post("clicks", **await card_to_click(client))

    assert (result["status"], result["error"]) == (0, "timeout")
    assert result["ack_ms"] >= 200
    assert (len(hanging.got), len(idle.got)) == (1, 0)


async def test_a_click_can_be_sent_to_one_replica(client: AsyncWebClient, control: Control, listen: Listen) -> None:
    first, second = await listen(), await listen()
    await clicks_go_to(control, first)

    result = await control.post("clicks", **await card_to_click(client), request_url=second.url)

    assert result["request_url"] == second.url
    assert first.got == []


async def test_a_repeated_click_is_one_envelope_delivered_often(
    client: AsyncWebClient, control: Control, listen: Listen
) -> None:
    first, second = await listen(), await listen()
    await clicks_go_to(control, first, second)

    result = await control.post("clicks", **await card_to_click(client), repeat=6)

    assert result["statuses"] == [200] * 6
    assert (len(first.got), len(second.got)) == (3, 3)
    got = first.got + second.got
    assert len({(headers["X-Slack-Signature"], body) for headers, body in got}) == 1


@pytest.mark.parametrize("fault", ["bad_signature", "old_timestamp"])
async def test_a_forged_or_old_envelope_is_refused_by_the_sdks_verifier(
    client: AsyncWebClient, slack: Sandbox, control: Control, listen: Listen, fault: str
) -> None:
    listener = await listen()
    await clicks_go_to(control, listener)
    click = await card_to_click(client)
    await control.post("faults", on="interactivity", fault=fault)

    await control.post("clicks", **click)
    await control.post("clicks", **click)

    assert [verifies(slack, headers, body) for headers, body in listener.got] == [False, True]


async def test_a_duplicate_is_one_envelope_twice(client: AsyncWebClient, control: Control, listen: Listen) -> None:
    listener = await listen()
    await clicks_go_to(control, listener)
    await control.post("faults", on="interactivity", fault="duplicate", channel=CHANNEL)

    result = await control.post("clicks", **await card_to_click(client))

    assert result["statuses"] == [200, 200]
    assert len({body for _, body in listener.got}) == 1


@pytest.mark.parametrize(("fault", "arrives"), [("drop_before", 0), ("drop_after", 1)])
async def test_a_lost_click_ends_without_a_status(
    client: AsyncWebClient, control: Control, listen: Listen, fault: str, arrives: int
) -> None:
    listener = await listen()
    await clicks_go_to(control, listener)
    await control.post("faults", on="interactivity", fault=fault)

    result = await control.post("clicks", **await card_to_click(client))

    assert (result["status"], result["error"]) == (0, "connection")
    assert len(listener.got) == arrives


async def test_a_slow_click_arrives_late_and_is_signed_when_it_is_sent(
    client: AsyncWebClient, slack: Sandbox, control: Control, listen: Listen
) -> None:
    listener = await listen()
    await clicks_go_to(control, listener)
    await control.post("faults", on="interactivity", fault="slow", seconds=0.1)
    started = time.monotonic()

    result = await control.post("clicks", **await card_to_click(client))

    waited = (time.monotonic() - started) * 1000
    assert waited >= 100
    assert result["ack_ms"] <= waited - 100  # the simulated delay of the network does not count
    assert verifies(slack, *listener.got[0])
