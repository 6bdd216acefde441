"""Reads docs/verdicts.md as data: the texts that people are promised, to compare with the real ones."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

DOCS = Path(__file__).parents[2] / "docs" / "verdicts.md"
NOTHING = "nothing"

# Patterns of what differs each time, with the document's example for each.
_EXAMPLES = (
    (r"<!date\^\d+\^((?:[^{|]+ )?)\{date_short_pretty\} at \{time\}\|[^>]*>", r"\1Nov 21 at 14:03"),
    (r"<https?://[^|>]*\|([^>]*)>", r"[\1]"),
    (r"<@U0([A-Z]+)>", lambda match: f"@{match[1].lower()}"),
    (r"int_[0-9a-z]{26}", "int_…"),
    (r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", "2026-11-21T14:03:00Z"),
    (r"just now|\d+ (second|minute|hour|day)s? ago", "2 minutes ago"),
)


@dataclass(frozen=True, kw_only=True)
class Row:
    """One row of the table of verdicts."""

    verdict: str
    before: str
    after: str
    reply: str
    card: str


def rows() -> list[Row]:
    return _rows("verdict")


def _rows(first: str) -> list[Row]:
    result = []
    for verdict, _, statuses, reply, card in _table(first):
        before, after = statuses.split(" → ")
        result.append(Row(verdict=verdict, before=before, after=after, reply=reply, card=card))
    return result


@dataclass(frozen=True, kw_only=True)
class FormRow:
    """One row of the table of verdicts of a form that was sent."""

    verdict: str
    before: str
    after: str
    becomes: str


def form_rows() -> list[FormRow]:
    return _form_rows("sent form")


def page_rows() -> list[FormRow]:
    """The rows of the table of verdicts of a page that was asked for."""
    return _form_rows("page")


def _form_rows(first: str) -> list[FormRow]:
    result = []
    for verdict, _, statuses, becomes in _table(first):
        before, after = statuses.split(" → ")
        result.append(FormRow(verdict=verdict, before=before, after=after, becomes=becomes))
    return result


def thing_rows() -> list[Row]:
    """The rows of the table of clicks on a thing."""
    return _rows("click")


def thing_form_rows() -> list[FormRow]:
    """The rows of the table of forms of a thing that were sent."""
    return _form_rows("form of a thing")


def incident_rows() -> list[Row]:
    """The rows of the table of clicks on an incident."""
    return _rows("click on an incident")


def incident_form_rows() -> list[FormRow]:
    """The rows of the table of forms of an incident that were sent."""
    return _form_rows("form of an incident")


def messages() -> list[tuple[str, str]]:
    """(status, message) of the table of what agents read."""
    return [(status, message) for status, message in _table("status")]


def as_written(seen: str, words: Mapping[str, str]) -> str:
    """A text with the document's examples for what differs each time, and without Slack markup."""
    for ours, theirs in words.items():
        seen = seen.replace(ours, theirs)
    for pattern, example in _EXAMPLES:
        seen = re.sub(pattern, example, seen)
    return seen.replace("*", "")


def _table(first: str) -> Sequence[list[str]]:
    """The body of the table with this first column, without backticks."""
    lines = DOCS.read_text("utf-8").splitlines()
    start = next(number for number, line in enumerate(lines) if line.startswith(f"| {first} |")) + 2
    body = []
    for line in lines[start:]:
        if not line.startswith("|"):
            break
        body.append([cell.strip().replace("`", "") for cell in line.strip("|").split("|")])
    return body
