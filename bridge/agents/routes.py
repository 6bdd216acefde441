"""The routes of agents' door, and how whatever goes wrong behind them becomes a problem in words."""

from functools import partial

from aiohttp import web
from aiohttp.typedefs import Handler, Middleware

from bridge.agents.auth import auth
from bridge.agents.auth.key_lookup import KeyLookup
from bridge.agents.events.handlers import Events
from bridge.agents.events.streams import Streams
from bridge.agents.http import problems
from bridge.agents.http.problems import ApiProblem
from bridge.agents.interactions.handlers import Interactions
from bridge.agents.interactions.long_poll import LongPoll
from bridge.agents.limits.limits import Limits
from bridge.agents.limits.open_requests import ConcurrencyLimiter
from bridge.agents.limits.pending_quota import PendingQuota
from bridge.agents.limits.rate_limiter import RateLimiter
from bridge.agents.openapi import document
from bridge.agents.webhook_endpoints.handlers import Endpoints
from bridge.logs import Log
from bridge.metrics import Metrics
from bridge.notifier import Notifier
from bridge.reader import Reader
from bridge.webhooks.outgoing import Webhooks
from storage import errors
from storage.pool import Database

_log = Log("agents")

_SEE = "GET /openapi.json describes what there is"


def routes(
    *,
    db: Database,
    reader: Reader,
    notifier: Notifier,
    streams: Streams,
    concurrency: ConcurrencyLimiter,
    webhooks: Webhooks,
    limits: Limits,
    metrics: Metrics | None = None,
) -> list[web.RouteDef]:
    """Every route of v1, and its description."""
    quota, poll = (
        PendingQuota(db=db, limits=limits),
        LongPoll(db=db, reader=reader, notifier=notifier, concurrency=concurrency),
    )
    interactions = Interactions(
        db=db, reader=reader, quota=quota, poll=poll, notifier=notifier, webhooks=webhooks, metrics=metrics
    )
    events = Events(db=db, reader=reader, notifier=notifier, streams=streams, concurrency=concurrency)
    endpoints = Endpoints(db=db, notifier=notifier, webhooks=webhooks)
    guarded = partial(auth.required, KeyLookup(db), RateLimiter(db=db, limits=limits))
    return [
        web.get("/openapi.json", document.serve, allow_head=False),
        web.post("/v1/interactions", guarded(interactions.create)),
        web.get("/v1/interactions", guarded(interactions.page), allow_head=False),
        web.get("/v1/interactions/{id}", guarded(interactions.get), allow_head=False),
        web.post("/v1/interactions/{id}/cancel", guarded(interactions.cancel)),
        web.post("/v1/interactions/{id}/receipt", guarded(interactions.receipt)),
        web.get("/v1/interactions/{id}/timeline", guarded(interactions.timeline), allow_head=False),
        web.get("/v1/events", guarded(events.get), allow_head=False),
        web.post("/v1/webhook_endpoints", guarded(endpoints.create)),
        web.get("/v1/webhook_endpoints", guarded(endpoints.page), allow_head=False),
        web.get("/v1/webhook_endpoints/{id}", guarded(endpoints.get), allow_head=False),
        web.patch("/v1/webhook_endpoints/{id}", guarded(endpoints.change)),
        web.delete("/v1/webhook_endpoints/{id}", guarded(endpoints.delete)),
        web.post("/v1/webhook_endpoints/{id}/disable", guarded(endpoints.disable)),
        web.post("/v1/webhook_endpoints/{id}/enable", guarded(endpoints.enable)),
        web.post("/v1/webhook_endpoints/{id}/rotate_secret", guarded(endpoints.rotate_secret)),
        web.post("/v1/webhook_endpoints/{id}/test", guarded(endpoints.test)),
        web.post("/v1/webhook_endpoints/{id}/replay", guarded(endpoints.replay)),
        web.get("/v1/webhook_endpoints/{id}/deliveries", guarded(endpoints.deliveries), allow_head=False),
    ]


@web.middleware
async def in_words(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Turn everything raised into a problem; what nobody expected is logged without what it said."""
    try:
        return await handler(request)
    except ApiProblem as problem:
        return problems.response(problem)
    except errors.Unavailable as error:
        _log.warning("database_unavailable", path=request.path, cause=error.cause)
        asks = request.method == "POST" and request.path == "/v1/interactions"
        named = asks and "Idempotency-Key" in request.headers
        same = " with the same Idempotency-Key, so that nobody is asked twice" if named else ""
        seconds = problems.RETRY_SECONDS
        return problems.response(
            ApiProblem(problems.UNAVAILABLE, f"Try again in {seconds} s{same}.", retry_after=seconds)
        )
    except web.HTTPNotFound:
        return problems.response(ApiProblem(problems.NOT_FOUND, f"There is nothing at {_path(request)}: {_SEE}."))
    except web.HTTPMethodNotAllowed as error:
        allowed = ", ".join(sorted(error.allowed_methods))
        refused = problems.response(
            ApiProblem(
                problems.METHOD_NOT_ALLOWED, f"{_path(request)} takes {allowed}, not {error.method[:20]}: {_SEE}."
            )
        )
        refused.headers["Allow"] = allowed
        return refused
    except web.HTTPException:
        raise
    except Exception as error:  # noqa: BLE001  -- the last net before a bare 500
        _log.failure("request_failed", error, method=request.method, path=request.path)
        return problems.response(ApiProblem(problems.INTERNAL, "This is a mistake in the bridge; its log says where."))


def in_words_besides(path: str) -> Middleware:
    """`in_words` for every path, known or unknown, but the one of another door, which has answers of its own."""

    @web.middleware
    async def elsewhere(request: web.Request, handler: Handler) -> web.StreamResponse:
        return await (handler(request) if request.path == path else in_words(request, handler))

    return elsewhere


def _path(request: web.Request) -> str:
    """The path as it came, percent-encoded, for a person to recognise."""
    return request.rel_url.raw_path[:200]
