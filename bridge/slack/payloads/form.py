"""Form bodies (`application/x-www-form-urlencoded`) read from bytes that are already capped and verified.

By hand, because general readers either take a million fields, or keep one of two fields of the same name without
saying so: then what was hashed and what was acted on could differ.
"""

import binascii
from typing import Final
from urllib.parse import unquote_to_bytes

from bridge.slack.payloads.fields import Wrong

MAX_FIELDS: Final = 64
"""A slash command has about fifteen fields, an interaction one."""

_QUOTED_PRINTABLE: Final = bytes.maketrans(b"+%", b" =")


def read(body: bytes) -> dict[str, bytes]:
    """Give each field's bytes, percent-decoded; raise `Wrong` for two of one name, too many, or strange names."""
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
    """Give what is percent-encoded.

    Quoted-printable is the same code with another mark, and decoded in C: a twentieth of the time, for bytes of which a
    click has thousands. Its rules differ only where a mark is no code, and before a line's end; both go the slow way.
    """
    if b"\n" not in text and b"\r" not in text:
        marked = text.replace(b"=", b"%3D").translate(_QUOTED_PRINTABLE)
        decoded = binascii.a2b_qp(marked)
        if len(decoded) == len(marked) - 2 * marked.count(b"="):  # every mark was a code, and became one byte
            return decoded
    return unquote_to_bytes(text.replace(b"+", b" "))
