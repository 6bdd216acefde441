"""docs/api.md as its test reads it: tables under headings, and exchanges to be had again with a real server."""

import json
import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from storage.model import Json

DOCS = Path(__file__).parents[3] / "docs"

_BLOCK = re.compile(r"^```(sh|http|json)\n(.*?)^```$|^<!-- stage: (.*?) -->$", re.MULTILINE | re.DOTALL)


@dataclass(frozen=True, kw_only=True)
class Request:
    """What a stranger would send."""

    method: str
    path: str
    headers: dict[str, str] = field(default_factory=dict)
    body: Json | None = None


@dataclass(frozen=True, kw_only=True)
class Response:
    """What the page says comes back."""

    status: int | None  # None: the page shows what curl prints
    headers: dict[str, str]
    body: Json | None  # None: nothing but a status


@dataclass(frozen=True, slots=True)
class Stage:
    """What happens in Slack in between, as a note for the test."""

    what: str


def exchanges(text: str) -> Iterator[Request | Response | Stage]:
    """Everything that is sent, answered and done on the page, in its order."""
    for found in _BLOCK.finditer(text):
        language, block, stage = found.groups()
        if stage:
            yield Stage(stage)
        elif language == "sh":
            if "curl" in block:
                yield _curl(block)
        elif language == "json":
            yield Response(status=None, headers={}, body=json.loads(block))
        elif block.startswith("HTTP/1.1 "):
            line, headers, body = _http(block)
            yield Response(status=int(line.split()[1]), headers=headers, body=json.loads(body) if body else None)
        else:
            line, headers, body = _http(block)
            method, path = line.split()
            yield Request(method=method, path=path, headers=headers, body=json.loads(body) if body else None)


def _http(block: str) -> tuple[str, dict[str, str], str]:
    head, _, body = block.strip().partition("\n\n")
    line, *rest = head.splitlines()
    return line, dict(header.split(": ", 1) for header in rest), body.strip()


def _curl(block: str) -> Request:
    """A curl command; whatever it has that is not known here is a mistake of the page, or of this reader."""
    words = iter(shlex.split(block.replace("\\\n", " ")))
    assert next(words) == "curl"
    path, headers, body = "", {}, None
    for word in words:
        match word:
            case "-s":
                pass
            case "-H":
                name, value = next(words).split(": ", 1)
                headers[name] = value
            case "-d":
                body = json.loads(next(words))
            case _:
                assert word.startswith("$ASKBRIDGE_URL/"), word
                path = word.removeprefix("$ASKBRIDGE_URL")
    assert headers.pop("Authorization") == "Bearer $ASKBRIDGE_KEY"
    assert headers.pop("Content-Type", None) == ("application/json" if body else None)
    return Request(method="POST" if body else "GET", path=path, headers=headers, body=body)


def section(text: str, heading: str) -> str:
    """What stands under a heading, down to the next of any depth."""
    after = re.split(rf"^#+ {re.escape(heading)}$", text, flags=re.MULTILINE)
    assert len(after) == 2, f"there must be one heading {heading!r}"
    return re.split(r"^#+ ", after[1], maxsplit=1, flags=re.MULTILINE)[0]


def tables(text: str, heading: str) -> list[list[list[str]]]:
    """The tables under a heading: the cells of every row but the head's."""
    found = re.findall(r"(?:^\|.*\n)+", section(text, heading), re.MULTILINE)
    return [[[cell.strip() for cell in row.strip("|").split(" | ")] for row in one.splitlines()[2:]] for one in found]
