"""The parameters of a request's query, and its Idempotency-Key."""

import re
from collections.abc import Collection, Sequence
from urllib.parse import unquote_to_bytes

from multidict import MultiMapping

from bridge.agents.http.problems import BAD_PARAMETER, ApiProblem

MAX_WAIT = 60.0  # seconds; the largest value of `wait` that is accepted
MAX_ANSWER = 55.0  # seconds; a longer wait is cut to this, because many balancers end a request after 60
# Also with the exponents that languages write for short times.
_SECONDS = re.compile(r"[0-9]{1,3}(\.[0-9]{1,40})?(e-[0-9]{1,3})?")
_KEY = re.compile(r'"([!#-\[\]-~]{1,255})"|([!#-\[\]-~]{1,255})')
KEY_PATTERN = f"^({_KEY.pattern})$"


def readable(raw_query: str) -> None:
    """Check that a query, percent-encoded as it was sent, is UTF-8; raises ApiProblem.

    Otherwise `?tag=%ff` would be read as `?tag=%25ff`, which is another tag.
    """
    try:
        unquote_to_bytes(raw_query).decode()
    except UnicodeError:
        raise ApiProblem(BAD_PARAMETER, "The query is not UTF-8: percent-encode it as UTF-8.") from None


def only(query: MultiMapping[str], names: Collection[str] = ()) -> None:
    """Check that a query has only these parameters, each at most once; raises ApiProblem.

    Ignoring a misspelt parameter would be harmful: a list would not be filtered, and a request would not wait.
    """
    for name in query:
        if name not in names:
            known = f"there {'is only' if len(names) == 1 else 'are'} {', '.join(names) or 'none here'}"
            raise ApiProblem(BAD_PARAMETER, f"Unknown parameter {name[:50]!a}; {known}.")
        if len(query.getall(name)) > 1:
            raise ApiProblem(BAD_PARAMETER, f"{name} must be given once.")


def wait(query: MultiMapping[str], *, others: Collection[str] = ()) -> float | None:
    """The `wait` of a query that takes no other parameter but `others`, or None without one; raises ApiProblem.

    In seconds. 0 to 60 may be asked for; more than 55 is returned as 55.
    """
    only(query, ["wait", *others])
    if (text := query.get("wait")) is None:
        return None
    if not _SECONDS.fullmatch(text) or (seconds := float(text)) > MAX_WAIT:
        raise ApiProblem(BAD_PARAMETER, f"wait must be a number of seconds from 0 to {MAX_WAIT:.0f}.")
    return min(seconds, MAX_ANSWER)


def idempotency_key(headers: Sequence[str]) -> str | None:
    """The key in a request's Idempotency-Key headers, without quotes; None without a header. Raises ApiProblem."""
    if not headers:
        return None
    if len(headers) > 1 or not (match := _KEY.fullmatch(headers[0].strip())):
        raise ApiProblem(
            BAD_PARAMETER,
            'Idempotency-Key must be sent once and have 1 to 255 visible ASCII characters other than " and \\; '
            "the value may be enclosed in double quotes.",
        )
    return match[1] or match[2]
