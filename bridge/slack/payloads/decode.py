"""From what a transport brings to one JSON object, decoded once: the body of a signed request, or a socket's payload.

JSON or form is told by what the bytes are, not by a header, because headers are not signed.
"""

import json
from dataclasses import dataclass
from typing import Any

from bridge.slack.payloads import fields, form
from bridge.slack.verify import claim_id


@dataclass(frozen=True, slots=True, kw_only=True)
class Payload:
    """One payload, and the name under which what it asks for is claimed."""

    body: dict[str, Any]
    claim_id: bytes


def decode(sent: bytes | dict[str, Any]) -> Payload:
    """Decode a payload; raises `fields.Wrong`, and nothing else.

    A claim id is made of the very text that was signed. A socket's payload is signed by nothing and has no text of its
    own, so it is written out in one way: keys sorted, no spaces, UTF-8.
    """
    if isinstance(sent, dict):
        return Payload(body=sent, claim_id=claim_id(_canonical(sent)))
    if sent.lstrip()[:1] == b"{":
        return Payload(body=_object(sent), claim_id=claim_id(sent))
    given = form.read(sent)
    if (text := given.get("payload")) is not None:
        return Payload(body=_object(text), claim_id=claim_id(text))
    if "command" not in given and "ssl_check" not in given:
        raise fields.Wrong("the form is neither an interaction nor a command")
    body = {name: value.decode(errors="replace") for name, value in given.items()}
    return Payload(body=body, claim_id=claim_id(sent))


def _object(text: bytes) -> dict[str, Any]:
    try:
        value = json.loads(text.decode())
    except UnicodeDecodeError:
        raise fields.Wrong("the payload is not UTF-8") from None
    except (ValueError, RecursionError):  # also numbers of thousands of digits, and arrays nested without end
        raise fields.Wrong("the payload is not JSON") from None
    if not isinstance(value, dict):
        raise fields.Wrong("the payload is not an object")
    return value


def _canonical(sent: dict[str, Any]) -> bytes:
    try:
        text = json.dumps(sent, ensure_ascii=False, separators=(",", ":"), sort_keys=True)
    except (TypeError, ValueError, RecursionError):
        raise fields.Wrong("the payload is not JSON") from None
    return text.encode("utf-8", "surrogatepass")
