"""The methods of Slack's Web API that the bridge calls: one request and one outcome each, without built-in retries."""

import asyncio
import json
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

CALL_SECONDS = 10.0  # the timeout of one call in total; leases are longer than this
REPLY_SECONDS = 3.0  # the timeout of a private reply; a later one would no longer be understood
_CHANGED_SINCE = "hash_conflict"
_OPEN_ALREADY = ("duplicate_external_id", "exchanged_trigger_id")


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """The installation that a token belongs to, from `auth.test`."""

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
    joined: bool  # the app is a member; only then cards can be posted there
    archived: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """A person, or a bot, as Slack knows it."""

    team_id: str | None  # the workspace that the person belongs to
    enterprise_id: str | None  # the Enterprise organization of that workspace, if it is in one
    teams: tuple[str, ...]  # all workspaces of a person of an Enterprise organization
    is_bot: bool
    is_deactivated: bool

    @property
    def is_active(self) -> bool:
        """Whether this is a person who can use Slack."""
        return not self.is_bot and not self.is_deactivated


@dataclass(frozen=True, slots=True)
class NoSuchPerson:
    """Slack knows no person with this id, or none that the app can see."""


class UnreadableResponse(Exception):
    """Slack responded `ok` without a field that the method documents."""

    def __init__(self, field: str) -> None:
        super().__init__(field)
        self.field = field


def session(*, seconds: float = CALL_SECONDS, max_connections: int = 50) -> aiohttp.ClientSession:
    """Return a session with up to `max_connections` calls at once and a timeout of `seconds` for each call.

    slack_sdk ignores its own timeout and limits for a session that it is given, so they are set here only.
    """
    return aiohttp.ClientSession(
        timeout=aiohttp.ClientTimeout(total=seconds, sock_connect=5.0),
        connector=aiohttp.TCPConnector(limit=max_connections),
    )


class Client:
    """Calls Slack with the token of one installation. Its methods return a result or a SlackFailure; none raises."""

    def __init__(self, *, token: str, api_url: str, http: aiohttp.ClientSession) -> None:
        # No retry handlers: the default one would post a second card if the connection broke after the first request.
        self._web = AsyncWebClient(token=token, base_url=api_url, session=http, retry_handlers=[])

    async def post(self, address: Mapping[str, Any], card: Drawing) -> Handle | SlackFailure:
        """Post a card to an address; the address of a person means their direct messages with the app."""
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
            response = await self._web.chat_postMessage(**arguments)
            return Handle(channel=_text(response, "channel"), ts=_text(response, "ts"))
        except Exception as error:  # noqa: BLE001  -- `errors.classify` handles every exception
            return _failure(error)

    async def edit(self, handle: Handle, card: Drawing) -> Handle | SlackFailure:
        """Replace the whole content of a card. Slack keeps no versions, so the last edit wins."""
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
        """The permanent URL of a card's message."""
        try:
            response = await self._web.chat_getPermalink(channel=handle.channel, message_ts=handle.ts)
            return _text(response, "permalink")
        except Exception as error:  # noqa: BLE001  -- as above
            return _failure(error)

    async def post_ephemeral(
        self, *, channel: str, user_id: str, text: str, thread_ts: str | None
    ) -> SlackFailure | None:
        """Post an ephemeral message, which only this user sees; None if Slack accepted it within REPLY_SECONDS."""
        try:
            async with asyncio.timeout(REPLY_SECONDS):
                await self._web.chat_postEphemeral(channel=channel, user=user_id, text=text, thread_ts=thread_ts)
        except Exception as error:  # noqa: BLE001  -- as above
            return _failure(error)
        return None

    async def open_form(self, view: Json, *, trigger_id: str) -> SlackFailure | None:
        """Open a modal with an `external_id` for the person whose click had this trigger; None if it is open.

        Each click has a trigger and an `external_id` of its own, so what was opened with them before is the same form.
        """
        try:
            await self._web.views_open(trigger_id=trigger_id, view=view)
        except SlackApiError as error:
            return None if _refused_as(error) in _OPEN_ALREADY else _failure(error)
        except Exception as error:  # noqa: BLE001  -- as above
            return _failure(error)
        return None

    async def update_form(self, view: Json, *, external_id: str) -> SlackFailure | None:
        """Replace the content of an open modal; None if Slack did. A modal that is not open any more is `form_expired`.

        What a person has entered stays in the inputs whose ids stay the same.
        """
        return await self._update_form(external_id=external_id, view=view)

    async def update_page(self, view: Json, *, view_id: str, hash: str | None) -> SlackFailure | None:
        """Replace a page of an open modal; None if Slack did, or if the modal has changed since it had this hash."""
        return await self._update_form(view_id=view_id, hash=hash, view=view)

    async def _update_form(self, **arguments: Any) -> SlackFailure | None:
        try:
            await self._web.views_update(**arguments)
        except SlackApiError as error:
            return None if _refused_as(error) == _CHANGED_SINCE else _failure(error)
        except Exception as error:  # noqa: BLE001  -- as above
            return _failure(error)
        return None

    async def identity(self) -> Identity | SlackFailure:
        """The installation of this token. If Slack omits the app's id, it is looked up, which takes `users:read`."""
        try:
            response = await self._web.auth_test()
            enterprise_id = response.get("enterprise_id") or None
            org_wide = bool(response.get("is_enterprise_install"))
            team_id = _text(response, "team_id")
            app_id = response.get("app_id")
            if app_id is None and (bot := response.get("bot_id")):
                app_id = await self._app_id(bot)
            home = await self._teams() if org_wide else []
            return Identity(
                app_id=app_id,
                enterprise_id=enterprise_id,
                team_id=None if org_wide else team_id,
                home_teams=[*home, *([enterprise_id] if org_wide and enterprise_id else [])] or [team_id],
                bot_user_id=_text(response, "user_id"),
                name=str(response.get("team") or team_id),
            )
        except Exception as error:  # noqa: BLE001  -- as above
            return _failure(error)

    async def scopes(self) -> frozenset[str] | SlackFailure | None:
        """The scopes of the token, from the header of a response; None if the response does not have that header."""
        try:
            response = await self._web.auth_test()
        except Exception as error:  # noqa: BLE001  -- as above
            return _failure(error)
        value = next((value for name, value in response.headers.items() if name.lower() == "x-oauth-scopes"), None)
        return None if value is None else frozenset(scope.strip() for scope in value.split(",") if scope.strip())

    async def channel(self, id: str) -> Channel | SlackFailure:
        """Describe a channel. Needs `channels:read` (private: `groups:read`), which is not in the app's manifest."""
        try:
            channel: Any = (await self._web.conversations_info(channel=id))["channel"]
        except Exception as error:  # noqa: BLE001  -- as above
            return _failure(error)
        return Channel(
            name=str(channel.get("name") or id),
            joined=channel.get("is_member") is True,
            archived=channel.get("is_archived") is True,
        )

    async def person(self, id: str) -> Person | NoSuchPerson | SlackFailure:
        """Describe a person. Needs `users:read`."""
        try:
            user: Any = (await self._web.users_info(user=id))["user"]
            enterprise: Any = user.get("enterprise_user") or {}
            return Person(
                team_id=user.get("team_id") or None,
                enterprise_id=enterprise.get("enterprise_id") or None,
                teams=tuple(enterprise.get("teams") or ()),
                is_bot=user.get("is_bot") is True,
                is_deactivated=user.get("deleted") is True,
            )
        except Exception as error:  # noqa: BLE001  -- as above
            failure = _failure(error)
            return NoSuchPerson() if failure.code == "user_not_found" else failure

    async def _app_id(self, bot: str) -> str | None:
        try:
            response: Any = await self._web.bots_info(bot=bot)
        except SlackApiError:  # usually missing_scope; the id may be in the settings
            return None
        return response["bot"].get("app_id")  # type: ignore[no-any-return]  # Slack documents a string

    async def _teams(self) -> list[str]:
        """The ids of the workspaces of an organization-wide install, from all pages."""
        team_ids: list[str] = []
        cursor = ""
        while True:
            response: Any = await self._web.auth_teams_list(cursor=cursor or None)
            team_ids += [team["id"] for team in response["teams"]]
            cursor = (response.get("response_metadata") or {}).get("next_cursor") or ""
            if not cursor:
                return team_ids


