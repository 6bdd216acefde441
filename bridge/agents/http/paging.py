"""The paging of lists: the number of items, and the cursor of the next page."""

import base64
import re
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from uuid import UUID

from bridge import ids
from bridge.agents.http.problems import BAD_PARAMETER, ApiProblem

DEFAULT_LIMIT, MAX_LIMIT = 50, 200  # items on a page
CURSOR = "^cur_[0-7][0-9a-hjkmnp-tv-z]{25}$"
CURSOR_OF_VALUES = "^cur_[A-Za-z0-9_-]{32,120}$"
_WRONG = "cursor must be an unchanged next_cursor from a previous page."
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_VALUES = re.compile(r"(?:-?[0-9]{1,17}\.){1,4}[0-9a-f]{32}")
_SMALLEST = {int: -(2**31) + 1, datetime: 0}  # an order may negate a number
_LARGEST = {int: 2**31 - 1, datetime: 2**53}
_LIMIT = re.compile(r"([0-9]{1,4})(\.0{1,3})?")


def cursor(last: UUID) -> str:
    """The cursor of the page after the row with this id. Newer rows do not move it."""
    return ids.encode("cur", last)


def before(text: str | None) -> UUID | None:
    """The id that a cursor stands for: the page has older rows only. Raises ApiProblem."""
    if text is None or (last := ids.decode("cur", text)) is not None:
        return last if text is not None else None
    raise ApiProblem(BAD_PARAMETER, _WRONG)


def cursor_of(values: Sequence[int | datetime], last: UUID) -> str:
    """The cursor of the page after the row with these values and this id, in an order by them."""
    numbers = [(each - _EPOCH) // _MICROSECOND if isinstance(each, datetime) else each for each in values]
    written = ".".join([*map(str, numbers), last.hex])
    return f"cur_{base64.urlsafe_b64encode(written.encode()).decode().rstrip('=')}"


def after(text: str, types: Sequence[type[int] | type[datetime]]) -> tuple[list[int | datetime], UUID]:
    """The values and the id that a cursor of this order stands for; raises ApiProblem."""
    if not re.fullmatch(CURSOR_OF_VALUES, text):
        raise ApiProblem(BAD_PARAMETER, _WRONG)
    encoded = text.removeprefix("cur_")
    try:
        written = base64.urlsafe_b64decode(encoded + "=" * (-len(encoded) % 4)).decode("ascii")
    except ValueError:
        raise ApiProblem(BAD_PARAMETER, _WRONG) from None
    *numbers, id = written.split(".") if _VALUES.fullmatch(written) else [""]
    if len(numbers) != len(types):
        raise ApiProblem(BAD_PARAMETER, _WRONG)
    values: list[int | datetime] = []
    for number, of in zip(map(int, numbers), types, strict=True):
        if not _SMALLEST[of] <= number <= _LARGEST[of]:
            raise ApiProblem(BAD_PARAMETER, _WRONG)
        values.append(_EPOCH + number * _MICROSECOND if of is datetime else number)
    if cursor_of(values, UUID(id)) != text:  # as it was written, in one way only
        raise ApiProblem(BAD_PARAMETER, _WRONG)
    return values, UUID(id)


def limit(text: str | None) -> int:
    """The size of a page; raises ApiProblem."""
    if text is None:
        return DEFAULT_LIMIT
    if not (match := _LIMIT.fullmatch(text)) or not 1 <= (number := int(match[1])) <= MAX_LIMIT:
        raise ApiProblem(BAD_PARAMETER, f"limit must be a whole number from 1 to {MAX_LIMIT}.")
    return number
