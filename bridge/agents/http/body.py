"""A request's body: from a stranger's bytes to JSON that can be stored, or to a problem that says what is wrong."""

import asyncio
import json
import math
import re
from typing import Any

from aiohttp import web
from aiohttp.web_protocol import RequestPayloadError

from bridge.agents.http import problems
from bridge.agents.http.problems import NOT_JSON, TOO_LARGE, UNREADABLE, ApiProblem
from storage.model import Json

MOST_BYTES = 256 * 1024
MOST_DEPTH = 32
_READ_SECONDS = 10.0
_MOST_NAME = 200  # characters of a name that are told back
_TOO_DEEP = f"The body is nested more than {MOST_DEPTH} deep."
_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")  # PostgreSQL stores neither NUL nor half a surrogate pair


class _Refused(ValueError):
    """JSON that Python would read and others would not, or not alike; the message is for the sender."""


async def read(request: web.Request) -> Json:
    """Read a JSON object; raises ApiProblem."""
    if request.content_type != "application/json":
        raise ApiProblem(NOT_JSON, "Send the body as JSON, with the header Content-Type: application/json.")
    if request.headers.get("Content-Encoding", "identity").lower() != "identity":
        raise ApiProblem(NOT_JSON, "Send the body as it is, without Content-Encoding.")
    raw = await _bytes(request)
    if not raw.strip():
        raise ApiProblem(UNREADABLE, "The body is empty.")
    try:
        value = json.loads(raw.decode("utf-8"), parse_constant=_refuse, parse_float=_float, object_pairs_hook=_object)
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
    if not isinstance(value, dict):
        raise ApiProblem(UNREADABLE, "The body must be a JSON object.")
    if _deeper(value, MOST_DEPTH):
        raise ApiProblem(UNREADABLE, _TOO_DEEP)
    if wrong := unstorable(value):
        raise problems.invalid(*wrong)
    return value


def unstorable(value: object, pointer: str = "") -> tuple[str, str] | None:
    """The first place in decoded JSON that cannot be stored as it is, and why; None when all of it can."""
    match value:
        case str():
            return (pointer, "must not contain NUL or half a surrogate pair") if _UNSTORABLE.search(value) else None
        case dict():
            for name, inner in value.items():
                # A name that cannot be stored cannot be shown either.
                if wrong := unstorable(name, pointer) or unstorable(inner, f"{pointer}/{escape(name[:_MOST_NAME])}"):
                    return wrong
        case list():
            for index, inner in enumerate(value):
                if wrong := unstorable(inner, f"{pointer}/{index}"):
                    return wrong
    return None


def escape(name: str) -> str:
    """One step of a JSON pointer (RFC 6901)."""
    return name.replace("~", "~0").replace("/", "~1")


async def _bytes(request: web.Request) -> bytes:
    too_large = ApiProblem(TOO_LARGE, f"The body may have at most {MOST_BYTES} bytes.")
    if (request.content_length or 0) > MOST_BYTES:
        raise too_large
    chunks = bytearray()
    try:
        async with asyncio.timeout(_READ_SECONDS):
            async for chunk in request.content.iter_any():
                chunks += chunk
                if len(chunks) > MOST_BYTES:
                    raise too_large
    except TimeoutError:
        raise ApiProblem(UNREADABLE, f"The body did not arrive within {_READ_SECONDS:.0f} s.") from None
    except (RequestPayloadError, ConnectionError):
        raise ApiProblem(UNREADABLE, "The body did not arrive as its headers announced it.") from None
    return bytes(chunks)


def _deeper(value: object, most: int) -> bool:
    match value:
        case dict():
            return most == 0 or any(_deeper(inner, most - 1) for inner in value.values())
        case list():
            return most == 0 or any(_deeper(inner, most - 1) for inner in value)
    return False


def _refuse(constant: str) -> Any:
    raise _Refused(f"{constant} is not JSON.")


def _float(text: str) -> float:
    value = float(text)
    if not math.isfinite(value):
        raise _Refused("A number is too large: a double of 64 bits ends at 1.8e308.")
    return value


def _object(pairs: list[tuple[str, Any]]) -> Json:
    found: Json = {}
    for name, value in pairs:
        if name in found:
            raise _Refused(f"An object has the name {json.dumps(name[:80])} twice.")
        found[name] = value
    return found
