"""JSON responses for agents: UTF-8 without escapes, with a newline at the end."""

import asyncio
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from aiohttp import hdrs, web

from storage import json_text
from storage.model import Json

JSON = "application/json"
_AT_ONCE = 32 * 1024  # characters of a page that are written before other requests are served


class TrackedResponse(web.Response):
    """A response that calls `on_sent` when all of it was written.

    Never when the client disconnected before, nor for a HEAD request, which gets no body.
    """

    def __init__(self, *, on_sent: Callable[[], None], **options: Any) -> None:
        super().__init__(**options)
        self._on_sent = on_sent

    async def write_eof(self, data: bytes = b"") -> None:
        has_body = self._req is not None and self._req.method != hdrs.METH_HEAD
        transport = self._req.transport if self._req is not None else None
        await super().write_eof(data)
        if has_body and transport is not None and not transport.is_closing():  # a write to a lost connection closes it
            self._on_sent()


def json(
    value: Json,
    *,
    status: int = 200,
    headers: Mapping[str, str] | None = None,
    content_type: str = JSON,
    on_sent: Callable[[], None] | None = None,
) -> web.Response:
    """A response with this value; `on_sent` is called once it was written completely.

    No value contains a lone surrogate, which UTF-8 cannot encode: PostgreSQL refuses to store one, and a response
    repeats only those parts of a request that `body.unstorable` accepted or that are written in ASCII.
    """
    text = json_text.dumps(value, ensure_ascii=False) + "\n"
    return _response(text, on_sent, status=status, headers=headers, content_type=content_type)


async def page(
    items: Iterable[Json | str], *, next_cursor: str | None, on_sent: Callable[[], None] | None = None
) -> web.Response:
    """A page of a list; an item that is a str is JSON already.

    Other requests are served between the items of a large page, which would delay clicks if it was written at once.
    """
    written, since = [], 0
    for item in items:
        written.append(item if isinstance(item, str) else json_text.dumps(item, ensure_ascii=False))
        since += len(written[-1])
        if since > _AT_ONCE:
            since = 0
            await asyncio.sleep(0)
    text = f'{{"items": [{", ".join(written)}], "next_cursor": {json_text.dumps(next_cursor)}}}\n'
    return _response(text, on_sent, content_type=JSON)


def _response(text: str, on_sent: Callable[[], None] | None, **options: Any) -> web.Response:
    if on_sent is None:
        return web.Response(text=text, **options)
    return TrackedResponse(on_sent=on_sent, text=text, **options)
