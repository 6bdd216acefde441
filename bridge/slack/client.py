"""Slack's Web API as we use it: one call, one outcome, no retry that we did not decide."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from email.utils import parsedate_to_datetime
from typing import Any

import aiohttp
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient
from slack_sdk.webhook.async_client import AsyncWebhookClient

from bridge.card.frame import Drawing
from bridge.slack import errors
from bridge.slack.errors import SlackFailure
from storage.model import Handle, Json

CALL_SECONDS = 10.0  # for everything of one call; leases are longer than this
REPLY_SECONDS = 3.0  # a private reply that comes later than this explains nothing any more


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """Whose token it is, as Slack tells it."""

    app_id: str | None
    enterprise_id: str | None
    team_id: str | None  # None for an organization-wide install
    home_teams: list[str]
    bot_user_id: str
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Channel:
    """A channel as the app sees it."""

    name: str
    joined: bool  # by the app; only then cards can be posted there
    archived: bool


class UnreadableResponse(Exception):
    """Slack said ok, and not what it must say with it."""

    def __init__(self, what: str) -> None:
        super().__init__(what)
        self.what = what


def session(*, seconds: float = CALL_SECONDS, most: int = 50) -> aiohttp.ClientSession:
    """A session for `most` calls at once, each over after `seconds`; the only place where that can be set."""
    return aiohttp.ClientSession(
        timeout=aiohttp.ClientTimeout(total=seconds, sock_connect=5.0), connector=aiohttp.TCPConnector(limit=most)
    )


class Client:
    """Calls with one installation's token. Every method returns its result or a SlackFailure, and never raises."""

    def __init__(self, *, token: str, api_url: str, http: aiohttp.ClientSession) -> None:
        # No retry handlers: the default one posts a second card when the connection broke after the first.
        self._web = AsyncWebClient(token=token, base_url=api_url, session=http, retry_handlers=[])

    async def post(self, address: Mapping[str, Any], card: Drawing) -> Handle | SlackFailure:
        """Show a card at an address; a person's id is their direct messages with the app."""
        arguments = {
            "channel": address.get("user") or address["channel"],
            "text": card.text,
            "blocks": card.blocks,
            "parse": "none",
            "unfurl_links": False,
            "unfurl_media": False,
        }
        if thread_ts := address.get("thread_ts"):
            arguments["thread_ts"] = thread_ts
        try:
            told = await self._web.chat_postMessage(**arguments)
            return Handle(channel=_text(told, "channel"), ts=_text(told, "ts"))
        except Exception as error:  # noqa: BLE001  -- the table in errors knows every class of them
            return _failure(error)

    async def edit(self, handle: Handle, card: Drawing) -> Handle | SlackFailure:
        """Make a card show this, all of it: Slack keeps no versions, so the last edit wins."""
        try:
            await self._web.chat_update(
                channel=handle.channel,
                ts=handle.ts,
                text=card.text,
                blocks=card.blocks,
                parse="none",
                link_names=False,
            )
        except Exception as error:  # noqa: BLE001  -- as above
            return _failure(error)
        return handle

    async def permalink(self, handle: Handle) -> str | SlackFailure:
        """The link that brings a person to a card."""
        try:
            told = await self._web.chat_getPermalink(channel=handle.channel, message_ts=handle.ts)
            return _text(told, "permalink")
        except Exception as error:  # noqa: BLE001  -- as above
            return _failure(error)

    async def identity(self) -> Identity | SlackFailure:
        """Whose token this is. Slack does not always tell the app's id; it can be asked for with `users:read`."""
        try:
            told = await self._web.auth_test()
            enterprise_id = told.get("enterprise_id") or None
            org_wide = bool(told.get("is_enterprise_install"))
            team_id = _text(told, "team_id")
            app_id = told.get("app_id")
            if app_id is None and (bot := told.get("bot_id")):
                app_id = await self._app_id(bot)
            home = await self._teams() if org_wide else []
            return Identity(
                app_id=app_id,
                enterprise_id=enterprise_id,
                team_id=None if org_wide else team_id,
                home_teams=[*home, *([enterprise_id] if org_wide and enterprise_id else [])] or [team_id],
                bot_user_id=_text(told, "user_id"),
                name=str(told.get("team") or team_id),
            )
        except Exception as error:  # noqa: BLE001  -- as above
            return _failure(error)

    async def scopes(self) -> frozenset[str] | SlackFailure | None:
        """What the token may do; None when whatever answered did not tell."""
        try:
            told = await self._web.auth_test()
        except Exception as error:  # noqa: BLE001  -- as above
            return _failure(error)
        said = next((value for name, value in told.headers.items() if name.lower() == "x-oauth-scopes"), None)
        return None if said is None else frozenset(scope.strip() for scope in said.split(",") if scope.strip())

    async def channel(self, id: str) -> Channel | SlackFailure:
        """Look at a channel. It takes `channels:read` (private: `groups:read`), which the app does not ask for."""
        try:
            told: Any = (await self._web.conversations_info(channel=id))["channel"]
        except Exception as error:  # noqa: BLE001  -- as above
            return _failure(error)
        return Channel(
            name=str(told.get("name") or id),
            joined=told.get("is_member") is True,
            archived=told.get("is_archived") is True,
        )

    async def _app_id(self, bot: str) -> str | None:
        try:
            told: Any = await self._web.bots_info(bot=bot)
        except SlackApiError:  # mostly missing_scope; the settings may know what Slack does not tell
            return None
        return told["bot"].get("app_id")  # type: ignore[no-any-return]  # Slack's word for it

    async def _teams(self) -> list[str]:
        """The workspaces of an organization-wide install, page by page."""
        found: list[str] = []
        cursor = ""
        while True:
            told: Any = await self._web.auth_teams_list(cursor=cursor or None)
            found += [team["id"] for team in told["teams"]]
            cursor = (told.get("response_metadata") or {}).get("next_cursor") or ""
            if not cursor:
                return found


async def reach(api_url: str, *, http: aiohttp.ClientSession) -> SlackFailure | None:
    """Whether Slack's Web API answers at this address, whatever it says to somebody without a token."""
    try:
        await AsyncWebClient(base_url=api_url, session=http, retry_handlers=[]).api_test()
    except SlackApiError as error:
        data = getattr(error.response, "data", None)
        if isinstance(data, dict) and isinstance(data.get("error"), str):
            return None
        return _failure(error)
    except Exception as error:  # noqa: BLE001  -- as above
        return _failure(error)
    return None


async def now(api_url: str, *, http: aiohttp.ClientSession) -> datetime | None:
    """What time Slack has, to the second, by the date of an answer; None when it does not tell."""
    try:
        async with http.get(f"{api_url}api.test", allow_redirects=False) as answer:
            return parsedate_to_datetime(answer.headers["Date"])
    except (aiohttp.ClientError, TimeoutError, ValueError, KeyError):
        return None


async def respond(url: str, payload: Json, *, http: aiohttp.ClientSession) -> int | SlackFailure:
    """Use a response URL once; its HTTP status. The URL is a secret of the conversation and is never logged."""
    try:
        told = await AsyncWebhookClient(url, session=http, retry_handlers=[]).send_dict(payload)
    except Exception as error:  # noqa: BLE001  -- as above
        return _failure(error)
    return told.status_code


def _text(told: Any, name: str) -> str:
    value = told.get(name)
    if not isinstance(value, str) or not value:
        raise UnreadableResponse(name)
    return value


def _failure(error: Exception) -> SlackFailure:
    if isinstance(error, UnreadableResponse):
        return errors.unreadable(f"it has no {error.what}")
    return errors.classify(error)
