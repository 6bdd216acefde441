"""Reads the queries of things: what to wait for, and the filters and the page of a list."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from multidict import MultiMapping

from bridge.agents.http import paging, parameters
from bridge.agents.http.problems import BAD_PARAMETER, ApiProblem
from bridge.things.contract import Noun
from bridge.things.filters import Filter
from bridge.things.operations import NounApi, Ordering
from storage.model import LAST_ID

PAGE = ("cursor", "limit")


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """How long to wait, and for which statuses."""

    seconds: float
    until: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Position:
    """One page of a list: what is older than `before`, at most `limit`."""

    before: UUID | None
    limit: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ListQuery:
    """The query of one page of a list."""

    filters: dict[str, Any]  # None: any
    start: dict[str, Any]  # the parameters of the statement that say after which row the page begins
    limit: int


def waiting(query: MultiMapping[str], noun: Noun[Any]) -> Waiting:
    """Read the query of one thing; without `until`, its final statuses are waited for. Raises ApiProblem."""
    seconds = parameters.wait(query, others=["until"])
    text = query.get("until")
    if text is None:
        return Waiting(seconds=seconds or 0.0, until=tuple(name for name in noun.waitable if name in noun.final))
    names = text.split(",")
    if not set(names) <= set(noun.waitable) or len(set(names)) < len(names):
        known = ", ".join(noun.waitable)
        raise ApiProblem(BAD_PARAMETER, f"until must be one or more of {known}, each once, with commas between them.")
    return Waiting(seconds=seconds or 0.0, until=tuple(names))


def page(query: MultiMapping[str], api: NounApi[Any]) -> ListQuery:
    """Read the query of a list; raises ApiProblem."""
    parameters.only(query, [*(each.name for each in api.filters), *PAGE])
    start = _start(query.get("cursor"), api.order)
    filters: dict[str, Any] = {each.name: each.default for each in api.filters}
    for each in api.filters:
        if (text := query.get(each.name)) is None:
            continue
        if (needed := api.together.get(each.name)) is not None and needed not in query:
            raise ApiProblem(BAD_PARAMETER, f"{each.name} goes together with {needed}.")
        if (value := each.read(text)) is None:
            raise ApiProblem(BAD_PARAMETER, f"{each.name} {each.wrong}.")
        filters[each.name] = value
    return ListQuery(filters=filters, start=start, limit=paging.limit(query.get("limit")))


def _start(cursor: str | None, order: Ordering | None) -> dict[str, Any]:
    if order is None:
        return {"before": paging.before(cursor) or LAST_ID}
    names = [f"after_{column}" for column in order.columns]
    if cursor is None:
        return {**dict.fromkeys(names), "after_id": None}
    values, id = paging.after(cursor, list(order.columns.values()))
    return {**dict(zip(names, values, strict=True)), "after_id": id}


def required(query: MultiMapping[str], parameters_of: Sequence[Filter]) -> dict[str, Any]:
    """Read a query that must have each of these parameters; raises ApiProblem."""
    parameters.only(query, [each.name for each in parameters_of])
    values: dict[str, Any] = {}
    for each in parameters_of:
        if (value := each.read(query.get(each.name, ""))) is None:
            raise ApiProblem(BAD_PARAMETER, f"{each.name} {each.wrong}.")
        values[each.name] = value
    return values


def nested(query: MultiMapping[str]) -> Position:
    """Read the query of a list without filters; raises ApiProblem."""
    parameters.only(query, PAGE)
    return position(query)


def position(query: MultiMapping[str]) -> Position:
    """Read where the page of a list begins, and how long it is; raises ApiProblem."""
    return Position(before=paging.before(query.get("cursor")), limit=paging.limit(query.get("limit")))
