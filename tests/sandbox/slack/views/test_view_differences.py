"""Each known difference of modals is what the sandbox does; a test's docstring is the sentence in DIFFERENCES.md."""

from typing import Any

import aiohttp
import pytest
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from sandbox.slack.server import Sandbox
from tests.sandbox.slack import elsewhere
from tests.sandbox.slack.conftest import ClickListener, Clock, Control, card, refusal
from tests.sandbox.slack.views.modals import MORE, modal, opened, plain, pushed, submit, text_input, trigger, views_of


async def test_triggers(client: AsyncWebClient, control: Control, clock: Clock) -> None:
    """A refused call leaves its `trigger_id` usable; a used one is `exchanged_trigger_id`, also after its three
    seconds.
    """
    trigger_id = await trigger(client, control)
    await refusal(client.views_open(trigger_id=trigger_id, view=modal(title=plain("x" * 25))))
    await client.views_open(trigger_id=trigger_id, view=modal())
    clock.pass_(60)

    assert await refusal(client.views_open(trigger_id=trigger_id, view=modal())) == "exchanged_trigger_id"


async def test_owners(client: AsyncWebClient, control: Control, http: aiohttp.ClientSession) -> None:
    """A `trigger_id` and a view belong to one installation; with another token they are `invalid_trigger_id` and
    `not_found`.
    """
    same_app_elsewhere = (await elsewhere.acme(control, http)).client
    trigger_id = await trigger(client, control)

    call = same_app_elsewhere.views_open(trigger_id=trigger_id, view=modal())
    assert await refusal(call) == "invalid_trigger_id"
    view = (await client.views_open(trigger_id=trigger_id, view=modal()))["view"]
    assert await refusal(same_app_elsewhere.views_update(view_id=view["id"], view=modal())) == "not_found"


async def test_pushing_on_nothing(client: AsyncWebClient, control: Control) -> None:
    """A push with the `trigger_id` of a message, or of a modal that was closed meanwhile, is `not_found`."""
    call = client.views_push(trigger_id=await trigger(client, control), view=modal())
    assert await refusal(call) == "not_found"

    view = await opened(client, control, view=modal(MORE))
    used = await control.post(f"views/{view['id']}/actions", user="U0ANA", action_id="more")
    await control.post(f"views/{view['id']}/close", user="U0ANA")
    call = client.views_push(trigger_id=used["payload"]["trigger_id"], view=modal())
    assert await refusal(call) == "not_found"


async def test_two_stacks(client: AsyncWebClient, control: Control) -> None:
    """A modal that is opened while another is open is a stack of its own, and lies on top."""
    first, second = await opened(client, control), await opened(client, control)

    assert [view["id"] for view in await views_of(control)] == [first["id"], second["id"]]
    assert (second["root_view_id"], second["previous_view_id"]) == (second["id"], None)


async def test_external_ids(client: AsyncWebClient, control: Control) -> None:
    """An `external_id` is free again when its view is closed, and when an update of the view does not repeat it."""
    first = await opened(client, control, view=modal(external_id="e1"))
    await control.post(f"views/{first['id']}/close", user="U0ANA")
    second = await opened(client, control, view=modal(external_id="e1"))

    updated = await client.views_update(view_id=second["id"], view=modal())

    assert updated["view"]["external_id"] == ""
    assert (await opened(client, control, user="U0BOB", view=modal(external_id="e1")))["external_id"] == "e1"


async def test_empty_object(client: AsyncWebClient, control: Control, app: ClickListener) -> None:
    """`{}` closes a view, as an empty acknowledgement does."""
    app.json = {}

    assert (await submit(control, await opened(client, control)))["trouble"] is None
    assert await views_of(control) == []


async def test_long_errors(client: AsyncWebClient, control: Control, app: ClickListener) -> None:
    """The errors of a submission may be of any length."""
    app.json = {"response_action": "errors", "errors": {"why": "x" * 20_000}}

    assert (await submit(control, await opened(client, control)))["trouble"] is None


async def test_clear_on_close(client: AsyncWebClient, control: Control, app: ClickListener) -> None:
    """Cancel on a view with `clear_on_close` is like X. X tells the app only if the root of the stack has
    `notify_on_close`.
    """
    silent = await opened(client, control, view=modal(MORE))
    above = await pushed(client, control, silent, view=modal(notify_on_close=True))
    assert (await control.post(f"views/{above['id']}/close", user="U0ANA", clear=True))["sent"] is False

    root = await opened(client, control, view=modal(MORE, notify_on_close=True))
    above = await pushed(client, control, root, view=modal(clear_on_close=True))
    await control.post(f"views/{above['id']}/close", user="U0ANA")

    (payload,) = app.payloads("view_closed")
    assert (payload["view"]["id"], payload["is_cleared"]) == (root["id"], True)
    assert await views_of(control) == []


