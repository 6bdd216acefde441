"""The agents' API as the `ask` command uses it: a question asked once, then looked at until it has an end."""

import asyncio
import secrets
from dataclasses import dataclass
from typing import Any

import aiohttp

from bridge import network_errors
from storage.model import Json

_MOST_WAIT = 60.0  # of one request
_TRIES = 3
_PATIENCE = 30.0  # how long a bridge may be gone while its answer is waited for
_PAUSE = 1.0


class NoAnswer(Exception):
    """Nobody's answer could be learnt; the message says why. It is never a no."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Bridge:
    """A bridge and the key for it."""

    url: str
    key: str
    http: aiohttp.ClientSession

    async def ask(self, body: Json) -> Json:
        """Open a question, once however often it has to be sent; raises NoAnswer."""
        idempotency_key = secrets.token_hex(16)
        for attempt in range(_TRIES):
            if attempt:
                await asyncio.sleep(_PAUSE)
            try:
                status, told = await self._call("POST", "", json=body, headers={"Idempotency-Key": idempotency_key})
            except aiohttp.ClientConnectorError as error:
                if attempt:
                    continue
                raise NoAnswer(
                    f"The bridge at {self.url} cannot be reached ({network_errors.why(error)}); nothing was asked. "
                    "Check --url or ASKBRIDGE_URL."
                ) from None
            except (aiohttp.ClientError, TimeoutError):
                continue
            if status in {200, 201}:
                return told
            if status < 500 and (attempt == _TRIES - 1 or not _too_fast(told)):
                raise NoAnswer(_refused(status, told))
        raise NoAnswer(f"The bridge at {self.url} did not confirm the question; it may be open there all the same.")

    async def end(self, asked: Json, *, within: float | None) -> Json:
        """The question as soon as it has ended, or as it is after so many seconds; raises NoAnswer."""
        clock = asyncio.get_running_loop().time
        deadline = None if within is None else clock() + within
        heard = clock()
        while asked["status"] == "pending":
            left = _MOST_WAIT if deadline is None else min(_MOST_WAIT, deadline - clock())
            if left <= 0:
                return asked
            try:
                status, told = await self._call("GET", f"/{asked['id']}", params={"wait": f"{left:.3f}"}, wait=left)
            except (aiohttp.ClientError, TimeoutError):
                status, told = 503, {}
            if status == 200:
                asked, heard = told, clock()
            elif status < 500 and not _too_fast(told):
                raise NoAnswer(_refused(status, told))
            elif clock() - heard > _PATIENCE + left:
                raise NoAnswer(f"The bridge at {self.url} stopped answering; nothing is known of the question.")
            else:
                await asyncio.sleep(_PAUSE)
        return asked

    async def _call(self, method: str, path: str, *, wait: float = 0.0, **more: Any) -> tuple[int, Json]:
        more["headers"] = {"Authorization": f"Bearer {self.key}", **more.get("headers", {})}
        # A redirect is not followed: the key is for this address alone.
        async with self.http.request(
            method,
            f"{self.url}/v1/interactions{path}",
            allow_redirects=False,
            timeout=aiohttp.ClientTimeout(total=wait + 15, connect=5),
            **more,
        ) as answer:
            try:
                told = await answer.json(content_type=None)
            except ValueError:
                told = None
            if isinstance(told, dict) and (answer.status >= 300 or {"id", "status", "message"} <= told.keys()):
                return answer.status, told
            if answer.status >= 500:
                return answer.status, {}
            raise NoAnswer(f"What answers at {self.url} (HTTP {answer.status}) is not an askbridge. Check --url.")


def _too_fast(told: Json) -> bool:
    """Whether others of the organization ask so much that this request only has to come again later."""
    return told.get("type") in {"urn:askbridge:problem:rate_limited", "urn:askbridge:problem:too_many_open"}


def _refused(status: int, told: Json) -> str:
    detail = told.get("detail")
    return str(detail) if isinstance(detail, str) else f"The bridge refused the question (HTTP {status})."
