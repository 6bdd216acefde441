"""How JSON is written to agents: real UTF-8, with a newline at its end."""

import json as codec
from collections.abc import Callable, Mapping
from typing import Any

from aiohttp import web

from storage.model import Json

JSON = "application/json"


class Written(web.Response):
    """A response that says when all of it was written; never when its caller had gone before."""

    def __init__(self, *, written: Callable[[], None], **said: Any) -> None:
        super().__init__(**said)
        self._written = written

    async def write_eof(self, data: bytes = b"") -> None:
        transport = self._req.transport if self._req is not None else None
        await super().write_eof(data)
        if transport is not None and not transport.is_closing():  # it closes when a write finds that nobody is there
            self._written()


def json(
    value: Json,
    *,
    status: int = 200,
    headers: Mapping[str, str] | None = None,
    content_type: str = JSON,
    written: Callable[[], None] | None = None,
) -> web.Response:
    """A response with this value; `written` is called once it went out.

    Half a surrogate pair, which UTF-8 cannot say, is in no answer: what is stored comes from a database that refuses
    it, and of what was sent only that is told back which `body.unstorable` let pass, or what is written in ASCII.
    """
    text = codec.dumps(value, ensure_ascii=False, allow_nan=False) + "\n"
    if written is None:
        return web.Response(text=text, status=status, headers=headers, content_type=content_type)
    return Written(written=written, text=text, status=status, headers=headers, content_type=content_type)
