"""What Slack's client checks before it submits a view: such a mistake never reaches the app."""

import re
from decimal import Decimal
from typing import Any

from sandbox.slack.model import Json
from sandbox.slack.validator import inputs
from sandbox.slack.views.model import View

REQUIRED = "Please complete this required field."


def mistakes(view: View) -> dict[str, str]:
    """A sentence for each input block, by its block_id, that the client would not submit as it is filled in."""
    found: dict[str, str] = {}
    for block_id, block in view.inputs.items():
        element = block["element"]
        held = _held(view.values[block_id, element["action_id"]])
        if held in (None, "", []):
            if not block["optional"]:
                found[block_id] = REQUIRED
        elif sentence := _mistake(element, held):
            found[block_id] = sentence
    return found


def _held(value: Json) -> Any:
    """The value itself, whatever the name under which this type of element has it."""
    return next((held for name, held in value.items() if name not in ("type", "timezone")), None)


def _mistake(element: Json, held: Any) -> str:
    match element["type"]:
        case "plain_text_input" if len(held) < element.get("min_length", 0):
            return f"Please enter at least {element['min_length']} characters."
        case "plain_text_input" if len(held) > element.get("max_length", len(held)):
            return f"Please enter no more than {element['max_length']} characters."
        case "number_input":
            return _number(element, held)
        case "email_text_input" if not re.fullmatch(r"[^@\s]+@[^@\s]+\.[^@\s]+", held):
            return "Please enter an email address."
        case "url_text_input" if not re.fullmatch(r"https?://\S+", held):
            return "Please enter a URL."
        case kind if kind.startswith("multi_") and len(held) > element.get("max_selected_items", len(held)):
            return f"Please choose no more than {element['max_selected_items']}."
    return ""


def _number(element: Json, held: str) -> str:
    number = inputs.number(held)
    if number is None:
        return "Please enter a number."
    if not element["is_decimal_allowed"] and number != number.to_integral_value():
        return "Please enter a whole number."
    if "min_value" in element and number < Decimal(element["min_value"]):
        return f"Please enter a number of at least {element['min_value']}."
    if "max_value" in element and number > Decimal(element["max_value"]):
        return f"Please enter a number of at most {element['max_value']}."
    return ""
