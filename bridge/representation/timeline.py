"""The timeline of an interaction: everything that happened to it, by which user and on which card."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from bridge import ids
from bridge.representation import interaction, status_text, timeline_text
from storage.model import Card, Interaction, Json, TimelineEntry, Verdict


def timeline(row: Interaction, cards: Sequence[Card], moments: Sequence[TimelineEntry]) -> Json:
    """The interaction's status and cards, and its moments, oldest first. `row` must be as recent as the moments."""
    winner = next((moment for moment in moments if moment.verdict is Verdict.WON), None)
    return {
        "status": row.status.value,
        "message": status_text.sentence(row, cards),
        "cards": [interaction.card(card, status=row.status, now=row.read_at) for card in cards],
        "items": [_item(row, cards, moment, winner) for moment in _with_its_end(row, moments)],
    }


def has_end(row: Interaction, moments: Sequence[TimelineEntry]) -> bool:
    """Whether the moments contain the final status of the interaction: whether they were read after its end."""
    return any(moment.type == _end(row) for moment in moments)


def _with_its_end(row: Interaction, moments: Sequence[TimelineEntry]) -> list[TimelineEntry]:
    """The moments, with the end at the time from which it counts: the deadline, not when it was written."""
    if (at := row.ended_at) is None:
        return list(moments)
    moments = [replace(moment, at=at) if moment.type == _end(row) else moment for moment in moments]
    return sorted(moments, key=lambda moment: moment.at)


def _end(row: Interaction) -> str:
    return f"interaction.{row.status}"


def _item(row: Interaction, cards: Sequence[Card], moment: TimelineEntry, winner: TimelineEntry | None) -> Json:
    detail = {**moment.detail, **_known(row, moment, winner)}
    detail |= _card(cards, detail)
    by = winner.by if winner and moment.type == "interaction.answered" else moment.by
    return {
        "at": interaction.moment(moment.at),
        "type": moment.type,
        "message": timeline_text.sentence(row, moment, detail, by=by),
        "by": by,
        "verdict": str(moment.verdict) if moment.verdict else None,
        "detail": detail,
    }


def _known(row: Interaction, moment: TimelineEntry, winner: TimelineEntry | None) -> Json:
    """What the interaction's row adds to the detail that was stored with a moment."""
    match moment.type:
        case "interaction.created":
            return {"key": row.asked_by, "responders": row.responders, "expires_at": interaction.moment(row.expires_at)}
        case "interaction.clicked":
            return {"label": _label(row, moment.detail.get("choice"))}
        case "interaction.answered":
            where = {name: winner.detail.get(name) for name in ("user_name", "channel", "ts")} if winner else {}
            answer = status_text.in_order(row)
            words: Json = {
                name: answer[name]
                for name in ("comment", "text", "options", "answers", "values", "changes")
                if name in answer
            }
            return {"choice": row.choice, "label": answer.get("label"), "via": answer.get("via"), **words, **where}
        case "interaction.superseded":
            return {"superseded_by": ids.encode("int", row.superseded_by) if row.superseded_by else None}
        case "interaction.cancelled" | "interaction.unreachable":
            return row.reason or {}
        case "card.waiting":
            until = moment.detail.get("until")
            return {"until": interaction.moment(datetime.fromisoformat(until))} if until else {}
    return {}


def _card(cards: Sequence[Card], detail: Json) -> Json:
    """The card that was posted at the detail's channel and ts: its index in `cards`, and its address."""
    for index, card in enumerate(cards):
        if card.ts is not None and (card.channel, card.ts) == (detail.get("channel"), detail.get("ts")):
            return {"card": index, "to": card.address}
    return {}


def _label(row: Interaction, choice: object) -> str | None:
    """The label of a choice; None for one that the question does not have, or whose form gives the label."""
    answer = row.forms.get(choice, row.answers.get(choice)) if isinstance(choice, str) else None
    return answer.get("label") if answer else None
