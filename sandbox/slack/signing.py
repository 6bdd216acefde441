"""The signature of the requests that Slack sends to apps."""

import hashlib
import hmac
from collections.abc import Mapping

USER_AGENT = "Slackbot 1.0 (+https://api.slack.com/robots)"


def signature(*, secret: str, timestamp: int, body: bytes) -> str:
    """`v0=` and the HMAC-SHA256 of version, time stamp and the unchanged bytes of the body."""
    base = b"v0:%d:%b" % (timestamp, body)
    return "v0=" + hmac.new(secret.encode(), base, hashlib.sha256).hexdigest()


def headers(*, secret: str, timestamp: int, body: bytes) -> Mapping[str, str]:
    """All headers of a request with a form-encoded payload."""
    return {
        "Content-Type": "application/x-www-form-urlencoded",
        "User-Agent": USER_AGENT,
        "Accept": "application/json,*/*",
        "X-Slack-Request-Timestamp": str(timestamp),
        "X-Slack-Signature": signature(secret=secret, timestamp=timestamp, body=body),
    }
