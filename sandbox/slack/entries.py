"""What people have entered into the elements of messages: typed text and chosen options, the `state` of each click."""

from collections.abc import Iterator, Mapping
from typing import TypeAlias

from sandbox.slack.model import Json, Message
from sandbox.slack.validator.elements import offered
from sandbox.slack.validator.message import interactive

Entry: TypeAlias = str | tuple[str, ...] | None
"""Typed text or the value of an option, the values of several options, or nothing."""

_STATELESS = ("button", "overflow")


class Entries:
    """The entries of every person in every message, as their clients hold them until an app changes the element."""

    def __init__(self) -> None:
        self._entered: dict[tuple[str, str, str], dict[tuple[str, str], Entry]] = {}

    def enter(self, message: Message, *, user: str, entries: Mapping[tuple[str, str], Entry]) -> None:
        """Keep entries, by the block_id and action_id of their element."""
        self._entered.setdefault((user, message.channel, message.ts), {}).update(entries)

    def state(self, message: Message, *, user: str) -> Json:
        """The payload's `state`: what each element of the message holds for this person.

        An element that was not used holds what it started with. Buttons and overflow menus hold nothing.
        """
        entered = self._entered.get((user, message.channel, message.ts), {})
        values: dict[str, Json] = {}
        for block_id, element in stateful(message):
            action_id = element["action_id"]
            is_entered = (block_id, action_id) in entered
            now = held(element, entered[block_id, action_id]) if is_entered else None
            values.setdefault(block_id, {})[action_id] = {"type": element["type"], **(now or _initial(element))}
        return {"values": values}


def older_values(entries: Mapping[tuple[str, str], Entry]) -> Json:
    """The values of menus that a message had and no longer has, by block; no label is known any more."""
    values: dict[str, Json] = {}
    for (block_id, action_id), entry in entries.items():
        label = {"type": "plain_text", "text": entry or "…", "emoji": True}
        option = None if entry is None else {"text": label, "value": entry}
        values.setdefault(block_id, {})[action_id] = {"type": "static_select", "selected_option": option}
    return values


def stateful(message: Message) -> Iterator[tuple[str, Json]]:
    """The elements of the message that hold something, each with the id of its block."""
    for block in message.blocks:
        for element in interactive(block):
            if element["type"] not in _STATELESS:
                yield block["block_id"], element


def held(element: Json, entry: Entry) -> Json | None:
    """The entry as Slack's JSON, under the name of this type of element; None when it cannot be entered there."""
    match element["type"]:
        case "plain_text_input" if not isinstance(entry, tuple):
            return {"value": entry or None}
        case "static_select" | "radio_buttons" | "overflow":
            if entry is None:
                return {"selected_option": None}
            return next(({"selected_option": one} for one in offered(element) if one["value"] == entry), None)
        case "checkboxes" if not isinstance(entry, str):
            wanted = set(entry or ())
            options = [option for option in offered(element) if option["value"] in wanted]
            return {"selected_options": options} if len(options) == len(wanted) else None
        case _:
            return None


def _initial(element: Json) -> Json:
    match element["type"]:
        case "static_select" | "radio_buttons":
            return {"selected_option": element.get("initial_option")}
        case "checkboxes":
            return {"selected_options": element.get("initial_options", [])}
        case _:
            return {"value": element.get("initial_value")}
