"""Ids of new rows: given or made, of Slack's form, and each used once."""

import re
import secrets
from collections.abc import Iterable

from sandbox.slack.errors import RefusedError
from sandbox.slack.fields import Fields
from sandbox.slack.world import World

# The first letters of Slack's ids. A person's id begins with W in older Enterprise organizations, and the id of a
# private channel that was made before 2021 with G.
APP, BOT, CHANNEL, ENTERPRISE, PERSON, TEAM = "A", "B", "CG", "E", "UW", "T"


def read(fields: Fields, name: str, letters: str) -> str:
    """The id in this field, or a new random one when the field is absent; refuses an id not of Slack's form.

    `letters` are those with which such an id may begin; a new id begins with the first.
    """
    given = fields.optional_text(name)
    if given is None:
        return f"{letters[0]}0" + secrets.token_hex(5).upper()
    if not re.fullmatch(f"[{letters}][A-Z0-9]{{2,20}}", given):
        raise fields.refused(name, f"must be {' or '.join(letters)} and at least two capital letters or digits")
    return given


class UsedIds:
    """The ids that are in use. Each new one is added."""

    def __init__(self, ids: Iterable[str]) -> None:
        self._ids = set(ids)

    @classmethod
    def of(cls, world: World) -> "UsedIds":
        """Those of a world's workspaces, people, channels and apps."""
        return cls([*world.installations.workspaces, *world.people, *world.channels, *world.installations.apps])

    def new(self, fields: Fields, name: str, letters: str) -> str:
        """As `read`, for a new row: refuses an id that is in use."""
        id_ = read(fields, name, letters)
        if id_ in self._ids:
            raise taken(fields, name, id_)
        self._ids.add(id_)
        return id_


def taken(fields: Fields, name: str, what: str) -> RefusedError:
    return RefusedError(409, "taken", f"{fields.at(name)}: {what} is there already")
