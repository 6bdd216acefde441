"""Pages of a list: the limit of a page, and the cursor at which the next page starts."""

import base64
import binascii
from collections.abc import Sequence
from typing import TypeVar

from sandbox.slack.arguments import number
from sandbox.slack.errors import SlackError
from sandbox.slack.methods.call import Call

_Row = TypeVar("_Row")


def page(call: Call, rows: Sequence[_Row], *, default: int) -> tuple[Sequence[_Row], str]:
    """One page of the rows, and the cursor of the next page, which is empty after the last one."""
    limit = number(call.arguments, "limit", default=default, maximum=999)
    start = _start(call.arguments.get("cursor"))
    end = start + limit
    return rows[start:end], base64.b64encode(f"next:{end}".encode()).decode() if end < len(rows) else ""


def _start(cursor: object) -> int:
    if not cursor:
        return 0
    try:
        name, _, position = base64.b64decode(str(cursor), validate=True).decode().partition(":")
        if name != "next":
            raise SlackError("invalid_cursor")
        return max(0, int(position))
    except (binascii.Error, ValueError):
        raise SlackError("invalid_cursor") from None
