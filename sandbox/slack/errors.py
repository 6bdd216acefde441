"""What the sandbox answers when it refuses: Slack's own words for apps, plain ones for the page and scripts."""

from typing import Any


class SlackError(Exception):
    """A Web API call is refused; `error` is Slack's word for it and goes out with HTTP 200."""

    def __init__(self, error: str, **more: Any) -> None:
        super().__init__(error)
        self.error = error
        self.more = more


class RateLimitedError(Exception):
    """A Web API call came too soon; it may be sent again after `retry_after` seconds."""

    def __init__(self, retry_after: int) -> None:
        super().__init__(f"retry after {retry_after} s")
        self.retry_after = retry_after


class RefusedError(Exception):
    """A request to the control API or to a response_url is refused with an HTTP status."""

    def __init__(self, status: int, error: str, detail: str = "") -> None:
        super().__init__(detail or error)
        self.status = status
        self.error = error
        self.detail = detail
