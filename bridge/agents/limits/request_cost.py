"""What a request costs beside the one that every request counts as: by the bytes that it sends and gets."""

from aiohttp import web

from bridge.agents.http.body import MAX_BYTES
from bridge.agents.http.problems import INVALID, TOO_LARGE, UNREADABLE, ApiProblem

BYTES = 8 * 1024  # of a body and of a response that count as one request more
REFUSED_BYTES = 1024  # of a body that was refused: reading it served no one
_REFUSALS = (INVALID, TOO_LARGE, UNREADABLE)


def announced(request: web.Request) -> int:
    """What a request counts as when it comes: one, and more for the body that its headers announce."""
    return 1 + min(request.content_length or 0, MAX_BYTES) // BYTES


def found(request: web.Request, outcome: web.StreamResponse | ApiProblem) -> int:
    """What a request cost beyond what was announced, once its outcome is known."""
    received = min(request.content.total_bytes, MAX_BYTES)
    if isinstance(outcome, ApiProblem):
        each, sent = REFUSED_BYTES if outcome.type in _REFUSALS else BYTES, 0
    else:
        each, sent = BYTES, outcome.content_length or 0
    return received // each + sent // BYTES + 1 - announced(request)
