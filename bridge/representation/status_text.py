"""One sentence for every status, on which an agent can act. A missing answer never reads as a yes or as a no."""

import re
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import assert_never

from bridge import ids
from bridge.card import blocks, texts
from bridge.representation import waiting
from storage import json_text
from storage.model import Card, Interaction, Json, Progress, Status

_UNDECIDED = "this is neither a yes nor a no: do not proceed"
CANCELLED_BY_AGENT = "cancelled"  # the code of the reason of a cancellation; its detail is an agent's words
_DOUBLE_QUOTES = re.compile(rf"\"|{blocks.QUOTATION.pattern}|'{{2,}}")  # all that look like the mark itself
_DECISIONS = {
    "approve": "Approved",
    "deny": "Denied",
    "respond": "Replied to without a decision",
    "decline": "Declined",
}
_MAX_WRITTEN = 280  # units of what a person wrote that a sentence quotes
_MAX_CHANGES = 10  # changed arguments that a sentence names
_MAX_OPTIONS = 10  # selected options that a sentence names
_MARKS = (".", "!", "?", "…")


def sentence(interaction: Interaction, cards: Sequence[Card] = ()) -> str:
    """The status of the interaction, and what the agent may do now; its cards say why none has been posted yet."""
    match interaction.status:
        case Status.PENDING:
            missing, fix = "", ""
            if not interaction.cards_shown:
                why, fix = _obstacle(cards, interaction.read_at)
                missing = f" No card has been posted yet{why}."
            until = moment(interaction.expires_at)
            return (
                f"Waiting for an answer until {until}.{missing} There is no decision yet: do not proceed, "
                f"and read this again later.{fix}"
            )
        case Status.ANSWERED:
            return _answered(interaction)
        case Status.EXPIRED:
            deadline = moment(interaction.expires_at)
            return f"Expired at {deadline} without an answer; {_UNDECIDED}, and ask again if it still matters."
        case Status.CANCELLED:
            return f"Cancelled before it was answered{_because(interaction)}; {_UNDECIDED}."
        case Status.SUPERSEDED:
            newer = ids.encode("int", interaction.superseded_by) if interaction.superseded_by else "a newer question"
            return f"Superseded by {newer} before it was answered; {_UNDECIDED}, and wait for {newer} instead."
        case Status.UNREACHABLE:
            fix = f". To fix it: {words}" if (words := _words(interaction, "fix")) else ""
            return ended(f"Not delivered to anyone who can answer{_because(interaction)}; {_UNDECIDED}{fix}")
        case _:
            assert_never(interaction.status)


def _obstacle(cards: Sequence[Card], now: datetime) -> tuple[str, str]:
    """Why the first card that waits for a known reason is not posted, and what to do; empty texts if there is none."""
    for card in cards:
        if card.ts is None and card.given_up_at is None and (reason := waiting.reason(card, now)) is not None:
            until = waiting.until(card, now)
            again = f"; the next attempt is at {moment(until)}" if until else ""
            fix = f" {ended(one_line(reason['fix']))}" if reason["fix"] else ""
            return f" ({one_line(reason['detail']).rstrip(' .;')}{again})", fix
    return "", ""


def _answered(interaction: Interaction) -> str:
    answer = in_order(interaction)
    by = answer.get("by") or {}
    at = f" at {moment(interaction.ended_at)}" if interaction.ended_at else ""
    if by.get("user"):
        how = f" by {person(by['user'], by.get('name'))}{at}"
    else:
        how = f" by default{at}, because the deadline passed without an answer"
    if interaction.receipt:
        return f"{_decided(answer)}{how}; {_reported(interaction.receipt)}.{_comment(answer)}"
    return f"{_decided(answer)}{how}: {_advice(answer)}.{_comment(answer)}"


def _decided(answer: Json) -> str:
    if answer.get("edited"):
        return "Approved with changes"
    return _DECISIONS.get(answer.get("decision") or "") or f"Answered {given(answer)}"


def _advice(answer: Json) -> str:
    """What the agent may do now."""
    match answer.get("decision"):
        case "approve" if answer.get("edited"):
            return f"proceed with exactly answer.arguments, and not with what was asked: {_changes(answer)}"
        case "approve":
            return "proceed with exactly what was asked"
        case "deny":
            return "do not do what was asked"
        case "respond":
            return "this is neither a yes nor a no: do not do what was asked, and read the comment"
        case "decline":
            return "there is no answer, neither a yes nor a no: do not assume one"
    if answer.get("options") == []:
        return "proceed with none of the options"
    if "options" in answer:
        return "proceed with exactly these options and no others"
    if "answers" in answer:
        return "use exactly these answers"
    if "values" in answer:
        return "use exactly the answer's values"
    if "text" in answer:
        return "use exactly the answer's text"
    return "proceed with exactly that option and nothing else"


def _changes(answer: Json) -> str:
    """What a person changed of the arguments, each with its place and its values as quoted JSON."""
    changes = answer["changes"]
    told = [
        f"{quoted(change['pointer'])} from {_value(change, 'from')} to {_value(change, 'to')}"
        for change in changes[:_MAX_CHANGES]
    ]
    rest = len(changes) - len(told)
    return "; ".join(told) + (f"; and {rest} more in answer.changes" if rest else "")


