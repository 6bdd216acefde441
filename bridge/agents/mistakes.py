"""What is wrong in a body, in words: where it is as a JSON pointer, and what to write instead."""

import re
from typing import Any, cast

from pydantic_core import ErrorDetails

from bridge.agents.body import escape
from bridge.kinds.choice.request import OPTION_ID
from storage.model import Json

CHANNEL = r"^[CGD][A-Z0-9]{1,30}$"
TS = r"^[0-9]{1,12}\.[0-9]{6}$"
OUTSIDERS = "^(refuse|allow)$"

_PATTERNS = {
    CHANNEL: "must be a Slack conversation id such as C012AB3CD, not a name",
    TS: 'must be the ts of a Slack message, such as "1700000000.000100"',
    r"^[UW][A-Z0-9]{1,30}$": "must be a Slack user id such as U012AB3CD, not a name",
    OPTION_ID: "must have 1 to 100 letters, digits or any of _ . : / @ + -",
    OUTSIDERS: 'must be "refuse" or "allow"',
}


def pointer(body: Json, problem: ErrorDetails) -> str:
    """Where in the body as it was sent: steps of the model that the body does not have are left out."""
    found, at = "", cast("object", body)
    for place, step in enumerate(problem["loc"], start=1):
        inside = (isinstance(at, dict) and step in at) or (isinstance(at, list) and isinstance(step, int))
        if inside or (place == len(problem["loc"]) and isinstance(at, dict) and isinstance(step, str)):
            found += f"/{escape(str(step)[:200])}"
            at = cast("Any", at)[step] if inside else None
    return found


def told(problem: ErrorDetails) -> str:
    """What is wrong, as the rest of a sentence that begins with the place."""
    match problem["type"]:
        case "missing":
            return "must be given"
        case "extra_forbidden":
            return "is not a field that is known here"
        case "string_pattern_mismatch" if words := _PATTERNS.get(problem["ctx"]["pattern"]):
            return words
        case "too_long" | "string_too_long":
            return f"must have at most {problem['ctx']['max_length']} {_counted(problem['input'])}"
        case "too_short" | "string_too_short":
            return f"must have at least {problem['ctx']['min_length']} {_counted(problem['input'])}"
    return re.sub(r"^(Input|[A-Z][a-z]+) should ", "must ", problem["msg"])


def _counted(value: object) -> str:
    return "characters" if isinstance(value, str) else "items"
