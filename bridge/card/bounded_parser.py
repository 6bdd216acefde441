"""A Markdown parser whose work is bounded: it counts its steps, and gives up on a text that needs too many.

markdown-it is fast on what people write, but some texts of 9,000 characters cost a thousand times as much: short rows
below a wide table, lines after a deep quote, images within images. The steps are counted while they are done, because a
count of marks before parsing would have to know every costly pattern.
"""

import re
from collections.abc import Callable
from typing import Any, TypeAlias

from markdown_it import MarkdownIt, rules_block, rules_inline
from markdown_it.parser_block import ParserBlock
from markdown_it.parser_inline import ParserInline
from markdown_it.ruler import Ruler
from markdown_it.rules_block import StateBlock
from markdown_it.rules_block.table import escapedSplit
from markdown_it.rules_inline import StateInline
from markdown_it.token import Token

from bridge.card import links

Environment: TypeAlias = dict[str, Any]  # link definitions, which the parser returns besides its tokens
_BlockRule: TypeAlias = Callable[[StateBlock, int, int, bool], bool]
_InlineRule: TypeAlias = Callable[[StateInline, bool], bool]

MAX_STEPS = 17_000  # the pages in docs/ need up to 13,000 for 9,000 characters; a step takes up to a microsecond
MAX_NESTING = 100  # levels; what is nested deeper is left out
# Steps besides the one for each try of a rule.
_BLOCK = 20
_TOKEN = 4
_LINK = 20
_CELL = 12
_ADDRESS_CHARACTERS = 50  # for one step: an address that is not valid is read again at each colon inside it
_SCHEME = re.compile(r"https?\Z", re.IGNORECASE)

_EVERYWHERE = ("paragraph", "reference", "blockquote", "list")
_OUTSIDE_LISTS = ("paragraph", "reference", "blockquote")
# In the order in which they are tried, each with the blocks that it ends. There is no rule for HTML.
_BLOCK_RULES: tuple[tuple[str, _BlockRule, tuple[str, ...]], ...] = (
    ("code", rules_block.code, ()),
    ("fence", rules_block.fence, _EVERYWHERE),
    ("blockquote", rules_block.blockquote, _EVERYWHERE),
    ("hr", rules_block.hr, _EVERYWHERE),
    ("list", rules_block.list_block, _OUTSIDE_LISTS),
    ("reference", rules_block.reference, ()),
    ("heading", rules_block.heading, _OUTSIDE_LISTS),
    ("lheading", rules_block.lheading, ()),
    ("paragraph", rules_block.paragraph, ()),
)
_INLINE_RULES: tuple[tuple[str, _InlineRule], ...] = (
    ("text", rules_inline.text),
    ("newline", rules_inline.newline),
    ("escape", rules_inline.escape),
    ("backticks", rules_inline.backtick),
    ("strikethrough", rules_inline.strikethrough.tokenize),
    ("emphasis", rules_inline.emphasis.tokenize),
    ("link", rules_inline.link),
    ("image", rules_inline.image),
    ("autolink", rules_inline.autolink),
    ("entity", rules_inline.entity),
)


class TooMuchWork(Exception):
    """A text needs more steps than the limit."""


class Meter:
    """Counts steps up to a limit."""

    def __init__(self, limit: int = MAX_STEPS) -> None:
        self.steps = 0
        self._limit = limit

    def take(self, steps: int = 1) -> None:
        """Count steps; raises TooMuchWork beyond the limit."""
        self.steps += steps
        if self.steps > self._limit:
            raise TooMuchWork


def parse(source: str, environment: Environment, meter: Meter) -> list[Token]:
    """The tokens of a text; raises TooMuchWork. Puts link definitions into `environment`."""
    return _Parser(meter).parse(source, environment)


class _Parser(MarkdownIt):
    """CommonMark with tables and strikethrough. It has state, so each text gets a new one, in half a millisecond."""

    def __init__(self, meter: Meter) -> None:
        super().__init__("commonmark", {"html": False, "maxNesting": MAX_NESTING, "store_labels": True})
        self.inline = _Inline(meter)
        self.inline.ruler2.enable("strikethrough")
        self.block = _Block(meter)

    def normalizeLink(self, url: str) -> str:  # noqa: N802  -- the parser's name
        """The address as it was written; `links.address` normalizes it."""
        return url

    def normalizeLinkText(self, link: str) -> str:  # noqa: N802  -- the parser's name
        """The address as it was written, with its percent-escapes."""
        return link


