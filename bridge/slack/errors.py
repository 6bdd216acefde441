"""Classify a failed call to Slack: only this module turns an exception into one of four outcomes.

Of an exception only Slack's error string, its scopes and its messages about blocks are kept. URLs, headers and bodies
may contain a token, so they are neither stored nor logged.
"""

import re
import socket
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, TypeAlias, assert_never

import aiohttp
from slack_sdk.errors import SlackApiError

from bridge import network_errors
from bridge.slack import error_table
from bridge.slack.error_table import Meaning
from storage.model import Json

LIMITED_FOR: Final = 10.0
"""Seconds to pause after a 429 without Retry-After; the values that Slack sends are mostly between 1 and 30."""

MAX_LIMITED_FOR: Final = 3600.0
"""The longest pause in seconds: a larger Retry-After is cut to one hour."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RetryAfter:
    """The call may succeed later: after `seconds`, or after the caller's back-off if Slack named no time."""

    code: str
    detail: str
    seconds: float | None = None
    ambiguous: bool = False  # Slack may have applied the call all the same
    fix: str = error_table.WAIT

    @property
    def limited(self) -> bool:
        """Whether Slack asked for a pause: not a failed attempt, and it holds for all calls under the same limit."""
        return self.seconds is not None


@dataclass(frozen=True, slots=True, kw_only=True)
class GiveUp:
    """This call will never succeed."""

    code: str
    detail: str
    fix: str


@dataclass(frozen=True, slots=True, kw_only=True)
class BadBlocks:
    """Slack will never accept this form of the card; a plainer form may be tried, once."""

    code: str
    detail: str
    fix: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Broken:
    """No call will succeed for this installation until a person repairs it."""

    code: str
    detail: str
    fix: str


SlackFailure: TypeAlias = RetryAfter | GiveUp | BadBlocks | Broken


def reason(failure: SlackFailure) -> Json:
    """Return a failure as it is stored and shown to agents: `{code, detail, fix}`."""
    return {"code": failure.code, "detail": failure.detail, "fix": failure.fix}


def unreadable(what: str) -> RetryAfter:
    """The failure for an unreadable response: the request was sent, so Slack may have applied it."""
    return RetryAfter(code="slack_unreadable", detail=f"Slack's response could not be read: {what}.", ambiguous=True)


def classify(error: Exception) -> SlackFailure:
    """Return what an exception of a call means for the call. An unexpected exception is retried as ambiguous."""
    match error:
        case SlackApiError():
            return _answered(error.response)
        case AttributeError(name="get", obj=str() | list() | int() | float()):
            # slack_sdk calls `.get("ok")` on any 200, also on a text/plain one, whose body is a string
            return unreadable("it is not a JSON object")
        case UnicodeDecodeError():
            return unreadable("it is not UTF-8")
        case (
            aiohttp.ClientConnectorError()
            | aiohttp.ConnectionTimeoutError()
            | aiohttp.ServerFingerprintMismatch()
            | aiohttp.ClientHttpProxyError()
            | aiohttp.InvalidURL()
            | ConnectionRefusedError()
            | socket.gaierror()
        ):
            return RetryAfter(code="slack_unreachable", detail=f"No connection to Slack ({network_errors.why(error)}).")
        case TimeoutError():
            return RetryAfter(code="slack_timeout", detail="Slack did not respond in time.", ambiguous=True)
        case aiohttp.ClientError() | OSError():
            detail = f"The connection to Slack was lost before it responded ({network_errors.why(error)})."
            return RetryAfter(code="slack_disconnected", detail=detail, ambiguous=True)
        case _:
            detail = f"The call to Slack failed unexpectedly ({type(error).__name__})."
            return RetryAfter(code="unexpected_error", detail=detail, ambiguous=True)


def limited(seconds: float) -> RetryAfter:
    """Return the outcome of a call that Slack asked to be made no earlier than in so many seconds."""
    row = error_table.LIMITED
    return RetryAfter(code=row.code, detail="Slack asked for a pause.", seconds=seconds, fix=row.fix)


def answered(*, status: int, headers: Mapping[str, str], data: object) -> SlackFailure:
    """Return what a response of Slack means that is not a success."""
    body = data if isinstance(data, dict) else {}
    error = body.get("error")
    row = error_table.find(error) if isinstance(error, str) else None
    if status == 429:
        return _limited(headers)
    if row:
        return _outcome(row, _detail(body), headers=headers)
    if status >= 500:
        return RetryAfter(code="slack_unavailable", detail=f"Slack answered HTTP {status}.", ambiguous=True)
    if isinstance(error, str) and error and body.get("ok") is False:
        return _outcome(error_table.OTHER, _detail(body), headers=headers)
    if status >= 300:  # Slack does not respond like this: a proxy, or a wrong address, refused the request
        detail = f"HTTP {status} without a response from Slack; check for a proxy or a wrong address."
        return RetryAfter(code="slack_unreachable", detail=detail)
    return unreadable("it reports neither success nor an error")


def _answered(response: object) -> SlackFailure:
    """Classify the response in an error of slack_sdk: its own, or aiohttp's if the body was not JSON, or a dict."""
    if isinstance(response, dict):
        return answered(status=200, headers={}, data=response)
    status = getattr(response, "status_code", None) or getattr(response, "status", None)
    headers = getattr(response, "headers", None)
    return answered(
        status=status if isinstance(status, int) else 200,
        headers=headers if isinstance(headers, Mapping) else {},
        data=getattr(response, "data", None),
    )


def _outcome(row: error_table.Row, detail: str, *, headers: Mapping[str, str]) -> SlackFailure:
    match row.meaning:
        case Meaning.LIMITED:
            return _limited(headers)
        case Meaning.NOT_NOW:
            return RetryAfter(code=row.code, detail=detail)
        case Meaning.UNKNOWN:
            return RetryAfter(code=row.code, detail=detail, ambiguous=True)
        case Meaning.GIVE_UP:
            return GiveUp(code=row.code, detail=detail, fix=row.fix)
        case Meaning.BAD_BLOCKS:
            return BadBlocks(code=row.code, detail=detail, fix=row.fix)
        case Meaning.BROKEN:
            return Broken(code=row.code, detail=detail, fix=row.fix)
        case _:
            assert_never(row.meaning)


def _limited(headers: Mapping[str, str]) -> RetryAfter:
    """Parse Retry-After, which Slack sends in whole seconds; any other value is treated as missing."""
    value = next((value for name, value in headers.items() if name.lower() == "retry-after"), "")
    seconds = float(value) if re.fullmatch(r"[0-9]{1,9}", value) else LIMITED_FOR
    return limited(min(max(seconds, 1.0), MAX_LIMITED_FOR))


def _detail(body: Mapping[str, Any]) -> str:
    """Quote Slack's error string, the missing scope, and its messages about blocks; each short and printable."""
    parts = [f"Slack said {_short(body.get('error'), 80)}"]
    if needed := _short(body.get("needed"), 200):
        parts.append(f"needed: {needed}")
    metadata = body.get("response_metadata")
    messages = _list(metadata.get("messages") if isinstance(metadata, dict) else None) or _list(body.get("errors"))
    parts += [text for text in (_short(message, 300) for message in messages[:3]) if text]
    return "; ".join(parts) + "."


def _list(value: object) -> list[object]:
    return value if isinstance(value, list) else []


def _short(value: object, limit: int) -> str:
    if not isinstance(value, str):
        return ""
    return "".join(character if character.isprintable() else " " for character in value[:limit]).strip()
