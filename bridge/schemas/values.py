"""Between what a person entered and the JSON of one property: each way, nothing is guessed."""

import re
from datetime import UTC, datetime, time, timedelta, timezone
from decimal import Decimal
from typing import Any, Final

from bridge.fields import is_blank
from bridge.forms.check import number
from bridge.forms.form import Submitted
from bridge.schemas.leaves import Leaf
from bridge.schemas.properties import Property
from bridge.schemas.refusal import Place, Refused
from storage import json_text

ABSENT: Final = object()
"""Stands for a value that the person did not give."""

_MAX_SECONDS = 10**10
_MIN_SECONDS = 10**9
_NOT_SHOWN: Final = "cannot be shown in the input of this property"


def entered(asked: Property, id: str, submitted: Submitted) -> Any:
    """The value of a property whose field has this id; ABSENT if its input is empty."""
    leaf = asked.leaf
    if leaf.options is not None:
        chosen = [leaf.options.values[int(option)] for option in sorted(submitted.selected.get(id, ()), key=int)]
        if leaf.several:
            return chosen or _nothing(asked)
        return chosen[0] if chosen else _nothing(asked)
    text = submitted.texts.get(id, "")
    if is_blank(text):
        return _nothing(asked)
    if leaf.several:
        return [_value(leaf, line.strip()) for line in text.split("\n") if not is_blank(line)]
    return _value(leaf, text)


def _nothing(asked: Property) -> Any:
    """What an empty input stands for: null where the schema allows it, an empty list where there must be a list."""
    if asked.node.is_nullable:
        return None
    return [] if asked.leaf.several and (asked.is_named or asked.has_default) else ABSENT


def _value(leaf: Leaf, text: str) -> Any:
    match leaf.sort:
        case "whole" | "number" if (found := number(text)) is not None:
            is_integral = found == found.to_integral_value()
            return int(found) if is_integral and (leaf.sort == "whole" or found.as_tuple().exponent == 0) else found
        case "time":
            return f"{text}:00Z"
        case "datetime":
            return datetime.fromtimestamp(int(text), UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    return text


def initial(asked: Property, value: Any, at: Place) -> str | list[str] | None:
    """What the input starts with so that it shows the value; None for nothing. Raises Refused."""
    leaf = asked.leaf
    if value is None:
        return None
    if leaf.several:
        if not isinstance(value, list):
            raise Refused(at, "must be a list")
        shown = [_shown(leaf, one, (*at, index)) for index, one in enumerate(value)]
        return shown if leaf.options is not None else "\n".join(shown)
    shown_one = _shown(leaf, value, at)
    return [shown_one] if leaf.options is not None else shown_one


def _shown(leaf: Leaf, value: Any, at: Place) -> str:
    """The id of an option, or the text of any other value."""
    if leaf.options is not None:
        if (index := leaf.options.index(value)) is None:
            raise Refused(at, "must be one of the values that the schema allows")
        return str(index)
    match leaf.sort, value:
        case (("whole" | "number"), bool()):
            pass
        case (("whole" | "number"), (int() | float() | Decimal())):
            written = json_text.dumps(value)
            if number(written) is not None:
                return written
        case ("number", str()) if number(value) is not None:
            return value
        case "time", str() if (clock := _time(value)) is not None:
            return clock
        case "datetime", str() if (seconds := _seconds(value)) is not None:
            return seconds
        case (("text" | "date"), str()) if leaf.several is False or "\n" not in value:
            return value
    raise Refused(at, _NOT_SHOWN)


def _time(text: str) -> str | None:
    """A time of the day as hours and minutes in UTC; one without a zone is in UTC. None if it has seconds."""
    try:
        found = time.fromisoformat(re.sub("[zZ]$", "+00:00", text))
    except ValueError:
        return None
    if found.second or found.microsecond:
        return None
    offset = found.utcoffset() or timedelta()
    moment = datetime(2000, 1, 2, found.hour, found.minute, tzinfo=timezone(offset))
    return moment.astimezone(UTC).strftime("%H:%M")


def _seconds(text: str) -> str | None:
    """A moment as seconds since 1970; one without a zone is in UTC. None if Slack's picker cannot show it."""
    try:
        found = datetime.fromisoformat(text.upper())
    except ValueError:
        return None
    aware = found if found.tzinfo else found.replace(tzinfo=UTC)
    if aware.microsecond or not _MIN_SECONDS <= (seconds := int(aware.timestamp())) < _MAX_SECONDS:
        return None
    return str(seconds)
