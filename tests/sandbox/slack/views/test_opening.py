import asyncio
from typing import Any

import aiohttp
import pytest
from slack_bolt.async_app import AsyncAck, AsyncApp
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from sandbox.slack.server import Sandbox
from tests.sandbox.slack.conftest import (
    Clock,
    Control,
    Listen,
    Serve,
    card_to_click,
    clicks_go_to,
    clicks_go_to_bolt,
    refusal,
)
from tests.sandbox.slack.views.modals import MORE, modal, opened, plain, pushed, text_input, trigger, views_of
from tests.waiting import until


async def test_a_bolt_app_opens_a_modal_with_a_click(
    client: AsyncWebClient, slack: Sandbox, control: Control, serve: Serve
) -> None:
    bolt = AsyncApp(client=client, signing_secret=slack.world.app.signing_secret)

    @bolt.action("approve")
    async def approve(ack: AsyncAck, body: dict[str, Any], client: AsyncWebClient) -> None:
        await ack()
        await client.views_open(trigger_id=body["trigger_id"], view=modal())

    await clicks_go_to_bolt(control, serve, bolt)

    result = await control.post("clicks", **await card_to_click(client), wait_view=3)

    assert await views_of(control) == [result["view"]]
    assert (result["view"]["callback_id"], result["view"]["type"]) == ("form", "modal")


async def test_a_click_waits_for_a_modal_that_is_opened_after_the_ack(
    client: AsyncWebClient, control: Control, listen: Listen
) -> None:
    app = await listen()
    await clicks_go_to(control, app)
    click = asyncio.create_task(control.post("clicks", **await card_to_click(client), wait_view=3))
    acknowledged = (await until(lambda: control.get("clicks"), lambda got: got["clicks"]))["clicks"]

    view = (await client.views_open(trigger_id=acknowledged[0]["payload"]["trigger_id"], view=modal()))["view"]

    assert (await click)["view"] == view


async def test_a_click_that_opens_nothing_says_so(client: AsyncWebClient, control: Control) -> None:
    click = await card_to_click(client)

    assert (await control.post("clicks", **click, wait_view=0))["view"] is None
    assert "view" not in await control.post("clicks", **click)
    assert (await control.try_post("clicks", **click, wait_view=4))[0] == 400


async def test_a_view_comes_back_completed(client: AsyncWebClient, control: Control) -> None:
    blocks = [{"type": "section", "text": {"type": "mrkdwn", "text": "x"}}, text_input("why", initial_value="because")]
    view = await opened(client, control, view=modal(*blocks, private_metadata=' {"a": "ü"}\n'))

    section, entry = view["blocks"]
    assert len(section["block_id"]) == 5
    assert section["text"]["verbatim"] is False
    assert (entry["optional"], entry["dispatch_action"], entry["label"]["emoji"]) == (False, False, True)
    assert view["title"] == {**plain("A form"), "emoji": True}
    assert (view["close"], view["external_id"], view["previous_view_id"]) == (None, "", None)
    assert view["private_metadata"] == ' {"a": "ü"}\n'
    assert view["root_view_id"] == view["id"]
    assert view["state"]["values"] == {"why": {"text": {"type": "plain_text_input", "value": "because"}}}
    seconds, _, rest = view["hash"].partition(".")
    assert (seconds, len(rest)) == ("1800000000", 8)


async def test_opening_is_a_change_that_the_page_sees(client: AsyncWebClient, control: Control) -> None:
    trigger_id = await trigger(client, control)
    before = (await control.get("changes"))["version"]
    waiting = asyncio.create_task(control.get("changes", after=before, timeout=30))

    await client.views_open(trigger_id=trigger_id, view=modal())

    assert (await waiting)["version"] > before


async def test_a_trigger_id_opens_one_view(client: AsyncWebClient, control: Control) -> None:
    trigger_id = await trigger(client, control)
    await client.views_open(trigger_id=trigger_id, view=modal())

    assert await refusal(client.views_open(trigger_id=trigger_id, view=modal())) == "exchanged_trigger_id"
    assert len(await views_of(control)) == 1


@pytest.mark.parametrize(("seconds", "error"), [(3.0, None), (3.001, "expired_trigger_id")])
async def test_a_trigger_id_lives_three_seconds(
    client: AsyncWebClient, control: Control, clock: Clock, seconds: float, error: str | None
) -> None:
    trigger_id = await trigger(client, control)
    clock.pass_(seconds)

    if error is None:
        assert (await client.views_open(trigger_id=trigger_id, view=modal()))["ok"]
    else:
        assert await refusal(client.views_open(trigger_id=trigger_id, view=modal())) == error


