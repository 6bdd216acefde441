"""Clicked elements: finds the element of a message that a click means, and builds Slack's JSON for the click."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from sandbox.slack.model import Json, Message
from sandbox.slack.validator.elements import offered
from sandbox.slack.validator.message import interactive

# The fields of each element that Slack repeats in a payload, beside its type, its ids and the chosen options.
_KEPT = {
    "button": ("text", "value", "url", "style", "confirm", "accessibility_label"),
    "static_select": ("placeholder", "initial_option", "confirm"),
    "radio_buttons": ("initial_option", "confirm"),
    "checkboxes": ("initial_options", "confirm"),
    "overflow": ("confirm",),
}
_OF_ONE_OPTION = ("static_select", "radio_buttons", "overflow")
_STATELESS = ("button", "overflow")


@dataclass(frozen=True, kw_only=True)
class Action:
    """A use of one element: the block that holds it, and the chosen options if the element has options."""

    block_id: str
    element: Json
    selected_option: Json | None = None
    selected_options: tuple[Json, ...] = ()

    def as_json(self, *, action_ts: str) -> Json:
        """The entry in the payload's `actions`."""
        kind = self.element["type"]
        entry = {"type": kind, "action_id": self.element["action_id"], "block_id": self.block_id}
        entry |= {name: self.element[name] for name in _KEPT.get(kind, ()) if name in self.element}
        return entry | self.chosen | {"action_ts": action_ts}

    @property
    def chosen(self) -> Json:
        """The chosen option or options, under the field name of this type of element; empty for other elements."""
        kind = self.element["type"]
        if kind in _OF_ONE_OPTION:
            return {"selected_option": self.selected_option}
        return {"selected_options": list(self.selected_options)} if kind == "checkboxes" else {}


@dataclass(frozen=True, kw_only=True)
class ElementSelector:
    """How a click request identifies an element and its options; None means not given."""

    action_id: str
    block_id: str | None = None
    value: str | None = None
    selected_option: str | None = None
    selected_options: tuple[str, ...] | None = None


def find(message: Message, wanted: ElementSelector) -> Action | None:
    """The use of the element that `wanted` identifies in this message; None when there is no such element."""
    for block in message.blocks:
        if wanted.block_id in (None, block.get("block_id")):
            for element in interactive(block):
                if element["action_id"] == wanted.action_id:
                    action = _used(block["block_id"], element, wanted)
                    if action is not None:
                        return action
    return None


def from_older_rendering(stale: Json) -> Action:
    """A click from a client that still shows an element which the message no longer has."""
    value = {name: stale[name] for name in ("value",) if stale.get(name) is not None}
    text = {"type": "plain_text", "text": stale.get("text") or stale.get("value") or "…", "emoji": True}
    element = {"type": stale.get("type") or "button", "action_id": stale["action_id"]}
    if element["type"] == "static_select":
        return Action(block_id=stale["block_id"], element=element, selected_option={"text": text, **value})
    return Action(block_id=stale["block_id"], element={**element, "text": text, **value})


def state(message: Message, used: Action) -> Json:
    """The payload's `state`: the value of every stateful element after the click. Buttons have no state."""
    values: dict[str, dict[str, Any]] = {}
    for block_id, element in _stateful(message):
        is_used = (block_id, element["action_id"]) == (used.block_id, used.element["action_id"])
        held = used.chosen if is_used else _initial(element)
        values.setdefault(block_id, {})[element["action_id"]] = {"type": element["type"], **held}
    return {"values": values}


def _stateful(message: Message) -> Iterator[tuple[str, Json]]:
    for block in message.blocks:
        for element in interactive(block):
            if element["type"] not in _STATELESS:
                yield block["block_id"], element


def _initial(element: Json) -> Json:
    """The value of an element that has not been used."""
    match element["type"]:
        case "static_select" | "radio_buttons":
            return {"selected_option": element.get("initial_option")}
        case "checkboxes":
            return {"selected_options": element.get("initial_options", [])}
        case _:
            return {"value": element.get("initial_value")}


def _used(block_id: str, element: Json, wanted: ElementSelector) -> Action | None:
    match element["type"]:
        case "button":
            if wanted.value in (None, element.get("value")):
                return Action(block_id=block_id, element=element)
        case "static_select" | "radio_buttons" | "overflow":
            chosen = wanted.selected_option if wanted.selected_option is not None else wanted.value
            for option in offered(element):
                if option["value"] == chosen:
                    return Action(block_id=block_id, element=element, selected_option=option)
        case "checkboxes":
            options = tuple(option for option in offered(element) if option["value"] in (wanted.selected_options or ()))
            if wanted.selected_options is not None and len(options) == len(set(wanted.selected_options)):
                return Action(block_id=block_id, element=element, selected_options=options)
    return None
