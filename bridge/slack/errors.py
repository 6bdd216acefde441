"""What a failed call to Slack means: each exception becomes, here and nowhere else, one of four outcomes.

Of everything in an exception only Slack's error word, its scopes and its remarks on blocks are kept. Addresses, headers
and bodies may hold a token and go nowhere.
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
"""Seconds to pause when Slack says *too fast* and not how long; its own word is mostly between 1 and 30."""

LIMITED_AT_MOST: Final = 3600.0
"""However long Slack says, after an hour it is asked again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RetryAfter:
    """Later it may succeed: after `seconds`, or, when Slack did not say, after our own back-off."""

    code: str
    detail: str
    seconds: float | None = None
    ambiguous: bool = False  # it may have been applied all the same
    fix: str = error_table.WAIT

    @property
    def limited(self) -> bool:
        """Whether Slack asked for a pause: no failed attempt, and true for whatever shares the limit."""
        return self.seconds is not None


@dataclass(frozen=True, slots=True, kw_only=True)
class GiveUp:
    """This request will never succeed."""

    code: str
    detail: str
    fix: str


@dataclass(frozen=True, slots=True, kw_only=True)
class BadBlocks:
    """This form of the card will never be taken; a plainer one may be tried, once."""

    code: str
    detail: str
    fix: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Broken:
    """Nothing will succeed for this installation until somebody mends it."""

    code: str
    detail: str
    fix: str


SlackFailure: TypeAlias = RetryAfter | GiveUp | BadBlocks | Broken


def reason(failure: SlackFailure) -> Json:
    """Write a failure as it is stored and told: `{code, detail, fix}`."""
    return {"code": failure.code, "detail": failure.detail, "fix": failure.fix}


def unreadable(what: str) -> RetryAfter:
    """An answer nobody can read, after a request that was sent: it may have been applied."""
    return RetryAfter(code="slack_unreadable", detail=f"Slack's answer could not be read: {what}.", ambiguous=True)


def classify(error: Exception) -> SlackFailure:
    """Say what a failed call means for what was to be done. Knows every error; a surprise is retried as ambiguous."""
    match error:
        case SlackApiError():
            return _answered(error.response)
        case AttributeError(name="get", obj=str() | list() | int() | float()):
            # slack_sdk asks any 200 for `.get("ok")`, also a text/plain one, which it hands on as a string
            return unreadable("it is no JSON object")
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
            return RetryAfter(code="slack_timeout", detail="Slack did not answer in time.", ambiguous=True)
        case aiohttp.ClientError() | OSError():
            detail = f"The connection to Slack broke before its answer ({network_errors.why(error)})."
            return RetryAfter(code="slack_disconnected", detail=detail, ambiguous=True)
        case _:
            detail = f"The call to Slack failed in a way nobody expected ({type(error).__name__})."
            return RetryAfter(code="unexpected_error", detail=detail, ambiguous=True)


def answered(*, status: int, headers: Mapping[str, str], data: object) -> SlackFailure:
    """Say what an answer of Slack's means that is not a success."""
    told = data if isinstance(data, dict) else {}
    word = told.get("error")
    row = error_table.find(word) if isinstance(word, str) else None
    if status == 429:
        return _limited(headers)
    if row:
        return _outcome(row, _detail(told), headers=headers)
    if status >= 500:
        return RetryAfter(code="slack_unavailable", detail=f"Slack answered HTTP {status}.", ambiguous=True)
    if isinstance(word, str) and word and told.get("ok") is False:
        return _outcome(error_table.OTHER, _detail(told), headers=headers)
    if status >= 300:  # not Slack's way of speaking: a proxy, or a wrong address, and it says no
        detail = f"HTTP {status} without an answer of Slack's; is there a proxy, or another address, in between?"
        return RetryAfter(code="slack_unreachable", detail=detail)
    return unreadable("it is neither a success nor an error")


def _answered(response: object) -> SlackFailure:
    """Read what slack_sdk puts into its error: its own response, or aiohttp's when the body was no JSON, or a dict."""
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
    """Read Retry-After, whole seconds in Slack's use; anything else is as good as none."""
    said = next((value for name, value in headers.items() if name.lower() == "retry-after"), "")
    seconds = float(said) if re.fullmatch(r"[0-9]{1,9}", said) else LIMITED_FOR
    return RetryAfter(
        code="rate_limited",
        detail="Slack asked for a pause.",
        seconds=min(max(seconds, 1.0), LIMITED_AT_MOST),
    )


def _detail(told: Mapping[str, Any]) -> str:
    """Quote Slack's word, the scope it misses, and its remarks on blocks; each short and printable."""
    parts = [f"Slack said {_short(told.get('error'), 80)}"]
    if needed := _short(told.get("needed"), 200):
        parts.append(f"needed: {needed}")
    metadata = told.get("response_metadata")
    remarks = _list(metadata.get("messages") if isinstance(metadata, dict) else None) or _list(told.get("errors"))
    parts += [said for said in (_short(remark, 300) for remark in remarks[:3]) if said]
    return "; ".join(parts) + "."


def _list(value: object) -> list[object]:
    return value if isinstance(value, list) else []


def _short(value: object, limit: int) -> str:
    if not isinstance(value, str):
        return ""
    return "".join(character if character.isprintable() else " " for character in value[:limit]).strip()


def _kind(error: Exception) -> str:
    return type(error).__name__
