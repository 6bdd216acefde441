from typing import Any

import pytest
from slack_bolt.async_app import AsyncAck, AsyncApp
from slack_sdk.web.async_client import AsyncWebClient

from sandbox.slack.server import Sandbox
from sandbox.slack.views.acks import TROUBLE
from tests.sandbox.slack.conftest import (
    ClickListener,
    Control,
    Listen,
    Serve,
    clicks_go_to,
    clicks_go_to_bolt,
    verifies,
)
from tests.sandbox.slack.views.modals import MORE, modal, opened, plain, pushed, submit, text_input, views_of


async def test_a_bolt_app_gets_what_was_typed_and_closes_the_view(
    client: AsyncWebClient, slack: Sandbox, control: Control, serve: Serve
) -> None:
    seen: list[Any] = []
    bolt = AsyncApp(client=client, signing_secret=slack.world.app.signing_secret)

    @bolt.view("form")
    async def form(ack: AsyncAck, body: dict[str, Any]) -> None:
        seen.append(body)
        await ack()

    await clicks_go_to_bolt(control, serve, bolt)
    view = await opened(client, control)

    result = await submit(control, view)

    assert (result["status"], result["response"], result["trouble"]) == (200, None, None)
    assert await views_of(control) == []
    (body,) = seen
    assert body == result["payload"]
    assert body["view"]["state"]["values"]["why"]["text"] == {"type": "plain_text_input", "value": "because"}


async def test_a_submission_is_signed_as_a_click_is(
    client: AsyncWebClient, slack: Sandbox, control: Control, app: ClickListener
) -> None:
    await submit(control, await opened(client, control))

    headers, body = app.got[-1]
    assert verifies(slack, headers, body)
    assert headers["Content-Type"] == "application/x-www-form-urlencoded"


async def test_an_empty_ack_closes_the_submitted_view_only(
    client: AsyncWebClient, control: Control, app: ClickListener
) -> None:
    first = await opened(client, control, view=modal(MORE))
    second = await pushed(client, control, first, view=modal())

    await submit(control, second)

    assert [view["id"] for view in await views_of(control)] == [first["id"]]


async def test_clear_closes_the_whole_stack(client: AsyncWebClient, control: Control, app: ClickListener) -> None:
    first = await opened(client, control, view=modal(MORE))
    second = await pushed(client, control, first, view=modal())
    app.json = {"response_action": "clear"}

    result = await submit(control, second)

    assert result["response"] == {"response_action": "clear"}
    assert await views_of(control) == []


async def test_update_replaces_the_submitted_view(client: AsyncWebClient, control: Control, app: ClickListener) -> None:
    view = await opened(client, control)
    done = {"type": "modal", "title": plain("Done"), "blocks": [{"type": "divider"}]}
    app.json = {"response_action": "update", "view": done}

    await submit(control, view)

    (now,) = await views_of(control)
    assert (now["id"], now["title"]["text"]) == (view["id"], "Done")
    assert now["hash"] != view["hash"]


async def test_push_puts_a_view_on_top(client: AsyncWebClient, control: Control, app: ClickListener) -> None:
    view = await opened(client, control)
    app.json = {"response_action": "push", "view": modal(external_id="second")}

    await submit(control, view)

    below, above = await views_of(control)
    assert (below["id"], above["previous_view_id"], above["external_id"]) == (view["id"], view["id"], "second")
    assert below["state"]["values"]["why"]["text"]["value"] == "because"


async def test_errors_are_shown_under_their_fields_until_the_next_submission(
    client: AsyncWebClient, control: Control, app: ClickListener
) -> None:
    view = await opened(client, control)
    app.json = {"response_action": "errors", "errors": {"why": "Say more."}}

    result = await submit(control, view)

    shown = (await control.get("views", as_="U0ANA"))["shown"][view["id"]]
    assert (result["trouble"], shown["errors"], shown["trouble"]) == (None, {"why": "Say more."}, None)
    app.json = None
    assert (await submit(control, view, "because it is late"))["status"] == 200
    assert await views_of(control) == []


UNUSABLE: list[dict[str, Any]] = [
    {"text": "ok"},
    {"text": " "},
    {"status": 204},
    {"status": 404},
    {"status": 500},
    {"json": []},
    {"json": {"text": "ok"}},
    {"json": {"response_action": "close"}},
    {"json": {"response_action": "errors"}},
    {"json": {"response_action": "errors", "errors": {}}},
    {"json": {"response_action": "errors", "errors": {"why": ""}}},
    {"json": {"response_action": "errors", "errors": {"why": 1}}},
    {"json": {"response_action": "errors", "errors": {"text": "an action_id"}}},
    {"json": {"response_action": "errors", "errors": {"why": "no", "buttons": "no input"}}},
    {"json": {"response_action": "update"}},
    {"json": {"response_action": "update", "view": {**modal(), "title": plain("x" * 25)}}},
    {"json": {"response_action": "push", "view": {"type": "home", "blocks": []}}},
]