class _Block(ParserBlock):
    def __init__(self, meter: Meter) -> None:
        super().__init__()
        self._meter = meter
        self.ruler = Ruler[_BlockRule]()
        self.ruler.push("table", self._table, {"alt": ["paragraph", "reference"]})
        for name, rule, ends in _BLOCK_RULES:
            self.ruler.push(name, self._counted(rule), {"alt": list(ends)})

    def _counted(self, rule: _BlockRule) -> _BlockRule:
        def counted(state: StateBlock, start: int, end: int, silent: bool) -> bool:  # noqa: FBT001  -- a rule's shape
            self._meter.take()
            matched = rule(state, start, end, silent)
            self._meter.take(_BLOCK if matched and not silent else 0)
            return matched

        return counted

    def _table(self, state: StateBlock, start: int, end: int, silent: bool) -> bool:  # noqa: FBT001  -- a rule's shape
        """A table, whose cells are counted before the parser makes them: it fills short rows with empty cells."""
        self._meter.take()
        if not rules_block.table(state, start, end, True):
            return False
        if silent:
            return True
        columns = state.src.count("|", state.bMarks[start], state.eMarks[start]) + 1
        after = next((line for line in range(start, end) if state.isEmpty(line)), end)
        self._meter.take(columns * (after - start) * _CELL)
        opened = len(state.tokens)
        if matched := rules_block.table(state, start, end, silent):
            head, *rows = [_cells(state, line) for line in (start, *range(start + 2, state.line))]
            state.tokens[opened].meta = {"cells_left_out": any(cells > head for cells in rows)}
        return matched


def _cells(state: StateBlock, line: int) -> int:
    """How many cells a row of a table has; the parser leaves out those beyond the head's."""
    cells = escapedSplit(state.src[state.bMarks[line] + state.tShift[line] : state.eMarks[line]].strip())
    return len(cells) - (cells[0] == "") - (cells[-1] == "" and len(cells) > 1)


class _Inline(ParserInline):
    def __init__(self, meter: Meter) -> None:
        super().__init__()
        self._meter = meter
        self.ruler = Ruler[_InlineRule]()
        for name, rule in _INLINE_RULES:
            self.ruler.push(name, self._counted(rule))
        self.ruler.after("newline", "address", self._address)

    def _counted(self, rule: _InlineRule) -> _InlineRule:
        def counted(state: StateInline, silent: bool) -> bool:  # noqa: FBT001  -- the shape of a rule
            before = len(state.tokens)
            matched = rule(state, silent)
            self._meter.take()
            if len(state.tokens) > before:
                added = state.tokens[before:]
                links = sum(token.type in ("link_open", "image") for token in added)
                self._meter.take(_TOKEN * len(added) + _LINK * links)
            return matched

        return counted

    def _address(self, state: StateInline, silent: bool) -> bool:  # noqa: FBT001  -- the shape of a rule
        """A bare web address, tried at its colon, where the rule for text stops; no other mark counts inside it.

        A try at another character is no step: it looks at four characters, and every other rule is tried there too.
        """
        scheme = _SCHEME.search(state.src, max(state.pos - 5, 0), state.pos)
        if scheme is None or not state.src.startswith("://", state.pos):
            return False
        found = links.in_markdown(state.src, scheme.start(), state.posMax)
        self._meter.take(1 + _TOKEN + (found.end - state.pos) // _ADDRESS_CHARACTERS)
        if not found.url or not (silent or state.pending.endswith(scheme[0])):
            return False
        if not silent:
            state.pending = state.pending.removesuffix(scheme[0])
            token = state.push("address", "", 0)
            token.content, token.meta = found.written, {"url": found.url}
        state.pos = found.end
        return True

    def skipToken(self, state: StateInline) -> None:  # noqa: N802  -- the parser's name
        """Skip a token while looking for the end of a label, which every opening bracket does anew."""
        self._meter.take()
        super().skipToken(state)
