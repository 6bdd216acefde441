"""Pages of a list: how many items, and the cursor that says where the next page begins."""

import re
from uuid import UUID

from bridge import ids
from bridge.agents.http.problems import BAD_PARAMETER, ApiProblem

USUAL, MOST = 50, 200
CURSOR = "^cur_[0-7][0-9a-hjkmnp-tv-z]{25}$"
_LIMIT = re.compile("[0-9]{1,4}")


def cursor(last: UUID) -> str:
    """Where the page behind this interaction begins. Newer interactions do not move it."""
    return ids.encode("cur", last)


def before(text: str | None) -> UUID | None:
    """The id that a page's cursor stands for; raises ApiProblem."""
    if text is None or (last := ids.decode("cur", text)) is not None:
        return last if text is not None else None
    raise ApiProblem(BAD_PARAMETER, "cursor must be a next_cursor that a list gave, as it was.")


def limit(text: str | None) -> int:
    """The size of a page; raises ApiProblem."""
    if text is None:
        return USUAL
    if not _LIMIT.fullmatch(text) or not 1 <= (most := int(text)) <= MOST:
        raise ApiProblem(BAD_PARAMETER, f"limit must be a whole number from 1 to {MOST}.")
    return most
