"""Faults on demand: what goes wrong, on which method or route, and how many more times."""

from collections.abc import Callable, Collection
from dataclasses import asdict, dataclass, replace
from enum import StrEnum

from sandbox.slack.model import Json

INTERACTIVITY = "interactivity"  # every payload that is sent to an app
VIEW_SUBMISSION = "view_submission"
VIEW_CLOSED = "view_closed"
RESPONSE_URL = "response_url"
EVERY_METHOD = "*"
NO_METHODS = (INTERACTIVITY, VIEW_SUBMISSION, VIEW_CLOSED, RESPONSE_URL)


class Kind(StrEnum):
    """What goes wrong. The kinds up to `drop_before` prevent the call's effect; the later ones spoil its response.

    `error`, `status` and `html` also leave the effect in place when the fault is `applied`: Slack performed the call
    and failed to say so.
    """

    RATELIMITED = "ratelimited"  # 429, with Retry-After unless `retry_after` is null
    ERROR = "error"  # Slack's refusal with the given error word
    STATUS = "status"  # a bare HTTP status
    HTML = "html"  # a proxy's error page
    DROP_BEFORE = "drop_before"  # the connection is cut before the call is performed
    DROP_AFTER = "drop_after"  # the call is performed, then the connection is cut
    EMPTY = "empty"  # performed; the response is 200 without a body
    TEXT = "text"  # performed; the response is 200 in plain text
    TRUNCATED = "truncated"  # performed; the response is the first half of its JSON
    SLOW = "slow"  # performed; the response comes late. A click is delivered late
    DUPLICATE = "duplicate"  # performed twice, with one response. A click is delivered twice
    BAD_SIGNATURE = "bad_signature"
    OLD_TIMESTAMP = "old_timestamp"
    REPEATED = "repeated"  # a submission's acknowledgement is lost, and it is sent again with a new trigger_id
    STALE_STATE = "stale_state"  # a submission has the state from before the last update of its view


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
_ONLY_OF_SUBMISSIONS = frozenset({Kind.REPEATED, Kind.STALE_STATE})
OF_SUBMISSIONS = OF_CLICKS | _ONLY_OF_SUBMISSIONS
OF_ANSWERS = frozenset(Kind) - {Kind.BAD_SIGNATURE, Kind.OLD_TIMESTAMP} - _ONLY_OF_SUBMISSIONS
_POSSIBLE = {INTERACTIVITY: OF_CLICKS, VIEW_SUBMISSION: OF_SUBMISSIONS, VIEW_CLOSED: OF_CLICKS}
MAY_BE_APPLIED = frozenset({Kind.ERROR, Kind.STATUS, Kind.HTML})


@dataclass(frozen=True, kw_only=True)
class Fault:
    """One fault: it affects the next `times` uses of `on`, only those in `channel` if that is set."""

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
        return self.kind in _POSSIBLE.get(self.on, OF_ANSWERS)

    @property
    def word(self) -> str:
        """Slack's error word in the response."""
        return self.error or ("ratelimited" if self.kind is Kind.RATELIMITED else "internal_error")


class Faults:
    """The faults that are not used up yet, oldest first."""

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

    def take(self, *on: str, channels: Collection[str]) -> Fault | None:
        """Use the oldest fault that applies to this use once; returns it, or None. `on` are the names of the use."""
        is_method = not set(on) & set(NO_METHODS)
        for fault_id, fault in self._left.items():
            is_meant = fault.on in on or (fault.on == EVERY_METHOD and is_method)
            if is_meant and (fault.channel is None or fault.channel in channels):
                if fault.times > 1:
                    self._left[fault_id] = replace(fault, times=fault.times - 1)
                else:
                    del self._left[fault_id]
                self._changed()
                return fault
        return None

    def clear(self, fault_id: str | None = None) -> None:
        """Remove one fault, or all of them. Removing a fault that is used up already is no error."""
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
