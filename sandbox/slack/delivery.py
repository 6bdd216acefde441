"""Delivers payloads to an app: signs each, posts it to one of the request URLs, and waits for the acknowledgement."""

import asyncio
import json
import time
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from urllib.parse import urlencode

import aiohttp

from sandbox.slack import signing
from sandbox.slack.faults import Fault, Kind
from sandbox.slack.model import App, Json

MAX_KEPT = 10_000  # bytes of an app's response that are kept
OLD = 600  # seconds; apps must refuse time stamps that differ by more than 300 s


@dataclass(frozen=True, kw_only=True)
class Ack:
    """The request and the response of one delivery. Status 0 means no response; `error` then says why."""

    status: int
    ms: float
    request_url: str | None
    error: str | None = None
    request: Json | None = None  # headers and body as sent; None: nothing was sent
    answer: Json | None = None  # status, headers and body as received; None: no response could be read
    body: str = field(default="", repr=False)  # of the response, whole


class Delivery:
    """Sends payloads as Slack does, and chooses a replica as a load balancer in front of the app does.

    The request URLs of an app take turns. If one refuses the connection, or resets it before any response, the next
    one is tried, as a balancer does. Every other failure is final: Slack does not send interactivity again.
    """

    def __init__(self, *, ack_limit: float = 3.0) -> None:
        self.request_urls: dict[str, tuple[str, ...]] = {}  # by the app's id
        self._ack_limit = ack_limit
        self._turn = 0
        self._http: aiohttp.ClientSession | None = None

    async def open(self) -> None:
        # A new connection for each delivery: a reused one that the app has just closed would look like a refusal.
        connector = aiohttp.TCPConnector(force_close=True, limit=0)
        self._http = aiohttp.ClientSession(connector=connector, timeout=aiohttp.ClientTimeout(total=None))

    async def close(self) -> None:
        if self._http is not None:
            await self._http.close()

    async def deliver(
        self,
        payload: Json,
        *,
        app: App,
        times: int = 1,
        fault: Fault | None = None,
        request_url: str | None = None,
    ) -> list[Ack]:
        """Sign the payload once, and send that request `times` times at once, each waiting as long as Slack would.

        Returns one Ack for each delivery.
        """
        kind = fault.kind if fault is not None else None
        if kind is Kind.DROP_BEFORE:
            return [Ack(status=0, ms=0.0, request_url=None, error="connection")] * times
        if fault is not None and kind is Kind.SLOW:
            await asyncio.sleep(fault.seconds)
        if kind is Kind.DUPLICATE:
            times = max(times, 2)
        signed = _signed(payload, app=app, kind=kind)
        acks = await asyncio.gather(*(self._send(signed, self._in_turn(app, request_url)) for _ in range(times)))
        if kind is Kind.DROP_AFTER:
            return [replace(ack, status=0, error="connection", answer=None, body="") for ack in acks]
        return acks

    def _in_turn(self, app: App, request_url: str | None) -> tuple[str, ...]:
        if request_url is not None:
            return (request_url,)
        urls = self.request_urls.get(app.id, ())
        if not urls:
            return ()
        start = self._turn % len(urls)
        self._turn += 1
        return urls[start:] + urls[:start]

    async def _send(self, signed: "_Signed", request_urls: tuple[str, ...]) -> Ack:
        started = time.perf_counter()
        answer: Json | None = None
        body = ""
        tried = None
        error: str | None = "connection"
        try:
            async with asyncio.timeout(self._ack_limit):
                for tried in request_urls:
                    try:
                        answer, body = await self._post(tried, signed)
                        error = None
                        break
                    except aiohttp.ClientConnectionError:
                        continue  # the balancer's next replica
        except TimeoutError:
            error = "timeout"
        except aiohttp.ClientError:
            error = "connection"  # the response began, but could not be read to its end
        ms = (time.perf_counter() - started) * 1000
        return Ack(
            status=0 if answer is None else answer["status"],
            ms=round(ms, 3),
            request_url=tried,
            error=error,
            request=None if tried is None else {"headers": signed.headers, "body": signed.body.decode()},
            answer=answer,
            body=body,
        )

    async def _post(self, url: str, signed: "_Signed") -> tuple[Json, str]:
        if self._http is None:
            raise RuntimeError("nothing is delivered before the sandbox has started")
        async with self._http.post(url, data=signed.body, headers=signed.headers, allow_redirects=False) as answer:
            body = await answer.read()
            text = body[:MAX_KEPT].decode(errors="replace")
            kept = {"status": answer.status, "headers": dict(answer.headers), "body": text}
            return kept, body.decode(errors="replace")


def outcome(payload: Json, acks: Sequence[Ack], *, counts: Ack) -> Json:
    """What the control API says of a payload and its acknowledgements, of which one counts."""
    shape: Json = {
        "status": counts.status,
        "ack_ms": counts.ms,
        "request_url": counts.request_url,
        "payload": payload,
        "error": counts.error,
        "request": counts.request,
        "answer": counts.answer,
    }
    if len(acks) > 1:
        shape["statuses"] = [ack.status for ack in acks]
    return shape


@dataclass(frozen=True)
class _Signed:
    body: bytes
    headers: dict[str, str]


def _signed(payload: Json, *, app: App, kind: Kind | None) -> _Signed:
    body = urlencode({"payload": json.dumps(payload)}).encode()
    timestamp = int(time.time()) - (OLD if kind is Kind.OLD_TIMESTAMP else 0)
    headers = dict(signing.headers(secret=app.signing_secret, timestamp=timestamp, body=body))
    if kind is Kind.BAD_SIGNATURE:
        right = headers["X-Slack-Signature"]
        headers["X-Slack-Signature"] = right[:-1] + ("0" if right[-1] != "0" else "1")
    return _Signed(body, headers)
