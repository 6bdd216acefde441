"""Rich text blocks, the safest place for foreign text: Slack interprets nothing in a text element, nor shortcodes.

https://docs.slack.dev/reference/block-kit/blocks/rich-text-block
"""

from collections.abc import Sequence

from bridge.card import texts
from storage.model import Json

_MAX_TEXT = 3_000  # units of one text element, by analogy with text objects


def text(words: str, *, url: str | None = None, **style: bool) -> list[Json]:
    """Exactly this text, in as many elements as Slack's limit for one requires."""
    return shown(texts.visible(words), url=url, **style)


def shown(words: str, *, url: str | None = None, **style: bool) -> list[Json]:
    """The same for a piece of text to which `texts.visible` was applied as a whole."""
    kind: Json = {"type": "link", "url": url} if url else {"type": "text"}
    styled: Json = {"style": chosen} if (chosen := {name: True for name, on in style.items() if on}) else {}
    return [kind | {"text": piece} | styled for piece in texts.pieces(words, _MAX_TEXT)]


def section(elements: Sequence[Json]) -> Json:
    return {"type": "rich_text_section", "elements": list(elements)}


def quote(elements: Sequence[Json]) -> Json:
    return {"type": "rich_text_quote", "elements": list(elements)}


def preformatted(words: str) -> Json:
    """Monospaced text; unlike a fence of backticks, it cannot be closed by its content."""
    return {"type": "rich_text_preformatted", "elements": text(words)}


def exactly(words: str) -> Json:
    """The same for text that may be nothing but white space, which Slack may refuse; then the part says that."""
    return preformatted(words) if words.strip() else section(text("(only white space)", italic=True))


def items(sections: Sequence[Json], *, indent: int, first: int | None) -> Json:
    """A list, numbered from `first`, at least 1, or with bullets.

    Slack adds `offset` to 1, and does not document what it makes of an offset below 0.
    """
    shape: Json = (
        {"style": "bullet"} if first is None else {"style": "ordered"} | ({"offset": first - 1} if first > 1 else {})
    )
    return {"type": "rich_text_list", "elements": list(sections)} | shape | ({"indent": indent} if indent else {})


def block(parts: Sequence[Json]) -> Json:
    return {"type": "rich_text", "elements": list(parts)}
