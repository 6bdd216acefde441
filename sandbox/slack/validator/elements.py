"""The limits of interactive elements. A new element is one entry here, and one in each table of where it may stand."""

from sandbox.slack.validator.composition import (
    ACTION_ID,
    CHOICE_OPTION,
    CONFIRM,
    OVERFLOW_OPTION,
    SLACK_FILE,
    STORED_IMAGE,
    URL,
    one_source,
    plain,
)
from sandbox.slack.validator.inputs import FILE_INPUT, RICH_TEXT_INPUT, TEXT_INPUTS
from sandbox.slack.validator.options import initial_is_an_option, initials_are_options
from sandbox.slack.validator.pickers import DATETIME_PICKER, PICKERS
from sandbox.slack.validator.rules import Flag, Items, Object, String
from sandbox.slack.validator.selects import SELECTS, SELECTS_WITH_RESPONSE_URL

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
    checks=(initial_is_an_option,),
)

CHECKBOXES = Object(
    required={"options": Items(of=CHOICE_OPTION, max_items=10)},
    optional={
        "action_id": ACTION_ID,
        "initial_options": Items(of=CHOICE_OPTION, max_items=10),
        "confirm": CONFIRM,
        "focus_on_load": Flag(),
    },
    checks=(initials_are_options,),
)

_CHOICES = {"radio_buttons": RADIO_BUTTONS, "checkboxes": CHECKBOXES}
_IN_BOTH = {"button": BUTTON, "overflow": OVERFLOW, **_CHOICES, **SELECTS, **PICKERS}
IN_ACCESSORY = {**_IN_BOTH, "image": IMAGE}
IN_ACTIONS = {**_IN_BOTH, "datetimepicker": DATETIME_PICKER, "rich_text_input": RICH_TEXT_INPUT}
IN_INPUT = {**_CHOICES, **SELECTS, **PICKERS, "datetimepicker": DATETIME_PICKER, **TEXT_INPUTS}
IN_MODAL_INPUT = {**IN_INPUT, **SELECTS_WITH_RESPONSE_URL, "file_input": FILE_INPUT}
INTERACTIVE = frozenset({*IN_ACTIONS, *IN_MODAL_INPUT})
