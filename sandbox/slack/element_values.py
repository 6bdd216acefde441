"""What the elements of blocks hold: typed text, chosen options, people and dates, as Slack's `state` shows them."""

import re
from collections.abc import Iterable, Iterator
from typing import TypeAlias

from sandbox.slack.model import Json
from sandbox.slack.validator.elements import offered
from sandbox.slack.validator.message import interactive

Entry: TypeAlias = str | tuple[str, ...] | None
"""Typed text, an id, a date or the value of an option; several ids or values of options; or nothing."""

_STATELESS = ("button", "overflow")
_TEXTS = ("plain_text_input", "email_text_input", "url_text_input", "number_input")
_CHOICES = ("static_select", "radio_buttons", "overflow")
_SEVERAL_CHOICES = ("checkboxes", "multi_static_select")
# The name of what these hold, the field they start with, and the form of one entry.
_ONE = {
    "users_select": ("selected_user", "initial_user", "[UW][A-Z0-9]{2,20}"),
    "channels_select": ("selected_channel", "initial_channel", "[CG][A-Z0-9]{2,20}"),
    "conversations_select": ("selected_conversation", "initial_conversation", "[CGDUW][A-Z0-9]{2,20}"),
    "datepicker": ("selected_date", "initial_date", r"\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])"),
    "timepicker": ("selected_time", "initial_time", r"([01]\d|2[0-3]):[0-5]\d"),
}
_SEVERAL = {
    "multi_users_select": ("selected_users", "initial_users", "[UW][A-Z0-9]{2,20}"),
    "multi_channels_select": ("selected_channels", "initial_channels", "[CG][A-Z0-9]{2,20}"),
    "multi_conversations_select": ("selected_conversations", "initial_conversations", "[CGDUW][A-Z0-9]{2,20}"),
}


def stateful(blocks: Iterable[Json]) -> Iterator[tuple[str, Json]]:
    """The elements of the blocks that hold something, each with the id of its block."""
    for block in blocks:
        for element in interactive(block):
            if element["type"] not in _STATELESS:
                yield block["block_id"], element


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
        name, _, form = _ONE[kind]
        zone = {"timezone": element["timezone"]} if "timezone" in element else {}
        return {name: entry or None, **zone} if not entry or re.fullmatch(form, entry) else None
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
        zone = {"timezone": element["timezone"]} if "timezone" in element else {}
        return {name: element.get(field), **zone}
    if kind in _SEVERAL:
        name, field, _ = _SEVERAL[kind]
        return {name: element.get(field, [])}
    if kind == "datetimepicker":
        return {"selected_date_time": element.get("initial_date_time")}
    if kind == "rich_text_input":
        return {"rich_text_value": element.get("initial_value")}
    return {"value": element.get("initial_value")}


def _several_choices(element: Json, entry: tuple[str, ...]) -> Json | None:
    wanted = set(entry)
    options = [option for option in offered(element) if option["value"] in wanted]
    return {"selected_options": options} if len(options) == len(wanted) else None


def _several(kind: str, entry: tuple[str, ...]) -> Json | None:
    name, _, form = _SEVERAL[kind]
    return {name: list(dict.fromkeys(entry))} if all(re.fullmatch(form, one) for one in entry) else None


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
