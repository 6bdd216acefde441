"""response_urls: URLs through which an app may respond to one click without a token, five times within 30 minutes."""

import json
import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from aiohttp import web

from sandbox.slack import answers, arguments, content
from sandbox.slack.arguments import truth
from sandbox.slack.errors import RefusedError, SlackError
from sandbox.slack.faults import RESPONSE_URL, Faults
from sandbox.slack.model import Installation, Json, Message
from sandbox.slack.threads import thread_of
from sandbox.slack.world import World

USES = 5
LIFETIME = 30 * 60.0
MAX_REPLIES_KEPT = 10  # per response_url; they are shown in the record of clicks


@dataclass(frozen=True, kw_only=True)
class ResponseUrl:
    """One response_url: the clicked message or chosen channel, the person, and how often it may still be used."""

    channel: str
    ts: str | None  # of the message; None for the response_url of a submitted view, which has none
    clicker: str
    installation: Installation
    made_at: float
    uses_left: int = USES
    replies: tuple[Json, ...] = ()  # the requests that were received, each with the status and error of its response


class ResponseUrls:
    """The response_urls handed out so far, and the route that serves them."""

    def __init__(self, *, world: World, faults: Faults, now: Callable[[], float]) -> None:
        self._world = world
        self._faults = faults
        self._now = now
        self._given: dict[str, ResponseUrl] = {}
        self._count = 0

    @property
    def count(self) -> int:
        """How many URLs are kept; expired ones are dropped when the next one is created."""
        return len(self._given)

    def routes(self) -> list[web.RouteDef]:
        return [web.post("/actions/{team}/{n}/{secret}", self.answer)]

    def give(self, *, channel: str, ts: str | None, clicker: str, installation: Installation) -> str:
        """Create the response_url of one click or submission; returns its path."""
        self._forget_expired()
        self._count += 1
        path = f"/actions/{installation.place}/{self._count}/{secrets.token_urlsafe(18)}"
        self._given[path] = ResponseUrl(
            channel=channel, ts=ts, clicker=clicker, installation=installation, made_at=self._now()
        )
        return path

    def used(self, url: str) -> list[Json]:
        """The requests that this URL has received, oldest first, each as {"at", "body", "status", "error"}."""
        given = self._given.get(urlsplit(url).path)
        return list(given.replies) if given is not None else []

    def _forget_expired(self) -> None:
        """Drop expired URLs, which are stored in the order of expiry. A dropped URL still responds as expired."""
        while self._given:
            path, oldest = next(iter(self._given.items()))
            if not self._is_expired(oldest):
                return
            del self._given[path]

    def _is_expired(self, given: ResponseUrl) -> bool:
        return self._now() - given.made_at > LIFETIME

    async def answer(self, request: web.Request) -> web.Response:
        given = self._given.get(request.path)
        body = await request.read()
        if given is not None:
            fault = self._faults.take(RESPONSE_URL, channels=(given.channel,))
            if fault is not None:
                return await answers.faulty(
                    request,
                    fault,
                    perform=lambda: self._perform(request.path, body),
                    refuse=lambda error: web.json_response({"ok": False, "error": error}, status=404),
                )
        return self._perform(request.path, body)

    def _perform(self, path: str, body: bytes) -> web.Response:
        try:
            self._use(path, _read(body))
        except RefusedError as refused:
            self._note(path, body, status=refused.status, error=refused.error)
            return web.json_response({"ok": False, "error": refused.error}, status=refused.status)
        except SlackError as error:
            self._note(path, body, status=400, error=error.error)
            return web.Response(status=400, text=error.error)
        self._note(path, body, status=200, error=None)
        return web.Response(text="ok")

    def _note(self, path: str, body: bytes, *, status: int, error: str | None) -> None:
        given = self._given.get(path)
        if given is not None and len(given.replies) < MAX_REPLIES_KEPT:
            text = body.decode(errors="replace")
            reply: Json = {"at": time.time(), "body": text, "status": status, "error": error}
            self._given[path] = replace(given, replies=(*given.replies, reply))

    def _use(self, path: str, arguments: Json) -> None:
        given = self._given.get(path)
        if given is None or self._is_expired(given):
            raise RefusedError(404, "expired_url")
        if given.uses_left == 0:
            raise RefusedError(404, "used_url")
        parsed = content.read(arguments)
        source = self._world.message(channel=given.channel, ts=given.ts) if given.ts is not None else None
        deletes, replaces = truth(arguments.get("delete_original")), truth(arguments.get("replace_original"))
        thread_ts = arguments.get("thread_ts")
        thread = thread_of(self._world, given.channel, thread_ts) if thread_ts else None
        if parsed.is_empty and not deletes:
            raise SlackError("no_text")
        if source is None and (deletes or replaces):
            raise RefusedError(404, "message_not_found")
        self._given[path] = replace(given, uses_left=given.uses_left - 1)
        if deletes and source is not None:
            self._world.delete(source)
        if replaces and not deletes and source is not None:
            self._world.edit(source, text=parsed.text_to_post, blocks=parsed.blocks or ())
        elif not parsed.is_empty:
            in_channel = arguments.get("response_type") == "in_channel"
            self._say(given, parsed, thread=thread, ephemeral_to=None if in_channel else given.clicker)

    def _say(
        self, given: ResponseUrl, parsed: content.Content, *, thread: str | None, ephemeral_to: str | None
    ) -> None:
        self._world.say(
            Message(
                channel=given.channel,
                ts=self._world.new_ts(),
                user=given.installation.bot_user_id,
                app_id=given.installation.id,
                text=parsed.text_to_post,
                blocks=parsed.blocks or (),
                attachments=parsed.attachments or (),
                thread_ts=thread,
                ephemeral_to=ephemeral_to,
            )
        )


def _read(body: bytes) -> Json:
    """The arguments: a JSON object, by itself or in the form field `payload`."""
    form = dict(parse_qsl(body.decode(errors="replace"))) if body.startswith(b"payload=") else {}
    try:
        decoded: Any = json.loads(form.get("payload", body))
    except (ValueError, RecursionError):
        raise SlackError("invalid_payload") from None
    if not isinstance(decoded, dict):
        raise SlackError("invalid_payload")
    return arguments.decoded(decoded)