def _value(change: Json, side: str) -> str:
    if side not in change:
        return "nothing"
    return person_wrote(json_text.dumps(change[side], ensure_ascii=False), where=" in answer.changes")


def _comment(answer: Json) -> str:
    """The comment of the person as their own words, or the beginning of it, as a sentence."""
    comment = answer.get("comment")
    if not comment:
        return ""
    words = person_wrote(comment, where=" in answer.comment")
    return f" Their comment: {words}."


def in_order(interaction: Interaction) -> Json:
    """The answer, with answers and values in the order in which people saw them; empty without an answer."""
    answer = interaction.answer or {}
    if "values" in answer:
        return answer | {"values": _ordered(answer["values"], interaction.request.get("order", []))}
    if "answers" not in answer:
        return answer
    asked = [question["id"] for question in interaction.request.get("questions", [])]
    first = {id: answer["answers"][id] for id in asked if id in answer["answers"]}
    return answer | {"answers": first | answer["answers"]}


def _ordered(values: Json, pointers: Sequence[str]) -> Json:
    """The values in the order of these JSON pointers, of one name or two."""
    paths = [[step.replace("~1", "/").replace("~0", "~") for step in pointer.split("/")[1:]] for pointer in pointers]
    first: Json = {}
    for name, *inner in paths:
        if name in values:
            value = values[name]
            if inner and isinstance(value, dict) and inner[0] in value:
                value = first.get(name, {}) | {inner[0]: value[inner[0]]}
            first[name] = value
    return first | {
        name: first.get(name, {}) | value if isinstance(value, dict) else value for name, value in values.items()
    }


def given(answer: Json) -> str:
    """What was chosen or written; of several questions each answer with its id, which no text can imitate."""
    if "values" in answer:
        return person_wrote(json_text.dumps(answer["values"], ensure_ascii=False), where=" in answer.values")
    if "answers" in answer:
        return "; ".join(f"{id}: {_to_one(answer, id)}" for id in answer["answers"])
    if "options" in answer:
        named = [f"{quoted(option['label'])} (option {option['id']})" for option in answer["options"][:_MAX_OPTIONS]]
        rest = len(answer["options"]) - len(named)
        return (", ".join(named) or "no option") + (f" and {rest} more" if rest else "")
    return person_wrote(answer["text"], where=" in answer.text") if "text" in answer else _option(answer)


def _to_one(answer: Json, id: str) -> str:
    """The answer to one of several questions."""
    one = answer["answers"][id]
    if one is None:
        return "left out"
    return person_wrote(one["text"], where=f" in answer.answers, {id}") if "text" in one else given(one)


def _reported(receipt: Json) -> str:
    """What an agent reported of the answer, so that no other agent acts on it again."""
    at = moment(datetime.fromisoformat(receipt["at"]))
    match receipt["status"]:
        case Progress.PICKED_UP:
            return f"an agent reported at {at} that it has started on this: do not do it again"
        case Progress.SUCCEEDED:
            return f"an agent reported at {at} that it is done: nothing is left to do"
        case Progress.FAILED:
            return f"an agent reported at {at} that it failed: ask again before you try again"
    return f"an agent reported {one_line(receipt['status'])} at {at}"


def _option(answer: Json) -> str:
    """The chosen option by its label, and by its id, which a label cannot imitate."""
    label = quoted(answer.get("label"))
    return f"{label} (option {answer['option']})" if answer.get("option") else label


def _because(interaction: Interaction) -> str:
    """The reason's detail in parentheses, without a full stop; in quotation marks if an agent wrote it."""
    detail = _words(interaction, "detail").rstrip(" .;")
    if detail and (interaction.reason or {}).get("code") == CANCELLED_BY_AGENT:
        detail = quoted(detail)
    return f" ({detail})" if detail else ""


def _words(interaction: Interaction, part: str) -> str:
    return one_line((interaction.reason or {}).get(part) or "")


def person(user: str, name: str | None) -> str:
    """A person by name, and by the id, which a name cannot imitate."""
    return f"{quoted(name)} ({user})" if name else user


def quoted(words: object) -> str:
    """Words of people or agents on one line in quotation marks, which the words cannot close."""
    inside = _DOUBLE_QUOTES.sub("'", one_line(words))
    return f'"{inside}"'


def person_wrote(words: str, *, where: str = "") -> str:
    """What a person wrote, quoted like any other words; a long text is cut, and the rest is counted after the quote.

    `where` says in which field the whole text is.
    """
    line = " ".join(words.split())
    rest = texts.units(line) - _MAX_WRITTEN
    if rest <= 0:
        return quoted(line)
    more = f"{rest:,} more character{'' if rest == 1 else 's'}"
    return f"{quoted(texts.head(line, _MAX_WRITTEN) + texts.ELLIPSIS)} ({more}{where})"


def ended(sentence: str) -> str:
    """The sentence with one punctuation mark at its end, even if it ends with text from outside."""
    return sentence if sentence.endswith(_MARKS) else f"{sentence}."


def one_line(words: object) -> str:
    """Text from outside on one line of at most 300 characters, for use inside a sentence."""
    return texts.visible(texts.cut(" ".join(str(words).split()), 300))


def moment(at: datetime) -> str:
    """A time for use in a sentence: RFC 3339 in UTC, to the second."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
