"""What a payload of Slack's is answered with, whatever transport brought it."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Ack:
    """An answer: a status, an empty or a JSON body, and what is to be done once the answer is written or lost.

    There is no text body: Slack would show it to the person, or keep the person's form open.
    """

    status: int = 200
    body: dict[str, Any] | None = None
    then: Callable[[], Awaitable[None]] | None = None  # of a decided click, and of nothing else
