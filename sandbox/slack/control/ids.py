"""Ids of rows made at run time, and the refusal of an id that is in use."""

import re
import secrets

from sandbox.slack.control import reading
from sandbox.slack.errors import RefusedError


def read(fields: reading.Fields, name: str, letter: str) -> str:
    """The id in this field, or a new random one when the field is absent; refuses an id not of Slack's form."""
    given = fields.optional_text(name)
    if given is None:
        return f"{letter}0" + secrets.token_hex(5).upper()
    if not re.fullmatch(letter + r"[A-Z0-9]{2,20}", given):
        raise reading.refused(f"{name} must be {letter} and at least two capital letters or digits")
    return given


def taken(what: str) -> RefusedError:
    return RefusedError(409, "taken", f"{what} is there already")
