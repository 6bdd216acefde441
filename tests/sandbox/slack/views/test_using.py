"""Elements of a modal that are used before it is submitted."""

from typing import Any

import pytest
from slack_sdk.web.async_client import AsyncWebClient

from tests.sandbox.slack.conftest import ClickListener, Control
from tests.sandbox.slack.views.modals import MORE, modal, opened, plain, text_input, views_of


async def test_a_button_tells_the_app_all_that_was_entered(
    client: AsyncWebClient, control: Control, app: ClickListener
) -> None:
    view = await opened(client, control, view=modal(text_input(), MORE))

    used = await control.post(
        f"views/{view['id']}/actions", user="U0ANA", action_id="more", values={"why": {"text": "because"}}
    )

    payload = app.payloads("block_actions")[-1]
    assert payload == used["payload"]
    assert payload["container"] == {"type": "view", "view_id": view["id"]}
    assert not {"channel", "message", "response_url"} & payload.keys()
    assert payload["view"]["state"]["values"]["why"]["text"]["value"] == "because"
    assert (payload["actions"][0]["action_id"], payload["actions"][0]["value"]) == ("more", "1")


async def test_an_input_tells_nothing_without_dispatch_action(client: AsyncWebClient, control: Control) -> None:
    view = await opened(client, control)
    use = {"user": "U0ANA", "action_id": "text", "value": "because"}

    status, answer = await control.try_post(f"views/{view['id']}/actions", **use)

    assert (status, answer["error"]) == (409, "no_such_action")
    await client.views_update(view_id=view["id"], view=modal({**text_input(), "dispatch_action": True}))
    used = await control.post(f"views/{view['id']}/actions", **use)
    assert used["payload"]["actions"][0]["value"] == "because"
    assert (await views_of(control))[0]["state"]["values"]["why"]["text"]["value"] == "because"


@pytest.mark.parametrize(
    ("kind", "fields", "value", "name", "chosen"),
    [
        ("datepicker", {"initial_date": "2026-01-01"}, "2026-02-28", "selected_date", "2026-02-28"),
        ("users_select", {"placeholder": plain("Who?")}, "U0BOB", "selected_user", "U0BOB"),
        ("multi_users_select", {}, ["U0BOB"], "selected_users", ["U0BOB"]),
        ("datetimepicker", {}, "1800000000", "selected_date_time", 1_800_000_000),
    ],
)
async def test_a_choice_is_told_and_kept(
    client: AsyncWebClient, control: Control, kind: str, fields: dict[str, Any], value: Any, name: str, chosen: Any
) -> None:
    element = {"type": kind, "action_id": "choose", **fields}
    view = await opened(client, control, view=modal({"type": "actions", "block_id": "b", "elements": [element]}))

    used = await control.post(f"views/{view['id']}/actions", user="U0ANA", action_id="choose", value=value)

    (action,) = used["payload"]["actions"]
    assert (action["type"], action["block_id"], action[name]) == (kind, "b", chosen)
    assert fields.keys() <= action.keys()
    assert used["payload"]["view"]["state"]["values"]["b"]["choose"][name] == chosen


async def test_what_the_app_answers_to_an_action_does_nothing(
    client: AsyncWebClient, control: Control, app: ClickListener
) -> None:
    view = await opened(client, control, view=modal(MORE))
    app.json = {"response_action": "clear"}

    assert (await control.post(f"views/{view['id']}/actions", user="U0ANA", action_id="more"))["status"] == 200
    assert [one["id"] for one in await views_of(control)] == [view["id"]]


async def test_an_action_can_wait_for_the_view_it_pushes(client: AsyncWebClient, control: Control) -> None:
    view = await opened(client, control, view=modal(MORE))

    used = await control.post(f"views/{view['id']}/actions", user="U0ANA", action_id="more", wait_view=0)

    assert used["view"] is None


async def test_an_element_that_is_not_there_cannot_be_used(client: AsyncWebClient, control: Control) -> None:
    view = await opened(client, control, view=modal(MORE))

    for use in ({"action_id": "less"}, {"action_id": "more", "block_id": "b"}, {"action_id": "more", "value": "2"}):
        status, answer = await control.try_post(f"views/{view['id']}/actions", user="U0ANA", **use)
        assert (status, answer["error"]) == (409, "no_such_action")
