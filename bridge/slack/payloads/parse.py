"""Parse a decoded payload of Slack into one of a closed set of values.

Pure: no network, no clock, no database.
"""

from collections.abc import Mapping
from typing import Any

from bridge.slack.payloads import fields, interactive
from bridge.slack.payloads.decode import Payload
from bridge.slack.payloads.incoming import (
    Command,
    Incoming,
    SlackEvent,
    SslCheck,
    Unreadable,
    Unsupported,
    UrlVerification,
)
from bridge.slack.payloads.response_urls import SLACK


def parse(payload: Payload, *, api_url: str = SLACK) -> Incoming:
    """Parse a payload; never raises. `api_url` is the URL of Slack's Web API: only its response URLs are kept."""
    try:
        return _read(payload, api_url=api_url)
    except fields.Wrong as wrong:
        return Unreadable(why=str(wrong))


def _read(payload: Payload, *, api_url: str) -> Incoming:
    body = payload.body
    match body.get("type"):
        case "block_actions":
            return interactive.actions(body, claim_id=payload.claim_id, api_url=api_url)
        case "view_submission":
            return interactive.submission(body, claim_id=payload.claim_id)
        case "view_closed":
            return interactive.closing(body)
        case "shortcut" | "message_action" as type_:
            return interactive.shortcut(body, type=type_)
        case "block_suggestion":
            return interactive.suggestion(body)
        case "event_callback":
            event_id = fields.word(body.get("event_id"), limit=64)
            return SlackEvent(type=_name(fields.inner(body, "event").get("type")), event_id=event_id)
        case "url_verification":
            return _url_verification(body)
        case None if "command" in body:
            return Command(command=_name(body["command"]))
        case None if "ssl_check" in body:
            return SslCheck()
        case other:
            return Unsupported(type=_name(other))


def _url_verification(body: Mapping[str, Any]) -> UrlVerification:
    challenge = fields.word(body.get("challenge"), limit=1000)
    if challenge is None:
        raise fields.Wrong("challenge is missing")
    return UrlVerification(challenge=challenge)


def _name(value: object) -> str:
    """Return the name of a type for the log; `?` if it is malformed."""
    return fields.word(value, limit=64) or "?"
