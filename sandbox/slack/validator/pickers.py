"""The limits of date and time pickers."""

import re
from collections.abc import Iterator
from datetime import date

from sandbox.slack.model import Json
from sandbox.slack.validator.composition import ACTION_ID, CONFIRM, plain
from sandbox.slack.validator.rules import Flag, Integer, Object, Problem, Rule, String

_TIME = re.compile(r"([01]\d|2[0-3]):[0-5]\d")
_ZONE = re.compile(r"[A-Za-z][A-Za-z0-9_+-]*(/[A-Za-z0-9_+-]+)*")
_ALL: dict[str, Rule] = {"action_id": ACTION_ID, "confirm": CONFIRM, "focus_on_load": Flag()}


def is_date(text: str) -> bool:
    """Whether this is a day of the calendar, as YYYY-MM-DD."""
    try:
        return date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False


def is_time(text: str) -> bool:
    """Whether this is a time of the day, as HH:mm."""
    return _TIME.fullmatch(text) is not None


def _initial_date(value: Json, pointer: str) -> Iterator[Problem]:
    initial = value.get("initial_date")
    if isinstance(initial, str) and not is_date(initial):
        yield Problem(f"{pointer}/initial_date", "must be a valid date")


def _initial_time(value: Json, pointer: str) -> Iterator[Problem]:
    initial, zone = value.get("initial_time"), value.get("timezone")
    if isinstance(initial, str) and not is_time(initial):
        yield Problem(f"{pointer}/initial_time", "must be a valid time")
    if isinstance(zone, str) and not _ZONE.fullmatch(zone):
        yield Problem(f"{pointer}/timezone", "must be a valid timezone")


PICKERS = {
    "datepicker": Object(
        required={},
        optional={**_ALL, "placeholder": plain(150), "initial_date": String(max_length=10)},
        checks=(_initial_date,),
    ),
    "timepicker": Object(
        required={},
        optional={
            **_ALL,
            "placeholder": plain(150),
            "initial_time": String(max_length=5),
            "timezone": String(max_length=255),
        },
        checks=(_initial_time,),
    ),
}
DATETIME_PICKER = Object(
    required={}, optional={**_ALL, "initial_date_time": Integer(minimum=1_000_000_000, maximum=9_999_999_999)}
)
