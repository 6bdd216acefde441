"""blocks.*: validates Block Kit without posting it. No token is needed."""

from typing import Any

from sandbox.slack import limits
from sandbox.slack.errors import SlackError
from sandbox.slack.model import Json
from sandbox.slack.validator import message as validator
from sandbox.slack.validator import view
from sandbox.slack.validator.rules import Problem


def validate(arguments: Json) -> Json:
    """Validate exactly one of `blocks`, `message` and `view`; raises SlackError with every problem."""
    given = [name for name in ("blocks", "message", "view") if arguments.get(name) is not None]
    match given:
        case ["blocks"]:
            found = validator.problems(_list(arguments["blocks"]), pointer="")
        case ["message"]:
            message = _object(arguments["message"])
            found = validator.problems(_list(message.get("blocks", [])), pointer="/blocks")
        case ["view"]:
            given_view = _object(arguments["view"])
            if view.is_too_large(given_view):
                raise SlackError("view_too_large")
            found = view.problems(given_view, pointer="")
        case _:
            raise SlackError("invalid_arguments")
    if found:
        messages = limits.notes(found)
        more = {"response_metadata": {"messages": messages}} if messages else {}
        raise SlackError(f"invalid_{given[0]}", errors=[_as_json(problem) for problem in found], **more)
    return {}


def _list(given: Any) -> list[Any]:
    if not isinstance(given, list):
        raise SlackError("invalid_blocks_format")
    return given


def _object(given: Any) -> Json:
    if not isinstance(given, dict):
        raise SlackError("invalid_arguments")
    return given


def _as_json(problem: Problem) -> Json:
    shape: Json = {"pointer": problem.pointer, "code": problem.code, "message": problem.message}
    return shape if problem.constraint is None else {**shape, "constraint": problem.constraint}
