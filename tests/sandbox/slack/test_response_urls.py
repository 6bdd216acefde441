import json
from typing import Any

import aiohttp
import pytest
from slack_sdk.web.async_client import AsyncWebClient
from slack_sdk.webhook.async_client import AsyncWebhookClient

from sandbox.slack.server import Sandbox
from tests.sandbox.slack.conftest import Clock, Control, card

CHANNEL = "C0APPROVALS"


@pytest.fixture
async def ts(client: AsyncWebClient) -> str:
    posted = await client.chat_postMessage(channel=CHANNEL, text="Deploy?", blocks=card())
    return str(posted["ts"])


@pytest.fixture
async def webhook(ts: str, control: Control, http: aiohttp.ClientSession) -> AsyncWebhookClient:
    """The SDK's client for the response_url of a click by ana."""
    result = await control.post("clicks", user="U0ANA", channel=CHANNEL, ts=ts, action_id="approve")
    return AsyncWebhookClient(result["payload"]["response_url"], session=http, retry_handlers=[])


async def test_a_reply_is_for_the_clicker_alone(webhook: AsyncWebhookClient, control: Control) -> None:
    answer = await webhook.send(text="Too late")

    assert (answer.status_code, answer.body) == (200, "ok")
    assert await control.texts(CHANNEL, as_="U0ANA") == ["Deploy?", "Too late"]
    assert await control.texts(CHANNEL, as_="U0BOB") == ["Deploy?"]


async def test_a_reply_for_everybody_can_go_into_the_thread(
    webhook: AsyncWebhookClient, control: Control, ts: str
) -> None:
    await webhook.send_dict({"text": "Done", "response_type": "in_channel", "thread_ts": ts})

    last = (await control.get("messages", channel=CHANNEL, as_="U0BOB"))["messages"][-1]
    assert (last["text"], last["thread_ts"]) == ("Done", ts)


async def test_the_original_can_be_replaced(webhook: AsyncWebhookClient, control: Control) -> None:
    await webhook.send(text="Approved", replace_original=True)

    (message,) = (await control.get("messages", channel=CHANNEL, as_="U0BOB"))["messages"]
    assert message["text"] == "Approved"
    assert "blocks" not in message


async def test_the_original_can_be_deleted(webhook: AsyncWebhookClient, control: Control) -> None:
    await webhook.send(delete_original=True)

    assert await control.texts(CHANNEL, as_="U0BOB") == []
    assert (await webhook.send(text="x", replace_original=True)).status_code == 404


async def test_an_ephemeral_can_be_replaced_and_deleted(
    client: AsyncWebClient, control: Control, http: aiohttp.ClientSession
) -> None:
    posted = await client.chat_postEphemeral(channel=CHANNEL, user="U0ANA", text="psst", blocks=card())
    click = {"user": "U0ANA", "channel": CHANNEL, "ts": posted["message_ts"], "action_id": "approve"}
    url = (await control.post("clicks", **click))["payload"]["response_url"]
    webhook = AsyncWebhookClient(url, session=http, retry_handlers=[])

    await webhook.send(text="noted", replace_original=True, response_type="in_channel")
    assert await control.texts(CHANNEL, as_="U0ANA") == ["noted"]
    assert await control.texts(CHANNEL, as_="U0BOB") == []
    await webhook.send(delete_original=True)
    assert await control.texts(CHANNEL, as_="U0ANA") == []


@pytest.mark.parametrize("truth", ["true", "True", "1", 1])
async def test_a_flag_may_come_as_text(webhook: AsyncWebhookClient, control: Control, truth: Any) -> None:
    await webhook.send_dict({"text": "Approved", "replace_original": truth})
    assert await control.texts(CHANNEL, as_="U0BOB") == ["Approved"]

    await webhook.send_dict({"text": "kept", "delete_original": "false", "replace_original": "false"})
    assert await control.texts(CHANNEL, as_="U0ANA") == ["Approved", "kept"]

    await webhook.send_dict({"delete_original": truth})
    assert await control.texts(CHANNEL, as_="U0ANA") == ["kept"]


async def test_a_reply_may_come_as_a_form_and_its_blocks_as_text(
    webhook: AsyncWebhookClient, control: Control, http: aiohttp.ClientSession
) -> None:
    reply = {"text": "Done", "replace_original": True, "blocks": json.dumps(card())}

    async with http.post(webhook.url, data={"payload": json.dumps(reply)}) as answer:
        assert (answer.status, await answer.text()) == (200, "ok")

    (message,) = (await control.get("messages", channel=CHANNEL, as_="U0BOB"))["messages"]
    assert (message["text"], len(message["blocks"])) == ("Done", 2)


async def test_it_serves_five_times(webhook: AsyncWebhookClient) -> None:
    answers = [await webhook.send(text="hi") for _ in range(6)]

    assert [answer.status_code for answer in answers] == [200] * 5 + [404]
    assert answers[5].body == '{"ok": false, "error": "used_url"}'


async def test_it_serves_for_half_an_hour(webhook: AsyncWebhookClient, clock: Clock) -> None:
    clock.pass_(30 * 60)
    assert (await webhook.send(text="just in time")).status_code == 200
    clock.pass_(1)

    late = await webhook.send(text="too late")

    assert (late.status_code, late.body) == (404, '{"ok": false, "error": "expired_url"}')


async def test_expired_ones_are_forgotten_at_the_next_click(
    webhook: AsyncWebhookClient, slack: Sandbox, control: Control, clock: Clock, ts: str
) -> None:
    clock.pass_(30 * 60 + 1)

    await control.post("clicks", user="U0ANA", channel=CHANNEL, ts=ts, action_id="approve")

    assert slack.response_urls.count == 1
    assert (await webhook.send(text="too late")).body == '{"ok": false, "error": "expired_url"}'


@pytest.mark.parametrize(
    ("body", "error"),
    [
        ({"text": ""}, "no_text"),
        ({"text": "x", "blocks": [{"type": "nope"}]}, "invalid_blocks"),
        ({"text": "x", "blocks": "nope"}, "invalid_blocks_format"),
    ],
)
async def test_a_refused_reply_costs_no_use(webhook: AsyncWebhookClient, body: dict[str, Any], error: str) -> None:
    refused = await webhook.send_dict(body)

    assert (refused.status_code, refused.body) == (400, error)
    assert [(await webhook.send(text="hi")).status_code for _ in range(5)] == [200] * 5


async def test_a_body_that_is_no_json_object_is_refused(
    webhook: AsyncWebhookClient, http: aiohttp.ClientSession
) -> None:
    for body in (b"nope", b"[1]", b"[" * 100_000):
        async with http.post(webhook.url, data=body) as answer:
            assert (answer.status, await answer.text()) == (400, "invalid_payload")


async def test_a_guessed_address_is_nothing(webhook: AsyncWebhookClient, http: aiohttp.ClientSession) -> None:
    async with http.post(webhook.url + "x", json={"text": "hi"}) as answer:
        assert answer.status == 404


async def test_faults_reach_it_too(webhook: AsyncWebhookClient, control: Control) -> None:
    await control.post("faults", on="response_url", fault="status", status=500)
    await control.post("faults", on="response_url", fault="ratelimited", channel="C0GENERAL")

    assert (await webhook.send(text="hi")).status_code == 500
    assert (await webhook.send(text="hi")).status_code == 200
    assert await control.texts(CHANNEL, as_="U0ANA") == ["Deploy?", "hi"]
