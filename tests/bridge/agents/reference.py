"""docs/api.md as its test reads it: tables under headings, and exchanges to be had again with a real server."""

import json
import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bridge.agents.interactions import filters
from bridge.agents.openapi import document
from bridge.kinds.registry import KINDS
from storage.model import Json

DOCS = Path(__file__).parents[3] / "docs"
SCHEMAS: Json = document.document()["components"]["schemas"]
PATHS: Json = document.document()["paths"]

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


def told(schema: Json) -> str:
    """The type and the limits of a field, as the page says them."""
    match schema:
        case {"$ref": ref}:
            name = ref.rpartition("/")[2]
            return told(SCHEMAS[name]) if "enum" in SCHEMAS[name] else f"[{name}](#{name.lower()})"
        case {"anyOf": choices}:
            return " or ".join(told(choice) for choice in choices if choice != {"type": "null"})
        case {"const": only}:
            return f"`{json.dumps(only)}`"
        case {"enum": known}:
            return ", ".join(f"`{json.dumps(one)}`" for one in known)
        case {"type": "array", "items": inner}:
            limits = _limits(schema, "minItems", "maxItems", "").removeprefix(", ")
            return f"list of {limits}: {told(inner)}" if limits else f"list of {told(inner)}"
        case {"type": "string", "pattern": pattern} if pattern != filters.STORABLE:  # what no sane text has
            return f"string like `{pattern}`".replace("|", "\\|")  # or it would end the cell
        case {"type": "string", "format": "date-time"}:
            return "time"
        case {"type": "string"}:
            name = "web address" if schema.get("format") == "uri" else "string"
            return name + _limits(schema, "minLength", "maxLength", " characters")
        case {"type": "integer" | "number" as type}:
            return str(type) + _limits(schema, "minimum", "maximum", "")
    return str(schema["type"])


def _limits(schema: Json, least: str, most: str, what: str) -> str:
    low, high = schema.get(least), schema.get(most)
    if high is None:
        return ""
    return f", at most {high:.0f}{what}" if low is None else f", {low} to {high:.0f}{what}"


def nullable(schema: Json) -> bool:
    return {"type": "null"} in schema.get("anyOf", [])


def sent(name: str) -> list[list[str]]:
    """The rows of a model that is sent: field, type and limits, what counts when it is left out."""
    return [[f"`{field}`", told(schema), _unsent(name, field, schema)] for field, schema in _fields(name).items()]


def received(name: str) -> list[list[str]]:
    """The rows of a model that is received: field, and type."""
    required = SCHEMAS[name]["required"]
    return [
        [
            f"`{field}`",
            told(schema) + (" or null" if nullable(schema) and field in required else "")
            + ("" if field in required else ", not always there"),
        ]
        for field, schema in _fields(name).items()
    ]  # fmt: skip


def _fields(name: str) -> Json:
    fields: Json = SCHEMAS[name]["properties"]
    return fields


def _unsent(name: str, field: str, schema: Json) -> str:
    if field in SCHEMAS[name].get("required", ()):
        return "must be given"
    default: Any = schema.get("default", [] if schema.get("type") == "array" else {})
    return "none" if default is None else f"`{json.dumps(default)}`"


def question() -> list[list[str]]:
    """The rows of what is sent to ask, for all kinds together; what only one kind has says so."""
    rows: dict[str, list[str]] = {}
    kinds: dict[str, list[str]] = {}
    for kind in KINDS:
        for row in sent(f"Create{kind.capitalize()}"):
            rows.setdefault(row[0], row)
            kinds.setdefault(row[0], []).append(kind)
    rows.pop("`kind`")
    every = ", ".join(f'`"{kind}"`' for kind in KINDS)
    for name, row in rows.items():
        if len(kinds[name]) < len(KINDS):
            row[2] += f" for a {' or '.join(kinds[name])}"
    return [["`kind`", every, "must be given"], *rows.values()]


def parameters(method: str, path: str) -> list[list[str]]:
    """The rows of an operation's parameters: name, where it goes, type and limits."""
    return [[f"`{one['name']}`", one["in"], told(one["schema"])] for one in PATHS[path][method].get("parameters", [])]


def statuses(method: str, path: str) -> list[list[str]]:
    """The rows of what an operation answers: status, and what it means."""
    return [[f"{status}", answer["description"]] for status, answer in PATHS[path][method]["responses"].items()]