@pytest.mark.parametrize("ack", UNUSABLE)
async def test_an_ack_that_slack_cannot_use_leaves_the_view_to_be_submitted_again(
    client: AsyncWebClient, control: Control, app: ClickListener, ack: dict[str, Any]
) -> None:
    view = await opened(client, control, view=modal(text_input(), MORE))
    app.status, app.text, app.json = ack.get("status", 200), ack.get("text", ""), ack.get("json")

    result = await submit(control, view)

    assert result["trouble"] == TROUBLE
    answer = await control.get("views", as_="U0ANA")
    assert [one["id"] for one in answer["views"]] == [view["id"]]
    assert answer["shown"][view["id"]]["trouble"] == TROUBLE
    assert answer["views"][0]["state"]["values"]["why"]["text"]["value"] == "because"

    app.status, app.text, app.json = 200, "", None
    again = await control.post(f"views/{view['id']}/submit", user="U0ANA")

    first, second = app.payloads("view_submission")
    assert again["trouble"] is None
    assert first["view"]["id"] == second["view"]["id"]
    assert first["trigger_id"] != second["trigger_id"]
    assert first["view"]["state"] == second["view"]["state"]


async def test_no_ack_in_time_is_trouble(client: AsyncWebClient, control: Control) -> None:
    view = await opened(client, control)

    result = await submit(control, view)  # there is no request URL

    assert (result["status"], result["error"], result["trouble"]) == (0, "connection", TROUBLE)


async def test_a_late_ack_is_trouble(http: Any, listen: Listen) -> None:
    async with Sandbox(ack_limit=0.1) as slack:
        control, app = Control(slack.url, http), await listen()
        client = AsyncWebClient(token=slack.world.app.bot_token, base_url=slack.api_url, session=http)
        await clicks_go_to(control, app)
        view = await opened(client, control)
        app.hangs = True

        result = await submit(control, view)

        assert (result["status"], result["error"], result["trouble"]) == (0, "timeout", TROUBLE)
        assert len(await views_of(control)) == 1


async def test_a_push_on_a_full_stack_is_trouble(client: AsyncWebClient, control: Control, app: ClickListener) -> None:
    first = await opened(client, control, view=modal(MORE))
    second = await pushed(client, control, first, view=modal(MORE))
    third = await pushed(client, control, second, view=modal())
    app.json = {"response_action": "push", "view": modal()}

    assert (await submit(control, third))["trouble"] == TROUBLE
    assert len(await views_of(control)) == 3


async def test_an_ack_with_an_external_id_in_use_is_trouble(
    client: AsyncWebClient, control: Control, app: ClickListener
) -> None:
    await opened(client, control, user="U0BOB", view=modal(external_id="taken"))
    view = await opened(client, control)
    app.json = {"response_action": "update", "view": modal(external_id="taken")}

    assert (await submit(control, view))["trouble"] == TROUBLE


async def test_inputs_that_are_left_out_keep_what_they_show(
    client: AsyncWebClient, control: Control, app: ClickListener
) -> None:
    view = await opened(client, control, view=modal(text_input("why"), text_input("what", initial_value="db")))

    result = await submit(control, view)

    values = result["payload"]["view"]["state"]["values"]
    assert (values["why"]["text"]["value"], values["what"]["text"]["value"]) == ("because", "db")


async def test_an_empty_optional_input_is_null(client: AsyncWebClient, control: Control, app: ClickListener) -> None:
    for empty in ("", None):
        view = await opened(client, control, view=modal(text_input(optional=True, initial_value="x")))

        result = await submit(control, view, empty)

        assert result["payload"]["view"]["state"]["values"]["why"]["text"]["value"] is None


async def test_the_trigger_id_of_a_submission_pushes_upon_its_view(
    client: AsyncWebClient, control: Control, app: ClickListener
) -> None:
    view = await opened(client, control)
    app.json = {"response_action": "errors", "errors": {"why": "Say more."}}
    result = await submit(control, view)

    answer = await client.views_push(trigger_id=result["payload"]["trigger_id"], view=modal())

    assert answer["view"]["previous_view_id"] == view["id"]


async def test_what_the_view_has_not_cannot_be_entered(client: AsyncWebClient, control: Control) -> None:
    view = await opened(client, control)

    for values in ({"why": {"other": "x"}}, {"other": {"text": "x"}}, {"why": {"text": ["x"]}}):
        status, answer = await control.try_post(f"views/{view['id']}/submit", user="U0ANA", values=values)
        assert (status, answer["error"]) == (409, "no_such_entry")
    assert (await control.try_post(f"views/{view['id']}/submit", user="U0ANA", values={"why": {"text": 7}}))[0] == 400


async def test_a_view_without_a_button_cannot_be_submitted(client: AsyncWebClient, control: Control) -> None:
    view = await opened(client, control, view={"type": "modal", "title": plain("t"), "blocks": [{"type": "divider"}]})

    status, answer = await control.try_post(f"views/{view['id']}/submit", user="U0ANA")

    assert (status, answer["error"]) == (409, "no_submit")


async def test_a_payload_goes_to_the_url_that_the_request_names(
    client: AsyncWebClient, control: Control, app: ClickListener, listen: Listen
) -> None:
    other = await listen()
    view = await opened(client, control, view=modal(MORE, text_input(), notify_on_close=True))

    used = [
        await control.post(f"views/{view['id']}/actions", user="U0ANA", action_id="more", request_url=other.url),
        await submit(control, view, request_url=other.url),
    ]

    assert [one["request_url"] for one in used] == [other.url] * 2
    assert used[1]["status"] == 200
