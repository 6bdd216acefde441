"""The routes of agents' door, and how whatever goes wrong behind them becomes a problem in words."""

from collections.abc import Awaitable, Callable

from aiohttp import web

from bridge.agents import auth, openapi, problems
from bridge.agents.interactions import Interactions
from bridge.agents.problems import Problem
from bridge.logs import Log
from bridge.wake import Wake
from storage import errors
from storage.pool import Database

_log = Log("agents")

_SEE = "GET /openapi.json describes what there is"


def routes(*, db: Database, wake: Wake) -> list[web.RouteDef]:
    """Every route of v1, and its description."""
    interactions = Interactions(db=db, wake=wake)
    return [
        web.get("/openapi.json", openapi.serve, allow_head=False),
        web.post("/v1/interactions", auth.required(db, interactions.create)),
        web.get("/v1/interactions", auth.required(db, interactions.page), allow_head=False),
        web.get("/v1/interactions/{id}", auth.required(db, interactions.get), allow_head=False),
        web.post("/v1/interactions/{id}/cancel", auth.required(db, interactions.cancel)),
        web.post("/v1/interactions/{id}/receipt", auth.required(db, interactions.receipt)),
        web.get("/v1/interactions/{id}/timeline", auth.required(db, interactions.timeline), allow_head=False),
    ]


@web.middleware
async def in_words(
    request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
) -> web.StreamResponse:
    """Turn everything raised into a problem; what nobody expected is logged without what it said."""
    try:
        return await handler(request)
    except Problem as problem:
        return problems.response(problem)
    except errors.Unavailable as error:
        _log.warning("database_unavailable", path=request.path, cause=error.cause)
        asks = request.method == "POST" and "id" not in request.match_info
        same = " with the same Idempotency-Key, so that nobody is asked twice" if asks else ""
        return problems.response(Problem(problems.UNAVAILABLE, f"Try again in {problems.RETRY_SECONDS} s{same}."))
    except web.HTTPNotFound:
        return problems.response(Problem(problems.NOT_FOUND, f"There is nothing at {_path(request)}: {_SEE}."))
    except web.HTTPMethodNotAllowed as error:
        allowed = ", ".join(sorted(error.allowed_methods))
        refused = problems.response(
            Problem(problems.METHOD_NOT_ALLOWED, f"{_path(request)} takes {allowed}, not {error.method[:20]}: {_SEE}.")
        )
        refused.headers["Allow"] = allowed
        return refused
    except web.HTTPException:
        raise
    except Exception as error:  # noqa: BLE001  -- the last net before a bare 500
        _log.failure("request_failed", error, method=request.method, path=request.path)
        return problems.response(Problem(problems.INTERNAL, "This is a mistake in the bridge; its log says where."))


def _path(request: web.Request) -> str:
    """The path as it came, percent-encoded, for a person to recognise."""
    return request.rel_url.raw_path[:200]
