"""The only codec of the `action_id` and `block_id` of buttons, version 1, valid for as long as cards exist.

Cards outlive releases, so these strings are stored data. A card posted by this release must stay clickable by every
later one: a new format gets a new version, and the old one is read forever.

- `action_id` of a button: `v1:choose:<choice>`; of a button that opens a form first: `v1:open:<choice>`. A select is
  `v1:pick`, and the button beside it, which submits what is selected, `v1:submit`: Slack sends the selection with it.
  Earlier releases drew a select whose selection answers at once: `v1:select` (the choice is the option's value).
  The button that shows the full text of the action is `v1:show`; it has no choice.
- `block_id` of the actions: `v1:<int_…>:<version>`: the interaction, and the version of the card, because Slack
  requires a new `block_id` for every edit; 0 stands for a note, which is a reply to a card. The id is not a secret:
  the workspace in the signed payload and the row decide what a click may do.
- `value` of a button of a thing: `v1:<noun>:<uuid>`, the thing whose round the block names, so that a claim can lock it
  without a look-up. Cards of earlier releases have none; a thing that is not the round's own claims nothing.
"""

import re
from uuid import UUID

from bridge import ids

_BLOCK = re.compile(r"v1:(int_[0-7][0-9a-hjkmnp-tv-z]{25}):[0-9]{1,9}")
_THING = re.compile(r"v1:([a-z_]{1,40}):([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})")
NOTE = 0  # in place of the version of a card
_CHOOSE = "v1:choose:"
_OPEN = "v1:open:"
SELECT = "v1:select"
PICK = "v1:pick"
SUBMIT = "v1:submit"
SHOW = "v1:show"


def block_id(interaction: UUID, version: int) -> str:
    """The `block_id` of an interaction's actions, different for every version of its card."""
    return f"v1:{ids.encode('int', interaction)}:{version}"


def thing(noun: str, id: UUID) -> str:
    """The `value` of the buttons of a thing."""
    return f"v1:{noun}:{id}"


def thing_of(value: object) -> tuple[str, UUID] | None:
    """The noun and the id of the thing that a `value` names; None for a `value` that `thing()` did not make."""
    match = _THING.fullmatch(value) if isinstance(value, str) else None
    return (match[1], UUID(match[2])) if match else None


def choose(choice: str) -> str:
    """The `action_id` of the button that answers with `choice`."""
    return _CHOOSE + choice


def open_form(choice: str) -> str:
    """The `action_id` of the button that opens the form which completes `choice` with words."""
    return _OPEN + choice


def opens(action: object) -> bool:
    """Whether an `action_id` opens a form, and so can answer nothing by itself."""
    return isinstance(action, str) and action.startswith(_OPEN)


def interaction_of(block: object) -> UUID | None:
    """The interaction that a `block_id` names; None for a `block_id` that `block_id()` did not make."""
    match = _BLOCK.fullmatch(block) if isinstance(block, str) else None
    return ids.decode("int", match[1]) if match else None


def is_of_note(block: object) -> bool:
    """Whether a `block_id` is that of a note's buttons."""
    return isinstance(block, str) and _BLOCK.fullmatch(block) is not None and block.endswith(f":{NOTE}")


def choice_of(action: object, selected: object = None) -> str | None:
    """The choice that an `action_id` names; None for a foreign one. `selected` is the value of a select's option."""
    if action in (SELECT, SUBMIT):
        return selected if isinstance(selected, str) and selected else None
    for prefix in (_CHOOSE, _OPEN):
        if isinstance(action, str) and action.startswith(prefix):
            return action.removeprefix(prefix) or None
    return None
