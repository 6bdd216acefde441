"""The limits of select menus: of options, people, channels and conversations, for one or several."""

from typing import Any

from sandbox.slack.validator.composition import ACTION_ID, CONFIRM, OPTION, OPTION_GROUP, OPTIONS, plain
from sandbox.slack.validator.options import initial_is_an_option, initials_are_options, options_or_groups
from sandbox.slack.validator.rules import Flag, Integer, Items, Object, Rule, String

_ID = String(max_length=255)
_IDS = Items(of=_ID)
_ALL: dict[str, Rule] = {
    "action_id": ACTION_ID,
    "placeholder": plain(150),
    "confirm": CONFIRM,
    "focus_on_load": Flag(),
}
_SEVERAL: dict[str, Rule] = {"max_selected_items": Integer(minimum=1, maximum=2**31)}
_OPTIONS: dict[str, Rule] = {"options": OPTIONS, "option_groups": Items(of=OPTION_GROUP, max_items=100)}
_CONVERSATIONS: dict[str, Rule] = {
    "default_to_current_conversation": Flag(),
    "filter": Object(
        required={},
        optional={
            "include": Items(of=String(max_length=7, one_of=("im", "mpim", "private", "public")), max_items=4),
            "exclude_bot_users": Flag(),
            "exclude_external_shared_channels": Flag(),
        },
    ),
}
_WITH_RESPONSE_URL: dict[str, Rule] = {"response_url_enabled": Flag()}


def _select(fields: dict[str, Rule], *, checks: Any = ()) -> Object:
    return Object(required={}, optional={**_ALL, **fields}, checks=checks)


SELECTS = {
    "static_select": _select({**_OPTIONS, "initial_option": OPTION}, checks=(options_or_groups, initial_is_an_option)),
    "users_select": _select({"initial_user": _ID}),
    "channels_select": _select({"initial_channel": _ID}),
    "conversations_select": _select({**_CONVERSATIONS, "initial_conversation": _ID}),
    "multi_static_select": _select(
        {**_OPTIONS, **_SEVERAL, "initial_options": Items(of=OPTION, max_items=100)},
        checks=(options_or_groups, initials_are_options),
    ),
    "multi_users_select": _select({**_SEVERAL, "initial_users": _IDS}),
    "multi_channels_select": _select({**_SEVERAL, "initial_channels": _IDS}),
    "multi_conversations_select": _select({**_SEVERAL, **_CONVERSATIONS, "initial_conversations": _IDS}),
}
SELECTS_WITH_RESPONSE_URL = {
    "channels_select": _select({**_WITH_RESPONSE_URL, "initial_channel": _ID}),
    "conversations_select": _select({**_WITH_RESPONSE_URL, **_CONVERSATIONS, "initial_conversation": _ID}),
}
"""As above, in the input blocks of a modal, where a response_url can be had for the chosen channel."""
