"""Restricts requests to this machine, and keeps foreign web pages from using the control API through a browser."""

from collections.abc import Awaitable, Callable
from urllib.parse import urlsplit

from aiohttp import web

from sandbox.slack.errors import RefusedError

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

_LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})
_FOREIGN_HOST = RefusedError(403, "foreign_host", "the sandbox answers to 127.0.0.1 and localhost only")
_FOREIGN_ORIGIN = RefusedError(403, "foreign_origin", "the control API is for this machine's page and scripts")


@web.middleware
async def guard(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Refuse foreign host names (DNS rebinding), and control requests made by a page of another site."""
    if not _is_loopback(request.host):
        return _refused(_FOREIGN_HOST)
    if request.path.startswith("/sandbox/") and _is_foreign(request):
        return _refused(_FOREIGN_ORIGIN)
    try:
        return await handler(request)
    except RefusedError as refused:
        return _refused(refused)


def _refused(refused: RefusedError) -> web.Response:
    body = {"ok": False, "error": refused.error, **refused.more}
    if refused.detail:
        body["detail"] = refused.detail
    return web.json_response(body, status=refused.status)


def _is_loopback(host: str) -> bool:
    try:
        return urlsplit(f"//{host}").hostname in _LOOPBACK
    except ValueError:
        return False


def _is_foreign(request: web.Request) -> bool:
    origin = request.headers.get("Origin")
    if origin is not None and origin != f"{request.scheme}://{request.host}":
        return True
    return request.headers.get("Sec-Fetch-Site", "none") not in ("none", "same-origin")