async def reach(api_url: str, *, http: aiohttp.ClientSession) -> SlackFailure | None:
    """Call `api.test` without a token. Returns None if Slack's Web API responds, also with an error string."""
    try:
        await AsyncWebClient(base_url=api_url, session=http, retry_handlers=[]).api_test()
    except SlackApiError as error:
        return None if _refused_as(error) is not None else _failure(error)
    except Exception as error:  # noqa: BLE001  -- as above
        return _failure(error)
    return None


async def now(api_url: str, *, http: aiohttp.ClientSession) -> datetime | None:
    """Slack's time, to the second, from the Date header of a response; None without a response or a valid header."""
    try:
        async with http.get(f"{api_url}api.test", allow_redirects=False) as response:
            return parsedate_to_datetime(response.headers["Date"])
    except (aiohttp.ClientError, TimeoutError, ValueError, KeyError):
        return None


async def respond(url: str, payload: Json, *, http: aiohttp.ClientSession) -> int | SlackFailure:
    """Post to a response URL once; returns the HTTP status, or a failure also if a 200 says that it is not `ok`.

    The URL is a secret of the conversation: never log it.
    """
    try:
        response = await AsyncWebhookClient(url, session=http, retry_handlers=[]).send_dict(payload)
    except Exception as error:  # noqa: BLE001  -- as above
        return _failure(error)
    if response.status_code == 200 and (refusal := _refusal(response.body)) is not None:
        return errors.answered(status=200, headers={}, data=refusal)
    return response.status_code


def _refusal(body: str) -> Json | None:
    """Slack's JSON object if it says that the request was refused; usually the body is the text `ok`."""
    if not body.startswith("{"):
        return None
    try:
        decoded = json.loads(body)
    except (ValueError, RecursionError):
        return None
    return decoded if decoded.get("ok") is False else None


def _text(response: Any, name: str) -> str:
    value = response.get(name)
    if not isinstance(value, str) or not value:
        raise UnreadableResponse(name)
    return value


def _refused_as(error: SlackApiError) -> str | None:
    """Slack's error string; None if the response is not one of Slack's."""
    data = getattr(error.response, "data", None)
    word = data.get("error") if isinstance(data, dict) else None
    return word if isinstance(word, str) else None


def _failure(error: Exception) -> SlackFailure:
    if isinstance(error, UnreadableResponse):
        return errors.unreadable(f"it has no {error.field}")
    return errors.classify(error)
