"""Answers as they go out on the wire, whole or broken by a fault."""

import asyncio
from collections.abc import Callable

from aiohttp import web

from sandbox.slack.faults import Fault, Kind

_HTML = "<!DOCTYPE html><html><head><title>Server Error</title></head><body>Server Error</body></html>"


def cut(request: web.Request) -> web.Response:
    """Cut the connection now; what is returned never reaches anybody."""
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
    """What the fault makes of this call: `perform` does the deed, `refuse` words an error."""
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
        case Kind.BAD_SIGNATURE | Kind.OLD_TIMESTAMP:
            raise ValueError(f"{fault.kind} is a fault of clicks, not of answers")


def rate_limited(retry_after: int | None, *, word: str = "ratelimited") -> web.Response:
    headers = {} if retry_after is None else {"Retry-After": str(retry_after)}
    return web.json_response({"ok": False, "error": word}, status=429, headers=headers)
