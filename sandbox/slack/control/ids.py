"""Ids and refusals that everything made at run time shares."""

import re
import secrets

from sandbox.slack.control import reading
from sandbox.slack.errors import RefusedError


def read(fields: reading.Fields, name: str, letter: str) -> str:
    """An id of Slack's form, made up when none is given."""
    given = fields.optional_text(name)
    if given is None:
        return f"{letter}0" + secrets.token_hex(5).upper()
    if not re.fullmatch(letter + r"[A-Z0-9]{2,20}", given):
        raise reading.refused(f"{name} must be {letter} and at least two capital letters or digits")
    return given


def taken(what: str) -> RefusedError:
    return RefusedError(409, "taken", f"{what} is there already")
