"""The state of an incident in a sentence: for an agent, and for a person whose click came too late."""

from typing import Final

from bridge.card import blocks
from bridge.representation import status_text
from bridge.things import actors, frame
from bridge.things.incident import state, updates
from bridge.things.incident.row import Incident, Status
from storage.things import ThingRow

_NAMED: Final = 5  # systems


def sentence(found: ThingRow[Incident]) -> str:
    """The state of an incident, and what an agent may do now."""
    row = found.row
    by, at = actors.named(row.status_by), status_text.moment(row.status_at)
    if not Status(row.status).is_open:
        what = (
            f"Resolved by {by} at {at}: it is over, and nothing is left to do. Setting another status opens it again."
        )
    else:
        what = (
            f"{row.status.capitalize()} since {at}, set by {by}: a {row.severity} incident of {_systems(row.systems)}. "
            "It is open until it is resolved."
        )
    return f"{what}{_latest(row)}"


def standing(found: ThingRow[Incident]) -> str:
    """What an incident is now, who made it so and when, in mrkdwn for a person."""
    row, line = found.row, state.line(found.row)
    if not Status(row.status).is_open:
        return line
    opened = frame.named({"key": found.thing.opened_by})
    return f"{line} It was opened by {opened} {blocks.date(found.thing.created_at, '·')}."


def _latest(row: Incident) -> str:
    if not row.recent_updates:
        return ""
    latest = row.recent_updates[-1]
    words = status_text.person_wrote(updates.said(latest), where=" in updates")
    return f" The latest update, by {actors.named(latest['by'])}: {words}."


def _systems(systems: list[str]) -> str:
    named = ", ".join(status_text.quoted(system) for system in systems[:_NAMED])
    rest = len(systems) - _NAMED
    return f"{named} and {rest} more" if rest > 0 else named
