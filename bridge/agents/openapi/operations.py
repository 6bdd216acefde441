"""The parts of every operation's description: its responses and its failures."""

from typing import Any, Final

from pydantic import BaseModel

from bridge.agents.http import paging, problems
from bridge.agents.http.problems import INVALID, NOT_JSON, TOO_LARGE, UNREADABLE
from bridge.representation.schemas import Problem
from storage.model import Json

REF: Final = "#/components/schemas/{model}"
BODY: Final = (UNREADABLE, TOO_LARGE, NOT_JSON, INVALID)  # how a request with a body can fail
KEY: Final[list[Json]] = [{"key": []}]
CURSOR: Final[Json] = {"type": "string", "pattern": paging.CURSOR, "description": "`next_cursor` of the previous page"}
LIMIT: Final[Json] = {"type": "integer", "minimum": 1, "maximum": paging.MAX_LIMIT, "default": paging.DEFAULT_LIMIT}


def answer(description: str, model: type[BaseModel]) -> Json:
    """The description of a response with this model as its body."""
    schema = {"$ref": REF.format(model=model.__name__)}
    return {"description": description, "content": {"application/json": {"schema": schema}}}


def failures(*types: problems.Type) -> dict[str, Any]:
    """The problem responses by status. Every operation can also fail by key, rate limit and database."""
    schema = {"$ref": REF.format(model=Problem.__name__)}
    all_types = (*types, problems.UNAUTHORIZED, problems.RATE_LIMITED, problems.UNAVAILABLE)
    return {
        str(status): {
            "description": "; ".join(type.title for type in all_types if type.status == status),
            "content": {problems.CONTENT_TYPE: {"schema": schema}},
        }
        for status in sorted({type.status for type in all_types})
    }
