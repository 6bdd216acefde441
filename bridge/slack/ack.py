"""The acknowledgement of a payload from Slack, independent of the transport that delivered it."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Ack:
    """A response: a status, an empty or a JSON body, and what to run once the response is written or lost.

    There is no text body, because Slack would show it to the person, or keep the person's form open.
    """

    status: int = 200
    body: dict[str, Any] | None = None
    then: Callable[[], Awaitable[None]] | None = None  # set for a decided click or form only
