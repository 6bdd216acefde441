"""Reads a request's body: from untrusted bytes to JSON that can be stored, or to a problem that says what is wrong."""

import asyncio
import json
import re
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from functools import partial
from typing import Any, TypeAlias

from aiohttp import web
from aiohttp.web_protocol import RequestPayloadError

from bridge.agents.http import problems
from bridge.agents.http.problems import NOT_JSON, TOO_LARGE, UNREADABLE, ApiProblem
from storage.json_text import MAX_DIGITS
from storage.model import Json

MAX_BYTES = 576 * 1024  # a full text of 100 KB takes up to 300 KB in JSON, all other fields together less than 256 KB
MAX_VALUES = 8_000  # lists, objects and their members; the largest body that is valid has fewer than 7,000
MAX_DEPTH = 32
READ_SECONDS = 10.0  # for the whole body to arrive
_MAX_NAME = 200  # characters of a name in an error's pointer
BodyReader: TypeAlias = Callable[[web.Request], Awaitable[Json]]
"""Reads the body of a request, as `read` does."""

_TOO_DEEP = f"The body is nested more than {MAX_DEPTH} levels deep."
_STRING = re.compile(rb'"[^"\\]*+(?:\\.[^"\\]*+)*+"?', re.DOTALL)  # one that is not closed is matched to its end
_ESCAPED = re.compile(rb"\\u(?:0000|[dD][89a-fA-F])")  # of NUL or half a surrogate pair; raw ones are not JSON or UTF-8
_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")  # PostgreSQL stores neither NUL nor a lone surrogate
_TOO_MANY_DIGITS = f"must have at most {MAX_DIGITS} digits when written without an exponent: send it as a string"
_NEGATIVE_ZERO = "must not be negative zero, which cannot be stored: send 0 or a string"


class _Refused(ValueError):
    """JSON that Python accepts, but other parsers refuse or read differently; the message is for the sender."""


class Unusable(ApiProblem):
    """The problem of a body that is JSON, but cannot be kept as it is. It may repeat names of objects in the body.

    `sent` is what was decoded of the body, a JSON object.
    """

    def __init__(self, problem: ApiProblem, sent: Json) -> None:
        super().__init__(problem.type, problem.detail, errors=problem.errors)
        self.sent = sent


@dataclass(frozen=True, slots=True)
class _Unusable:
    """Stands in a decoded body for a number that could not be returned digit for digit."""

    reason: str


async def read(request: web.Request, *, seconds: float = READ_SECONDS) -> Json:
    """Read a JSON object that can be stored, and arrives within `seconds`; raises ApiProblem."""
    if request.content_type != "application/json":
        raise ApiProblem(NOT_JSON, "Send the body as JSON, with the header Content-Type: application/json.")
    if request.headers.get("Content-Encoding", "identity").lower() != "identity":
        raise ApiProblem(NOT_JSON, "Send the body uncompressed, without Content-Encoding.")
    return decode(await _bytes(request, seconds))


def decode(raw: bytes) -> Json:
    """A JSON object that can be stored, from the bytes of a body; raises ApiProblem.

    Counts what is in the body before it builds any of it, so that refusing a body costs little.
    """
    if not raw.strip():
        raise ApiProblem(UNREADABLE, "The body is empty.")
    if _has_too_many_values(raw):
        raise ApiProblem(TOO_LARGE, f"The body may have at most {MAX_VALUES} values: list items and object fields.")
    unusable: list[_Unusable] = []
    doubled: list[str] = []
    value = _parse(raw, unusable, doubled)
    if not isinstance(value, dict):
        raise ApiProblem(UNREADABLE, "The body must be a JSON object.")
    if _is_deeper(value, MAX_DEPTH):
        raise ApiProblem(UNREADABLE, _TOO_DEEP)
    if doubled:
        twice = ApiProblem(UNREADABLE, f"An object has the field {json.dumps(doubled[0][:80])} twice.")
        raise Unusable(twice, value)
    if (unusable or _ESCAPED.search(raw)) and (wrong := unstorable(value)):
        raise Unusable(problems.invalid(*wrong), value)
    return value


