"""The pages of a full text in Slack: modals without inputs, which take nothing.

The text appears only in rich text, where Slack interprets nothing, written so that nothing in it is hidden.
"""

import hashlib
from dataclasses import replace
from typing import Final

from bridge import exact_text, full_text
from bridge.card import blocks, richtext
from bridge.forms import codec
from bridge.forms.codec import FormTarget
from bridge.forms.form import MAX_TITLE
from storage.model import Json

_TITLE: Final = "Full text"
_ESCAPES: Final = "Characters that cannot be seen, or look like others, are written as \\u and their number."


def modal(text: str, *, question: str, target: FormTarget) -> Json:
    """The page `target.page` of the text, counted from 0; the last one if the text has fewer."""
    pages = full_text.pages(text)
    page = min(target.page, len(pages) - 1)
    written = exact_text.text(pages[page])
    is_last = page == len(pages) - 1
    encoded = text.encode()
    of = f"Page {page + 1} of {len(pages)} · {len(encoded):,} bytes · SHA-256 {hashlib.sha256(encoded).hexdigest()}"
    notes = [*([_ESCAPES] if written != pages[page] else []), *(["The text ends here."] if is_last else [])]
    return {
        "type": "modal",
        "callback_id": codec.FULL,
        "private_metadata": codec.metadata(replace(target, page=page)),
        "title": blocks.plain(_TITLE, MAX_TITLE),
        "close": blocks.plain("Close", MAX_TITLE),
        "blocks": [
            richtext.block([richtext.section(richtext.text(question, bold=True))]),
            blocks.context(blocks.plain(of)),
            richtext.block([richtext.exactly(written)]),
            *(blocks.context(blocks.plain(note)) for note in notes),
            *_buttons(page, is_last=is_last),
        ],
    }


def _buttons(page: int, *, is_last: bool) -> list[Json]:
    """The buttons that show the page before and the next one, as far as there are such pages."""
    turns = [("Previous", page - 1)] if page else []
    turns += [] if is_last else [("Next", page + 1)]
    buttons = [blocks.button(label, action_id=codec.page_action(to)) for label, to in turns]
    return [blocks.actions(f"page{page}", buttons)] if buttons else []
