"""How long parts of the API wait, and how much of a feed they keep; tests vary it."""

from dataclasses import dataclass
from typing import Final

from bridge.agents.events.feed import DEFAULT_LIMITS, FeedLimits
from bridge.agents.events.streams import DEFAULT_TIMES, StreamTimes
from bridge.agents.http.body import READ_SECONDS
from bridge.agents.interactions.handlers import FIRST_POST_SECONDS
from bridge.agents.interactions.long_poll import DISCONNECT_SECONDS


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiOptions:
    """Times in seconds; the defaults are those of every replica in production."""

    read: float = READ_SECONDS  # for the body of a request to arrive
    first_post: float = FIRST_POST_SECONDS  # that creating an interaction waits for its first card
    disconnect: float = DISCONNECT_SECONDS  # between two checks whether a waiting request's client has disconnected
    streams: StreamTimes = DEFAULT_TIMES
    feed: FeedLimits = DEFAULT_LIMITS


API_DEFAULTS: Final = ApiOptions()
