"""Why a question is not answered yet, or how it was: everything that happened to it, who did it and on which copy."""

from collections.abc import Sequence
from dataclasses import replace

from bridge import ids
from bridge.agents import message, narrative, resource
from storage.interactions import TimelineEntry
from storage.model import Card, Interaction, Json, Verdict


def timeline(row: Interaction, copies: Sequence[Card], moments: Sequence[TimelineEntry]) -> Json:
    """The question as it now is, and the moments of its life, oldest first; `row` is not older than they are."""
    winner = next((moment for moment in moments if moment.verdict is Verdict.WON), None)
    return {
        "status": row.status.value,
        "message": message.sentence(row),
        "cards": [resource.card(copy, row.status) for copy in copies],
        "items": [_line(row, copies, moment, winner) for moment in _with_its_end(row, moments)],
    }


def has_end(row: Interaction, moments: Sequence[TimelineEntry]) -> bool:
    """Whether the moments were read after the question ended: the end stands in them."""
    return any(moment.type == _end(row) for moment in moments)


def _with_its_end(row: Interaction, moments: Sequence[TimelineEntry]) -> list[TimelineEntry]:
    """The moments with the end at the time from which it counts: the deadline, not the moment of writing."""
    if (at := row.ended_at) is None:
        return list(moments)
    told = [replace(moment, at=at) if moment.type == _end(row) else moment for moment in moments]
    return sorted(told, key=lambda moment: moment.at)


def _end(row: Interaction) -> str:
    return f"interaction.{row.status}"


def _line(row: Interaction, copies: Sequence[Card], moment: TimelineEntry, winner: TimelineEntry | None) -> Json:
    detail = {**moment.detail, **_more(row, moment, winner)}
    detail |= _copy(copies, detail)
    by = winner.by if winner and moment.type == "interaction.answered" else moment.by
    return {
        "at": resource.moment(moment.at),
        "type": moment.type,
        "message": narrative.sentence(row, moment, detail, by=by),
        "by": by,
        "verdict": str(moment.verdict) if moment.verdict else None,
        "detail": detail,
    }


def _more(row: Interaction, moment: TimelineEntry, winner: TimelineEntry | None) -> Json:
    """What the question knows of a moment, beside what was written then."""
    match moment.type:
        case "interaction.created":
            return {"key": row.asked_by, "responders": row.responders, "expires_at": resource.moment(row.expires_at)}
        case "interaction.clicked":
            return {"label": _label(row, moment.detail.get("choice"))}
        case "interaction.answered":
            where = {name: winner.detail.get(name) for name in ("user_name", "channel", "ts")} if winner else {}
            via = (row.answer or {}).get("via")
            return {"choice": row.choice, "label": _label(row, row.choice), "via": via, **where}
        case "interaction.superseded":
            return {"superseded_by": ids.encode("int", row.superseded_by) if row.superseded_by else None}
        case "interaction.cancelled" | "interaction.unreachable":
            return row.reason or {}
    return {}


def _copy(copies: Sequence[Card], detail: Json) -> Json:
    """Which copy lives there: its place in `cards`, counted from 0, and whom it was for."""
    for place, copy in enumerate(copies):
        if copy.ts is not None and (copy.channel, copy.ts) == (detail.get("channel"), detail.get("ts")):
            return {"card": place, "to": copy.address}
    return {}


def _label(row: Interaction, choice: object) -> str | None:
    answer = row.answers.get(choice) if isinstance(choice, str) else None
    return answer["label"] if answer else None
