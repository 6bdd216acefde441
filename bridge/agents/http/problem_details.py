"""Middleware that turns exceptions into problem details (RFC 9457)."""

from aiohttp import web
from aiohttp.typedefs import Handler, Middleware

from bridge.agents.http import problems
from bridge.agents.http.problems import ApiProblem
from bridge.logs import Log
from storage import errors

_log = Log("agents")

_SEE = "see GET /openapi.json"


@web.middleware
async def problem_details(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Turn every exception of a handler into a problem response.

    An unexpected exception is logged without its message, which may contain secrets or people's data.
    """
    try:
        return await handler(request)
    except ApiProblem as problem:
        return problems.response(problem)
    except errors.Unavailable as error:
        _log.warning("database_unavailable", path=request.path, cause=error.cause)
        return _unavailable(request)
    except web.HTTPNotFound:
        return problems.response(ApiProblem(problems.NOT_FOUND, f"There is nothing at {_path(request)}: {_SEE}."))
    except web.HTTPMethodNotAllowed as error:
        return _method_not_allowed(request, error)
    except web.HTTPException:
        raise
    except Exception as error:  # noqa: BLE001  -- without this, aiohttp would answer a bare 500
        _log.failure("request_failed", error, method=request.method, path=request.path)
        return problems.response(ApiProblem(problems.INTERNAL, "This is a bug in the bridge; its log has the details."))


def problem_details_except(path: str) -> Middleware:
    """`problem_details` for every path, known or unknown, except this one, whose handler answers its own errors."""

    @web.middleware
    async def middleware(request: web.Request, handler: Handler) -> web.StreamResponse:
        return await (handler(request) if request.path == path else problem_details(request, handler))

    return middleware


def _unavailable(request: web.Request) -> web.Response:
    has_key = request.method == "POST" and "Idempotency-Key" in request.headers
    twice = "the question is not asked twice" if request.path == "/v1/interactions" else "nothing is done twice"
    same_key = f" with the same Idempotency-Key, so that {twice}" if has_key else ""
    seconds = problems.RETRY_SECONDS
    detail = f"Try again in {seconds} s{same_key}."
    return problems.response(ApiProblem(problems.UNAVAILABLE, detail, retry_after=seconds))


def _method_not_allowed(request: web.Request, error: web.HTTPMethodNotAllowed) -> web.Response:
    allowed = ", ".join(sorted(error.allowed_methods))
    detail = f"{_path(request)} takes {allowed}, not {error.method[:20]}: {_SEE}."
    response = problems.response(ApiProblem(problems.METHOD_NOT_ALLOWED, detail))
    response.headers["Allow"] = allowed
    return response


def _path(request: web.Request) -> str:
    """The path as it was sent, percent-encoded, so that a person recognises it; at most 200 characters."""
    return request.rel_url.raw_path[:200]
