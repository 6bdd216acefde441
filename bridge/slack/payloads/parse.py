"""What came from Slack: a decoded payload becomes one of a closed set of values, and nothing in it can raise.

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
    """Read a payload; never raises. `api_url` is where Slack is; only its response URLs are taken."""
    try:
        return _read(payload, api_url=api_url)
    except fields.Wrong as wrong:
        return Unreadable(why=str(wrong))


def _read(payload: Payload, *, api_url: str) -> Incoming:
    sent = payload.body
    match sent.get("type"):
        case "block_actions":
            return interactive.actions(sent, claim_id=payload.claim_id, api_url=api_url)
        case "view_submission":
            return interactive.submission(sent, claim_id=payload.claim_id)
        case "view_closed":
            return interactive.closing(sent)
        case "shortcut" | "message_action" as type_:
            return interactive.shortcut(sent, type=type_)
        case "block_suggestion":
            return interactive.suggestion(sent)
        case "event_callback":
            event_id = fields.word(sent.get("event_id"), limit=64)
            return SlackEvent(type=_name(fields.inner(sent, "event").get("type")), event_id=event_id)
        case "url_verification":
            return _url_verification(sent)
        case None if "command" in sent:
            return Command(command=_name(sent["command"]))
        case None if "ssl_check" in sent:
            return SslCheck()
        case other:
            return Unsupported(type=_name(other))


def _url_verification(sent: Mapping[str, Any]) -> UrlVerification:
    challenge = fields.word(sent.get("challenge"), limit=1000)
    if challenge is None:
        raise fields.Wrong("challenge is missing")
    return UrlVerification(challenge=challenge)


def _name(value: object) -> str:
    """Give a type's name for the log."""
    return fields.word(value, limit=64) or "?"
