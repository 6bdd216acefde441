"""What a request says outside its body: the parameters of its query, and the key that makes it idempotent."""

import re
from collections.abc import Collection, Sequence

from multidict import MultiMapping

from bridge.agents.http.problems import BAD_PARAMETER, ApiProblem

MOST_WAIT = 60.0
_SECONDS = re.compile(r"[0-9]{1,3}(\.[0-9]{1,40})?(e-[0-9]{1,3})?")  # as languages write a short time
_KEY = re.compile(r'"([!#-\[\]-~]{1,255})"|([!#-\[\]-~]{1,255})')
KEY_PATTERN = f"^({_KEY.pattern})$"


def only(query: MultiMapping[str], names: Collection[str] = ()) -> None:
    """See that a query has no parameters but these, each once; raises ApiProblem.

    A misspelt parameter must not be lost in silence: a filter would list everything, and nobody would wait.
    """
    for name in query:
        if name not in names:
            known = f"there {'is only' if len(names) == 1 else 'are'} {', '.join(names) or 'none here'}"
            raise ApiProblem(BAD_PARAMETER, f"There is no parameter {name[:50]!a}; {known}.")
        if len(query.getall(name)) > 1:
            raise ApiProblem(BAD_PARAMETER, f"{name} must be given once.")


def wait(query: MultiMapping[str]) -> float:
    """The seconds of a query that takes `wait`, 0 to 60, and nothing else; raises ApiProblem."""
    only(query, ["wait"])
    if (text := query.get("wait")) is None:
        return 0.0
    if not _SECONDS.fullmatch(text) or (seconds := float(text)) > MOST_WAIT:
        raise ApiProblem(BAD_PARAMETER, f"wait must be a number of seconds from 0 to {MOST_WAIT:.0f}.")
    return seconds


def idempotency_key(headers: Sequence[str]) -> str | None:
    """The key in the Idempotency-Key headers of a request, bare or quoted; raises ApiProblem."""
    if not headers:
        return None
    if len(headers) > 1 or not (match := _KEY.fullmatch(headers[0].strip())):
        raise ApiProblem(
            BAD_PARAMETER,
            'Idempotency-Key must be sent once and have 1 to 255 visible ASCII characters other than " and \\; '
            "the whole may be put in double quotes.",
        )
    return match[1] or match[2]
