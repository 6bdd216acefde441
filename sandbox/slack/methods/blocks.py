"""blocks.*: Block Kit judged without posting it."""

from sandbox.slack.errors import SlackError
from sandbox.slack.methods.call import Call
from sandbox.slack.model import Json
from sandbox.slack.validator import message as validator
from sandbox.slack.validator.rules import Problem


def validate(call: Call) -> Json:
    """Exactly one of `blocks` and `message`; views are not known here yet."""
    given = [name for name in ("blocks", "message", "view") if call.arguments.get(name) is not None]
    if given == ["blocks"]:
        blocks, error, pointer = call.arguments["blocks"], "invalid_blocks", ""
    elif given == ["message"]:
        message = call.arguments["message"]
        blocks = message.get("blocks", []) if isinstance(message, dict) else None
        error, pointer = "invalid_message", "/blocks"
    else:
        raise SlackError("invalid_arguments")
    if not isinstance(blocks, list):
        raise SlackError("invalid_blocks_format")
    if problems := validator.problems(blocks, pointer=pointer):
        raise SlackError(error, errors=[_told(problem) for problem in problems])
    return {}


def _told(problem: Problem) -> Json:
    told: Json = {"pointer": problem.pointer, "code": problem.code, "message": problem.message}
    return told if problem.constraint is None else {**told, "constraint": problem.constraint}
