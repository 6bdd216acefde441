"""Records the state of each interaction as every way of reading returned it, and finds contradictions."""

import json
from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from asyncpg import Record

from bridge import ids

PENDING = "pending"
ENDS = ("answered", "expired", "cancelled", "superseded", "unreachable")


@dataclass(frozen=True, kw_only=True)
class End:
    """How an interaction ended, as far as one way of reading shows it; None: not shown."""

    status: str
    choice: str | None = None
    via: str | None = None
    by: str | None = None
    at: str | None = None
    detail: str | None = None  # the code of the reason, or the newer interaction's id

    def contradicts(self, other: "End") -> bool:
        mine, others = vars(self), vars(other)
        return any(None not in (mine[name], others[name]) and mine[name] != others[name] for name in mine)


@dataclass(kw_only=True)
class Entry:
    """The different ends read of one interaction, each with the way of reading that returned it first."""

    ends: dict[End, str] = field(default_factory=dict)
    final_read: float = float("inf")  # when the first reading that returned an end was over
    pending_began: float = 0.0  # when the last reading that returned no end began
    readings: int = 0

    @property
    def contradicted(self) -> bool:
        ends = list(self.ends)
        two = any(one.contradicts(other) for number, one in enumerate(ends) for other in ends[number + 1 :])
        return two or self.pending_began > self.final_read


class ReadingLedger:
    """All readings of one trial; the times are those of one monotonic clock."""

    def __init__(self) -> None:
        self.entries: dict[str, Entry] = {}
        self.readings: Counter[str] = Counter()

    def add_resource(self, resource: dict[str, Any], *, where: str, began: float, ended: float) -> None:
        """Record an interaction as a response, a webhook or the feed returned it."""
        self._note(resource["id"], resource["status"], end_of(resource), where=where, began=began, ended=ended)

    def add_timeline(self, id: str, timeline: dict[str, Any], *, where: str, began: float, ended: float) -> None:
        """Record a timeline, which has the status and the end among its moments."""
        self._note(id, timeline["status"], End(status=timeline["status"]), where=where, began=began, ended=ended)
        for moment in timeline["items"]:
            status = moment["type"].removeprefix("interaction.")
            if status in ENDS:
                detail = moment["detail"]
                end = End(
                    status=status,
                    choice=detail.get("choice"),
                    via=detail.get("via"),
                    by=moment["by"],
                    detail=detail.get("code") or detail.get("superseded_by"),
                )
                self._note(id, status, end, where=where, began=began, ended=ended)

    def add_row(self, id: str, row: Record, *, ended: float) -> None:
        """Record a row of `interactions`, which is the truth."""
        answer = json.loads(row["answer"] or "null") or {}
        end = End(
            status=row["status"],
            choice=row["choice"],
            via=answer.get("via"),
            by=row["answered_by"],
            at=moment(row["ended_at"]) if answer else None,
            detail=json.loads(row["reason"])["code"] if row["reason"] else _id(row["superseded_by"]),
        )
        self._note(id, row["status"], end, where="row", began=0.0, ended=ended)

    def _note(self, id: str, status: str, end: End, *, where: str, began: float, ended: float) -> None:
        entry = self.entries.setdefault(id, Entry())
        entry.readings += 1
        self.readings[where.partition(" ")[0]] += 1
        if status == PENDING:
            entry.pending_began = max(entry.pending_began, began)
            return
        entry.ends.setdefault(end, where)
        entry.final_read = min(entry.final_read, ended)

    def contradictions(self) -> dict[str, Entry]:
        return {id: entry for id, entry in self.entries.items() if entry.contradicted}


def end_of(resource: dict[str, Any]) -> End:
    """The end in a resource of the API."""
    answer = resource["answer"] or {}
    by = answer.get("by")
    reason = resource["reason"] or {}
    return End(
        status=resource["status"],
        choice=answer.get("decision") or answer.get("option"),
        via=answer.get("via"),
        by=by["user"] if by else None,
        at=answer.get("at"),
        detail=reason.get("code") or resource["superseded_by"],
    )


def moment(at: datetime) -> str:
    """A time of the database in the format of the API."""
    return at.strftime("%Y-%m-%dT%H:%M:%S.") + f"{at.microsecond // 1000:03}Z"


def _id(id: UUID | None) -> str | None:
    return ids.encode("int", id) if id else None
