"""What a list of interactions may be asked for: filters, a page's size, and where the page begins."""

import re
from dataclasses import dataclass
from uuid import UUID

from multidict import MultiMapping

from bridge import ids
from bridge.agents import body, parameters
from bridge.agents.problems import BAD_PARAMETER, Problem
from bridge.kinds import KINDS
from storage.interactions import Filters
from storage.model import Status

USUAL, MOST = 50, 200
MOST_TEXT = {"tag": 80, "run": 200, "idempotency_key": 255}  # characters, as when they were sent
NAMES = ("status", "kind", *MOST_TEXT, "cursor", "limit")
STORABLE = r"^[^\x00]+$"
CURSOR = "^cur_[0-7][0-9a-hjkmnp-tv-z]{25}$"
_LIMIT = re.compile("[0-9]{1,4}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """One page of a list."""

    filters: Filters
    before: UUID | None  # the last id of the page before
    limit: int


def read(query: MultiMapping[str]) -> Asked:
    """The query of a list; raises Problem."""
    parameters.only(query, NAMES)
    return Asked(
        filters=Filters(
            status=_status(query.get("status")),
            kind=_kind(query.get("kind")),
            tag=_text("tag", query.get("tag")),
            run=_text("run", query.get("run")),
            idempotency_key=_text("idempotency_key", query.get("idempotency_key")),
        ),
        before=before(query.get("cursor")),
        limit=limit(query.get("limit")),
    )


def cursor(last: UUID) -> str:
    """Where the page behind this interaction begins. Newer interactions do not move it."""
    return ids.encode("cur", last)


def _status(text: str | None) -> Status | None:
    if text is None or text in set(Status):
        return Status(text) if text is not None else None
    raise Problem(BAD_PARAMETER, f"status must be one of {', '.join(Status)}.")


def _kind(text: str | None) -> str | None:
    if text is None or text in KINDS:
        return text
    raise Problem(BAD_PARAMETER, f"kind must be one of {', '.join(KINDS)}.")


def _text(name: str, text: str | None) -> str | None:
    if text is None or (0 < len(text) <= MOST_TEXT[name] and body.unstorable(text) is None):
        return text
    raise Problem(BAD_PARAMETER, f"{name} must have 1 to {MOST_TEXT[name]} characters.")


def before(text: str | None) -> UUID | None:
    """The id that a page's cursor stands for; raises Problem."""
    if text is None or (last := ids.decode("cur", text)) is not None:
        return last if text is not None else None
    raise Problem(BAD_PARAMETER, "cursor must be a next_cursor that a list gave, as it was.")


def limit(text: str | None) -> int:
    """The size of a page; raises Problem."""
    if text is None:
        return USUAL
    if not _LIMIT.fullmatch(text) or not 1 <= (most := int(text)) <= MOST:
        raise Problem(BAD_PARAMETER, f"limit must be a whole number from 1 to {MOST}.")
    return most
