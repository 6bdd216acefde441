"""Payloads of people's own doing: clicks, forms, shortcuts and menus.

What says whose installation it is, and who acts, must be sound, or the payload is refused with `fields.Wrong`; what
only helps is left out.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, TypedDict

from bridge.card import action_ids as codec
from bridge.slack.payloads import fields, response_urls
from bridge.slack.payloads.incoming import (
    Click,
    Closing,
    Incoming,
    LinkOpened,
    Shortcut,
    Submission,
    Suggestion,
    Unsupported,
)

_MOST_ID = 255  # characters: Slack's own limit on an action_id, a block_id and a callback_id


def actions(sent: Mapping[str, Any], *, claim_id: bytes, api_url: str) -> Incoming:
    """Read an action: on a message a click, or a link that was followed."""
    container = fields.inner(sent, "container")
    if container.get("type") == "view" or fields.inner(sent, "view"):
        return Unsupported(type="block_actions in a view")
    action = _action(sent.get("actions"))
    choice = codec.choice_of(action.get("action_id"), fields.inner(action, "selected_option").get("value"))
    choice = fields.word(choice, limit=_MOST_ID)
    if choice is None and isinstance(action.get("url"), str):
        return LinkOpened()
    message = fields.inner(sent, "message")
    return Click(
        **_who(sent),
        claim_id=claim_id,
        channel=fields.handle(container.get("channel_id")) or fields.handle(fields.inner(sent, "channel").get("id")),
        ts=fields.ts(container.get("message_ts")) or fields.ts(message.get("ts")),
        thread_ts=fields.ts(container.get("thread_ts")) or fields.ts(message.get("thread_ts")),
        is_ephemeral=container.get("is_ephemeral") is True,
        interaction=codec.interaction_of(action.get("block_id")),
        choice=choice,
        opens=codec.opens(action.get("action_id")),
        response_url=response_urls.trusted(sent.get("response_url"), api_url=api_url),
    )


def submission(sent: Mapping[str, Any], *, claim_id: bytes) -> Submission:
    """Read a form that was sent."""
    return Submission(**_view(sent), claim_id=claim_id)


def closing(sent: Mapping[str, Any]) -> Closing:
    """Read that a form was closed."""
    return Closing(**_view(sent), is_cleared=sent.get("is_cleared") is True)


def shortcut(sent: Mapping[str, Any], *, type: str) -> Shortcut:
    """Read the use of a shortcut."""
    return Shortcut(
        **_who(sent),
        type=type,
        callback_id=fields.word(sent.get("callback_id"), limit=_MOST_ID),
        channel=fields.handle(fields.inner(sent, "channel").get("id")),
        ts=fields.ts(sent.get("message_ts")),
    )


def suggestion(sent: Mapping[str, Any]) -> Suggestion:
    """Read a question for a menu's options."""
    return Suggestion(
        **_who(sent),
        action_id=fields.word(sent.get("action_id"), limit=_MOST_ID),
        block_id=fields.word(sent.get("block_id"), limit=_MOST_ID),
        value=fields.word(sent.get("value"), limit=_MOST_ID),
    )


class _Who(TypedDict):
    app_id: str
    enterprise_id: str | None
    team_id: str | None
    is_enterprise_install: bool
    user_id: str
    user_name: str | None
    user_team: str | None


class _View(_Who):
    view_id: str
    callback_id: str | None


def _who(sent: Mapping[str, Any], *, view: Mapping[str, Any] = MappingProxyType({})) -> _Who:
    """Read whose installation it is, and who the person is; a view itself says where its app is installed."""
    user, team = fields.inner(sent, "user"), fields.inner(sent, "team")
    enterprise = fields.inner(sent, "enterprise").get("id")
    install = sent.get("is_enterprise_install")
    who = _Who(
        app_id=fields.required(sent.get("api_app_id"), "api_app_id"),
        enterprise_id=fields.identity(team.get("enterprise_id") if enterprise is None else enterprise, "enterprise.id"),
        team_id=fields.identity(team.get("id"), "team.id"),
        is_enterprise_install=install is True or install == "true",
        user_id=fields.required(user.get("id"), "user.id"),
        user_name=fields.word(user.get("username"), limit=80) or fields.word(user.get("name"), limit=80),
        user_team=fields.identity(user.get("team_id"), "user.team_id"),
    )
    installed = fields.identity(view.get("app_installed_team_id"), "view.app_installed_team_id")
    if installed is not None:
        who["enterprise_id" if installed.startswith("E") else "team_id"] = installed
    if who["enterprise_id"] is None and (who["is_enterprise_install"] or who["team_id"] is None):
        raise fields.Wrong("the payload names no installation")
    return who


def _view(sent: Mapping[str, Any]) -> _View:
    view = fields.inner(sent, "view")
    return {
        **_who(sent, view=view),
        "view_id": fields.required(view.get("id"), "view.id"),
        "callback_id": fields.word(view.get("callback_id"), limit=_MOST_ID),
    }


def _action(sent: object) -> Mapping[str, Any]:
    """Give the first action: Slack sends one per click, and has not been seen to send more."""
    if not isinstance(sent, list) or not sent or not isinstance(sent[0], dict):
        raise fields.Wrong("actions is not a list with an action in it")
    return sent[0]
