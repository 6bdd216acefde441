"""The limits of interactive elements. A new element is one entry here, and one in each table of where it may stand."""

from collections.abc import Iterator

from sandbox.slack.model import Json
from sandbox.slack.validator.composition import (
    ACTION_ID,
    CHOICE_OPTION,
    CONFIRM,
    OPTION,
    OPTION_GROUP,
    OPTIONS,
    OVERFLOW_OPTION,
    SLACK_FILE,
    STORED_IMAGE,
    URL,
    one_source,
    plain,
)
from sandbox.slack.validator.rules import Flag, Integer, Items, Object, Problem, String


def _options_or_groups(value: Json, pointer: str) -> Iterator[Problem]:
    if ("options" in value) == ("option_groups" in value):
        yield Problem(pointer, "must define either `options` or `option_groups`")


def _initial_is_an_option(value: Json, pointer: str) -> Iterator[Problem]:
    initial = value.get("initial_option")
    if initial is not None and initial not in offered(value):
        yield Problem(f"{pointer}/initial_option", "must match one of the provided options")


def _initials_are_options(value: Json, pointer: str) -> Iterator[Problem]:
    initials = value.get("initial_options")
    for index, initial in enumerate(initials if isinstance(initials, list) else []):
        if initial not in offered(value):
            yield Problem(f"{pointer}/initial_options/{index}", "must match one of the provided options")


def offered(select: Json) -> list[Json]:
    """The options of a select, including those of its groups; malformed parts are left out."""
    groups = select.get("option_groups")
    holders = [select, *(groups if isinstance(groups, list) else [])]
    lists = [holder.get("options") for holder in holders if isinstance(holder, dict)]
    return [option for options in lists if isinstance(options, list) for option in options]


def _lengths_in_order(value: Json, pointer: str) -> Iterator[Problem]:
    shortest, longest = value.get("min_length", 0), value.get("max_length", 3000)
    if isinstance(shortest, int) and isinstance(longest, int) and shortest > longest:
        yield Problem(f"{pointer}/min_length", "must not be greater than `max_length`")


BUTTON = Object(
    required={"text": plain(75)},
    optional={
        "action_id": ACTION_ID,
        "value": String(max_length=2000),
        "url": URL,
        "style": String(max_length=7, one_of=("primary", "danger")),
        "confirm": CONFIRM,
        "accessibility_label": String(max_length=75),
        "visible_to_user_ids": Items(of=String(max_length=255), max_items=10),
        "agent_prompt": String(max_length=4000),
        "agent_prompt_display": String(max_length=75),
    },
)

STATIC_SELECT = Object(
    required={},
    optional={
        "action_id": ACTION_ID,
        "placeholder": plain(150),
        "options": OPTIONS,
        "option_groups": Items(of=OPTION_GROUP, max_items=100),
        "initial_option": OPTION,
        "confirm": CONFIRM,
        "focus_on_load": Flag(),
    },
    checks=(_options_or_groups, _initial_is_an_option),
)

_DISPATCH = Object(
    required={},
    optional={
        "trigger_actions_on": Items(
            of=String(max_length=20, one_of=("on_enter_pressed", "on_character_entered")), max_items=2
        )
    },
)

PLAIN_TEXT_INPUT = Object(
    required={},
    optional={
        "action_id": ACTION_ID,
        "placeholder": plain(150),
        "initial_value": String(max_length=3000, min_length=0),
        "multiline": Flag(),
        "min_length": Integer(minimum=0, maximum=3000),
        "max_length": Integer(minimum=1, maximum=3000),
        "dispatch_action_config": _DISPATCH,
        "focus_on_load": Flag(),
    },
    checks=(_lengths_in_order,),
)

IMAGE = Object(
    required={"alt_text": String(max_length=2000)},
    optional={"image_url": URL, "slack_file": SLACK_FILE, **STORED_IMAGE},
    checks=(one_source,),
)

OVERFLOW = Object(
    required={"options": Items(of=OVERFLOW_OPTION, max_items=5)},
    optional={"action_id": ACTION_ID, "confirm": CONFIRM},
)

RADIO_BUTTONS = Object(
    required={"options": Items(of=CHOICE_OPTION, max_items=10)},
    optional={"action_id": ACTION_ID, "initial_option": CHOICE_OPTION, "confirm": CONFIRM, "focus_on_load": Flag()},
    checks=(_initial_is_an_option,),
)

CHECKBOXES = Object(
    required={"options": Items(of=CHOICE_OPTION, max_items=10)},
    optional={
        "action_id": ACTION_ID,
        "initial_options": Items(of=CHOICE_OPTION, max_items=10),
        "confirm": CONFIRM,
        "focus_on_load": Flag(),
    },
    checks=(_initials_are_options,),
)

_CHOICES = {"static_select": STATIC_SELECT, "radio_buttons": RADIO_BUTTONS, "checkboxes": CHECKBOXES}
IN_ACTIONS = {"button": BUTTON, "overflow": OVERFLOW, **_CHOICES}
IN_ACCESSORY = {**IN_ACTIONS, "image": IMAGE}
IN_INPUT = {"plain_text_input": PLAIN_TEXT_INPUT, **_CHOICES}
INTERACTIVE = frozenset({*IN_ACTIONS, *IN_INPUT})
