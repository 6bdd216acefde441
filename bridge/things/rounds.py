"""The rounds of things as interactions: what reading one by its own id returns. Pure."""

from typing import assert_never

from bridge.representation import interaction, status_text, timeline
from bridge.things import representation
from storage.model import Card, Interaction, Json, Status, TimelineEntry


def thing_id(row: Interaction) -> str | None:
    """The id of the thing whose round this is, as agents know it; None for a question.

    The round keeps the id that an agent gave its thing, which never changes.
    """
    if row.thing_id is None:
        return None
    named = (row.request or {}).get("thing")
    return named if isinstance(named, str) else representation.thing_id(row.kind, row.thing_id)


def resource(row: Interaction, cards: list[Card]) -> Json:
    """The resource of a round: that of an interaction with its thing, without a deadline, and with its own message."""
    shown = interaction.interaction(row, cards)
    if (answer := shown["answer"]) is not None:
        shown["answer"] = {"decision": None, "approved": False, "option": None, **answer}
    return {**shown, "message": _sentence(row), "expires_at": None, "thing": thing_id(row)}


def with_moments(row: Interaction, cards: list[Card], moments: list[TimelineEntry]) -> Json:
    """The timeline of a round: the clicks on it."""
    return {**timeline.timeline(row, cards, moments), "message": _sentence(row)}


def _sentence(row: Interaction) -> str:
    thing = thing_id(row) or "a thing"
    match row.status:
        case Status.PENDING:
            return f"People can act on {thing} by its cards now. This is not a question: read {thing} instead."
        case Status.ANSWERED:
            answer = row.answer or {}
            by = answer.get("by") or {}
            who = f" by {status_text.person(by['user'], by.get('name'))}" if by.get("user") else ""
            at = f" at {status_text.moment(row.ended_at)}" if row.ended_at else ""
            chosen = status_text.quoted(answer.get("label") or row.choice)
            return f"A person acted on {thing}: {chosen} was chosen{who}{at}. Read {thing} for what it is now."
        case Status.SUPERSEDED:
            return f"{thing} has changed, and offers something else since then. Read {thing} for what it is now."
        case Status.CANCELLED | Status.EXPIRED | Status.UNREACHABLE:
            why = status_text.one_line((row.reason or {}).get("detail") or "").rstrip(" .;")
            because = f" ({why})" if why else ""
            return f"People could no longer act on {thing} by its cards{because}. Read {thing} for what it is now."
        case _:
            assert_never(row.status)
