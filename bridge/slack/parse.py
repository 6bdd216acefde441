"""What came from Slack: verified bytes become one of a closed set of values, and nothing in them can raise.

Pure: no network, no clock, no database. Whoever matches on `Incoming` is told by the type checker when it grows.
"""

import ipaddress
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final, TypeAlias
from urllib.parse import urlsplit
from uuid import UUID

from bridge import actions
from bridge.slack import fields, form
from bridge.slack.verify import claim_id as claim_id_of

SLACK: Final = "https://slack.com/api/"
_HOOKS: Final = "https://hooks.slack.com/"


@dataclass(frozen=True, slots=True, kw_only=True)
class Click:
    """A person chose something on a message: whose installation, who, where, and what.

    `interaction` or `choice` is None when the element is not one of ours; the verdict is then `gone`.
    """

    claim_id: bytes
    app_id: str
    enterprise_id: str | None
    team_id: str | None  # the workspace whose installation owns the message; null in an organization-wide install
    is_enterprise_install: bool
    user_id: str
    user_name: str | None
    user_team: str | None  # the clicker's own workspace: another one's for an outsider
    channel: str | None
    ts: str | None
    thread_ts: str | None  # set when the card stands in a thread
    is_ephemeral: bool
    interaction: UUID | None
    choice: str | None
    response_url: str | None = field(repr=False)  # a bearer secret: whoever has it can write into the conversation

    @property
    def installed_team(self) -> str | None:
        """The workspace under which the installation is stored: None for an organization-wide one, wherever clicked."""
        return None if self.is_enterprise_install else self.team_id


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkOpened:
    """A person followed a button that is a link. Slack tells us, and wants an ack; there is nothing to decide."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """A slash command."""

    command: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """One event of the Events API; retried by Slack with the same `event_id`."""

    type: str
    event_id: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class UrlVerification:
    """Slack asks whether the request URL is ours: the answer is the challenge."""

    challenge: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SslCheck:
    """Slack looks whether the certificate is good; any 200 will do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Unsupported:
    """Well-formed, and of a type this release does nothing with; it deserves a calm 200."""

    type: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Unreadable:
    """Signed, but not of Slack's form; `why` is for the log and quotes nothing of it."""

    why: str


Incoming: TypeAlias = Click | LinkOpened | Command | Event | UrlVerification | SslCheck | Unsupported | Unreadable


def parse(body: bytes, *, api_url: str = SLACK) -> Incoming:
    """Read a verified body, JSON or form by what it is, not by a header, because headers are not signed. Never raises.

    `api_url` is where Slack is; only its response URLs are taken.
    """
    try:
        if body.lstrip()[:1] == b"{":
            return _envelope(_object(body))
        sent = form.read(body)
        if "payload" in sent:
            text = sent["payload"]
            return _interaction(_object(text), claim_id=claim_id_of(text), api_url=api_url)
    except fields.Wrong as wrong:
        return Unreadable(why=str(wrong))
    if "command" in sent:
        return Command(command=_name(sent["command"].decode(errors="replace")))
    if "ssl_check" in sent:
        return SslCheck()
    return Unreadable(why="the form is neither an interaction nor a command")


def trusted_response_url(url: object, *, api_url: str = SLACK) -> bool:
    """Whether a reply may be posted to `url`: Slack's own host, or with a sandbox its very origin and nothing else.

    Prefixes that end in a slash close the authority: no user name, no port and no longer host can hide in front of it.
    """
    if not isinstance(url, str) or len(url) > 2000 or not url.isascii() or not url.isprintable():
        return False
    if " " in url or "\\" in url:  # readers of URLs differ about these
        return False
    return url.startswith(_sandbox(api_url) or _HOOKS)


def _sandbox(api_url: str) -> str | None:
    """Give the origin of an API on this machine, with its slash; None for the real one."""
    try:
        parts = urlsplit(api_url)
        host = parts.hostname or ""
        local = host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return None
    return f"{parts.scheme}://{parts.netloc}/" if local and "@" not in parts.netloc else None


