"""The arguments of a Web API call in one mapping, whether sent as query, form, multipart or JSON."""

import json
from typing import Any, cast

from aiohttp import web

from sandbox.slack.errors import SlackError
from sandbox.slack.model import Json

# Arguments whose value is JSON; clients may also send the JSON as a string.
JSON_ARGUMENTS = ("blocks", "attachments", "metadata", "view", "message")


async def read(request: web.Request) -> Json:
    """The merged arguments; the body overrides the query. Raises SlackError for a body that cannot be parsed."""
    arguments: Json = dict(request.query)
    arguments |= await _body(request)
    return decoded(arguments)


def decoded(arguments: Json) -> Json:
    """The arguments with those parsed whose JSON came as a string."""
    texts = {name: arguments[name] for name in JSON_ARGUMENTS if isinstance(arguments.get(name), str)}
    return arguments | {name: _decoded(text) for name, text in texts.items()}


def truth(value: Any) -> bool:
    """Whether a value is one of the spellings of true that clients send: true, "true", 1, "1"."""
    return value is True or str(value).lower() in ("1", "true")


def number(arguments: Json, name: str, *, default: int, maximum: int) -> int:
    try:
        value = int(arguments.get(name, default))
    except (TypeError, ValueError):
        raise SlackError("invalid_arguments") from None
    if value < 1:
        raise SlackError("invalid_limit")
    return min(value, maximum)


def token(request: web.Request, arguments: Json) -> str | None:
    """The caller's token, from the header or else the arguments; removed from these, so that it is never recorded."""
    given = arguments.pop("token", None)
    scheme, _, credential = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() == "bearer" and credential.strip():
        return credential.strip()
    return given if isinstance(given, str) and given else None


async def _body(request: web.Request) -> Json:
    if request.content_type == "application/json":
        return _json_object(await request.read())
    if request.content_type in ("application/x-www-form-urlencoded", "multipart/form-data"):
        try:
            form = await request.post()
        except (ValueError, LookupError):
            raise SlackError("invalid_form_data") from None
        return {name: value for name, value in form.items() if isinstance(value, str)}
    return {}


def _json_object(body: bytes) -> Json:
    if not body.strip():
        return {}
    try:
        decoded = json.loads(body)
    except (ValueError, RecursionError):
        raise SlackError("invalid_json") from None
    if not isinstance(decoded, dict):
        raise SlackError("json_not_object")
    return cast("Json", decoded)


def _decoded(text: str) -> Any:
    try:
        return json.loads(text) if text else text
    except (ValueError, RecursionError):
        return text
