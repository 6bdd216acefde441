"""What an interaction's answer means to a shell: its exit status, and what alone stands on stdout."""

from dataclasses import dataclass
from enum import IntEnum

from storage import json_text
from storage.model import Json


class ExitStatus(IntEnum):
    """The exit statuses; everything that is not certainly an answer is NO_ANSWER."""

    ANSWERED = 0  # approved, chosen, or written
    DENIED = 1  # or declined
    NO_ANSWER = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """The exit status for an answer, and the values that stdout has, one a line; None: stdout has the message.

    `is_text`: the only value is a text of a person, or JSON, which is printed unchanged; other values are names.
    """

    status: ExitStatus
    values: tuple[str, ...] | None = None
    is_text: bool = False


def result(interaction: Json, kind: object) -> Result:
    """The result of an interaction that was asked as this kind."""
    if kind == "choice":
        names = chosen(interaction)
        return _values(ExitStatus.NO_ANSWER) if names is None else _values(ExitStatus.ANSWERED, *names)
    if kind in ("text", "questions", "form"):
        if is_declined(interaction):
            return _values(ExitStatus.DENIED)
        return _text(written(interaction) if kind == "text" else _as_json(given(interaction)))
    status = exit_status(interaction)
    if not interaction.get("edit"):
        return Result(status=status)
    if status is not ExitStatus.ANSWERED:
        return _values(status)
    return _text(_as_json(approved_arguments(interaction)))


def exit_status(interaction: Json) -> ExitStatus:
    """The exit status for an interaction that was asked as an approval; a reply is neither a yes nor a no."""
    answer = _answer(interaction)
    match answer.get("decision"), answer.get("approved"):
        case "approve", True:
            return ExitStatus.ANSWERED
        case "deny", False:
            return ExitStatus.DENIED
        case _:
            return ExitStatus.NO_ANSWER


def chosen(interaction: Json) -> list[str] | None:
    """The names of the options that were chosen, if the interaction is answered with options; maybe none of several."""
    answer = _answer(interaction)
    if "options" not in answer:
        option = answer.get("option")
        return [option] if isinstance(option, str) else None
    options = answer["options"]
    if not isinstance(options, list) or not all(isinstance(option, dict) for option in options):
        return None
    names = [option.get("id") for option in options]
    return names if all(isinstance(name, str) for name in names) else None


def written(interaction: Json) -> str | None:
    """The text of the answer, if the interaction is answered with one and with no decision."""
    answer = _answer(interaction)
    text = answer.get("text")
    return text if isinstance(text, str) and answer.get("decision") is None else None


def given(interaction: Json) -> Json | None:
    """The answers to several questions or the values of a form, if the interaction is answered with them."""
    answer = _answer(interaction)
    values = answer.get("answers", answer.get("values"))
    return values if isinstance(values, dict) and answer.get("decision") is None else None


def approved_arguments(interaction: Json) -> Json | None:
    """The arguments that were approved: those that a person changed, else those of the question."""
    answer = _answer(interaction)
    asked: object = interaction.get("action")
    arguments = asked.get("arguments") if isinstance(asked, dict) else None
    approved = answer.get("arguments") if "arguments" in answer or answer.get("edited") else arguments
    return approved if isinstance(approved, dict) else None


def is_declined(interaction: Json) -> bool:
    """Whether a person refused to answer."""
    answer = _answer(interaction)
    return (answer.get("decision"), answer.get("approved")) == ("decline", False)


def _answer(interaction: Json) -> Json:
    """The answer; empty if the interaction is not answered."""
    answer = interaction.get("answer")
    return answer if interaction.get("status") == "answered" and isinstance(answer, dict) else {}


def _as_json(value: Json | None) -> str | None:
    return None if value is None else json_text.dumps(value)


def _text(text: str | None) -> Result:
    """The result of a text, or of no answer."""
    if text is None:
        return _values(ExitStatus.NO_ANSWER)
    return Result(status=ExitStatus.ANSWERED, values=(text,), is_text=True)


def _values(status: ExitStatus, *values: str) -> Result:
    return Result(status=status, values=values)
