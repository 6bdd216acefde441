"""Refusals of the bridge in the words of a command: its options in place of JSON pointers."""

import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from bridge.commands import terminal
from storage.model import Json

_OPTIONS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "title": "TITLE",
        "body": "--body",
        "action": "--action",
        "action/arguments": "--argument",
        "action/full": "--full",
        "facts": "--fact",
        "agent": "--agent",
        "agent/run": "--run",
        "agent/url": "--agent-url",
        "on_behalf_of": "--on-behalf-of",
        "to": "--to",
        "responders": "--responder",
        "responders/anyone_in_channel": "--anyone",
        "responders/outsiders": "--outsiders",
        "connection": "--connection",
        "expires_in": "--expires-in",
        "on_expiry": "--on-expiry",
        "supersedes": "--supersedes",
        "callback": "--callback",
        "tags": "--tag",
        "metadata": "--metadata",
        "options": "--option",
        "comment": "--comment",
        "respond": "--respond",
        "multiple": "--multiple",
        "input/label": "--label",
        "input/placeholder": "--placeholder",
        "input/initial": "--initial",
        "input/multiline": "--one-line",
        "input/min_length": "--min-length",
        "input/max_length": "--max-length",
        "suggestions": "--suggest",
        "decline": "--decline",
        "questions": "--questions",
        "schema": "--form",
        "initial": "--initial",
        "submit": "--submit",
        "edit": "--edit",
        "reason": "--reason",
        "status": "STATUS",
        "summary": "--summary",
        "url": "--link",
    }
)
_OF_AN_OPTION: Final[Mapping[str, str]] = MappingProxyType(
    {"comment": "--comment", "confirm": "--confirm", "style": "--danger"}
)
_POINTER: Final = re.compile(r"^/[\w~/-]+")


def refused(status: int, problem: Json) -> str:
    """What a problem response says, as one line a mistake, each with the option that it is about."""
    errors = problem.get("errors")
    if isinstance(errors, list) and errors and all(isinstance(error, dict) for error in errors):
        return "\n".join(
            terminal.one_line(f"{option(str(error.get('pointer')))} {error.get('message')}.") for error in errors
        )
    detail = problem.get("detail")
    if not isinstance(detail, str):
        return f"The bridge refused this (HTTP {status})."
    return terminal.one_line(_POINTER.sub(lambda found: option(found[0]), detail))


def option(pointer: str) -> str:
    """The option that a JSON pointer into the request is about, with what it adds; the pointer if no option is."""
    steps = pointer.removeprefix("/").split("/")
    if steps[0] == "options" and len(steps) > 2 and steps[2] in _OF_AN_OPTION:
        return f"{_OF_AN_OPTION[steps[2]]}{_rest(['option', *steps[1:2], *steps[3:]])}"
    for length in range(len(steps), 0, -1):
        if name := _OPTIONS.get("/".join(steps[:length])):
            return f"{name}{_rest(steps[length:])}"
    return pointer


def _rest(steps: list[str]) -> str:
    """The rest of a pointer: of a list its item, counted from 1."""
    if not steps:
        return ""
    first, *others = (f"number {int(step) + 1}" if step.isdecimal() else step for step in steps)
    return f" ({', '.join([first, *others])})"
