"""What a button carries: the one codec of `action_id` and `block_id`, version 1, valid for as long as cards exist.

Cards outlive releases, so these strings are stored data. A card posted by this release must stay clickable by every
later one: a new format gets a new version, and the old one is read forever.

- `action_id` of a button: `v1:choose:<choice>`; of a select: `v1:select` (the choice is the option's value); of a
  button that opens a form first: `v1:open:<choice>`.
- `block_id` of the actions: `v1:<int_…>:<version>`: the interaction, and the version of the card, because Slack wants
  a fresh `block_id` on every edit. The id is a name, not a secret: what a click may do is decided by the signed
  workspace and the row.
"""

import re
from uuid import UUID

from bridge import ids

_BLOCK = re.compile(r"v1:(int_[0-7][0-9a-hjkmnp-tv-z]{25}):[0-9]{1,9}")
_CHOOSE = "v1:choose:"
_OPEN = "v1:open:"
SELECT = "v1:select"


def block_id(interaction: UUID, version: int) -> str:
    """The `block_id` of an interaction's actions, fresh for every version of its card."""
    return f"v1:{ids.encode('int', interaction)}:{version}"


def choose(choice: str) -> str:
    """The `action_id` of the button that stands for `choice`."""
    return _CHOOSE + choice


def open_form(choice: str) -> str:
    """The `action_id` of the button that opens the form which completes `choice` with words."""
    return _OPEN + choice


def opens(action: object) -> bool:
    """Whether an `action_id` opens a form, and so can answer nothing by itself."""
    return isinstance(action, str) and action.startswith(_OPEN)


def interaction_of(block: object) -> UUID | None:
    """The interaction a `block_id` names, or None when it is not one of ours."""
    found = _BLOCK.fullmatch(block) if isinstance(block, str) else None
    return ids.decode("int", found[1]) if found else None


def choice_of(action: object, selected: object = None) -> str | None:
    """The choice an `action_id` names, `selected` being the value of a select's option; None when not one of ours."""
    if action == SELECT:
        return selected if isinstance(selected, str) and selected else None
    for prefix in (_CHOOSE, _OPEN):
        if isinstance(action, str) and action.startswith(prefix):
            return action.removeprefix(prefix) or None
    return None
