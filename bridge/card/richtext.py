"""Rich text, the safest place for strangers' words: nothing in a text element is ever interpreted.

https://docs.slack.dev/reference/block-kit/blocks/rich-text-block
"""

from collections.abc import Sequence

from bridge.card import texts
from storage.model import Json

_MOST = 3_000  # of one text element, by analogy with text objects


def text(words: str, *, url: str | None = None, **style: bool) -> list[Json]:
    """These words, exactly; as many elements as Slack's limits ask for."""
    kind: Json = {"type": "link", "url": url} if url else {"type": "text"}
    styled: Json = {"style": chosen} if (chosen := {name: True for name, on in style.items() if on}) else {}
    return [kind | {"text": piece} | styled for piece in texts.pieces(texts.visible(words), _MOST)]


def section(elements: Sequence[Json]) -> Json:
    return {"type": "rich_text_section", "elements": list(elements)}


def quote(elements: Sequence[Json]) -> Json:
    return {"type": "rich_text_quote", "elements": list(elements)}


def preformatted(words: str) -> Json:
    """Monospaced; unlike a fence of back-ticks, it cannot be closed from within."""
    return {"type": "rich_text_preformatted", "elements": text(words)}


def items(sections: Sequence[Json], *, indent: int, first: int | None) -> Json:
    """A list, numbered from `first` or with bullets."""
    shape: Json = (
        {"style": "bullet"} if first is None else {"style": "ordered"} | ({"offset": first - 1} if first > 1 else {})
    )
    return {"type": "rich_text_list", "elements": list(sections)} | shape | ({"indent": indent} if indent else {})


def block(parts: Sequence[Json]) -> Json:
    return {"type": "rich_text", "elements": list(parts)}
