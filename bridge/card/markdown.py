"""Reads Markdown into prose: the formatting that a card can show, and the rest as plain text.

Emphasis, code, lists, quotes and headings are kept. A link names its host, so that its label cannot hide where it
leads. Images are links, tables are monospaced, HTML is text. No body can mention or notify anyone, or imitate the lines
that the bridge writes.
"""

import re
from dataclasses import dataclass, field, replace

from markdown_it.token import Token

from bridge.card import bounded_parser, spans, tables
from bridge.card.bounded_parser import MAX_NESTING, Environment, Meter, TooMuchWork
from bridge.card.prose import Part, Shape
from bridge.card.spans import Span

_LANGUAGE = re.compile(r"[A-Za-z+#]{0,12}")  # info strings of fences that are not shown


def parse(source: str) -> list[Part]:
    """The parts of a text, in order; a text beyond the parser's limits is one part, as it was written."""
    environment: Environment = {}
    try:
        tokens = bounded_parser.parse(source, environment, Meter())
    except TooMuchWork:
        tokens = None
    if tokens is None or any(token.level >= MAX_NESTING - 1 for token in tokens):
        return [Part(shape=Shape.PARAGRAPH, spans=(Span(text=source),))]
    return [*_Reader(source).read(tokens), *_unused(environment, tokens)]


def _unused(environment: Environment, tokens: list[Token]) -> list[Part]:
    """Definitions of links that no link uses, which Markdown does not show: a card hides nothing that was sent."""
    used = {inner.meta.get("label") for token in tokens for inner in token.children or ()}
    defined = [
        {"label": label, **link} for label, link in environment.get("references", {}).items() if label not in used
    ]
    return [
        Part(shape=Shape.PARAGRAPH, spans=(Span(text=f"[{link['label']}]: {link['href']} {link['title']}".strip()),))
        for link in [*defined, *environment.get("duplicate_refs", ())]
    ]


@dataclass
class _List:
    """An open list."""

    number: int | None = None  # of the next item; None: bullets
    from_zero: bool = False


@dataclass
class _Reader:
    """Reads the parser's flat list of tokens; the fields are the state between two tokens."""

    source: str
    parts: list[Part] = field(default_factory=list)
    lists: list[_List] = field(default_factory=list)  # the open lists, the outermost first
    marker: bool = False  # a list item was opened and has no text yet
    quotes: int = 0
    heading: bool = False
    table: list[Token] | None = None  # the tokens of the open table so far

    def read(self, tokens: list[Token]) -> list[Part]:
        for token in tokens:
            self._read(token)
        return self.parts

    def _read(self, token: Token) -> None:
        match token.type:
            case "table_open":
                self.table = [token]
            case "table_close" if self.table:
                self._table(self.table)
                self.table = None
            case _ if self.table:
                self.table.append(token)
            case "bullet_list_open":
                self.lists.append(_List())
            case "ordered_list_open":
                start = token.attrGet("start")
                number = 1 if start is None else int(start)
                self.lists.append(_List(number, from_zero=number == 0))
            case "bullet_list_close" | "ordered_list_close":
                self.lists.pop()
            case "list_item_open":
                self.marker = True
            case "list_item_close":
                if self.marker:
                    self._text((Span(text=" "),))
                if (last := self.lists[-1]).number is not None:
                    last.number += 1
            case "blockquote_open":
                self.quotes += 1
            case "blockquote_close":
                self.quotes -= 1
            case "heading_open":
                self.heading = True
            case "heading_close":
                self.heading = False
            case "hr":
                self._text((Span(text="———"),))
            case "fence" | "code_block":
                language = token.content.strip() and _LANGUAGE.fullmatch(token.info.strip())
                self._code(token.content if language else f"{token.info.strip()}\n{token.content}".strip("\n"))
            case "inline":
                line = tuple(spans.read(token.children or []))
                self._text(tuple(replace(span, bold=True) for span in line) if self.heading else line)

    def _text(self, line: tuple[Span, ...]) -> None:
        if not line:
            return
        inner = self.lists[-1] if self.lists else _List()
        number, indent = inner.number, len(self.lists) - 1
        item = Part(shape=Shape.ITEM, spans=line, indent=indent, number=number, from_zero=inner.from_zero)
        last = self.parts[-1] if self.parts else None
        if self.quotes:
            words = replace(item, spans=()).text if self.marker else ""
            self.parts.append(Part(shape=Shape.QUOTE, spans=(Span(text=words), *line) if words else line))
        elif self.marker:
            self.parts.append(item)
        elif last and self.lists and last.shape is Shape.ITEM and (last.indent, last.number) == (indent, number):
            self.parts[-1] = replace(last, spans=(*last.spans, Span(text="\n"), *line))
        else:
            self.parts.append(Part(shape=Shape.PARAGRAPH, spans=line))
        self.marker = False

    def _table(self, tokens: list[Token]) -> None:
        opened = tokens[0]
        if not opened.meta.get("cells_left_out"):
            self._code(*tables.draw(tokens))
            return
        first, after = opened.map or [0, 0]
        self._code("\n".join(self.source.split("\n")[first:after]))

    def _code(self, content: str, brief: str | None = None) -> None:
        """Monospaced text, and the same without alignment if it has any."""
        words = content.rstrip("\n")
        if not words:
            return
        if self.quotes:
            self._text((Span(text=words, brief=brief, code=True),))
            return
        if self.marker:
            self._text((Span(text=" "),))
        self.parts.append(Part(shape=Shape.CODE, spans=(Span(text=words, brief=brief),)))
