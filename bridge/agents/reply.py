"""How JSON is written to agents: the same way everywhere."""

from collections.abc import Mapping

from aiohttp import web

from storage.model import Json

JSON = "application/json"


def json(
    value: Json, *, status: int = 200, headers: Mapping[str, str] | None = None, content_type: str = JSON
) -> web.Response:
    """A response with this value."""
    return web.json_response(value, status=status, headers=headers, content_type=content_type)