@pytest.mark.parametrize("trigger_id", ["nonsense", "1.2.xyz", "1800000000.000001.0123456789abcdef"])
async def test_a_trigger_id_that_slack_did_not_give_is_refused(client: AsyncWebClient, trigger_id: str) -> None:
    assert await refusal(client.views_open(trigger_id=trigger_id, view=modal())) == "invalid_trigger_id"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"view": modal()}, "missing required field: trigger_id"),
        ({"trigger_id": "1.2.3"}, "missing required field: view"),
        ({"trigger_id": "1.2.3", "view": "no JSON"}, "must provide an object [json-pointer:/view]"),
        (
            {"trigger_id": "1.2.3", "view": {"type": "modal", "blocks": []}},
            "missing required field: title [json-pointer:/view]",
        ),
        (
            {"trigger_id": "1.2.3", "view": {"type": "modal", "title": plain("t"), "blocks": [text_input()]}},
            "must define `submit` to use `input` block [json-pointer:/view/blocks/0/input]",
        ),
        (
            {"trigger_id": "1.2.3", "view": {"type": "home", "blocks": []}},
            "unsupported type: home [json-pointer:/view/type]",
        ),
    ],
)
async def test_a_wrong_argument_is_told_with_its_place(
    client: AsyncWebClient, arguments: dict[str, Any], message: str
) -> None:
    with pytest.raises(SlackApiError) as refused:
        await client.api_call("views.open", json=arguments)

    assert refused.value.response["error"] == "invalid_arguments"
    assert refused.value.response["response_metadata"]["messages"] == [f"[ERROR] {message}"]


@pytest.mark.parametrize("field", ["id", "team_id", "state", "hash", "root_view_id", "app_id", "bot_id"])
async def test_a_received_view_cannot_be_sent_back(client: AsyncWebClient, control: Control, field: str) -> None:
    view = await opened(client, control)

    call = client.views_update(view_id=view["id"], view={**modal(), field: view[field]})
    assert await refusal(call) == "invalid_arguments"


async def test_a_view_over_250_kb_is_too_large(client: AsyncWebClient, control: Control) -> None:
    view = modal(*({"type": "section", "text": plain("ü" * 3000)} for _ in range(20)))

    call = client.views_open(trigger_id=await trigger(client, control), view=view)
    assert await refusal(call) == "view_too_large"


async def test_an_external_id_belongs_to_one_open_view(client: AsyncWebClient, control: Control) -> None:
    first = await opened(client, control, view=modal(external_id="e1"))
    call = client.views_open(trigger_id=await trigger(client, control, user="U0BOB"), view=modal(external_id="e1"))
    assert await refusal(call) == "duplicate_external_id"

    await control.post(f"views/{first['id']}/close", user="U0ANA")

    assert (await opened(client, control, user="U0BOB", view=modal(external_id="e1")))["external_id"] == "e1"


async def test_views_are_pushed_up_to_three(client: AsyncWebClient, control: Control) -> None:
    first = await opened(client, control, view=modal(MORE))
    second = await pushed(client, control, first, view=modal(MORE))
    third = await pushed(client, control, second, view=modal(MORE))

    assert (second["previous_view_id"], third["previous_view_id"]) == (first["id"], second["id"])
    assert {view["root_view_id"] for view in (first, second, third)} == {first["id"]}
    assert [view["id"] for view in await views_of(control)] == [first["id"], second["id"], third["id"]]
    used = await control.post(f"views/{third['id']}/actions", user="U0ANA", action_id="more")
    call = client.views_push(trigger_id=used["payload"]["trigger_id"], view=modal())
    assert await refusal(call) == "push_limit_reached"


async def test_only_the_topmost_view_can_be_used(client: AsyncWebClient, control: Control) -> None:
    first = await opened(client, control, view=modal(MORE))
    await pushed(client, control, first, view=modal())

    for act, more in (("submit", {}), ("close", {}), ("actions", {"action_id": "more"})):
        status, answer = await control.try_post(f"views/{first['id']}/{act}", user="U0ANA", **more)
        assert (status, answer["error"]) == (409, "view_is_covered")


async def test_a_view_is_of_one_person(client: AsyncWebClient, control: Control) -> None:
    view = await opened(client, control)

    assert await views_of(control, "U0BOB") == []
    assert (await control.try_post(f"views/{view['id']}/submit", user="U0BOB"))[0] == 404
    assert [one["id"] for one in (await control.get("views"))["views"]] == [view["id"]]


async def test_a_hundred_calls_in_a_minute_are_enough(client: AsyncWebClient, control: Control, clock: Clock) -> None:
    view = await opened(client, control)
    for _ in range(100):
        await client.views_update(view_id=view["id"], view=modal())

    with pytest.raises(SlackApiError) as refused:
        await client.views_update(view_id=view["id"], view=modal())

    assert (refused.value.response.status_code, refused.value.response["error"]) == (429, "ratelimited")
    assert refused.value.response.headers["Retry-After"] == "1"
    await opened(client, control, user="U0BOB")  # another method
    clock.pass_(1)
    assert (await client.views_update(view_id=view["id"], view=modal()))["ok"]


async def test_the_limit_of_calls_can_be_switched_off(http: aiohttp.ClientSession) -> None:
    async with Sandbox(posting_limit=False) as slack:
        client = AsyncWebClient(
            token=slack.world.app.bot_token, base_url=slack.api_url, session=http, retry_handlers=[]
        )
        view = await opened(client, Control(slack.url, http))
        answers = [await client.views_update(view_id=view["id"], view=modal()) for _ in range(101)]

    assert all(answer["ok"] for answer in answers)
