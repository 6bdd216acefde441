"""How JSON is written to agents: real UTF-8, with a newline at its end."""

import json as codec
from collections.abc import Mapping

from aiohttp import web

from storage.model import Json

JSON = "application/json"


def json(
    value: Json, *, status: int = 200, headers: Mapping[str, str] | None = None, content_type: str = JSON
) -> web.Response:
    """A response with this value.

    Half a surrogate pair, which UTF-8 cannot say, is in no answer: what is stored comes from a database that refuses
    it, and of what was sent only that is told back which `body.unstorable` let pass, or what is written in ASCII.
    """
    text = codec.dumps(value, ensure_ascii=False, allow_nan=False) + "\n"
    return web.Response(text=text, status=status, headers=headers, content_type=content_type)
