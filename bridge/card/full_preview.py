"""The full text of an action on its card: the beginning of it, what the card says of it, and the button that shows it.

The beginning stands with the action. How much of the text it is, and the button, are below the rule, where no text of
an agent can pass for them.
"""

from functools import lru_cache
from typing import Final

from bridge import exact_text
from bridge.card import action_ids, blocks, texts
from bridge.full_text import FullText
from storage.model import Json

LABEL: Final = "Full text"
SHOW_ALL: Final = "Show all"
_MAX_SHOWN: Final = 600
_SHORT: Final = 12


def beginning(full: FullText) -> str:
    """As much of the preview as a card has room for once it is written exactly."""
    return _fitting(full.preview)


@lru_cache(maxsize=64)  # one drawing asks for it several times
def _fitting(preview: str) -> str:
    shown = preview
    while (units := texts.units(exact_text.text(shown))) > _MAX_SHOWN:
        shown = shown[: min(len(shown) - 1, len(shown) * _MAX_SHOWN // units)]
    return shown


def hidden_bytes(full: FullText) -> int:
    """How many bytes of the text the card does not show."""
    return full.size - len(beginning(full).encode())


def line(full: FullText) -> str:
    """The sentence about the text on a card in any status."""
    shown = "This card shows only its beginning." if hidden_bytes(full) else "This card shows all of it."
    return f"📄 {LABEL}: {full.size:,} bytes, with the SHA-256 {full.sha256[:_SHORT]}… {shown}"


def spoken(full: FullText) -> str:
    """The beginning of the text for notifications and screen readers."""
    return f"{LABEL}: {exact_text.text(beginning(full))}"


def buttons(full: FullText | None) -> list[Json]:
    """The button that shows the whole text, on a card that does not."""
    return [blocks.button(SHOW_ALL, action_id=action_ids.SHOW)] if full and hidden_bytes(full) else []
