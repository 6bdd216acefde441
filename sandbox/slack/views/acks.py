"""What an app's acknowledgement of a `view_submission` does to the view."""

import json
from typing import Any

from sandbox.slack.delivery import Ack
from sandbox.slack.errors import SlackError
from sandbox.slack.model import Json
from sandbox.slack.views import reading
from sandbox.slack.views.model import View
from sandbox.slack.views.stacks import Views

TROUBLE = "We had some trouble connecting. Try again?"
"""What Slack shows when it cannot use the acknowledgement. The view stays, and can be submitted again."""


class UnusableError(Exception):
    """Slack cannot use this acknowledgement."""


def response(ack: Ack) -> Json | None:
    """The JSON object in the acknowledgement's body; None for an empty body, and for everything else."""
    try:
        body: Any = json.loads(ack.body)
    except (ValueError, RecursionError):
        return None
    return body if isinstance(body, dict) else None


def apply(ack: Ack, *, view: View, views: Views) -> None:
    """Do what the acknowledgement says: close, clear, update, push, or show errors.

    Raises UnusableError, and has changed nothing, for no response in time, a status that is not 200, text, an
    unknown action, a view that views.* would refuse, and errors for anything but input blocks.
    """
    if ack.status != 200:
        raise UnusableError
    answer = response(ack)
    if not ack.body or answer == {}:
        views.close(view)
        return
    match (answer or {}).get("response_action"):
        case "clear":
            views.clear(view)
        case "update" | "push" as action:
            _show(action, (answer or {}).get("view"), view=view, views=views)
        case "errors":
            views.show(view, errors=_errors((answer or {}).get("errors"), view=view))
        case _:
            raise UnusableError


def _show(action: str, given: Any, *, view: View, views: Views) -> None:
    try:
        content = reading.modal(given)
        if action == "update":
            views.update(view, content)
        else:
            views.push(content, upon=views.show(view))
    except SlackError as refused:
        raise UnusableError from refused


def _errors(given: Any, *, view: View) -> dict[str, str]:
    if not isinstance(given, dict) or not given or not all(isinstance(text, str) and text for text in given.values()):
        raise UnusableError
    if not given.keys() <= view.inputs.keys():
        raise UnusableError
    return given