def _object(text: bytes) -> dict[str, Any]:
    try:
        value = json.loads(text.decode())
    except UnicodeDecodeError:
        raise fields.Wrong("the payload is not UTF-8") from None
    except (ValueError, RecursionError):  # also numbers of thousands of digits, and arrays nested without end
        raise fields.Wrong("the payload is not JSON") from None
    if not isinstance(value, dict):
        raise fields.Wrong("the payload is not an object")
    return value


def _envelope(sent: Mapping[str, Any]) -> Incoming:
    """Read what comes as JSON: the Events API."""
    match sent.get("type"):
        case "url_verification":
            challenge = fields.word(sent.get("challenge"), limit=1000)
            if challenge is None:
                raise fields.Wrong("challenge is missing")
            return UrlVerification(challenge=challenge)
        case "event_callback":
            event_id = fields.word(sent.get("event_id"), limit=64)
            return Event(type=_name(fields.inner(sent, "event").get("type")), event_id=event_id)
        case other:
            return Unsupported(type=_name(other))


def _interaction(sent: Mapping[str, Any], *, claim_id: bytes, api_url: str) -> Incoming:
    """Read what comes in a form's `payload`: interactivity and shortcuts."""
    if sent.get("type") != "block_actions":
        return Unsupported(type=_name(sent.get("type")))
    container = fields.inner(sent, "container")
    if container.get("type") == "view" or sent.get("view") is not None:
        return Unsupported(type="block_actions in a view")
    action = _action(sent.get("actions"))
    choice = _choice(action)
    if choice is None and isinstance(action.get("url"), str):
        return LinkOpened()
    return _click(sent, action=action, choice=choice, claim_id=claim_id, api_url=api_url)


def _click(
    sent: Mapping[str, Any], *, action: Mapping[str, Any], choice: str | None, claim_id: bytes, api_url: str
) -> Click:
    container, message = fields.inner(sent, "container"), fields.inner(sent, "message")
    user, team = fields.inner(sent, "user"), fields.inner(sent, "team")
    enterprise = fields.inner(sent, "enterprise").get("id")
    response_url = sent.get("response_url")
    install = sent.get("is_enterprise_install")
    click = Click(
        claim_id=claim_id,
        app_id=fields.required(sent.get("api_app_id"), "api_app_id"),
        enterprise_id=fields.identity(team.get("enterprise_id") if enterprise is None else enterprise, "enterprise.id"),
        team_id=fields.identity(team.get("id"), "team.id"),
        is_enterprise_install=install is True or install == "true",
        user_id=fields.required(user.get("id"), "user.id"),
        user_name=fields.word(user.get("username"), limit=80) or fields.word(user.get("name"), limit=80),
        user_team=fields.identity(user.get("team_id"), "user.team_id"),
        channel=fields.handle(container.get("channel_id")) or fields.handle(fields.inner(sent, "channel").get("id")),
        ts=fields.ts(container.get("message_ts")) or fields.ts(message.get("ts")),
        thread_ts=fields.ts(container.get("thread_ts")) or fields.ts(message.get("thread_ts")),
        is_ephemeral=container.get("is_ephemeral") is True,
        interaction=actions.interaction_of(action.get("block_id")),
        choice=choice,
        response_url=response_url if trusted_response_url(response_url, api_url=api_url) else None,
    )
    if click.enterprise_id is None and click.installed_team is None:
        raise fields.Wrong("the payload names no installation")
    return click


def _action(sent: object) -> Mapping[str, Any]:
    """Give the first action: Slack sends one per click, and has not been seen to send more."""
    if not isinstance(sent, list) or not sent or not isinstance(sent[0], dict):
        raise fields.Wrong("actions is not a list with an action in it")
    return sent[0]


def _choice(action: Mapping[str, Any]) -> str | None:
    chosen = actions.choice_of(action.get("action_id"), fields.inner(action, "selected_option").get("value"))
    return fields.word(chosen, limit=255)  # Slack's own limit on an action_id


def _name(value: object) -> str:
    """Give a type's name for the log."""
    return fields.word(value, limit=64) or "?"
