"""Reads a request's body: from untrusted bytes to JSON that can be stored, or to a problem that says what is wrong."""

import asyncio
import json
import math
import re
from collections.abc import Awaitable, Callable
from typing import Any, TypeAlias

from aiohttp import web
from aiohttp.web_protocol import RequestPayloadError

from bridge.agents.http import problems
from bridge.agents.http.problems import NOT_JSON, TOO_LARGE, UNREADABLE, ApiProblem
from storage.model import Json

MAX_BYTES = 256 * 1024
MAX_DEPTH = 32
READ_SECONDS = 10.0  # for the whole body to arrive
_MAX_NAME = 200  # characters of a name in an error's pointer
BodyReader: TypeAlias = Callable[[web.Request], Awaitable[Json]]
"""Reads the body of a request, as `read` does."""

_TOO_DEEP = f"The body is nested more than {MAX_DEPTH} deep."
_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")  # PostgreSQL stores neither NUL nor a lone surrogate


class _Refused(ValueError):
    """JSON that Python accepts, but other parsers refuse or read differently; the message is for the sender."""


async def read(request: web.Request, *, seconds: float = READ_SECONDS) -> Json:
    """Read a JSON object that can be stored, and arrives within `seconds`; raises ApiProblem."""
    if request.content_type != "application/json":
        raise ApiProblem(NOT_JSON, "Send the body as JSON, with the header Content-Type: application/json.")
    if request.headers.get("Content-Encoding", "identity").lower() != "identity":
        raise ApiProblem(NOT_JSON, "Send the body as it is, without Content-Encoding.")
    value = _decode(await _bytes(request, seconds))
    if not isinstance(value, dict):
        raise ApiProblem(UNREADABLE, "The body must be a JSON object.")
    if _is_deeper(value, MAX_DEPTH):
        raise ApiProblem(UNREADABLE, _TOO_DEEP)
    if wrong := unstorable(value):
        raise problems.invalid(*wrong)
    return value


def unstorable(value: object, pointer: str = "") -> tuple[str, str] | None:
    """Find the first value in decoded JSON that cannot be stored as it is: its pointer and the reason, or None."""
    match value:
        case str():
            return (pointer, "must not contain NUL or half a surrogate pair") if _UNSTORABLE.search(value) else None
        case dict():
            for name, inner in value.items():
                # A name that cannot be stored cannot be shown in a pointer either.
                if wrong := unstorable(name, pointer) or unstorable(inner, f"{pointer}/{escape(name[:_MAX_NAME])}"):
                    return wrong
        case list():
            for index, inner in enumerate(value):
                if wrong := unstorable(inner, f"{pointer}/{index}"):
                    return wrong
    return None


def escape(name: str) -> str:
    """One step of a JSON pointer (RFC 6901)."""
    return name.replace("~", "~0").replace("/", "~1")


def _decode(raw: bytes) -> Any:
    """Parse JSON in UTF-8; raises ApiProblem."""
    if not raw.strip():
        raise ApiProblem(UNREADABLE, "The body is empty.")
    try:
        return json.loads(raw.decode("utf-8"), parse_constant=_refuse, parse_float=_float, object_pairs_hook=_object)
    except UnicodeDecodeError as error:
        raise ApiProblem(UNREADABLE, f"The body is not UTF-8 (byte {error.start}).") from None
    except json.JSONDecodeError as error:
        raise ApiProblem(UNREADABLE, f"{error.msg} (line {error.lineno}, column {error.colno}).") from None
    except RecursionError:
        raise ApiProblem(UNREADABLE, _TOO_DEEP) from None
    except _Refused as error:
        raise ApiProblem(UNREADABLE, str(error)) from None
    except ValueError:
        raise ApiProblem(UNREADABLE, "A number has too many digits.") from None  # Python reads up to 4,300


async def _bytes(request: web.Request, seconds: float) -> bytes:
    too_large = ApiProblem(TOO_LARGE, f"The body may have at most {MAX_BYTES} bytes.")
    if (request.content_length or 0) > MAX_BYTES:
        raise too_large
    chunks = bytearray()
    try:
        async with asyncio.timeout(seconds):
            async for chunk in request.content.iter_any():
                chunks += chunk
                if len(chunks) > MAX_BYTES:
                    raise too_large
    except TimeoutError:
        raise ApiProblem(UNREADABLE, f"The body did not arrive within {seconds:.0f} s.") from None
    except (RequestPayloadError, ConnectionError):
        raise ApiProblem(UNREADABLE, "The body did not arrive as its headers announced it.") from None
    return bytes(chunks)


def _is_deeper(value: object, limit: int) -> bool:
    match value:
        case dict():
            return limit == 0 or any(_is_deeper(inner, limit - 1) for inner in value.values())
        case list():
            return limit == 0 or any(_is_deeper(inner, limit - 1) for inner in value)
    return False


def _refuse(constant: str) -> Any:
    raise _Refused(f"{constant} is not JSON.")


def _float(text: str) -> float:
    value = float(text)
    if not math.isfinite(value):
        raise _Refused("A number is too large: a double of 64 bits ends at 1.8e308.")
    return value


def _object(pairs: list[tuple[str, Any]]) -> Json:
    decoded: Json = {}
    for name, value in pairs:
        if name in decoded:
            raise _Refused(f"An object has the name {json.dumps(name[:80])} twice.")
        decoded[name] = value
    return decoded