async def test_acknowledging_a_closing(client: AsyncWebClient, control: Control, app: ClickListener) -> None:
    """Acknowledging `view_closed` with an error changes nothing."""
    app.status = 404
    view = await opened(client, control, view=modal(notify_on_close=True))

    assert (await control.post(f"views/{view['id']}/close", user="U0ANA"))["status"] == 404
    assert await views_of(control) == []


async def test_completed_inputs(client: AsyncWebClient, control: Control) -> None:
    """Input blocks in a view come back with `optional` and `dispatch_action`, text inputs with
    `dispatch_action_config`.
    """
    entry = text_input()
    del entry["optional"]

    (block,) = (await opened(client, control, view=modal(entry)))["blocks"]

    assert (block["optional"], block["dispatch_action"]) == (False, False)
    assert block["element"]["dispatch_action_config"] == {"trigger_actions_on": ["on_enter_pressed"]}


async def test_gone_options(client: AsyncWebClient, control: Control) -> None:
    """An option that an update no longer offers is no longer chosen: the element starts anew."""

    def select(*values: str) -> dict[str, Any]:
        options = [{"text": plain(value), "value": value} for value in values]
        element = {"type": "static_select", "action_id": "choose", "options": options}
        return {"type": "actions", "block_id": "b", "elements": [element]}

    view = await opened(client, control, view=modal(select("a", "b")))
    await control.post(f"views/{view['id']}/actions", user="U0ANA", action_id="choose", value="a")

    kept = await client.views_update(view_id=view["id"], view=modal(select("c", "a")))
    gone = await client.views_update(view_id=view["id"], view=modal(select("c")))

    assert kept["view"]["state"]["values"]["b"]["choose"]["selected_option"]["value"] == "a"
    assert gone["view"]["state"]["values"]["b"]["choose"]["selected_option"] is None


async def test_workspaces(client: AsyncWebClient, control: Control, http: aiohttp.ClientSession) -> None:
    """A view's `team_id` is the person's workspace, as `team` of its payloads is; inside an organization `team` is
    null.
    """
    wide = await elsewhere.org(control, http)
    posted = await wide.client.chat_postMessage(channel="C0NORTH", text="x", blocks=card())
    click = await control.post("clicks", user="U0NIA", channel="C0NORTH", ts=posted["ts"], action_id="approve")
    inside = (await wide.client.views_open(trigger_id=click["payload"]["trigger_id"], view=modal(MORE)))["view"]
    outside = await opened(client, control, user="U0SAM", view=modal(MORE))

    one = await control.post(f"views/{inside['id']}/actions", user="U0NIA", action_id="more")
    other = await control.post(f"views/{outside['id']}/actions", user="U0SAM", action_id="more")

    assert (inside["team_id"], one["payload"]["team"]) == ("T0NORTH", None)
    assert (outside["team_id"], other["payload"]["team"]["id"]) == ("T0OTHER", "T0OTHER")


@pytest.mark.parametrize("element", [{"type": "file_input"}, {"type": "channels_select", "response_url_enabled": True}])
async def test_only_in_modals(client: AsyncWebClient, control: Control, element: dict[str, Any]) -> None:
    """`file_input` and `response_url_enabled` are taken in the input blocks of modals only."""
    block = {"type": "input", "label": plain("?"), "element": element}

    assert await refusal(client.chat_postMessage(channel="C0GENERAL", text="x", blocks=[block])) == "invalid_blocks"
    assert (await opened(client, control, view=modal(block)))["blocks"][0]["element"]["type"] == element["type"]


async def test_tier(client: AsyncWebClient, control: Control) -> None:
    """Each of `views.*` may be called a hundred times a minute by one installation."""
    view = await opened(client, control)
    for _ in range(100):
        await client.views_update(view_id=view["id"], view=modal())

    with pytest.raises(SlackApiError) as refused:
        await client.views_update(view_id=view["id"], view=modal())

    assert refused.value.response.status_code == 429


async def test_uninstalled(client: AsyncWebClient, slack: Sandbox, control: Control) -> None:
    """A view whose app is no longer installed can be closed, and not submitted."""
    view = await opened(client, control, view=modal(notify_on_close=True))
    await control.post(f"installations/{slack.world.app.bot_user_id}", revoked="token_revoked")

    status, answer = await control.try_post(f"views/{view['id']}/submit", user="U0ANA")
    assert (status, answer["error"]) == (409, "app_not_installed")
    assert (await control.post(f"views/{view['id']}/close", user="U0ANA"))["sent"] is False
