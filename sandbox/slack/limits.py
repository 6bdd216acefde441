"""What Slack has and this sandbox does not: a refusal says whose limit it is, and the log does, too."""

import json
import logging
from collections.abc import Iterable, Iterator

from sandbox.slack.errors import SlackError
from sandbox.slack.validator.rules import Problem

log = logging.getLogger("sandbox.slack")

# Types of blocks, elements and texts that Slack takes in some place, and the sandbox in none.
TYPES = frozenset(
    {
        *("alert", "call", "card", "carousel", "container", "context_actions", "data_table", "data_visualization"),
        *("file", "markdown", "plan", "table", "task_card", "video"),
        *("external_select", "multi_external_select", "feedback_buttons", "icon_button", "workflow_button"),
        *("raw_number", "raw_text", "url"),
    }
)
_SAYS = "This is a limit of the sandbox, not of Slack; sandbox/slack/DIFFERENCES.md has more."


def method(name: str) -> SlackError:
    """The refusal of a method that the sandbox does not have. Whether Slack has it, the sandbox cannot know."""
    sentence = f"This sandbox has no method {json.dumps(name[:100])}. If Slack has it, this is a limit of the sandbox."
    return _refused("unknown_method", sentence, req_method=name)


def feature(error: str, what: str) -> SlackError:
    """The refusal of an argument that Slack would take."""
    return _refused(error, f"This sandbox does not have {what}. {_SAYS}")


def notes(problems: Iterable[Problem]) -> list[str]:
    """A message for each problem that Slack would not see, for the field `response_metadata.messages`."""
    return [_noted(sentence) for sentence in _sentences(problems)]


def _sentences(problems: Iterable[Problem]) -> Iterator[str]:
    for problem in problems:
        got = (problem.constraint or {}).get("got")
        if problem.code == "unsupported_type" and isinstance(got, str) and got in TYPES:
            yield f"This sandbox does not have `{got}`. {_SAYS} [json-pointer:{problem.pointer}]"


def _refused(error: str, sentence: str, **more: str) -> SlackError:
    return SlackError(error, **more, response_metadata={"messages": [_noted(sentence)]})


def _noted(sentence: str) -> str:
    log.warning("sandbox_limit means=%s", json.dumps(sentence))
    return f"[WARN] {sentence}"
