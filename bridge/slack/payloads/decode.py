"""Decode the body of a signed request, or the payload of a socket message, into one JSON object.

The bytes themselves decide whether the body is JSON or a form, not a header, because headers are not signed.
"""

import json
from dataclasses import dataclass
from typing import Any

from bridge.slack.payloads import fields, form
from bridge.slack.verify import claim_id


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
    form_fields = form.read(received)
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
