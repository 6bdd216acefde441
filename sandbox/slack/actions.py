"""Used elements: finds the element of a message or view that is meant, and builds Slack's JSON for its use."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from sandbox.slack.element_values import Entry, held
from sandbox.slack.model import Json
from sandbox.slack.validator.message import interactive

# The fields of each element that Slack repeats in a payload, beside its type, its ids and what was entered.
_KEPT = {
    "button": ("text", "value", "url", "style", "confirm", "accessibility_label"),
    "static_select": ("placeholder", "initial_option", "confirm"),
    "radio_buttons": ("initial_option", "confirm"),
    "checkboxes": ("initial_options", "confirm"),
    "overflow": ("confirm",),
    "plain_text_input": (),
}
_KEPT_OF_OTHERS = ("placeholder", "confirm")


@dataclass(frozen=True, kw_only=True)
class Action:
    """A use of one element: the block that holds it, and what the person entered or chose, as Slack's JSON."""

    block_id: str
    element: Json
    entry: Entry = None
    chosen: Json = field(default_factory=dict)

    def as_json(self, *, action_ts: str) -> Json:
        """The entry in the payload's `actions`."""
        kind = self.element["type"]
        entry = {"type": kind, "action_id": self.element["action_id"], "block_id": self.block_id}
        entry |= {name: value for name, value in self.element.items() if _is_kept(kind, name)}
        return entry | self.chosen | {"action_ts": action_ts}


def _is_kept(kind: str, name: str) -> bool:
    if kind in _KEPT:
        return name in _KEPT[kind]
    return name in _KEPT_OF_OTHERS or name.startswith("initial_")


@dataclass(frozen=True, kw_only=True)
class ElementSelector:
    """How a click request identifies an element and what is entered there; None means not given."""

    action_id: str
    block_id: str | None = None
    value: str | None = None
    selected_option: str | None = None
    selected_options: tuple[str, ...] | None = None


def find(blocks: Iterable[Json], wanted: ElementSelector, *, user: str) -> Action | None:
    """The use of the element that `wanted` identifies; None when this person sees no such element that sends clicks."""
    for block, element in _meant(blocks, wanted):
        action = _used(block["block_id"], element, wanted)
        if action is not None and user in element.get("visible_to_user_ids", [user]) and _is_sent(block):
            return action
    return None


def action_ids(blocks: Iterable[Json], *, user: str) -> list[str]:
    """The `action_id` of each element that this person sees, each once, in the order of the message."""
    every = (element for block in blocks for element in interactive(block))
    return list(dict.fromkeys(one["action_id"] for one in every if user in one.get("visible_to_user_ids", [user])))


def is_silent(blocks: Iterable[Json], wanted: ElementSelector) -> bool:
    """Whether the element is one of an input block that sends nothing when it is used."""
    return any(not _is_sent(block) for block, _ in _meant(blocks, wanted))


def from_older_rendering(stale: Json) -> Action:
    """A click from a client that still shows an element which the message no longer has."""
    value = {} if stale.get("value") is None else {"value": stale["value"]}
    text = {"type": "plain_text", "text": stale.get("text") or stale.get("value") or "…", "emoji": True}
    element = {"type": stale.get("type") or "button", "action_id": stale["action_id"]}
    if element["type"] == "static_select":
        return Action(block_id=stale["block_id"], element=element, chosen={"selected_option": {"text": text, **value}})
    return Action(block_id=stale["block_id"], element={**element, "text": text, **value})


def _meant(blocks: Iterable[Json], wanted: ElementSelector) -> Iterator[tuple[Json, Json]]:
    for block in blocks:
        if wanted.block_id in (None, block["block_id"]):
            for element in interactive(block):
                if element["action_id"] == wanted.action_id:
                    yield block, element


def _is_sent(block: Json) -> bool:
    """Whether using an element of this block is sent: in an input block only with `dispatch_action`."""
    return block["type"] != "input" or block.get("dispatch_action") is True


def _used(block_id: str, element: Json, wanted: ElementSelector) -> Action | None:
    match element["type"]:
        case "button":
            is_this = wanted.value in (None, element.get("value"))
            return Action(block_id=block_id, element=element) if is_this else None
        case kind if kind == "checkboxes" or kind.startswith("multi_"):
            entry: Entry = wanted.selected_options
        case "plain_text_input":
            entry = wanted.value
        case _:
            entry = wanted.selected_option if wanted.selected_option is not None else wanted.value
    chosen = None if entry is None else held(element, entry)
    return None if chosen is None else Action(block_id=block_id, element=element, entry=entry, chosen=chosen)
