"""Ids of rows made at run time, and the refusal of an id that is in use."""

import re
import secrets

from sandbox.slack.errors import RefusedError
from sandbox.slack.fields import Fields

# The first letters of Slack's ids. A person's id begins with W in older Enterprise organizations, and the id of a
# private channel that was made before 2021 with G.
APP, CHANNEL, ENTERPRISE, PERSON, TEAM = "A", "CG", "E", "UW", "T"


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


def taken(what: str) -> RefusedError:
    return RefusedError(409, "taken", f"{what} is there already")
