"""What an interaction's answer means to a shell: its exit status, and what alone stands on stdout."""

from dataclasses import dataclass
from enum import IntEnum

from storage.model import Json


class ExitStatus(IntEnum):
    """The exit statuses; everything that is not certainly an answer is NO_ANSWER."""

    ANSWERED = 0  # approved, chosen, or written
    DENIED = 1  # or declined
    NO_ANSWER = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """The exit status for an answer, and the values that stdout has, one a line; None: stdout has the message."""

    status: ExitStatus
    values: tuple[str, ...] | None = None


def result(interaction: Json, kind: object) -> Result:
    """The result of an interaction that was asked as this kind."""
    if kind == "choice":
        names = chosen(interaction)
        return _values(ExitStatus.NO_ANSWER) if names is None else _values(ExitStatus.ANSWERED, *names)
    if kind == "text":
        if is_declined(interaction):
            return _values(ExitStatus.DENIED)
        text = written(interaction)
        return _values(ExitStatus.NO_ANSWER) if text is None else _values(ExitStatus.ANSWERED, text)
    return Result(status=exit_status(interaction))


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


def is_declined(interaction: Json) -> bool:
    """Whether a person refused to answer."""
    answer = _answer(interaction)
    return (answer.get("decision"), answer.get("approved")) == ("decline", False)


def _answer(interaction: Json) -> Json:
    """The answer; empty if the interaction is not answered."""
    answer = interaction.get("answer")
    return answer if interaction.get("status") == "answered" and isinstance(answer, dict) else {}


def _values(status: ExitStatus, *values: str) -> Result:
    return Result(status=status, values=values)
