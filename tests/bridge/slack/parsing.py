"""From what a transport brings to what is handled, as `receive` reads it."""

from typing import Any

from bridge.slack import fields
from bridge.slack.decode import decode
from bridge.slack.incoming import Incoming, Unreadable
from bridge.slack.parse import parse
from bridge.slack.response_urls import SLACK


def parsed(sent: bytes | dict[str, Any], *, api_url: str = SLACK) -> Incoming:
    try:
        return parse(decode(sent), api_url=api_url)
    except fields.Wrong as wrong:
        return Unreadable(why=str(wrong))
