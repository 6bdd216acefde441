"""The client of the agents' API for the commands that ask and look: opens an interaction once, polls until its end."""

import asyncio
import re
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import aiohttp

from bridge import network_errors
from bridge.commands import pointers
from storage import json_text
from storage.model import Json

_MAX_WAIT = 50.0  # seconds, of one request; many balancers give up after 60
_MARGIN = 8.0  # seconds beyond those a request waits: the bridge needs fewer than 5 for the database and a first card
_ID = re.compile("int_[0-9a-z]{1,40}")
_TRIES = 3
_OUTAGE_SECONDS = 30.0  # for which the bridge may fail while the command waits for an answer
PAUSE = 1.0  # seconds between two tries


class NoAnswer(Exception):
    """The bridge did not do what was asked, or its response is unknown; the message says why.

    Never means that a person denied.
    """


def _silent(_: str) -> None:
    return None


@dataclass(frozen=True, slots=True, kw_only=True)
class Bridge:
    """A bridge and an API key for it. `tell` gets a line when a request had no response and is sent again."""

    url: str
    key: str
    http: aiohttp.ClientSession
    pause: float = PAUSE
    margin: float = _MARGIN
    tell: Callable[[str], None] = _silent

    async def ask(self, body: Json, *, idempotency_key: str | None = None) -> Json:
        """Open one interaction and return it; raises NoAnswer.

        Retries use the same idempotency key, so that they never open a second one.
        """
        headers = {"Idempotency-Key": idempotency_key or secrets.token_hex(16)}
        for attempt in range(_TRIES):
            if attempt:
                await asyncio.sleep(self.pause)
            try:
                status, response = await self._call("POST", "", json=body, headers=headers)
            except aiohttp.ClientConnectorError as error:
                if attempt:
                    continue
                raise NoAnswer(f"{self._unreachable(error)}; nothing was asked. {_CHECK_URL}") from None
            except (aiohttp.ClientError, TimeoutError) as error:
                self._note_failure(error, again=attempt < _TRIES - 1)
                continue
            if status in {200, 201}:
                return response
            if status < 500 and (attempt == _TRIES - 1 or not _rate_limited(response)):
                raise NoAnswer(pointers.refused(status, response))
        raise NoAnswer(f"The bridge at {self.url} did not confirm the question; it may be open nevertheless.")

    async def end(self, interaction: Json, *, within: float | None) -> Json:
        """The interaction once it has ended, or as it is after `within` seconds; raises NoAnswer."""
        clock = asyncio.get_running_loop().time
        deadline = None if within is None else clock() + within
        last_success, is_failing = clock(), False
        while interaction["status"] == "pending":
            left = _MAX_WAIT if deadline is None else min(_MAX_WAIT, deadline - clock())
            if left <= 0:
                return interaction
            path = f"/{interaction['id']}"
            try:
                status, response = await self._call("GET", path, params={"wait": f"{left:.3f}"}, wait=left)
            except (aiohttp.ClientError, TimeoutError) as error:
                is_last = deadline is not None and deadline <= clock()
                if not is_failing:
                    self._note_failure(error, again=not is_last)
                status, response, is_failing = 503, {}, True
            if status == 200:
                interaction, last_success, is_failing = response, clock(), False
            elif status < 500 and not _rate_limited(response):
                raise NoAnswer(pointers.refused(status, response))
            elif clock() - last_success > _OUTAGE_SECONDS + left:
                raise NoAnswer(f"The bridge at {self.url} stopped responding; the state of the question is unknown.")
            else:
                await asyncio.sleep(self.pause)
        return interaction

    async def call(
        self, method: str, path: str, *, body: Json | None = None, query: dict[str, str] | None = None
    ) -> Json:
        """Send one request that may safely be repeated, at most three times; the JSON of its response.

        Raises NoAnswer when the bridge refuses it or cannot be reached.
        """
        cause = "its response is not usable"
        for attempt in range(_TRIES):
            if attempt:
                await asyncio.sleep(self.pause)
            try:
                status, response = await self._call(method, path, json=body, params=query or {})
            except aiohttp.ClientConnectorError as error:
                raise NoAnswer(f"{self._unreachable(error)}. {_CHECK_URL}") from None
            except (aiohttp.ClientError, TimeoutError) as error:
                cause = network_errors.why(error)
                self._note_failure(error, again=attempt < _TRIES - 1)
                continue
            if status == 200:
                return response
            if status < 500 and (attempt == _TRIES - 1 or not _rate_limited(response)):
                raise NoAnswer(pointers.refused(status, response))
        raise NoAnswer(f"The bridge at {self.url} did not answer ({cause}); try again.")

    def _note_failure(self, error: Exception, *, again: bool) -> None:
        if again:
            self.tell(f"The bridge at {self.url} did not respond ({network_errors.why(error)}); asking again …")

    def _unreachable(self, error: aiohttp.ClientConnectorError) -> str:
        return f"The bridge at {self.url} cannot be reached ({network_errors.why(error)})"

    async def _call(self, method: str, path: str, *, wait: float = 0.0, **options: Any) -> tuple[int, Json]:
        options["headers"] = {"Authorization": f"Bearer {self.key}", **options.get("headers", {})}
        # Follows no redirect, since the key must be sent to this URL only.
        async with self.http.request(
            method,
            f"{self.url}/v1/interactions{path}",
            allow_redirects=False,
            timeout=aiohttp.ClientTimeout(total=wait + self.margin, connect=5),
            **options,
        ) as response:
            try:
                body = await response.json(loads=json_text.loads, content_type=None)
            except ValueError:
                body = None
            if isinstance(body, dict) and (response.status >= 300 or _is_expected(body)):
                return response.status, body
            if response.status >= 500:
                return response.status, {}
            raise NoAnswer(f"What answers at {self.url} (HTTP {response.status}) is not an askbridge. Check --url.")


_CHECK_URL = "Check --url or ASKBRIDGE_URL."


def _is_expected(body: Json) -> bool:
    """Whether it is an interaction, a timeline (which has a message) or a page of interactions."""
    items = body.get("items")
    if "id" in body or not isinstance(items, list) or not all(isinstance(item, dict) for item in items):
        return _is_interaction(body)
    return "message" in body or all(_is_interaction(item) for item in items)


def _is_interaction(body: Json) -> bool:
    """Whether it is an interaction; its id goes into paths and into a command that people copy into a shell."""
    id, status, message = (body.get(name) for name in ("id", "status", "message"))
    return (
        isinstance(id, str) and _ID.fullmatch(id) is not None and isinstance(status, str) and isinstance(message, str)
    )


def _rate_limited(problem: Json) -> bool:
    """Whether the organization is at a limit, so that the same request may succeed later."""
    return problem.get("type") in {"urn:askbridge:problem:rate_limited", "urn:askbridge:problem:too_many_open"}
