"""Questions with a full text, and what people do to read it in the sandbox."""

from functools import partial
from typing import Any

from bridge.card import action_ids
from bridge.forms import codec
from storage.model import Handle, Interaction, Json
from tests.bridge import limits
from tests.bridge.replica import Replica
from tests.bridge.slack.forms import asking
from tests.sandbox.slack.conftest import Control

LINES = "".join(f"line {number:05} of the script\n" for number in range(1_000))


async def ask(replica: Replica, text: str = LINES, **other: Any) -> tuple[Interaction, Handle]:
    """A question whose action has this full text, and its posted card."""
    action = {"name": "run", "arguments": {}, "full": text}
    return await asking.ask(replica, {"kind": "approval", "title": "Run this?", "action": action}, **other)


click = partial(asking.click, action_id=action_ids.SHOW)
"""Click on the button that shows the whole text."""

opened = partial(asking.opened, action_id=action_ids.SHOW)
"""The first page of the text, as a click opened it."""


async def turn(replica: Replica, view: Json, page: int, *, user: str = "U0ANA") -> Any:
    """Click on the button of a page, which goes to this replica; return once the work after it is done."""
    sent = {"user": user, "action_id": codec.page_action(page), "request_url": replica.url}
    report = await Control(replica.slack.url, replica.http).post(f"views/{view['id']}/actions", **sent)
    await replica.inbound.close()
    return report


def shown(view: Json) -> str:
    """The part of the text on a page, as it is written there."""
    [block] = [one for one in view["blocks"] if one["type"] == "rich_text" and is_preformatted(one)]
    return "".join(element["text"] for element in block["elements"][0]["elements"])


def is_preformatted(block: Json) -> bool:
    return bool(block["elements"][0]["type"] == "rich_text_preformatted")


def words(view: Json) -> str:
    """Everything that a page says."""
    return limits.shown(view["blocks"])


def buttons(view: Json) -> list[str]:
    return [element["text"]["text"] for block in view["blocks"] for element in block.get("elements", ())
            if element["type"] == "button"]  # fmt: skip
