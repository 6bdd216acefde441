"""The `view` of a call or of an acknowledgement: validated, and completed with Slack's defaults."""

from typing import Any

from sandbox.slack import content, limits
from sandbox.slack.errors import SlackError
from sandbox.slack.model import Json
from sandbox.slack.validator import view as validator

_DEFAULTS: Json = {
    "private_metadata": "",
    "callback_id": "",
    "external_id": "",
    "submit": None,
    "close": None,
    "clear_on_close": False,
    "notify_on_close": False,
}


def modal(given: Any) -> Json:
    """The content of a modal, as Slack returns it; raises SlackError for a view that Slack refuses.

    Each sentence in `response_metadata.messages` has a pointer that begins with `/view`.
    """
    if given is None:
        raise invalid("missing required field: view")
    if not isinstance(given, dict):
        raise invalid("must provide an object [json-pointer:/view]")
    if validator.is_too_large(given):
        raise SlackError("view_too_large")
    if problems := validator.problems(given, kinds=("modal",)):
        sentences = [f"[ERROR] {problem}" for problem in problems] + limits.notes(problems)
        raise SlackError("invalid_arguments", response_metadata={"messages": sentences})
    texts = {name: content.text(given[name]) for name in ("title", "submit", "close") if name in given}
    blocks = [_input_completed(block) for block in content.completed(given["blocks"])]
    return {**_DEFAULTS, **given, **texts, "blocks": blocks}


def invalid(*sentences: str) -> SlackError:
    """Slack's error for arguments that it cannot use."""
    return SlackError("invalid_arguments", response_metadata={"messages": [f"[ERROR] {one}" for one in sentences]})


def _input_completed(block: Json) -> Json:
    if block["type"] != "input":
        return block
    element = block["element"]
    if element["type"] == "plain_text_input":
        element = {"dispatch_action_config": {"trigger_actions_on": ["on_enter_pressed"]}, **element}
    return {"optional": False, "dispatch_action": False, **block, "element": element}
