"""The timeline of a thing: its moves, the clicks on it, its cards and deliveries, each with a sentence. Pure."""

from collections.abc import Sequence
from typing import Any, TypeVar, assert_never
from uuid import UUID

from bridge import ids
from bridge.representation import interaction, status_text, timeline_text
from bridge.things import actors, representation
from bridge.things.contract import Noun
from storage.model import Card, Json, ThingTimelineEntry, Verdict
from storage.things import ThingRow

R = TypeVar("R")

_DELIVERED = {
    "pending": "is to be delivered",
    "delivered": "was delivered",
    "dead": "was given up",
}


def timeline(noun: Noun[R], found: ThingRow[R], cards: Sequence[Card], entries: Sequence[ThingTimelineEntry]) -> Json:
    """The thing's status and cards, and what happened to it, oldest first."""
    return {
        "status": noun.status(found.row),
        "message": noun.sentence(found),
        "cards": representation.cards_of(found.thing, cards),
        "items": [_item(noun, entry) for entry in entries],
    }


def _item(noun: Noun[Any], entry: ThingTimelineEntry) -> Json:
    detail = _detail(entry)
    return {
        "at": interaction.moment(entry.at),
        "type": entry.type,
        "message": status_text.ended(_sentence(noun, entry, detail)),
        "by": entry.by or None,
        "verdict": str(entry.verdict) if entry.verdict else None,
        "detail": detail,
    }


def _detail(entry: ThingTimelineEntry) -> Json:
    """The detail with ids as agents know them."""
    endpoint = entry.detail.get("endpoint")
    if entry.type.startswith("delivery."):
        return {**entry.detail, "endpoint": ids.encode("whe", UUID(endpoint)) if endpoint else None}
    return entry.detail


def _sentence(noun: Noun[Any], entry: ThingTimelineEntry, detail: Json) -> str:
    sort, _, what = entry.type.partition(".")
    if sort == noun.name and what == "unreachable":
        return f"A card cannot be shown: {status_text.one_line(detail.get('detail') or '?')}"
    if sort == noun.name:
        return _moved(noun, what, entry.by, detail)
    if sort == "delivery":
        return _delivered(what, detail)
    if sort == "note":
        return _noted(what, detail)
    if entry.type == "interaction.clicked":
        return _clicked(entry, detail)
    return timeline_text.card(entry.type, detail) or entry.type


def _moved(noun: Noun[Any], move: str, by: Json, detail: Json) -> str:
    happened = noun.happened(move, detail) or move.replace("_", " ").capitalize()
    actor = f" by {actors.named(by)}" if by else ""
    before, after = detail.get("from"), detail.get("to")
    change = f", from {before} to {after}" if before and after and before != after else ""
    reason = f": {status_text.quoted(detail['reason'])}" if detail.get("reason") else ""
    return f"{happened}{actor}{change}{reason}"


def _delivered(status: str, detail: Json) -> str:
    where = detail.get("endpoint") or "the callback"
    event = status_text.one_line(detail.get("event") or "?")
    outcome = (detail.get("outcome") or {}).get("detail")
    why = f": {status_text.one_line(outcome)}" if outcome and status != "delivered" else ""
    return f"The event {event} {_DELIVERED.get(status, status)} to {where}{why}"


def _noted(what: str, detail: Json) -> str:
    number = detail.get("notes") or 1
    noted = "A note was" if number == 1 else f"{number} notes, as one message, were"
    if what == "posted":
        return f"{noted} posted in the thread of a card{timeline_text.where(detail)}"
    why = status_text.one_line((detail.get("cause") or {}).get("detail") or "?")
    return f"{noted} given up: {why}"


def _clicked(entry: ThingTimelineEntry, detail: Json) -> str:
    person = status_text.person(entry.by.get("user") or "An unknown user", entry.by.get("name"))
    did = f"chose {status_text.quoted(detail['choice'])}" if detail.get("choice") else "clicked"
    return f"{person} {did}{timeline_text.where(detail)}: {_verdict(entry.verdict, detail)}"


def _verdict(verdict: Verdict | str | None, detail: Json) -> str:
    match verdict:
        case Verdict.WON:
            return "this counts"
        case Verdict.ADDED:
            return "this was added, and nothing was decided"
        case Verdict.RECORDED:
            return "the same was already recorded"
        case Verdict.REFUSED:
            why = status_text.one_line((detail.get("refusal") or {}).get("detail") or "it is not allowed now")
            return f"refused, because: {why}"
        case Verdict.DECIDED:
            return "not counted, because the same person had already chosen something else"
        case Verdict.TAKEN:
            return "not counted, because another person had already acted on it"
        case Verdict.SUPERSEDED:
            return "not counted, because it had changed since the card showed it"
        case Verdict.CANCELLED | Verdict.EXPIRED | Verdict.UNREACHABLE:
            return "not counted, because it offered nothing more"
        case Verdict.OUTSIDER:
            return "not counted, because people from other organizations cannot act on it"
        case Verdict.NOT_YOURS:
            return "not counted, because this person is not a responder"
        case Verdict.GONE:
            return "not counted, because it has no such choice"
        case Verdict.OPENED:
            return "this click opened a form and decided nothing"
        case Verdict.MISTAKEN:
            return "not counted, because the form had errors"
        case Verdict.UNAVAILABLE | None:
            return "not counted"
        case str():
            return f"a verdict of a later release: {status_text.one_line(verdict)}"
        case _:
            assert_never(verdict)
