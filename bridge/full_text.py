"""The full text of an action, such as a diff or a script: what of it is stored where, its preview, and its pages.

A text is cut by an upper bound of what it takes once `exact_text` has written it, so each page costs little to draw,
fits into one view of Slack, and ends in the same place whatever is escaped.
"""

import hashlib
import re
from bisect import bisect_right
from typing import Annotated, Any, Final

from pydantic import BeforeValidator, Field, ValidationInfo
from pydantic_core import PydanticCustomError

from bridge import fields
from bridge.fields import Strict, is_new

MAX_BYTES: Final = 102_400
"""Of UTF-8."""

PAGE: Final = 12_000
"""Units of one page, at most, once it is written exactly; Slack takes as much in a message."""

_PREVIEW_LINES: Final = 6
_PREVIEW_CHARACTERS: Final = 500
_ESCAPE: Final = 6  # units of an escape of one unit
_LINE = re.compile(r"[^\n]*\n|[^\n]+")


def _summarized(text: Any, info: ValidationInfo) -> Any:
    """A text that was sent with its size, digest and preview; a stored summary as it is."""
    if not isinstance(text, str):
        if is_new(info):
            raise PydanticCustomError("full_type", "must be a string")
        return text
    # Nothing is encoded of a text that has more characters than it may have bytes.
    encoded = b"" if len(text) > MAX_BYTES else text.encode("utf-8", "surrogatepass")
    if len(text) > MAX_BYTES or len(encoded) > MAX_BYTES:
        raise PydanticCustomError("full_too_long", "must be at most {limit} bytes of UTF-8", {"limit": MAX_BYTES})
    if "\r" in text:  # replacing it, as other texts have it, would change what was sent, and its digest
        raise PydanticCustomError("full_line_end", "must end its lines with \\n alone, because its bytes are digested")
    fields.not_blank(fields.without_controls(text))
    return {
        "size": len(encoded),
        "sha256": hashlib.sha256(encoded).hexdigest(),
        "preview": preview(text),
        "text": text,
    }


class FullText(Strict):
    """The full text of an action, as stored with the request: everything but the text itself, which is stored apart."""

    size: int
    sha256: str
    preview: str
    text: Annotated[str | None, Field(exclude=True, repr=False)] = None  # of a new request


SentText = Annotated[
    FullText,
    BeforeValidator(_summarized, json_schema_input_type=Annotated[str, Field(min_length=1, max_length=MAX_BYTES)]),
]


def preview(text: str) -> str:
    """The first lines of a text, or the beginning of them."""
    return "".join(_LINE.findall(text[:_PREVIEW_CHARACTERS])[:_PREVIEW_LINES])


def pages(text: str) -> list[str]:
    """The text in pages that end with a line; a line that does not fit on the rest of a page begins the next one."""
    found, start = list[str](), 0
    while start < len(text):
        page = _fitting(text[start : start + PAGE])
        if start + len(page) < len(text):
            page = page[: page.rfind("\n") + 1] or page
        found.append(page)
        start += len(page)
    return found


def _fitting(text: str) -> str:
    """As much of the text as fits on a page."""
    if _width(text) <= PAGE:
        return text
    return text[: bisect_right(range(len(text)), PAGE, key=lambda end: _width(text[:end])) - 1]


def _width(text: str) -> int:
    """What the text takes at most once it is written exactly: backslashes and all beyond ASCII may become escapes."""
    ascii = len(text) if text.isascii() else len(text.encode("ascii", "ignore"))
    beyond = len(text.encode("utf-16-le")) // 2 - ascii
    return ascii + _ESCAPE * beyond + (_ESCAPE - 1) * text.count("\\")