def unstorable(value: object) -> tuple[str, str] | None:
    """Find the first value in decoded JSON that cannot be stored as it is: its pointer and the reason, or None."""
    match value:
        case _Unusable():
            return "", value.reason
        case str():
            return ("", "must not contain NUL or half a surrogate pair") if _UNSTORABLE.search(value) else None
        case dict():
            for name, inner in value.items():
                if wrong := unstorable(name):  # cannot be shown in a pointer either, so that leads to the object
                    return wrong
                if wrong := unstorable(inner):
                    return f"/{escape(name[:_MAX_NAME])}{wrong[0]}", wrong[1]
        case list():
            for index, inner in enumerate(value):
                if wrong := unstorable(inner):
                    return f"/{index}{wrong[0]}", wrong[1]
    return None


def escape(name: str) -> str:
    """One step of a JSON pointer (RFC 6901)."""
    return name.replace("~", "~0").replace("/", "~1")


def _has_too_many_values(raw: bytes) -> bool:
    """Whether a body has more than MAX_VALUES lists, objects and members of them; parses nothing."""
    if _count(raw) <= MAX_VALUES:
        return False
    # Commas and brackets in strings do not count. So many values have at most twice as many strings, with names.
    quotes = raw.count(b'"') - raw.count(b'\\"')
    return quotes > 4 * MAX_VALUES or _count(_STRING.sub(b"", raw)) > MAX_VALUES


def _count(raw: bytes) -> int:
    return raw.count(b",") + raw.count(b"[") + raw.count(b"{")


def _parse(raw: bytes, unusable: list[_Unusable], doubled: list[str]) -> Any:
    """Parse JSON in UTF-8; raises ApiProblem.

    Appends what stands in the result for numbers that cannot be kept, and a name that an object has twice.
    """
    try:
        return json.loads(
            raw.decode("utf-8"),
            parse_constant=_refuse,
            parse_float=partial(_decimal, unusable),
            parse_int=partial(_integer, unusable),
            object_pairs_hook=partial(_object, doubled),
        )
    except UnicodeDecodeError as error:
        raise ApiProblem(UNREADABLE, f"The body is not UTF-8 (byte {error.start}).") from None
    except json.JSONDecodeError as error:
        raise ApiProblem(UNREADABLE, f"{error.msg} (line {error.lineno}, column {error.colno}).") from None
    except RecursionError:
        raise ApiProblem(UNREADABLE, _TOO_DEEP) from None
    except _Refused as error:
        raise ApiProblem(UNREADABLE, str(error)) from None


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
        raise ApiProblem(UNREADABLE, "The body does not match its Content-Length or transfer encoding.") from None
    return bytes(chunks)


def _is_deeper(value: Json, limit: int) -> bool:
    level: list[Any] = [value]
    for _ in range(limit):
        members = (each.values() if isinstance(each, dict) else each for each in level)
        level = [inner for each in members for inner in each if isinstance(inner, dict | list)]
    return bool(level)


def _refuse(constant: str) -> Any:
    raise _Refused(f"{constant} is not JSON.")


def _integer(unusable: list[_Unusable], text: str) -> int | _Unusable:
    if len(text) > MAX_DIGITS or text == "-0":
        unusable.append(_Unusable(_NEGATIVE_ZERO if text == "-0" else _TOO_MANY_DIGITS))
        return unusable[-1]
    return int(text)


def _decimal(unusable: list[_Unusable], text: str) -> Decimal | _Unusable:
    """A number with a fraction or an exponent, with the digits that were sent."""
    try:
        number = Decimal(text if len(text) <= MAX_DIGITS else "")
    except InvalidOperation:  # too long, or its exponent is
        unusable.append(_Unusable(_TOO_MANY_DIGITS))
        return unusable[-1]
    if text[0] == "-" and number.is_zero():
        unusable.append(_Unusable(_NEGATIVE_ZERO))
        return unusable[-1]
    if len(text) + abs(number.adjusted()) > MAX_DIGITS and _digits(number) > MAX_DIGITS:
        unusable.append(_Unusable(_TOO_MANY_DIGITS))
        return unusable[-1]
    return number


def _digits(number: Decimal) -> int:
    """The digits of a finite number when it is written without an exponent."""
    exponent = int(number.as_tuple().exponent)
    return max(number.adjusted(), 0) + 1 + max(-exponent, 0)


def _object(doubled: list[str], pairs: list[tuple[str, Any]]) -> Json:
    decoded = dict(pairs)
    if len(decoded) < len(pairs) and not doubled:
        names = Counter(name for name, _ in pairs)
        doubled.append(next(name for name, number in names.items() if number > 1))
    return decoded
