"""Decode the body of a signed request, or the payload of a socket message, into one JSON object.

The bytes themselves decide whether the body is JSON or a form, not a header, because headers are not signed.
"""

import binascii
import json
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import unquote_to_bytes

from bridge.slack.payloads import fields
from bridge.slack.verify import claim_id

MAX_FIELDS: Final = 64
"""A slash command has about fifteen fields, an interaction one."""

_QUOTED_PRINTABLE: Final = bytes.maketrans(b"+%", b" =")


@dataclass(frozen=True, slots=True, kw_only=True)
class Payload:
    """One decoded payload, and the claim id of the click or submission in it."""

    body: dict[str, Any]
    claim_id: bytes


def decode(received: bytes | dict[str, Any]) -> Payload:
    """Decode a payload; raises `fields.Wrong`, and nothing else.

    A claim id is computed from exactly the text that was signed. A socket's payload is not signed and arrives as an
    object, so its claim id is computed from one canonical text: keys sorted, no spaces, UTF-8.
    """
    if isinstance(received, dict):
        return Payload(body=received, claim_id=claim_id(_canonical(received)))
    if received.lstrip()[:1] == b"{":
        return Payload(body=_object(received), claim_id=claim_id(received))
    form_fields = form(received)
    if (text := form_fields.get("payload")) is not None:
        return Payload(body=_object(text), claim_id=claim_id(text))
    if "command" not in form_fields and "ssl_check" not in form_fields:
        raise fields.Wrong("the form is neither an interaction nor a command")
    body = {name: value.decode(errors="replace") for name, value in form_fields.items()}
    return Payload(body=body, claim_id=claim_id(received))


def _object(text: bytes) -> dict[str, Any]:
    try:
        value = json.loads(text.decode())
    except UnicodeDecodeError:
        raise fields.Wrong("the payload is not UTF-8") from None
    except (ValueError, RecursionError):  # also for numbers of thousands of digits, and for arrays nested too deeply
        raise fields.Wrong("the payload is not JSON") from None
    if not isinstance(value, dict):
        raise fields.Wrong("the payload is not an object")
    return value


def _canonical(body: dict[str, Any]) -> bytes:
    try:
        text = json.dumps(body, ensure_ascii=False, separators=(",", ":"), sort_keys=True)
    except (TypeError, ValueError, RecursionError):
        raise fields.Wrong("the payload is not JSON") from None
    return text.encode("utf-8", "surrogatepass")


def form(body: bytes) -> dict[str, bytes]:
    """Parse a form body (`application/x-www-form-urlencoded`) whose size and signature are already checked.

    Returns each field's bytes, percent-decoded; raises `fields.Wrong` for too many fields, and for a repeated or
    malformed name. General parsers either accept a million fields, or silently keep one of two fields of the same name;
    then the text that was hashed and the text that was acted on could differ.
    """
    if body.count(b"&") >= MAX_FIELDS:
        raise fields.Wrong("the form has too many fields")
    values: dict[str, bytes] = {}
    for part in body.split(b"&"):
        if not part:
            continue
        name, _, value = part.partition(b"=")
        try:
            key = _decoded(name).decode()
        except UnicodeDecodeError:
            raise fields.Wrong("a field's name is not UTF-8") from None
        if key in values:
            raise fields.Wrong("the form has a field twice")
        values[key] = _decoded(value)
    return values


def _decoded(text: bytes) -> bytes:
    """Percent-decode.

    Quoted-printable is the same encoding with another escape character, and its decoder is in C: it takes a twentieth
    of the time, and a click has thousands of escaped bytes. Its rules differ only for an escape character without two
    hexadecimal digits, and before the end of a line; both cases use the slow decoder.
    """
    if b"\n" not in text and b"\r" not in text:
        quoted = text.replace(b"=", b"%3D").translate(_QUOTED_PRINTABLE)
        decoded = binascii.a2b_qp(quoted)
        if len(decoded) == len(quoted) - 2 * quoted.count(b"="):  # each escape sequence became one byte
            return decoded
    return unquote_to_bytes(text.replace(b"+", b" "))
