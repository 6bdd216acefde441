"""Prose: paragraphs, list items, quotes and code, shortened to what fits on a card."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import Enum, auto
from itertools import groupby
from typing import assert_never

from bridge.card import richtext, texts
from bridge.card.spans import Span
from storage.model import Json

_MAX_INDENT = 8


class Shape(Enum):
    """How a card shows a part."""

    PARAGRAPH = auto()
    ITEM = auto()
    QUOTE = auto()
    CODE = auto()


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One paragraph, list item, quote or piece of code."""

    shape: Shape
    spans: tuple[Span, ...]
    indent: int = 0
    number: int | None = None  # of an item; None: a bullet
    from_zero: bool = False  # of an item: its list begins with 0, which Slack's lists cannot

    @property
    def text(self) -> str:
        """The part without styles and alignment."""
        words = "".join(span.text if span.brief is None else span.brief for span in self.spans)
        match self.shape:
            case Shape.ITEM:
                return self.marker + words
            case Shape.QUOTE:
                return "\n".join(f"> {line}" for line in words.split("\n"))
            case _:
                return words

    @property
    def marker(self) -> str:
        """The bullet or number of an item, with its indent."""
        return "  " * self.indent + ("• " if self.number is None else f"{self.number}. ")


@dataclass(frozen=True, slots=True, kw_only=True)
class Rich:
    """Prose as elements of one rich text block, and how many characters did not fit."""

    elements: list[Json]
    hidden: int = 0


def plain(parts: Sequence[Part]) -> str:
    """The parts as plain text."""
    lines: list[str] = []
    for before, part in zip([None, *parts], parts, strict=False):
        together = before is not None and before.shape is part.shape and part.shape in (Shape.ITEM, Shape.QUOTE)
        lines += [part.text] if together or before is None else ["", part.text]
    return texts.visible("\n".join(lines))


def rich(parts: Sequence[Part], max_weight: int) -> Rich:
    """As much of the text as has at most this weight (see `texts.weight`); drops alignment and styles before words."""
    elements = _elements(parts)
    weight, padding = texts.weight(elements), sum(map(_padding, parts))
    if padding and 0 < weight - max_weight <= padding:
        elements = _elements([_unaligned(part) for part in parts])
        weight = texts.weight(elements)
    if weight <= max_weight:
        return Rich(elements=elements)
    words = plain(parts)
    unstyled = [richtext.section(richtext.text(words))]
    limit = max_weight - (texts.weight(unstyled) - texts.units(words))
    if texts.units(words) <= limit:
        return Rich(elements=unstyled)
    shown = texts.head(words, max(limit - 1, 0))
    hidden = len(words) - len(shown)
    return Rich(elements=[richtext.section(richtext.text(shown + texts.ELLIPSIS))] if shown else [], hidden=hidden)


def _padding(part: Part) -> int:
    """How many characters only align others."""
    return sum(len(span.text) - len(span.brief) for span in part.spans if span.brief is not None)


def _unaligned(part: Part) -> Part:
    spans = (span if span.brief is None else replace(span, text=span.brief, brief=None) for span in part.spans)
    return replace(part, spans=tuple(spans))


def _elements(parts: Sequence[Part]) -> list[Json]:
    elements: list[Json] = []
    for (shape, indent, _, from_zero), run in groupby(enumerate(parts), key=_group):
        group = [part for _, part in run]
        match shape:
            case Shape.PARAGRAPH:
                elements.append(richtext.section(_lines(group, "\n\n")))
            case Shape.QUOTE:
                elements.append(richtext.quote(_lines(group, "\n")))
            case Shape.CODE:
                elements += [richtext.preformatted("".join(span.text for span in part.spans)) for part in group]
            case Shape.ITEM if from_zero:
                rows = [replace(part, spans=(Span(text=part.marker), *part.spans)) for part in group]
                elements.append(richtext.section(_lines(rows, "\n")))
            case Shape.ITEM:
                items = [richtext.section(_line(part.spans)) for part in group]
                elements.append(richtext.items(items, indent=min(indent, _MAX_INDENT), first=group[0].number))
            case _:
                assert_never(shape)
    return elements


def _group(indexed: tuple[int, Part]) -> tuple[Shape, int, int | None, bool]:
    """A key that adjacent parts of one element share: same shape and depth, and numbered without a gap."""
    index, part = indexed
    return part.shape, part.indent, None if part.number is None else part.number - index, part.from_zero


def _lines(parts: Sequence[Part], separator: str) -> list[Json]:
    first, *others = [part.spans for part in parts]
    return _line((*first, *(span for line in others for span in (Span(text=separator), *line))))


def _line(line: tuple[Span, ...]) -> list[Json]:
    """The elements of one line; adjacent spans of one style are one element."""
    elements: list[Json] = []
    whole = texts.visible("".join(span.text for span in line))  # an isolate may begin in one style and end in another
    start = 0
    for (bold, italic, strike, code, url), run in groupby(line, key=_style):
        end = start + sum(len(span.text) for span in run)
        elements += richtext.shown(whole[start:end], url=url, bold=bold, italic=italic, strike=strike, code=code)
        start = end
    return elements


def _style(span: Span) -> tuple[bool, bool, bool, bool, str | None]:
    return span.bold, span.italic, span.strike, span.code, span.url
