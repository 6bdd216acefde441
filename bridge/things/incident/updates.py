"""The updates of an incident: what people and agents said, and what they changed of status, severity and systems."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime
from uuid import UUID

from bridge import ids
from bridge.representation.interaction import moment
from bridge.things import actors
from bridge.things.incident.row import MAX_RECENT, Incident
from storage.model import Json


def update(id: UUID, *, message: str | None, changes: Json, by: Json, now: datetime) -> Json:
    """An update as rows have it. Without a message its changes speak for themselves."""
    return {"id": str(id), "message": message, "changes": changes or None, "by": by, "at": now.isoformat()}


def appended(row: Incident, latest: Json) -> Incident:
    """The row with one more update."""
    recent = [*row.recent_updates, latest][-MAX_RECENT:]
    return replace(row, update_count=row.update_count + 1, recent_updates=recent)


def changes(before: Incident, after: Incident) -> Json:
    """What a transition changed, by field; systems are compared as sets."""
    changed: Json = {}
    for name in ("status", "severity"):
        was, is_now = getattr(before, name), getattr(after, name)
        if was != is_now:
            changed[name] = {"from": was, "to": is_now}
    if set(before.systems) != set(after.systems):
        changed["systems"] = {"from": before.systems, "to": after.systems}
    return changed


def said(latest: Json) -> str:
    """The message of an update; one without names its changes."""
    message: str | None = latest["message"]
    return message if message is not None else _named(latest["changes"] or {})


def resource(latest: Json) -> Json:
    """An update as agents get it."""
    return {
        "id": ids.encode("upd", UUID(str(latest["id"]))),
        "message": said(latest),
        "status": ((latest["changes"] or {}).get("status") or {}).get("to"),
        "by": actors.resource(latest["by"]),
        "at": moment(at(latest)),
    }


def at(latest: Json) -> datetime:
    """When an update was made."""
    written: str | datetime = latest["at"]
    return written if isinstance(written, datetime) else datetime.fromisoformat(written)


def _named(changed: Json) -> str:
    parts = [
        f"{name.capitalize()} changed from {_value(each['from'])} to {_value(each['to'])}."
        for name, each in sorted(changed.items(), key=lambda item: ("status", "severity", "systems").index(item[0]))
    ]
    return " ".join(parts)


def _value(value: str | Iterable[str]) -> str:
    return value if isinstance(value, str) else ", ".join(value)
