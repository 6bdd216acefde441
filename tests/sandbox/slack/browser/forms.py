"""Forms for tests of the page: their input blocks, where the page shows them, and what an app gets of them."""

from typing import Any

from tests.sandbox.slack.browser.driver import Locator, Page
from tests.sandbox.slack.conftest import ClickListener
from tests.sandbox.slack.test_entries import choice, simple
from tests.sandbox.slack.views.modals import plain


def field(kind: str, **more: Any) -> dict[str, Any]:
    """A required input block, whose block_id and label are the type of its element."""
    return {"type": "input", "block_id": kind, "label": plain(kind), "element": choice(kind) | more}


def typed(kind: str, **more: Any) -> dict[str, Any]:
    element = {"type": kind, "action_id": "choose", **more}
    return {"type": "input", "block_id": kind, "label": plain(kind), "element": element}


def dialog(page: Page) -> Locator:
    return page.get_by_role("dialog", name="A form")


async def sent(app: ClickListener) -> list[Any]:
    """The values of every submission that the app got, without their types."""
    return [simple(payload["view"]["state"]["values"]) for payload in app.payloads("view_submission")]
