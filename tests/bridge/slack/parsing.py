"""From what a transport brings to what is handled, as `receive` reads it."""

from typing import Any

from bridge.slack.payloads import fields
from bridge.slack.payloads.decode import decode
from bridge.slack.payloads.fields import SLACK
from bridge.slack.payloads.incoming import Incoming, Unreadable
from bridge.slack.payloads.parse import parse


def parsed(sent: bytes | dict[str, Any], *, api_url: str = SLACK) -> Incoming:
    try:
        return parse(decode(sent), api_url=api_url)
    except fields.Wrong as wrong:
        return Unreadable(why=str(wrong))
