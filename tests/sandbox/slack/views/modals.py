"""Modals for tests: a form, and the click with whose trigger_id an app opens it."""

from typing import Any

from slack_sdk.web.async_client import AsyncWebClient

from tests.sandbox.slack.conftest import Control, card, card_to_click


def plain(text: str) -> dict[str, Any]:
    return {"type": "plain_text", "text": text}


def text_input(block_id: str = "why", *, optional: bool = False, **more: Any) -> dict[str, Any]:
    """An input block with a text, whose action_id is `text`."""
    element = {"type": "plain_text_input", "action_id": "text", **more}
    return {"type": "input", "block_id": block_id, "label": plain("Why?"), "element": element, "optional": optional}


def modal(*blocks: dict[str, Any], **more: Any) -> dict[str, Any]:
    """A modal with these blocks, or with one text input."""
    form = {"type": "modal", "title": plain("A form"), "submit": plain("Send"), "callback_id": "form"}
    return {**form, "blocks": list(blocks or (text_input(),)), **more}


async def trigger(client: AsyncWebClient, control: Control, *, user: str = "U0ANA") -> str:
    """The trigger_id of a click by this person on a card in a channel."""
    click = {**await card_to_click(client, card()), "user": user}
    return str((await control.post("clicks", **click))["payload"]["trigger_id"])


async def opened(client: AsyncWebClient, control: Control, *, user: str = "U0ANA", view: Any = None) -> dict[str, Any]:
    """A modal that was opened for this person; the view as Slack returns it."""
    answer = await client.views_open(trigger_id=await trigger(client, control, user=user), view=view or modal())
    shown: dict[str, Any] = answer["view"]
    return shown


async def submit(
    control: Control, view: dict[str, Any], text: str | None = "because", *, user: str = "U0ANA", **more: Any
) -> Any:
    """Submit a view with this in the text input `why`, and with the values of `more` in its other inputs."""
    values = {"why": {"text": text}} | more.pop("values", {})
    return await control.post(f"views/{view['id']}/submit", user=user, values=values, **more)


async def views_of(control: Control, user: str = "U0ANA") -> list[dict[str, Any]]:
    views: list[dict[str, Any]] = (await control.get("views", as_=user))["views"]
    return views


async def pushed(client: AsyncWebClient, control: Control, upon: dict[str, Any], *, view: Any) -> dict[str, Any]:
    """A view that was pushed with the trigger_id of a use of the button `more` of the view below."""
    used = await control.post(f"views/{upon['id']}/actions", user="U0ANA", action_id="more")
    answer = await client.views_push(trigger_id=used["payload"]["trigger_id"], view=view)
    shown: dict[str, Any] = answer["view"]
    return shown


MORE = {
    "type": "actions",
    "block_id": "buttons",
    "elements": [{"type": "button", "action_id": "more", "text": plain("More"), "value": "1"}],
}
