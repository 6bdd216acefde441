"""Parse a decoded payload of Slack into one of a closed set of values.

The fields that identify the installation and the person must be well-formed, else the payload is refused with
`fields.Wrong`; another malformed field is treated as absent.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, TypedDict

from bridge.card import action_ids as codec
from bridge.forms import codec as forms
from bridge.forms.codec import FormTarget
from bridge.slack.payloads import fields, form_values
from bridge.slack.payloads.decode import Payload
from bridge.slack.payloads.incoming import (
    Click,
    Closing,
    Command,
    Incoming,
    NothingToDecide,
    Shortcut,
    SlackEvent,
    SslCheck,
    Submission,
    Suggestion,
    Unreadable,
    Unsupported,
    UrlVerification,
    ViewAction,
)

_MAX_ID = 255  # characters: Slack's own limit on an action_id, a block_id and a callback_id


def parse(payload: Payload, *, api_url: str = fields.SLACK) -> Incoming:
    """Parse a payload; never raises. `api_url` is the URL of Slack's Web API: only its response URLs are kept."""
    try:
        return _read(payload, api_url=api_url)
    except fields.Wrong as wrong:
        return Unreadable(why=str(wrong))


def _read(payload: Payload, *, api_url: str) -> Incoming:
    body = payload.body
    match body.get("type"):
        case "block_actions":
            return _actions(body, claim_id=payload.claim_id, api_url=api_url)
        case "view_submission":
            return _submission(body, claim_id=payload.claim_id)
        case "view_closed":
            return _closing(body)
        case "shortcut" | "message_action" as type_:
            return _shortcut(body, type=type_)
        case "block_suggestion":
            return _suggestion(body)
        case "event_callback":
            event_id = fields.word(body.get("event_id"), limit=64)
            return SlackEvent(type=_name(fields.inner(body, "event").get("type")), event_id=event_id)
        case "url_verification":
            return _url_verification(body)
        case None if "command" in body:
            return Command(command=_name(body["command"]))
        case None if "ssl_check" in body:
            return SslCheck()
        case other:
            return Unsupported(type=_name(other))


def _url_verification(body: Mapping[str, Any]) -> UrlVerification:
    challenge = fields.word(body.get("challenge"), limit=1000)
    if challenge is None:
        raise fields.Wrong("challenge is missing")
    return UrlVerification(challenge=challenge)


def _name(value: object) -> str:
    """Return the name of a type for the log; `?` if it is malformed."""
    return fields.word(value, limit=64) or "?"


def _actions(body: Mapping[str, Any], *, claim_id: bytes, api_url: str) -> Incoming:
    """Parse an action: a click on a message, a link that was followed, or the use of an element in a form."""
    container = fields.inner(body, "container")
    if container.get("type") == "view" or fields.inner(body, "view"):
        return _view_action(body, claim_id=claim_id)
    action = _action(body.get("actions"))
    if action.get("action_id") == codec.PICK:
        return NothingToDecide()
    submits = action.get("action_id") == codec.SUBMIT
    menu = _menu(body, action.get("block_id")) if submits else action
    choice = codec.choice_of(action.get("action_id"), fields.inner(menu, "selected_option").get("value"))
    choice = fields.word(choice, limit=_MAX_ID)
    if choice is None and isinstance(action.get("url"), str):
        return NothingToDecide()
    message = fields.inner(body, "message")
    response_url = fields.response_url(body.get("response_url"), api_url=api_url)
    return Click(
        **_who(body),
        claim_id=claim_id,
        channel=fields.handle(container.get("channel_id")) or fields.handle(fields.inner(body, "channel").get("id")),
        ts=fields.ts(container.get("message_ts")) or fields.ts(message.get("ts")),
        thread_ts=fields.ts(container.get("thread_ts")) or fields.ts(message.get("thread_ts")),
        is_ephemeral=container.get("is_ephemeral") is True,
        interaction=codec.interaction_of(action.get("block_id")),
        choice=choice,
        thing=codec.thing_of(action.get("value")),
        opens=codec.opens(action.get("action_id")),
        shows=action.get("action_id") == codec.SHOW,
        is_on_note=codec.is_of_note(action.get("block_id")),
        is_unselected=submits and choice is None,
        trigger_id=fields.word(body.get("trigger_id"), limit=_MAX_ID),
        response_url=response_url,
        foreign_host=fields.host(body.get("response_url")) if response_url is None else None,
    )


def _menu(body: Mapping[str, Any], block_id: object) -> Mapping[str, Any]:
    """The state of the menu beside a button that submits its choice; empty if there is none."""
    values = fields.inner(fields.inner(body, "state"), "values")
    return fields.inner(fields.inner(values, block_id), codec.PICK) if isinstance(block_id, str) else {}


def _submission(body: Mapping[str, Any], *, claim_id: bytes) -> Submission:
    """Parse a form that was sent."""
    view = fields.inner(body, "view")
    return Submission(**_view(body), claim_id=claim_id, values=form_values.read(view), inputs=form_values.inputs(view))


def _closing(body: Mapping[str, Any]) -> Closing:
    """Parse the notice that a form was closed."""
    return Closing(**_view(body), is_cleared=body.get("is_cleared") is True)


def _view_action(body: Mapping[str, Any], *, claim_id: bytes) -> ViewAction:
    """Parse the use of an element in a form."""
    view = fields.inner(body, "view")
    return ViewAction(
        **_view(body),
        claim_id=claim_id,
        action_id=fields.word(_action(body.get("actions")).get("action_id"), limit=_MAX_ID),
        trigger_id=fields.word(body.get("trigger_id"), limit=_MAX_ID),
        hash=fields.word(view.get("hash"), limit=_MAX_ID),
        values=form_values.read(view),
        inputs=form_values.inputs(view),
    )


def _shortcut(body: Mapping[str, Any], *, type: str) -> Shortcut:
    """Parse the use of a shortcut."""
    return Shortcut(
        **_who(body),
        type=type,
        callback_id=fields.word(body.get("callback_id"), limit=_MAX_ID),
        channel=fields.handle(fields.inner(body, "channel").get("id")),
        ts=fields.ts(body.get("message_ts")),
    )


def _suggestion(body: Mapping[str, Any]) -> Suggestion:
    """Parse a request for the options of a menu."""
    return Suggestion(
        **_who(body),
        action_id=fields.word(body.get("action_id"), limit=_MAX_ID),
        block_id=fields.word(body.get("block_id"), limit=_MAX_ID),
        value=fields.word(body.get("value"), limit=_MAX_ID),
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
    target: FormTarget | None


def _who(body: Mapping[str, Any], *, view: Mapping[str, Any] = MappingProxyType({})) -> _Who:
    """Parse the installation and the person; a view has its own field for where the app is installed."""
    user, team = fields.inner(body, "user"), fields.inner(body, "team")
    enterprise = fields.inner(body, "enterprise").get("id")
    install = body.get("is_enterprise_install")
    who = _Who(
        app_id=fields.required(body.get("api_app_id"), "api_app_id"),
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


def _view(body: Mapping[str, Any]) -> _View:
    view = fields.inner(body, "view")
    return {
        **_who(body, view=view),
        "view_id": fields.required(view.get("id"), "view.id"),
        "callback_id": fields.word(view.get("callback_id"), limit=_MAX_ID),
        "target": forms.target(view.get("private_metadata")),
    }


def _action(actions: object) -> Mapping[str, Any]:
    """Return the first action: Slack sends one for each click, and was never seen to send more."""
    if not isinstance(actions, list) or not actions or not isinstance(actions[0], dict):
        raise fields.Wrong("actions is not a list with an action in it")
    return actions[0]
