"""What people have entered into the elements of messages: the `state` of each click."""

from collections.abc import Mapping

from sandbox.slack.element_values import Entry, held, initial, stateful
from sandbox.slack.model import Json, Message


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
        for block_id, element in stateful(message.blocks):
            action_id = element["action_id"]
            is_entered = (block_id, action_id) in entered
            now = held(element, entered[block_id, action_id]) if is_entered else None
            values.setdefault(block_id, {})[action_id] = {"type": element["type"], **(now or initial(element))}
        return {"values": values}


def older_values(entries: Mapping[tuple[str, str], Entry]) -> Json:
    """The values of menus that a message had and no longer has, by block; no label is known any more."""
    values: dict[str, Json] = {}
    for (block_id, action_id), entry in entries.items():
        label = {"type": "plain_text", "text": entry or "…", "emoji": True}
        option = None if entry is None else {"text": label, "value": entry}
        values.setdefault(block_id, {})[action_id] = {"type": "static_select", "selected_option": option}
    return values
