"""What the elements of blocks hold: typed text, chosen options, people and dates, as Slack's `state` shows them."""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import TypeAlias

from sandbox.slack.model import Json
from sandbox.slack.validator.message import interactive
from sandbox.slack.validator.options import offered
from sandbox.slack.validator.pickers import is_date, is_time

Entry: TypeAlias = str | tuple[str, ...] | None
"""Typed text, an id, a date or the value of an option; several ids or values of options; or nothing."""

_STATELESS = ("button", "overflow")
_TEXTS = ("plain_text_input", "email_text_input", "url_text_input", "number_input")
_CHOICES = ("static_select", "radio_buttons", "overflow")
_SEVERAL_CHOICES = ("checkboxes", "multi_static_select")


def _matches(form: str) -> Callable[[str], bool]:
    return lambda entry: re.fullmatch(form, entry) is not None


# The name of what these hold, the field they start with, and whether an entry has the right form.
_ONE: Mapping[str, tuple[str, str, Callable[[str], bool]]] = {
    "users_select": ("selected_user", "initial_user", _matches("[UW][A-Z0-9]{2,20}")),
    "channels_select": ("selected_channel", "initial_channel", _matches("[CG][A-Z0-9]{2,20}")),
    "conversations_select": ("selected_conversation", "initial_conversation", _matches("[CGD][A-Z0-9]{2,20}")),
    "datepicker": ("selected_date", "initial_date", is_date),
    "timepicker": ("selected_time", "initial_time", is_time),
}
# The same; each entry has the form of an entry of that kind.
_SEVERAL = {
    "multi_users_select": ("selected_users", "initial_users", "users_select"),
    "multi_channels_select": ("selected_channels", "initial_channels", "channels_select"),
    "multi_conversations_select": ("selected_conversations", "initial_conversations", "conversations_select"),
}


def stateful(blocks: Iterable[Json]) -> Iterator[tuple[str, Json]]:
    """The elements of the blocks that hold something, each with the id of its block."""
    for block in blocks:
        for element in interactive(block):
            if element["type"] not in _STATELESS:
                yield block["block_id"], element


def by_key(blocks: Iterable[Json]) -> dict[tuple[str, str], Json]:
    """The same elements by block_id and action_id."""
    return {(block_id, element["action_id"]): element for block_id, element in stateful(blocks)}


def held(element: Json, entry: Entry) -> Json | None:
    """The entry as Slack's JSON, under the name of this type of element; None when it cannot be entered there."""
    kind = element["type"]
    if kind in _SEVERAL_CHOICES:
        return None if isinstance(entry, str) else _several_choices(element, entry or ())
    if kind in _SEVERAL:
        return None if isinstance(entry, str) else _several(kind, entry or ())
    if isinstance(entry, tuple):
        return None
    if kind in _TEXTS:
        return {"value": entry or None}
    if kind in _CHOICES:
        if entry is None:
            return {"selected_option": None}
        return next(({"selected_option": one} for one in offered(element) if one["value"] == entry), None)
    if kind in _ONE:
        name, _, is_right = _ONE[kind]
        return {name: entry or None, **_zone(element)} if not entry or is_right(entry) else None
    return _other(kind, entry)


def initial(element: Json) -> Json:
    """What an element that was not used holds."""
    kind = element["type"]
    if kind in _CHOICES:
        return {"selected_option": element.get("initial_option")}
    if kind in _SEVERAL_CHOICES:
        return {"selected_options": element.get("initial_options", [])}
    if kind in _ONE:
        name, field, _ = _ONE[kind]
        return {name: element.get(field), **_zone(element)}
    if kind in _SEVERAL:
        name, field, _ = _SEVERAL[kind]
        return {name: element.get(field, [])}
    if kind == "datetimepicker":
        return {"selected_date_time": element.get("initial_date_time")}
    if kind == "rich_text_input":
        return {"rich_text_value": element.get("initial_value")}
    if kind == "file_input":
        return {"files": []}
    return {"value": element.get("initial_value")}


def _zone(element: Json) -> Json:
    return {"timezone": element["timezone"]} if "timezone" in element else {}


def _several_choices(element: Json, entry: tuple[str, ...]) -> Json | None:
    wanted = set(entry)
    options = [option for option in offered(element) if option["value"] in wanted]
    return {"selected_options": options} if len(options) == len(wanted) else None


def _several(kind: str, entry: tuple[str, ...]) -> Json | None:
    name, _, one_of_them = _SEVERAL[kind]
    is_right = _ONE[one_of_them][2]
    return {name: list(dict.fromkeys(entry))} if all(is_right(one) for one in entry) else None


def _other(kind: str, entry: str | None) -> Json | None:
    match kind:
        case "datetimepicker" if not entry:
            return {"selected_date_time": None}
        case "datetimepicker" if re.fullmatch(r"\d{10}", entry or ""):
            return {"selected_date_time": int(entry or "")}
        case "rich_text_input":
            return {"rich_text_value": rich_text(entry) if entry else None}
        case _:
            return None


def rich_text(text: str) -> Json:
    """Typed text as the rich_text block that Slack makes of it, without any style."""
    section = {"type": "rich_text_section", "elements": [{"type": "text", "text": text}]}
    return {"type": "rich_text", "elements": [section]}
