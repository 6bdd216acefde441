"""Problem details (RFC 9457): what a refused request is answered, with a stable type and a way out."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Final

from aiohttp import web

from bridge.agents.http import json_response
from storage.model import Json

CONTENT_TYPE = "application/problem+json"


@dataclass(frozen=True, slots=True)
class Type:
    """One type of problem; `slug` is the last part of its URI."""

    slug: str
    status: int
    title: str

    @property
    def uri(self) -> str:
        """The `type` of the problem: a stable name that cannot be dereferenced."""
        return f"urn:askbridge:problem:{self.slug}"


UNREADABLE = Type("unreadable_body", 400, "Request body is not readable JSON")
BAD_PARAMETER = Type("invalid_parameter", 400, "Invalid query parameter or header")
UNAUTHORIZED = Type("unauthorized", 401, "Missing or invalid API key")
NOT_FOUND = Type("not_found", 404, "Not found")
CONFLICT = Type("conflict", 409, "Interaction has already ended")
WEBHOOKS_OFF = Type("webhooks_off", 409, "Webhooks are not configured")
ENDPOINT_CONFLICT = Type("endpoint_conflict", 409, "Conflict with the webhook endpoints")
ILLEGAL_MOVE = Type("illegal_move", 409, "Status does not have this move")
STALE_FENCE = Type("stale_fence", 409, "Lease does not stand any more")
ID_TAKEN = Type("id_taken", 409, "Id belongs to another thing")
BELONGS_TO_THING = Type("belongs_to_thing", 409, "Interaction belongs to a thing")
OUT_OF_ORDER = Type("receipt_out_of_order", 409, "Receipt conflicts with the current state")
METHOD_NOT_ALLOWED = Type("method_not_allowed", 405, "Method not allowed")
TOO_LARGE = Type("body_too_large", 413, "Request body too large")
NOT_JSON = Type("unsupported_media_type", 415, "Request body must be JSON")
INVALID = Type("invalid_body", 422, "Invalid request body")
KEY_REUSED = Type("idempotency_mismatch", 422, "Idempotency key was used for a different request")
RATE_LIMITED = Type("rate_limited", 429, "Too many requests")
TOO_MANY_PENDING = Type("too_many_pending", 429, "Too many pending questions")
TOO_MANY_THINGS = Type("too_many_things", 429, "Too many open things")
TOO_MANY_OPEN = Type("too_many_open", 429, "Too many open requests")
INTERNAL = Type("internal_error", 500, "Internal error")
UNAVAILABLE = Type("unavailable", 503, "Database unavailable")

THING_CONFLICTS: Final[Mapping[str, Type]] = MappingProxyType({each.slug: each for each in (STALE_FENCE, ID_TAKEN)})
"""How things can be in the way of a request about one of them."""

TYPES = (
    UNREADABLE,
    BAD_PARAMETER,
    UNAUTHORIZED,
    NOT_FOUND,
    METHOD_NOT_ALLOWED,
    CONFLICT,
    WEBHOOKS_OFF,
    ENDPOINT_CONFLICT,
    OUT_OF_ORDER,
    ILLEGAL_MOVE,
    STALE_FENCE,
    ID_TAKEN,
    BELONGS_TO_THING,
    TOO_LARGE,
    NOT_JSON,
    INVALID,
    KEY_REUSED,
    RATE_LIMITED,
    TOO_MANY_PENDING,
    TOO_MANY_THINGS,
    TOO_MANY_OPEN,
    INTERNAL,
    UNAVAILABLE,
)

RETRY_SECONDS = 2
MAX_ERRORS = 20  # listed for one body; the sender sees the rest after mending these
_MAX_POINTER = 200  # characters of a pointer in the detail; `errors` have it whole


class ApiProblem(Exception):
    """The refusal of a request. `errors` are pairs of a JSON pointer into the body and a message.

    `interaction` or `thing` is the current state of what does not allow the request, and `missing` has the ids of what
    must be done before; `retry_after` is in seconds;
    `on_sent` is called once the response was written completely.
    """

    def __init__(
        self,
        type: Type,
        detail: str,
        *,
        errors: list[tuple[str, str]] | None = None,
        interaction: Json | None = None,
        thing: Json | None = None,
        missing: Sequence[str] = (),
        retry_after: int | None = None,
        on_sent: Callable[[], None] | None = None,
    ) -> None:
        super().__init__(detail)
        self.type = type
        self.detail = detail
        self.errors = errors or []
        self.interaction = interaction
        self.thing = thing
        self.missing = missing
        self.retry_after = retry_after
        self.on_sent = on_sent


def invalid(pointer: str, wrong: str, *, others: Sequence[tuple[str, str]] = ()) -> ApiProblem:
    """The problem of an invalid body: the error at `pointer` comes first, `others` after it.

    `wrong` continues a sentence that begins with the pointer.
    """
    number = f"{len(others)}" if len(others) < MAX_ERRORS else f"at least {MAX_ERRORS}"
    more = f"; and {number} more" if others else ""
    errors = [(pointer, wrong), *others][:MAX_ERRORS]
    return ApiProblem(INVALID, f"{pointer[:_MAX_POINTER] or 'The body'} {wrong}{more}.", errors=errors)


def response(problem: ApiProblem) -> web.Response:
    """The HTTP response for a problem."""
    body: dict[str, Any] = {
        "type": problem.type.uri,
        "title": problem.type.title,
        "status": problem.type.status,
        "detail": problem.detail,
    }
    if problem.errors:
        body["errors"] = [{"pointer": pointer, "message": message} for pointer, message in problem.errors]
    if problem.interaction:
        body["interaction"] = problem.interaction
    if problem.thing:
        body["thing"] = problem.thing
    if problem.missing:
        body["missing"] = list(problem.missing)
    headers = {}
    if problem.type is UNAUTHORIZED:
        headers["WWW-Authenticate"] = "Bearer"
    if problem.retry_after is not None:
        headers["Retry-After"] = str(problem.retry_after)
    return json_response.json(
        body, status=problem.type.status, headers=headers, content_type=CONTENT_TYPE, on_sent=problem.on_sent
    )
