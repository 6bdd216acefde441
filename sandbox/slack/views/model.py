"""A modal that a person has open, and what its elements hold."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

from sandbox.slack.element_values import initial, stateful
from sandbox.slack.model import Json
from sandbox.slack.validator.options import offered

Key: TypeAlias = tuple[str, str]
"""A block_id and an action_id."""

Values: TypeAlias = Mapping[Key, Json]
"""What each element holds, as in `state.values`: its type and its value."""


@dataclass(frozen=True, kw_only=True)
class View:
    """One view of a stack, opened by one installation for one person.

    `content` is the view as the app gave it, completed with Slack's defaults. `earlier_values` is what the view held
    before its last update. `errors` (by block_id) and `has_trouble` are what the person sees after a submission.
    """

    id: str
    bot_user_id: str
    user: str
    root_id: str
    channel: str | None
    content: Json
    hash: str
    values: Values
    earlier_values: Values | None = None
    errors: Mapping[str, str] = field(default_factory=dict)
    has_trouble: bool = False

    @property
    def external_id(self) -> str:
        return str(self.content["external_id"])

    @property
    def blocks(self) -> list[Json]:
        blocks: list[Json] = self.content["blocks"]
        return blocks

    @property
    def inputs(self) -> dict[str, Json]:
        """The input blocks by their block_id."""
        return {block["block_id"]: block for block in self.blocks if block["type"] == "input"}


def values_of(blocks: list[Json], *, kept: Values, channel: str | None) -> Values:
    """What the elements of the blocks hold: what they held before, or else what they start with.

    A value is kept as long as block_id, action_id and type stay, and the element can hold it; a new initial value is
    ignored then. `channel` is where the person was when the view was opened.
    """
    values: dict[Key, Json] = {}
    for block_id, element in stateful(blocks):
        key = (block_id, element["action_id"])
        before = kept.get(key)
        is_kept = before is not None and before.get("type") == element["type"] and _is_offered(element, before)
        values[key] = before if before is not None and is_kept else _start(element, channel)
    return values


def state(values: Values) -> Json:
    """The `state` of a view."""
    shape: dict[str, Json] = {}
    for (block_id, action_id), value in values.items():
        shape.setdefault(block_id, {})[action_id] = value
    return {"values": shape}


def _is_offered(element: Json, value: Json) -> bool:
    """Whether all options of the value are still among those of the element."""
    chosen = [value["selected_option"]] if value.get("selected_option") else value.get("selected_options", [])
    options = offered(element)
    return all(option in options for option in chosen)


def _start(element: Json, channel: str | None) -> Json:
    value = {"type": element["type"], **initial(element)}
    if channel is not None and element.get("default_to_current_conversation"):
        if element["type"] == "conversations_select":
            value["selected_conversation"] = value["selected_conversation"] or channel
        else:
            value["selected_conversations"] = value["selected_conversations"] or [channel]
    return value
