"""Faults on demand: what goes wrong, where, and how many more times."""

from collections.abc import Callable, Collection
from dataclasses import asdict, dataclass, replace
from enum import StrEnum

from sandbox.slack.model import Json

INTERACTIVITY = "interactivity"
RESPONSE_URL = "response_url"
EVERY_METHOD = "*"


class Kind(StrEnum):
    """What goes wrong. Of the answers, those up to `drop_before` leave the deed undone; the others come after it.

    `error`, `status` and `html` come after it too when the fault is `applied`: Slack did it and could not say so.
    """

    RATELIMITED = "ratelimited"  # 429, with Retry-After unless `retry_after` is null
    ERROR = "error"  # Slack's own refusal with the given word
    STATUS = "status"  # a bare HTTP status
    HTML = "html"  # a proxy's error page
    DROP_BEFORE = "drop_before"  # the connection is cut, nothing was done
    DROP_AFTER = "drop_after"  # it was done, then the connection is cut
    EMPTY = "empty"  # it was done, the answer is 200 without a body
    TEXT = "text"  # it was done, the answer is 200 in plain text
    TRUNCATED = "truncated"  # it was done, the answer is half its JSON
    SLOW = "slow"  # it was done, the answer comes late; for a click: it is delivered late
    DUPLICATE = "duplicate"  # it is done twice, answered once; a click is delivered twice
    BAD_SIGNATURE = "bad_signature"
    OLD_TIMESTAMP = "old_timestamp"


OF_CLICKS = frozenset(
    {
        Kind.BAD_SIGNATURE,
        Kind.OLD_TIMESTAMP,
        Kind.DUPLICATE,
        Kind.SLOW,
        Kind.DROP_BEFORE,
        Kind.DROP_AFTER,
    }
)
OF_ANSWERS = frozenset(Kind) - {Kind.BAD_SIGNATURE, Kind.OLD_TIMESTAMP}
MAY_BE_APPLIED = frozenset({Kind.ERROR, Kind.STATUS, Kind.HTML})


@dataclass(frozen=True, kw_only=True)
class Fault:
    """One thing that goes wrong the next `times` times its target is used, in one channel only if that is named."""

    on: str
    kind: Kind
    times: int = 1
    retry_after: int | None = 1
    error: str | None = None
    status: int = 500
    seconds: float = 2.0
    channel: str | None = None
    applied: bool = False

    @property
    def is_possible(self) -> bool:
        if self.applied and self.kind not in MAY_BE_APPLIED:
            return False
        return self.kind in (OF_CLICKS if self.on == INTERACTIVITY else OF_ANSWERS)

    @property
    def word(self) -> str:
        """Slack's word in the answer."""
        return self.error or ("ratelimited" if self.kind is Kind.RATELIMITED else "internal_error")


class Faults:
    """What is still to go wrong, oldest first."""

    def __init__(self, *, changed: Callable[[], None] = lambda: None) -> None:
        self._left: dict[str, Fault] = {}
        self._given = 0
        self._changed = changed

    def add(self, fault: Fault) -> str:
        self._given += 1
        fault_id = f"fault_{self._given}"
        self._left[fault_id] = fault
        self._changed()
        return fault_id

    def take(self, on: str, *, channels: Collection[str]) -> Fault | None:
        """The oldest fault that speaks of this use, used up by one."""
        for fault_id, fault in self._left.items():
            is_meant = fault.on == on or (fault.on == EVERY_METHOD and on not in (INTERACTIVITY, RESPONSE_URL))
            if is_meant and (fault.channel is None or fault.channel in channels):
                if fault.times > 1:
                    self._left[fault_id] = replace(fault, times=fault.times - 1)
                else:
                    del self._left[fault_id]
                self._changed()
                return fault
        return None

    def clear(self, fault_id: str | None = None) -> None:
        """Forget this one, or all of them; one that is used up already is no mistake."""
        if fault_id is None:
            self._left.clear()
        else:
            self._left.pop(fault_id, None)
        self._changed()

    def left(self) -> list[Json]:
        return [_as_json(fault_id, fault) for fault_id, fault in self._left.items()]


def _as_json(fault_id: str, fault: Fault) -> Json:
    shape = asdict(fault) | {"error": fault.word}
    return {"fault_id": fault_id, "fault": shape.pop("kind"), **shape}
