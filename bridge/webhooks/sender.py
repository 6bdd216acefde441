"""One attempt to deliver: what is sent, how long it may take, and what came of it."""

import asyncio
import socket
from collections.abc import Mapping
from email.utils import parsedate_to_datetime

import aiohttp
from aiohttp.abc import AbstractResolver

from bridge.webhooks.bounded import MOST_BODY, BoundedConnector, TooMuch
from bridge.webhooks.guard import AddressRefused, Guard
from bridge.webhooks.names import Resolver
from bridge.webhooks.outcome import DeliveryOutcome

ATTEMPT_SECONDS = 15.0  # for everything: name, connection, TLS, sending, reading
_KEPT_CHARACTERS = 500
_LONGEST_PAUSE = 3_600.0
_UNKNOWN = {socket.EAI_NONAME, getattr(socket, "EAI_NODATA", socket.EAI_NONAME)}


class Sender:
    """The way out to receivers. It follows no redirect and no proxy variable, keeps no cookie, inflates nothing."""

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
        self._seconds = seconds

    async def send(self, url: str, *, body: bytes, headers: Mapping[str, str]) -> DeliveryOutcome:
        """POST a body of JSON; never raises. The answer is read up to 64 KiB, and 96 with all that is around it."""
        sent = {**headers, "Content-Type": "application/json"}
        try:
            async with self._http.post(url, data=body, headers=sent, allow_redirects=False) as answer:
                detail = f"HTTP {answer.status}"
                if said := await _begin(answer):
                    detail += f": {said}"
                return DeliveryOutcome(status=answer.status, detail=detail, retry_after=_pause(answer))
        except TimeoutError:
            return DeliveryOutcome(status=None, detail=f"no whole answer within {self._seconds:.0f} s")
        except TooMuch as error:
            return DeliveryOutcome(status=None, detail=str(error))
        except (aiohttp.ClientError, OSError, ValueError, asyncio.IncompleteReadError) as error:
            return DeliveryOutcome(status=None, detail=_told(error))

    async def aclose(self) -> None:
        """Cut what is open."""
        await self._http.close()


async def _begin(answer: aiohttp.ClientResponse) -> str:
    """The first characters of an answer on one line; at most 64 KiB are read, then the connection is cut."""
    body = b""
    async for chunk in answer.content.iter_any():
        body += chunk
        if len(body) > MOST_BODY:
            answer.close()
            break
    text = " ".join(body[: 4 * _KEPT_CHARACTERS].decode("utf-8", "replace").split())
    return "".join(character for character in text if character.isprintable())[:_KEPT_CHARACTERS]


def _pause(answer: aiohttp.ClientResponse) -> float | None:
    """Retry-After in seconds, from either of its two forms; nonsense counts as none."""
    said = answer.headers.get("Retry-After", "").strip()
    if said.isascii() and said.isdigit():
        return min(float(said[:10]), _LONGEST_PAUSE)
    try:
        asked = parsedate_to_datetime(said)
        told = parsedate_to_datetime(answer.headers["Date"])
        return min(max((asked - told).total_seconds(), 0.0), _LONGEST_PAUSE)
    except (KeyError, TypeError, ValueError, OverflowError):
        return None


def _told(error: BaseException) -> str:
    """What went wrong, for people; never the address, which may carry a secret of the receiver's."""
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, AddressRefused):
            return f"refused: {cause}"
        cause = getattr(cause, "os_error", None) or cause.__cause__
    match error:
        case aiohttp.ClientConnectorDNSError():
            unknown = error.os_error.errno in _UNKNOWN
            return "its name is not known" if unknown else "its name could not be looked up"
        case aiohttp.ClientConnectorCertificateError():
            return "its certificate is not valid"
        case aiohttp.ClientSSLError():
            return "could not connect: it does not speak TLS as it should"
        case aiohttp.ClientConnectorError():
            refused = isinstance(error.os_error, ConnectionRefusedError)
            return "could not connect: nobody listens there" if refused else "could not connect"
        case aiohttp.ServerDisconnectedError():
            return "closed the connection without an answer"
        case aiohttp.ClientPayloadError():
            return "closed the connection in the middle of its answer"
        case aiohttp.ClientResponseError():
            return "its answer cannot be read as HTTP"
        case aiohttp.InvalidURL() | UnicodeError():
            return "its address cannot be called"
        case OSError():
            return "the connection broke"
        case _:
            return f"no answer ({type(error).__name__})"
