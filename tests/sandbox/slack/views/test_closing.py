from typing import Any

import pytest
from slack_sdk.web.async_client import AsyncWebClient

from sandbox.slack.views.checks import REQUIRED
from tests.sandbox.slack.conftest import ClickListener, Control, refusal
from tests.sandbox.slack.views.modals import MORE, modal, opened, pushed, text_input, trigger, views_of


async def close(control: Control, view: dict[str, Any], **more: Any) -> Any:
    return await control.post(f"views/{view['id']}/close", user="U0ANA", **more)


async def test_cancel_closes_one_view_and_tells_of_it(
    client: AsyncWebClient, control: Control, app: ClickListener
) -> None:
    first = await opened(client, control, view=modal(MORE, notify_on_close=True))
    second = await pushed(client, control, first, view=modal(notify_on_close=True))

    result = await close(control, second)

    (payload,) = app.payloads("view_closed")
    assert (result["sent"], result["payload"]) == (True, payload)
    assert (payload["view"]["id"], payload["is_cleared"]) == (second["id"], False)
    assert "trigger_id" not in payload
    assert [view["id"] for view in await views_of(control)] == [first["id"]]


async def test_x_closes_the_stack_and_tells_of_its_root(
    client: AsyncWebClient, control: Control, app: ClickListener
) -> None:
    first = await opened(client, control, view=modal(MORE, notify_on_close=True))
    second = await pushed(client, control, first, view=modal(notify_on_close=True))

    await close(control, second, clear=True)

    (payload,) = app.payloads("view_closed")
    assert (payload["view"]["id"], payload["is_cleared"]) == (first["id"], True)
    assert await views_of(control) == []


@pytest.mark.parametrize("clear", [False, True])
async def test_nothing_is_told_without_notify_on_close(
    client: AsyncWebClient, control: Control, app: ClickListener, *, clear: bool
) -> None:
    view = await opened(client, control)

    result = await close(control, view, clear=clear)

    assert result == {"sent": False, "status": None, "ack_ms": None}
    assert app.payloads("view_closed") == []
    assert await views_of(control) == []


async def test_the_state_of_a_closed_view_has_no_inputs(
    client: AsyncWebClient, control: Control, app: ClickListener
) -> None:
    options = [{"text": {"type": "plain_text", "text": "A"}, "value": "a"}]
    select = {"type": "static_select", "action_id": "choose", "options": options, "initial_option": options[0]}
    section = {"type": "section", "block_id": "where", "text": {"type": "mrkdwn", "text": "x"}, "accessory": select}
    view = await opened(client, control, view=modal(text_input(), section, notify_on_close=True))

    await close(control, view)

    (payload,) = app.payloads("view_closed")
    assert list(payload["view"]["state"]["values"]) == ["where"]


async def test_the_client_submits_no_form_with_a_mistake(
    client: AsyncWebClient, control: Control, app: ClickListener
) -> None:
    view = await opened(client, control)

    status, answer = await control.try_post(f"views/{view['id']}/submit", user="U0ANA")

    assert (status, answer["error"], answer["fields"]) == (422, "invalid_input", {"why": REQUIRED})
    assert app.payloads("view_submission") == []
    forced = await control.post(f"views/{view['id']}/submit", user="U0ANA", unchecked=True)
    assert forced["payload"]["view"]["state"]["values"]["why"]["text"]["value"] is None


async def test_a_lost_modal_is_gone_and_the_app_never_hears_of_it(
    client: AsyncWebClient, control: Control, app: ClickListener
) -> None:
    first = await opened(client, control, view=modal(MORE, notify_on_close=True, external_id="e1"))
    second = await pushed(client, control, first, view=modal(notify_on_close=True))

    result = await close(control, second, lost=True)

    assert result == {"sent": False, "lost": [first["id"], second["id"]]}
    assert await views_of(control) == []
    assert app.payloads("view_closed") == []
    assert (await control.try_post(f"views/{second['id']}/submit", user="U0ANA"))[0] == 404
    call = client.views_open(trigger_id=await trigger(client, control), view=modal(external_id="e1"))
    assert await refusal(call) == "duplicate_external_id"
