"""One attempt to deliver a webhook: the request, its time limit and its outcome."""

import asyncio
import socket
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from urllib.parse import urljoin, urlsplit
from uuid import UUID

import aiohttp
from aiohttp.abc import AbstractResolver

from bridge.webhooks import target
from bridge.webhooks.bounded import MAX_BODY, BoundedConnector, TooMuch
from bridge.webhooks.guard import AddressRefused, Guard
from bridge.webhooks.names import Resolver, on_behalf_of
from bridge.webhooks.outcome import DeliveryOutcome

ATTEMPT_SECONDS = 15.0  # for the whole attempt: name, connection, TLS, request and response
_MAX_CHARACTERS = 500  # of the response body in `detail`
_MAX_PAUSE = 3_600.0  # seconds
_REDIRECTS = {301, 302, 303, 307, 308}
_UNKNOWN_NAME = {socket.EAI_NONAME, getattr(socket, "EAI_NODATA", socket.EAI_NONAME)}


class Sender:
    """The HTTP client for webhooks; follows no redirect, uses no proxy, keeps no cookies, does not decompress."""

    def __init__(
        self,
        guard: Guard,
        *,
        agent: str,
        seconds: float = ATTEMPT_SECONDS,
        resolver: AbstractResolver | None = None,
    ) -> None:
        self._http = aiohttp.ClientSession(
            connector=BoundedConnector(socket_factory=guard.socket, resolver=resolver or Resolver()),
            timeout=aiohttp.ClientTimeout(total=seconds),
            cookie_jar=aiohttp.DummyCookieJar(),
            headers={"User-Agent": agent, "Accept-Encoding": "identity"},
            trust_env=False,
            auto_decompress=False,
        )
        self._guard = guard
        self._seconds = seconds

    async def send(
        self, url: str, *, body: bytes, headers: Mapping[str, str], organization_id: UUID | None = None
    ) -> DeliveryOutcome:
        """POST a JSON body for an organization; never raises.

        Reads up to 64 KiB of the response body, and 96 KiB of the whole response.
        """
        all_headers = {**headers, "Content-Type": "application/json"}
        try:
            with on_behalf_of(organization_id):
                return await self._send(url, body, all_headers)
        except TimeoutError:
            return DeliveryOutcome(status=None, detail=f"no complete response within {self._seconds:.0f} s")
        except TooMuch as error:
            return DeliveryOutcome(status=None, detail=str(error))
        except (aiohttp.ClientError, OSError, ValueError, asyncio.IncompleteReadError) as error:
            return DeliveryOutcome(status=None, detail=_failure(error))

    async def _send(self, url: str, body: bytes, headers: Mapping[str, str]) -> DeliveryOutcome:
        async with self._http.post(url, data=body, headers=headers, allow_redirects=False) as response:
            detail = f"HTTP {response.status}"
            if redirect := _redirect(response, url, self._guard):
                detail += f": {redirect}"
            elif excerpt := await _excerpt(response):
                detail += f": {excerpt}"
            return DeliveryOutcome(status=response.status, detail=detail, retry_after=_retry_after(response))

    async def aclose(self) -> None:
        """Close every open connection."""
        await self._http.close()


async def _excerpt(response: aiohttp.ClientResponse) -> str:
    """The first 500 characters of the body on one line; after 64 KiB the connection is closed."""
    body = b""
    async for chunk in response.content.iter_any():
        body += chunk
        if len(body) > MAX_BODY:
            response.close()
            break
    text = " ".join(body[: 4 * _MAX_CHARACTERS].decode("utf-8", "replace").split())
    return _printable(text)[:_MAX_CHARACTERS]


def _redirect(response: aiohttp.ClientResponse, url: str, guard: Guard) -> str | None:
    """Where a redirect leads and what to do about it; None for any other response.

    The target is named without its query and user, which may hold a secret of the receiver.
    """
    location = response.headers.get("Location", "").strip()
    if response.status not in _REDIRECTS or not location:
        return None
    try:
        absolute = urljoin(url, location)
        parts = urlsplit(absolute)
        origin = f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}"
    except ValueError:
        return "redirects are not followed, and the target of this one is not a valid URL"
    named = _printable(origin)[:_MAX_CHARACTERS] + ("?…" if parts.query else "")
    try:
        target.check(absolute, guard)
    except target.BadTarget as error:
        wrong = "the target of this one is not allowed for webhooks"
        return f"redirects are not followed, and {wrong}: {named} (the url {error})"
    fix = "if the endpoint has moved, PATCH the endpoint's url (or name another callback)"
    return f"redirects are not followed; {fix}: {named}"


def _printable(text: str) -> str:
    return "".join(character for character in text if character.isprintable())


def _retry_after(response: aiohttp.ClientResponse) -> float | None:
    """The Retry-After header in seconds, from seconds or a date (RFC 9110, 10.2.3); None if absent or invalid.

    A date counts from the receiver's own `Date`, so that its clock may be wrong; without a readable one from ours.
    """
    value = response.headers.get("Retry-After", "").strip()
    if value.isascii() and value.isdigit():
        return min(float(value[:10]), _MAX_PAUSE)
    retry_at = _date(value)
    if retry_at is None:
        return None
    sent_at = _date(response.headers.get("Date", "")) or datetime.now(UTC)
    return min(max((retry_at - sent_at).total_seconds(), 0.0), _MAX_PAUSE)


def _date(text: str) -> datetime | None:
    """An HTTP date in any of its three formats (RFC 9110, 5.6.7); None if it is none. Without a zone it is UTC."""
    try:
        at = parsedate_to_datetime(text)
        return (at if at.tzinfo is not None else at.replace(tzinfo=UTC)).astimezone(UTC)
    except (TypeError, ValueError, OverflowError):
        return None


def _failure(error: BaseException) -> str:
    """What failed, for people; never contains the URL, which may hold a secret of the receiver."""
    if (refused := _address_refused(error)) is not None:
        return f"refused: {refused}"
    match error:
        case aiohttp.ClientConnectorDNSError():
            unknown = error.os_error.errno in _UNKNOWN_NAME
            return "its name is not known" if unknown else "its name could not be looked up"
        case aiohttp.ClientConnectorCertificateError():
            return "its certificate is not valid"
        case aiohttp.ClientSSLError():
            return "could not connect: TLS handshake failed"
        case aiohttp.ClientConnectorError():
            is_refused = isinstance(error.os_error, ConnectionRefusedError)
            return "could not connect: connection refused" if is_refused else "could not connect"
        case aiohttp.ServerDisconnectedError():
            return "closed the connection without a response"
        case aiohttp.ClientPayloadError():
            return "closed the connection in the middle of its response"
        case aiohttp.ClientResponseError():
            return "its response is not valid HTTP"
        case aiohttp.InvalidURL() | UnicodeError():
            return "its address cannot be called"
        case OSError():
            return "the connection was lost"
        case _:
            return f"no response ({type(error).__name__})"


def _address_refused(error: BaseException) -> AddressRefused | None:
    """The AddressRefused among the causes of an error."""
    cause: BaseException | None = error
    while cause is not None and not isinstance(cause, AddressRefused):
        cause = getattr(cause, "os_error", None) or cause.__cause__
    return cause
