"""One sentence that an agent can act on, for every status. Silence never reads as a no, and never as a yes."""

from datetime import UTC, datetime
from typing import assert_never

from bridge import ids
from bridge.card import texts
from storage.model import Interaction, Json, Progress, Status

_UNDECIDED = "this is neither a yes nor a no: do not go ahead"
_MARKS = (".", "!", "?", "…")


def sentence(interaction: Interaction) -> str:
    """What became of the question, and what the agent may do now."""
    match interaction.status:
        case Status.PENDING:
            seen = "Waiting for a person" if interaction.cards_shown else "Waiting, with no card on a screen yet"
            until = moment(interaction.expires_at)
            return f"{seen}, until {until}; nobody has decided, so do not go ahead, and read this again."
        case Status.ANSWERED:
            return _answered(interaction)
        case Status.EXPIRED:
            late = moment(interaction.expires_at)
            return f"Nobody answered before {late}; {_UNDECIDED}, and ask again if it still matters."
        case Status.CANCELLED:
            return f"Cancelled before anybody answered{_because(interaction)}; {_UNDECIDED}."
        case Status.SUPERSEDED:
            newer = ids.encode("int", interaction.superseded_by) if interaction.superseded_by else "a newer question"
            return f"Superseded by {newer} before anybody answered; {_UNDECIDED}, and wait for {newer} instead."
        case Status.UNREACHABLE:
            fix = f", and to fix it: {words}" if (words := _words(interaction, "fix")) else ""
            return ended(f"Nobody could be asked{_because(interaction)}; {_UNDECIDED}{fix}")
        case _:
            assert_never(interaction.status)


def _answered(interaction: Interaction) -> str:
    answer = interaction.answer or {}
    by = answer.get("by") or {}
    at = f" at {moment(interaction.ended_at)}" if interaction.ended_at else ""
    if by.get("user"):
        how = f" by {person(by['user'], by.get('name'))}{at}"
    else:
        how = f"{at} by the default asked for, because nobody answered in time"
    if interaction.receipt:
        return f"{_decided(answer)}{how}; {_reported(interaction.receipt)}."
    match answer.get("decision"):
        case "approve":
            return f"Approved{how}: go ahead with exactly what was asked."
        case "deny":
            return f"Denied{how}: do not do what was asked."
        case _:
            return f"Answered {_option(answer)}{how}: go on with exactly that, and nothing else."


def _decided(answer: Json) -> str:
    return {"approve": "Approved", "deny": "Denied"}.get(answer.get("decision") or "", f"Answered {_option(answer)}")


def _reported(receipt: Json) -> str:
    """What the agent reported of the answer, so that nobody acts on it twice."""
    at = moment(datetime.fromisoformat(receipt["at"]))
    match receipt["status"]:
        case Progress.PICKED_UP:
            return f"an agent reported at {at} that it acts on this: do not do it a second time"
        case Progress.SUCCEEDED:
            return f"an agent reported at {at} that it is done: nothing is left to do"
        case Progress.FAILED:
            return f"an agent reported at {at} that it failed: ask again before you try again"
    return f"an agent reported {one_line(receipt['status'])} at {at}"


def _option(answer: Json) -> str:
    """What was chosen, by its label; by its id too, which no label can imitate."""
    label = one_line(answer.get("label")).replace('"', "'")
    return f'"{label}" (option {answer["option"]})' if answer.get("option") else f'"{label}"'


def _because(interaction: Interaction) -> str:
    """What happened, inside another sentence: without a full stop of its own."""
    detail = _words(interaction, "detail").rstrip(" .;")
    return f" ({detail})" if detail else ""


def _words(interaction: Interaction, part: str) -> str:
    return one_line((interaction.reason or {}).get(part) or "")


def person(user: str, name: str | None) -> str:
    """A person by name, and by the id that no name can imitate."""
    return f"{one_line(name)} ({user})" if name else user


def ended(sentence: str) -> str:
    """The sentence with one mark at its end, whoever wrote its last words."""
    return sentence if sentence.endswith(_MARKS) else f"{sentence}."


def one_line(words: object) -> str:
    """What somebody else wrote, inside a sentence of ours."""
    return texts.cut(" ".join(texts.visible(str(words)).split()), 300)


def moment(at: datetime) -> str:
    """A time in a sentence: RFC 3339 in UTC, to the second."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
