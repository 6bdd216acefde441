"""The paging of lists: the number of items, and the cursor of the next page."""

import re
from uuid import UUID

from bridge import ids
from bridge.agents.http.problems import BAD_PARAMETER, ApiProblem

DEFAULT_LIMIT, MAX_LIMIT = 50, 200  # items on a page
CURSOR = "^cur_[0-7][0-9a-hjkmnp-tv-z]{25}$"
_LIMIT = re.compile(r"([0-9]{1,4})(\.0{1,3})?")


def cursor(last: UUID) -> str:
    """The cursor of the page after the row with this id. Newer rows do not move it."""
    return ids.encode("cur", last)


def before(text: str | None) -> UUID | None:
    """The id that a cursor stands for: the page has older rows only. Raises ApiProblem."""
    if text is None or (last := ids.decode("cur", text)) is not None:
        return last if text is not None else None
    raise ApiProblem(BAD_PARAMETER, "cursor must be an unchanged next_cursor from a previous page.")


def limit(text: str | None) -> int:
    """The size of a page; raises ApiProblem."""
    if text is None:
        return DEFAULT_LIMIT
    if not (match := _LIMIT.fullmatch(text)) or not 1 <= (number := int(match[1])) <= MAX_LIMIT:
        raise ApiProblem(BAD_PARAMETER, f"limit must be a whole number from 1 to {MAX_LIMIT}.")
    return number
