"""HTTP responses of the fake Slack as a fault changes them: errors, cut connections, broken bodies."""

import asyncio
from collections.abc import Callable

from aiohttp import web

from sandbox.slack.faults import Fault, Kind

_HTML = "<!DOCTYPE html><html><head><title>Server Error</title></head><body>Server Error</body></html>"


def cut(request: web.Request) -> web.Response:
    """Cut the connection now. The returned response is never sent."""
    if request.transport is not None:
        request.transport.abort()
    return web.Response(status=500)


async def faulty(
    request: web.Request,
    fault: Fault,
    *,
    perform: Callable[[], web.Response],
    refuse: Callable[[str], web.Response],
) -> web.Response:
    """The response to a call with this fault.

    `perform` does what the call asks for and returns the normal response; `refuse` makes a response with an error.
    """
    if fault.applied:
        perform()
    match fault.kind:
        case Kind.RATELIMITED:
            return rate_limited(fault.retry_after, word=fault.word)
        case Kind.ERROR:
            return refuse(fault.word)
        case Kind.STATUS:
            return web.Response(status=fault.status)
        case Kind.HTML:
            return web.Response(status=fault.status, text=_HTML, content_type="text/html")
        case Kind.DROP_BEFORE:
            return cut(request)
        case Kind.DROP_AFTER:
            perform()
            return cut(request)
        case Kind.EMPTY:
            perform()
            return web.Response(content_type="application/json", charset="utf-8")
        case Kind.TEXT:
            perform()
            return web.Response(text="ok")
        case Kind.TRUNCATED:
            whole = perform()
            body = whole.body if isinstance(whole.body, bytes) else b""
            return web.Response(body=body[: len(body) // 2], content_type=whole.content_type, charset="utf-8")
        case Kind.SLOW:
            answer = perform()
            await asyncio.sleep(fault.seconds)
            return answer
        case Kind.DUPLICATE:
            perform()
            return perform()
        case Kind.BAD_SIGNATURE | Kind.OLD_TIMESTAMP | Kind.REPEATED | Kind.STALE_STATE:
            raise ValueError(f"{fault.kind} is a fault of clicks or submissions, not of answers")


def rate_limited(retry_after: int | None, *, word: str = "ratelimited") -> web.Response:
    headers = {} if retry_after is None else {"Retry-After": str(retry_after)}
    return web.json_response({"ok": False, "error": word}, status=429, headers=headers)
