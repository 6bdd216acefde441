"""The bridge's own lines about an incident, in mrkdwn: its state, and its latest updates.

Words of people and agents are in quotation marks that they cannot close. With `suppress_notifications` people are
named, not mentioned.
"""

from types import MappingProxyType
from typing import Final

from bridge.card import blocks
from bridge.things import frame
from bridge.things.incident import updates
from bridge.things.incident.row import Incident, Status
from storage.model import Json

SHOWN: Final = 3  # updates on a card
_MAX_LATEST: Final = 400  # units of the message of the latest update on a card
_MAX_EARLIER: Final = 200  # of the others
_MAX_SYSTEM: Final = 40
_SYSTEMS: Final = 3  # named of those that an update changed
_MAX_NOTE: Final = 2_900  # units; Slack's limit for one text is 3,000
_THEN: Final = "·"
_FIELDS: Final = ("status", "severity", "systems")
_WHAT: Final = MappingProxyType(
    {
        Status.INVESTIGATING: "🔴 *Investigating*",
        Status.IDENTIFIED: "🟠 *Identified*",
        Status.FIXING: "🔧 *Fixing*",
        Status.MONITORING: "👀 *Monitoring*",
        Status.RESOLVED: "✅ *Resolved*",
    }
)


def line(row: Incident) -> str:
    """What an incident is now, since when, how bad it is, and who made it so."""
    status = Status(row.status)
    by = frame.by(row.status_by, mentions=mentions(row))
    if not status.is_open:
        return f"{_WHAT[status]}{by} {blocks.date(row.status_at, _THEN)}. Severity: *{row.severity}*."
    return f"{_WHAT[status]} {blocks.date(row.status_at, 'since')}, set{by}. Severity: *{row.severity}*."


def latest(row: Incident) -> list[str]:
    """The latest updates, the newest first, and how many there were before."""
    shown = row.recent_updates[-SHOWN:][::-1]
    lines = [
        _update(row, each, limit=_MAX_EARLIER if place else _MAX_LATEST, with_time=True)
        for place, each in enumerate(shown)
    ]
    if earlier := row.update_count - len(shown):
        lines.append(f"There {'is' if earlier == 1 else 'are'} {earlier:,} earlier update{'s' * (earlier != 1)}.")
    return lines


def note(row: Incident, update: Json) -> str:
    """An update as a reply to the card, which shows when it was sent."""
    return blocks.cut_escaped(_update(row, update, limit=_MAX_NOTE, with_time=False), _MAX_NOTE)


def mentions(row: Incident) -> bool:
    """Whether cards and replies mention people."""
    return not row.suppress_notifications


def _update(row: Incident, update: Json, *, limit: int, with_time: bool) -> str:
    """Who changed what and when, and the words."""
    changes, message = update["changes"] or {}, update["message"]
    who = frame.named(update["by"], mentions=mentions(row))
    time = f" {blocks.date(updates.at(update), _THEN)}" if with_time else ""
    parts = [
        f"{name} {_value(changes[name]['from'])} → {_value(changes[name]['to'])}" for name in _FIELDS if name in changes
    ]
    what = f" {'; '.join(parts)}" if parts else ""
    words = f" {blocks.quoted(message, limit)}" if message is not None else ""
    return f"{'🔁' if parts else '💬'} {who}{time}:{what}{'.' if parts and words else ''}{words}"


def _value(value: str | list[str]) -> str:
    if isinstance(value, str):
        return f"*{value}*"
    named = ", ".join(blocks.quoted(system, _MAX_SYSTEM) for system in value[:_SYSTEMS])
    rest = len(value) - _SYSTEMS
    return f"{named} and {rest} more" if rest > 0 else named
