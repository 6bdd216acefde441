"""Parse form bodies (`application/x-www-form-urlencoded`) from bytes whose size and signature are already checked.

General parsers either accept a million fields, or silently keep one of two fields of the same name; then the text that
was hashed and the text that was acted on could differ.
"""

import binascii
from typing import Final
from urllib.parse import unquote_to_bytes

from bridge.slack.payloads.fields import Wrong

MAX_FIELDS: Final = 64
"""A slash command has about fifteen fields, an interaction one."""

_QUOTED_PRINTABLE: Final = bytes.maketrans(b"+%", b" =")


def read(body: bytes) -> dict[str, bytes]:
    """Return each field's bytes, percent-decoded. Raises `Wrong` for too many fields, a repeated or malformed name."""
    if body.count(b"&") >= MAX_FIELDS:
        raise Wrong("the form has too many fields")
    fields: dict[str, bytes] = {}
    for part in body.split(b"&"):
        if not part:
            continue
        name, _, value = part.partition(b"=")
        try:
            key = _decoded(name).decode()
        except UnicodeDecodeError:
            raise Wrong("a field's name is not UTF-8") from None
        if key in fields:
            raise Wrong("the form has a field twice")
        fields[key] = _decoded(value)
    return fields


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
