"""Modals of outsiders, guests and people of an organization: their workspace is not where the app is installed."""

from typing import Any

import aiohttp
import pytest
from slack_bolt.async_app import AsyncAck, AsyncApp
from slack_sdk.web.async_client import AsyncWebClient

from sandbox.slack.server import Sandbox
from tests.sandbox.slack import elsewhere
from tests.sandbox.slack.conftest import Control, Serve, card, clicks_go_to_bolt, refusal
from tests.sandbox.slack.elsewhere import Installed
from tests.sandbox.slack.views.modals import MORE, modal, opened, submit, trigger


async def submitted(control: Control, view: dict[str, Any], user: str) -> Any:
    """The payload of a submission by this person."""
    return (await submit(control, view, user=user))["payload"]


async def opened_by_click(
    control: Control, app: Installed, *, channel: str, user: str, view: dict[str, Any] | None = None
) -> dict[str, Any]:
    posted = await app.client.chat_postMessage(channel=channel, text="Deploy?", blocks=card())
    click = await control.post("clicks", user=user, channel=channel, ts=posted["ts"], action_id="approve")
    answer = await app.client.views_open(trigger_id=click["payload"]["trigger_id"], view=view or modal())
    shown: dict[str, Any] = answer["view"]
    return shown


async def test_an_outsider_submits_from_their_own_workspace(client: AsyncWebClient, control: Control) -> None:
    view = await opened(client, control, user="U0SAM")

    payload = await submitted(control, view, "U0SAM")

    assert (payload["team"]["id"], payload["user"]["team_id"]) == ("T0OTHER", "T0OTHER")
    assert (payload["enterprise"], payload["is_enterprise_install"]) == (None, False)
    assert payload["view"]["app_installed_team_id"] == "T0SANDBOX"
    assert payload["view"]["team_id"] == "T0OTHER"


async def test_bolt_finds_the_installation_of_an_outsiders_submission(
    client: AsyncWebClient, slack: Sandbox, control: Control, serve: Serve
) -> None:
    seen: list[str | None] = []
    bolt = AsyncApp(client=client, signing_secret=slack.world.app.signing_secret)

    @bolt.view("form")
    async def form(ack: AsyncAck, context: dict[str, Any]) -> None:
        seen.append(context["team_id"])
        await ack()

    await clicks_go_to_bolt(control, serve, bolt)
    view = await opened(client, control, user="U0SAM")

    assert await submitted(control, view, "U0SAM")

    assert seen == ["T0SANDBOX"]


async def test_a_guest_submits_as_every_member(control: Control, http: aiohttp.ClientSession) -> None:
    app = await elsewhere.acme(control, http)
    view = await opened_by_click(control, app, channel=(await _dm(app, "U0FAY")), user="U0FAY")

    payload = await submitted(control, view, "U0FAY")

    assert payload["team"]["id"] == payload["view"]["app_installed_team_id"] == "T0ACME"


async def _dm(app: Installed, user: str) -> str:
    return str((await app.client.conversations_open(users=user))["channel"]["id"])


async def test_an_organization_wide_app_is_installed_in_the_organization(
    control: Control, http: aiohttp.ClientSession
) -> None:
    app = await elsewhere.org(control, http)
    view = await opened_by_click(control, app, channel="C0NORTH", user="U0NIA")

    payload = await submitted(control, view, "U0NIA")

    assert (payload["team"], payload["is_enterprise_install"]) == (None, True)
    assert payload["enterprise"]["id"] == payload["view"]["app_installed_team_id"] == "E0ORG"
    assert payload["user"]["team_id"] == payload["view"]["team_id"] == "T0NORTH"


async def test_a_person_of_a_sister_workspace_submits_from_there(control: Control, http: aiohttp.ClientSession) -> None:
    await elsewhere.org(control, http)
    shared = {"id": "C0EAST", "name": "east", "members": ["U0SOL"]}
    await control.post("workspaces", id="T0EAST", name="East", enterprise=elsewhere.ORG, channels=[shared])
    app = await elsewhere.install(control, http, team_id="T0EAST", channels=["C0EAST"])
    view = await opened_by_click(control, app, channel="C0EAST", user="U0SOL")

    payload = await submitted(control, view, "U0SOL")

    assert (payload["team"]["id"], payload["team"]["enterprise_id"]) == ("T0SOUTH", "E0ORG")
    assert (payload["enterprise"]["id"], payload["is_enterprise_install"]) == ("E0ORG", False)
    assert payload["view"]["app_installed_team_id"] == "T0EAST"


async def test_a_trigger_id_and_a_view_belong_to_one_app(
    client: AsyncWebClient, control: Control, http: aiohttp.ClientSession
) -> None:
    other = await elsewhere.neighbour(control, http)
    trigger_id = await trigger(client, control)

    assert await refusal(other.client.views_open(trigger_id=trigger_id, view=modal())) == "invalid_trigger_id"
    view = (await client.views_open(trigger_id=trigger_id, view=modal(MORE, external_id="e1")))["view"]
    assert await refusal(other.client.views_update(view_id=view["id"], view=modal())) == "not_found"
    assert await refusal(other.client.views_update(external_id="e1", view=modal())) == "not_found"
    used = await control.post(f"views/{view['id']}/actions", user="U0ANA", action_id="more")
    call = other.client.views_push(trigger_id=used["payload"]["trigger_id"], view=modal())
    assert await refusal(call) == "invalid_trigger_id"


async def test_two_apps_of_a_workspace_share_its_external_ids(
    client: AsyncWebClient, control: Control, http: aiohttp.ClientSession
) -> None:
    other = await elsewhere.neighbour(control, http)
    await opened(client, control, view=modal(external_id="e1"))
    posted = await other.client.chat_postMessage(channel="C0APPROVALS", text="x", blocks=card())
    where = {"channel": "C0APPROVALS", "ts": posted["ts"], "action_id": "approve"}
    click = await control.post("clicks", user="U0ANA", **where)

    call = other.client.views_open(trigger_id=click["payload"]["trigger_id"], view=modal(external_id="e1"))

    assert await refusal(call) == "duplicate_external_id"


async def test_two_workspaces_do_not_share_external_ids(
    client: AsyncWebClient, control: Control, http: aiohttp.ClientSession
) -> None:
    app = await elsewhere.acme(control, http)
    await opened(client, control, view=modal(external_id="e1"))

    view = await opened_by_click(control, app, channel="C0DEPLOYS", user="U0EVE", view=modal(external_id="e1"))

    assert view["external_id"] == "e1"


@pytest.mark.parametrize("act", ["submit", "close", "actions"])
async def test_a_deactivated_person_does_nothing_with_a_view(
    client: AsyncWebClient, control: Control, act: str
) -> None:
    view = await opened(client, control, view=modal(MORE))
    await control.post("people/U0ANA", is_deleted=True)
    more = {"action_id": "more"} if act == "actions" else {}

    status, answer = await control.try_post(f"views/{view['id']}/{act}", user="U0ANA", **more)

    assert (status, answer["error"]) == (409, "user_is_deleted")
