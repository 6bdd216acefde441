"""The sandbox's refusals: with Slack's error words for apps, and with plain ones for the page and scripts."""

from typing import Any


class SlackError(Exception):
    """A Web API call is refused with HTTP 200; `error` is Slack's error word, `more` the other fields of the body."""

    def __init__(self, error: str, **more: Any) -> None:
        super().__init__(error)
        self.error = error
        self.more = more


class RateLimitedError(Exception):
    """A Web API call exceeds the rate limit; it may be repeated after `retry_after` seconds."""

    def __init__(self, retry_after: int) -> None:
        super().__init__(f"retry after {retry_after} s")
        self.retry_after = retry_after


class RefusedError(Exception):
    """A request to the control API or to a response_url is refused with an HTTP status.

    `more` are further fields of the body.
    """

    def __init__(self, status: int, error: str, detail: str = "", **more: Any) -> None:
        super().__init__(detail or error)
        self.status = status
        self.error = error
        self.detail = detail
        self.more = more
