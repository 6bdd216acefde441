"""Reads the query of a list of interactions: its filters and its page."""

import re
from dataclasses import dataclass
from uuid import UUID

from multidict import MultiMapping

from bridge import ids
from bridge.agents.http import body, paging, parameters
from bridge.agents.http.problems import BAD_PARAMETER, ApiProblem
from bridge.kinds.registry import KINDS
from storage.interactions import Filters
from storage.model import Status

MAX_TEXT = {"tag": 80, "run": 200, "idempotency_key": 255}  # characters, as when they were sent
INCLUDES = ("body",)  # what a list has only when it is asked for
INCLUDES_OF_ONE = ("full",)  # what a single interaction has only when it is asked for
NAMES = ("status", "kind", *MAX_TEXT, "thing", "include", "cursor", "limit")
STORABLE = r"^[^\x00]+$"


@dataclass(frozen=True, slots=True, kw_only=True)
class ListQuery:
    """The query of one page of a list."""

    filters: Filters
    before: UUID | None  # the last id of the page before
    limit: int
    with_body: bool
    thing: str | None = None  # the list is of the rounds of the thing with this id, which may exist


def read_one(query: MultiMapping[str]) -> tuple[float, bool]:
    """Read the query of one interaction: seconds to wait, and whether to include the full text; raises ApiProblem."""
    wait = parameters.wait(query, others=["include"])
    return wait or 0.0, _include(query.get("include"), INCLUDES_OF_ONE)


def read(query: MultiMapping[str]) -> ListQuery:
    """Read the query of a list; raises ApiProblem."""
    parameters.only(query, NAMES)
    return ListQuery(
        filters=Filters(
            status=_status(query.get("status")),
            kind=_kind(query.get("kind")),
            tag=_text("tag", query.get("tag")),
            run=_text("run", query.get("run")),
            idempotency_key=_text("idempotency_key", query.get("idempotency_key")),
        ),
        before=paging.before(query.get("cursor")),
        limit=paging.limit(query.get("limit")),
        with_body=_include(query.get("include"), INCLUDES),
        thing=_thing(query.get("thing")),
    )


def _status(text: str | None) -> Status | None:
    if text is None or text in set(Status):
        return Status(text) if text is not None else None
    raise ApiProblem(BAD_PARAMETER, f"status must be one of {', '.join(Status)}.")


def _thing(text: str | None) -> str | None:
    """The id of the thing whose rounds are wanted; raises ApiProblem for a text that can be the id of no thing."""
    if text is None or (re.fullmatch(ids.NAME, text) and not ids.is_of_no_thing(text)):
        return text
    raise ApiProblem(BAD_PARAMETER, "thing must be the id of a thing, such as rec_… or inc_….")


def _kind(text: str | None) -> str | None:
    if text is None or text in KINDS:
        return text
    raise ApiProblem(BAD_PARAMETER, f"kind must be one of {', '.join(KINDS)}.")


def _include(text: str | None, known: tuple[str, ...]) -> bool:
    """Whether what is known under this one name is to be included."""
    if text is not None and text not in known:
        raise ApiProblem(BAD_PARAMETER, f"include must be {', '.join(known)}.")
    return text is not None


def _text(name: str, text: str | None) -> str | None:
    if text is None or (0 < len(text) <= MAX_TEXT[name] and body.unstorable(text) is None):
        return text
    raise ApiProblem(BAD_PARAMETER, f"{name} must have 1 to {MAX_TEXT[name]} characters.")
