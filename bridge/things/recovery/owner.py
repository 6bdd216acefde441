"""Who gets a recovery going again: an agent, a person, or the board that everyone looks at."""

from typing import Annotated

from pydantic import AfterValidator, Field, model_validator
from pydantic_core import PydanticCustomError

from bridge.fields import Line, Strict, UserId
from bridge.representation import status_text
from bridge.things.recovery.row import Recovery
from storage.model import Json


def _true(board: object) -> object:
    if board is False:
        raise PydanticCustomError("board", "must be true, or be left out")
    return board


class Owner(Strict):
    """An agent by its name, a Slack user, or the board: exactly one of the three."""

    agent: Annotated[Line, Field(min_length=1, max_length=80)] | None = None
    user: UserId | None = None
    board: Annotated[bool, AfterValidator(_true)] | None = None

    @model_validator(mode="after")
    def _of_one_sort(self) -> "Owner":
        given = self.stored()
        if not given:
            raise PydanticCustomError("owner", 'must have "agent", "user" or "board": true')
        if len(given) > 1:
            raise PydanticCustomError("owner", 'must have only one of "agent", "user" and "board"')
        return self

    def stored(self) -> Json:
        """The owner as rows and events have it."""
        given = {"agent": self.agent, "user": self.user, "board": self.board}
        return {name: value for name, value in given.items() if value is not None}


def of(row: Recovery) -> Json:
    """The owner of a recovery."""
    if row.owner_agent is not None:
        return {"agent": row.owner_agent}
    return {"user": row.owner_user} if row.owner_user is not None else {"board": True}


def named(by: Json) -> str:
    """An owner in a sentence for agents."""
    if by.get("user"):
        return f"the user {by['user']}"
    return f"the agent {status_text.quoted(by['agent'])}" if by.get("agent") else "the board"
