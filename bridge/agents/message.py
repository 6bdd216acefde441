"""One sentence that an agent can act on, for every status. Silence never reads as a no, and never as a yes."""

from datetime import UTC, datetime
from typing import assert_never

from bridge import ids
from bridge.card import texts
from storage.model import Interaction, Json, Status

_UNDECIDED = "this is neither a yes nor a no: do not go ahead"


def sentence(interaction: Interaction) -> str:
    """What became of the question, and what the agent may do now."""
    match interaction.status:
        case Status.PENDING:
            seen = "Waiting for a person" if interaction.cards_shown else "Waiting, with no card on a screen yet"
            until = _moment(interaction.expires_at)
            return f"{seen}, until {until}; nobody has decided, so do not go ahead, and read this again."
        case Status.ANSWERED:
            return _answered(interaction)
        case Status.EXPIRED:
            late = _moment(interaction.expires_at)
            return f"Nobody answered before {late}; {_UNDECIDED}, and ask again if it still matters."
        case Status.CANCELLED:
            return f"Cancelled before anybody answered{_because(interaction)}; {_UNDECIDED}."
        case Status.SUPERSEDED:
            newer = ids.encode("int", interaction.superseded_by) if interaction.superseded_by else "a newer question"
            return f"Superseded by {newer} before anybody answered; {_UNDECIDED}, and wait for {newer} instead."
        case Status.UNREACHABLE:
            fix = _words(interaction, "fix")
            return (
                f"Nobody could be asked{_because(interaction)}; {_UNDECIDED}{f', and to fix it: {fix}' if fix else '.'}"
            )
        case _:
            assert_never(interaction.status)


def _answered(interaction: Interaction) -> str:
    answer = interaction.answer or {}
    by = answer.get("by") or {}
    name = by.get("name")
    who = f"{_one_line(name)} ({by.get('user')})" if name else by.get("user")
    how = f"by {who}" if who else "by the default asked for, because nobody answered in time"
    at = f" at {_moment(interaction.ended_at)}" if interaction.ended_at else ""
    match answer.get("decision"):
        case "approve":
            return f"Approved {how}{at}: go ahead with exactly what was asked."
        case "deny":
            return f"Denied {how}{at}: do not do what was asked."
        case _:
            return f"Answered {_option(answer)} {how}{at}: go on with exactly that, and nothing else."


def _option(answer: Json) -> str:
    """What was chosen, by its label; by its id too, which no label can imitate."""
    label = _one_line(answer.get("label")).replace('"', "'")
    return f'"{label}" (option {answer["option"]})' if answer.get("option") else f'"{label}"'


def _because(interaction: Interaction) -> str:
    detail = _words(interaction, "detail")
    return f" ({detail})" if detail else ""


def _words(interaction: Interaction, part: str) -> str:
    return _one_line((interaction.reason or {}).get(part) or "")


def _one_line(words: object) -> str:
    return texts.cut(" ".join(texts.visible(str(words)).split()), 300)


def _moment(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
