"""Reads the body or the query of a request to the control API; anything unexpected raises RefusedError."""

import json
from collections.abc import Collection

from aiohttp import web

from sandbox.slack.fields import Fields, refused

__all__ = ["Fields", "body", "query", "refused"]


async def body(request: web.Request, *, known: Collection[str]) -> Fields:
    try:
        values = json.loads(await request.read())
    except (ValueError, RecursionError):
        raise refused("the body must be JSON") from None
    if not isinstance(values, dict):
        raise refused("the body must be a JSON object")
    return Fields(values, known=known)


def query(request: web.Request, *, known: Collection[str]) -> Fields:
    return Fields(request.query, known=known)
