"""What agents are told about several fixes: the hand-over of a session, and how fixes of a kind fared. Pure."""

from collections.abc import Sequence
from typing import Final

from bridge.ids import encode
from bridge.representation import status_text
from bridge.things.fix import sentences
from bridge.things.fix.resource import PREFIX
from bridge.things.fix.row import Fix
from storage.model import Json
from storage.things import ThingRow

_NOTHING: Final = "No fix of this session is pending, works partly or has failed."


def handover(
    pending: Sequence[ThingRow[Fix]], partial: Sequence[ThingRow[Fix]], failed: Sequence[ThingRow[Fix]]
) -> str:
    """The words of a hand-over, each sort newest first: the first pending one leads."""
    lines = [
        *(_named("Leading hypothesis", each) for each in pending[:1]),
        *(_named("Also pending", each, leads=False) for each in pending[1:]),
        *(_named("Works partly", each) for each in partial),
        *(_named("Did not work", each) for each in failed),
    ]
    return "\n".join(lines) or _NOTHING


def stats(key: str, counts: Json) -> Json:
    """Counts of fixes of a kind, and rates with the counts that they are made of."""
    proposed, applied, worked, failed = (counts[name] for name in ("proposed", "applied", "worked", "failed"))
    return {
        "key": key,
        "proposed": proposed,
        "applied": applied,
        "worked": worked,
        "failed": failed,
        "rates": {"applied": _rate(applied, proposed), "worked": _rate(worked, worked + failed)},
    }


def _rate(count: int, of: int) -> Json:
    return {"rate": round(count / of, 4) if of else None, "count": count, "of": of}


def _named(what: str, found: ThingRow[Fix], *, leads: bool = True) -> str:
    """One fix of a hand-over: what it is, its id, its title and its state."""
    old = "" if found.row.is_active else " (superseded)"
    title = status_text.quoted(found.row.title)
    return f"{what}{old}: {title}, {encode(PREFIX, found.thing.id)}. {sentences.what(found.row, leads=leads)}"
