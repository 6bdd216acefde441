"""The record of Web API calls, which tests and the page's inspector read."""

import time
from collections import deque
from dataclasses import asdict, dataclass

from sandbox.slack.model import Json

MAX_KEPT = 10_000


@dataclass(frozen=True, kw_only=True)
class Request:
    """One Web API call as received, without its token, and its outcome. Status 0: the connection was cut."""

    n: int
    at: float
    method: str
    args: Json
    status: int
    error: str | None
    bot_user_id: str | None = None  # the bot whose token was used

    @property
    def ok(self) -> bool:
        return self.error is None and self.status == 200

    def as_json(self) -> Json:
        return asdict(self)


class Record:
    """The latest `max_kept` calls, oldest first; `n` keeps counting when the oldest calls are dropped."""

    def __init__(self, *, max_kept: int = MAX_KEPT) -> None:
        self.requests: deque[Request] = deque(maxlen=max_kept)
        self._received = 0

    def add(self, *, method: str, args: Json, status: int, error: str | None, bot_user_id: str | None = None) -> None:
        self._received += 1
        at = time.time()
        self.requests.append(
            Request(
                n=self._received,
                at=at,
                method=method,
                args=args,
                status=status,
                error=error,
                bot_user_id=bot_user_id,
            )
        )

    def after(self, n: int) -> list[Json]:
        return [request.as_json() for request in self.requests if request.n > n]
