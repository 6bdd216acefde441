"""Blocks that Slack's documentation calls invalid, with the place and the reason, and blocks that it calls valid."""

from typing import Any


def plain(text: str) -> dict[str, Any]:
    return {"type": "plain_text", "text": text}


def mrkdwn(text: str) -> dict[str, Any]:
    return {"type": "mrkdwn", "text": text}


def section(**more: Any) -> list[Any]:
    return [{"type": "section", "text": mrkdwn("x"), **more}]


def button(**more: Any) -> dict[str, Any]:
    return {"type": "button", "action_id": "a", "text": plain("ok"), "value": "1", **more}


def actions(*elements: Any) -> list[Any]:
    return [{"type": "actions", "elements": list(elements)}]


def option(n: int = 0, **more: Any) -> dict[str, Any]:
    return {"text": plain(f"o{n}"), "value": str(n), **more}


def select(**more: Any) -> list[Any]:
    return actions({"type": "static_select", "action_id": "s", "options": [option()], **more})


def overflow(*options: Any) -> list[Any]:
    return actions({"type": "overflow", "action_id": "o", "options": list(options)})


def choices(kind: str, *options: Any, **more: Any) -> list[Any]:
    return actions({"type": kind, "action_id": "c", "options": list(options), **more})


def confirm(**more: Any) -> list[Any]:
    dialog = {"title": plain("t"), "text": plain("x"), "confirm": plain("y"), "deny": plain("n")}
    return actions(button(confirm={**dialog, **more}))


def rich(*parts: Any) -> list[Any]:
    return [{"type": "rich_text", "elements": list(parts)}]


def line(*elements: Any) -> list[Any]:
    return rich({"type": "rich_text_section", "elements": list(elements)})


def entry(**more: Any) -> list[Any]:
    element = {"type": "plain_text_input", "action_id": "i", **more}
    return [{"type": "input", "label": plain("Why?"), "element": element}]


def asked(kind: str, **more: Any) -> list[Any]:
    """An input block with an element of this kind."""
    return [{"type": "input", "label": plain("?"), "element": {"type": kind, "action_id": "i", **more}}]


def number(**more: Any) -> list[Any]:
    return asked("number_input", **{"is_decimal_allowed": True, **more})


def used(kind: str, **more: Any) -> list[Any]:
    return actions({"type": kind, "action_id": "i", **more})


FIRST = "/blocks/0/elements/0"
ELEMENT = "/blocks/0/element"
STYLE = f"{FIRST}/elements/0/style"
CONFIG = "/blocks/0/element/dispatch_action_config/trigger_actions_on"
STYLES = ("bold", "italic", "strike", "code", "underline", "highlight", "client_highlight", "unlink")

BAD: list[tuple[list[Any], str, str]] = [
    ([{"type": "divider"}] * 51, "/blocks", "no more than 50 items allowed"),
    ([7], "/blocks/0", "must provide an object"),
    ([{}], "/blocks/0", "missing required field: type"),
    ([{"type": "nope"}], "/blocks/0/type", "unsupported type: nope"),
    ([{"type": ["divider"]}], "/blocks/0/type", "unsupported type: ['divider']"),
    ([{"type": "divider", "colour": "red"}], "/blocks/0", "invalid additional property: colour"),
    ([{"type": "divider", "block_id": "x" * 256}], "/blocks/0/block_id", "must be less than 256 characters"),
    ([{"type": "divider", "block_id": ""}], "/blocks/0/block_id", "must be more than 0 characters"),
    ([{"type": "divider", "block_id": "a"}] * 2, "/blocks", "`block_id` must be unique: a"),
    ([{"type": "header"}], "/blocks/0", "missing required field: text"),
    ([{"type": "header", "text": plain("x" * 151)}], "/blocks/0/text/text", "must be less than 151 characters"),
    ([{"type": "header", "text": mrkdwn("x")}], "/blocks/0/text/type", "unsupported type: mrkdwn"),
    ([{"type": "header", "text": "x"}], "/blocks/0/text", "must provide an object"),
    ([{"type": "section"}], "/blocks/0", "must define either `text` or `fields`"),
    (section(text=mrkdwn("x" * 3001)), "/blocks/0/text/text", "must be less than 3001 characters"),
    (section(text=mrkdwn("")), "/blocks/0/text/text", "must be more than 0 characters"),
    (section(text={**mrkdwn("x"), "emoji": True}), "/blocks/0/text", "invalid additional property: emoji"),
    (section(text={**plain("x"), "verbatim": True}), "/blocks/0/text", "invalid additional property: verbatim"),
    (section(text={**mrkdwn("x"), "verbatim": 1}), "/blocks/0/text/verbatim", "must provide a boolean"),
    (section(text={"type": "mrkdwn", "text": 7}), "/blocks/0/text/text", "must provide a string"),
    (section(fields=[plain("x")] * 11), "/blocks/0/fields", "no more than 10 items allowed"),
    (section(fields=[]), "/blocks/0/fields", "no fewer than 1 items allowed"),
    (section(fields=[mrkdwn("x" * 2001)]), "/blocks/0/fields/0/text", "must be less than 2001 characters"),
    (section(accessory={"type": "video"}), "/blocks/0/accessory/type", "unsupported type: video"),
    ([{"type": "context", "elements": []}], "/blocks/0/elements", "no fewer than 1 items allowed"),
    ([{"type": "context", "elements": [plain("x")] * 11}], "/blocks/0/elements", "no more than 10 items allowed"),
    ([{"type": "context", "elements": [button()]}], "/blocks/0/elements/0/type", "unsupported type: button"),
    (actions(), "/blocks/0/elements", "no fewer than 1 items allowed"),
    (
        actions(*(button(action_id=str(n)) for n in range(26))),
        "/blocks/0/elements",
        "no more than 25 items allowed",
    ),
    (actions(button(), button()), "/blocks/0", "`action_id` must be unique: a"),
    (actions(mrkdwn("x")), "/blocks/0/elements/0/type", "unsupported type: mrkdwn"),
    (actions(button(text=mrkdwn("x"))), "/blocks/0/elements/0/text/type", "unsupported type: mrkdwn"),
    (
        actions(button(text=plain("x" * 76))),
        "/blocks/0/elements/0/text/text",
        "must be less than 76 characters",
    ),
    (actions(button(value="x" * 2001)), "/blocks/0/elements/0/value", "must be less than 2001 characters"),
    (actions(button(url="x" * 3001)), "/blocks/0/elements/0/url", "must be less than 3001 characters"),
    (actions(button(style="green")), "/blocks/0/elements/0/style", "must be a valid enum value"),
    (actions(button(action_id="x" * 256)), "/blocks/0/elements/0/action_id", "must be less than 256 characters"),
    (
        actions(button(accessibility_label="x" * 76)),
        "/blocks/0/elements/0/accessibility_label",
        "must be less than 76 characters",
    ),
    (actions(button(icon="star")), "/blocks/0/elements/0", "invalid additional property: icon"),
    (confirm(title=plain("x" * 101)), "/blocks/0/elements/0/confirm/title/text", "must be less than 101 characters"),
    (confirm(title=mrkdwn("x")), "/blocks/0/elements/0/confirm/title/type", "unsupported type: mrkdwn"),
    (confirm(text=mrkdwn("x" * 301)), "/blocks/0/elements/0/confirm/text/text", "must be less than 301 characters"),
    (confirm(confirm=plain("x" * 31)), "/blocks/0/elements/0/confirm/confirm/text", "must be less than 31 characters"),
    (confirm(deny=plain("x" * 31)), "/blocks/0/elements/0/confirm/deny/text", "must be less than 31 characters"),
    (confirm(style="green"), "/blocks/0/elements/0/confirm/style", "must be a valid enum value"),
    (actions(button(confirm={})), "/blocks/0/elements/0/confirm", "missing required field: title"),
    (select(options=[]), "/blocks/0/elements/0/options", "no fewer than 1 items allowed"),
    (
        select(options=[option(n) for n in range(101)]),
        "/blocks/0/elements/0/options",
        "no more than 100 items allowed",
    ),
    (
        select(options=[option(value="x" * 151)]),
        "/blocks/0/elements/0/options/0/value",
        "must be less than 151 characters",
    ),
    (
        select(options=[option(text=plain("x" * 76))]),
        "/blocks/0/elements/0/options/0/text/text",
        "must be less than 76 characters",
    ),
    (
        select(options=[option(description=plain("x" * 76))]),
        "/blocks/0/elements/0/options/0/description/text",
        "must be less than 76 characters",
    ),
    (
        select(options=[option(text=mrkdwn("x"))]),
        "/blocks/0/elements/0/options/0/text/type",
        "unsupported type: mrkdwn",
    ),
    (
        select(options=[option(url="https://x")]),
        "/blocks/0/elements/0/options/0",
        "invalid additional property: url",
    ),
    (
        select(placeholder=plain("x" * 151)),
        "/blocks/0/elements/0/placeholder/text",
        "must be less than 151 characters",
    ),
    (
        select(initial_option=option(1)),
        "/blocks/0/elements/0/initial_option",
        "must match one of the provided options",
    ),
    (
        select(option_groups=[{"label": plain("g"), "options": [option()]}]),
        "/blocks/0/elements/0",
        "must define either `options` or `option_groups`",
    ),
    ([{"type": "image", "image_url": "https://x"}], "/blocks/0", "missing required field: alt_text"),
    ([{"type": "image", "alt_text": "x"}], "/blocks/0", "must define either `image_url` or `slack_file`"),
    (
        [{"type": "image", "alt_text": "x" * 2001, "image_url": "https://x"}],
        "/blocks/0/alt_text",
        "must be less than 2001 characters",
    ),
    (
        section(accessory={"type": "image", "alt_text": "x", "image_url": "u", "slack_file": {"id": "F1"}}),
        "/blocks/0/accessory",
        "must define either `image_url` or `slack_file`",
    ),
    (rich(), "/blocks/0/elements", "no fewer than 1 items allowed"),
    (rich({"type": "rich_text_table"}), "/blocks/0/elements/0/type", "unsupported type: rich_text_table"),
    (
        rich({"type": "rich_text_list", "elements": [{"type": "rich_text_section", "elements": []}]}),
        "/blocks/0/elements/0",
        "missing required field: style",
    ),
    (
        rich({"type": "rich_text_list", "style": "bullet", "indent": 9, "elements": []}),
        "/blocks/0/elements/0/indent",
        "must be between 0 and 8",
    ),
    (
        rich({"type": "rich_text_preformatted", "elements": [{"type": "user", "user_id": "U0ANA"}]}),
        "/blocks/0/elements/0/elements/0/type",
        "unsupported type: user",
    ),
    (line({"type": "text", "text": ""}), "/blocks/0/elements/0/elements/0/text", "must be more than 0 characters"),
    (
        line({"type": "text", "text": "x", "style": {"blink": True}}),
        "/blocks/0/elements/0/elements/0/style",
        "invalid additional property: blink",
    ),
    (line({"type": "link"}), "/blocks/0/elements/0/elements/0", "missing required field: url"),
    (
        line({"type": "broadcast", "range": "world"}),
        "/blocks/0/elements/0/elements/0/range",
        "must be a valid enum value",
    ),
    (
        line({"type": "date", "timestamp": "soon", "format": "{date}"}),
        "/blocks/0/elements/0/elements/0/timestamp",
        "must provide an integer",
    ),
    (entry(max_length=3001), "/blocks/0/element/max_length", "must be between 1 and 3000"),
    (entry(min_length=5, max_length=4), "/blocks/0/element/min_length", "must not be greater than `max_length`"),
    (
        [{"type": "input", "label": plain("x"), "element": button()}],
        "/blocks/0/element/type",
        "unsupported type: button",
    ),
    ([{"type": "divider", "a/b~c": 1}], "/blocks/0", "invalid additional property: a/b~c"),
    (
        choices("radio_buttons", *(option(n) for n in range(11))),
        "/blocks/0/elements/0/options",
        "no more than 10 items allowed",
    ),
    (
        choices("checkboxes", *(option(n) for n in range(11))),
        "/blocks/0/elements/0/options",
        "no more than 10 items allowed",
    ),
    (
        choices("checkboxes", option(), initial_options=[option(1)]),
        "/blocks/0/elements/0/initial_options/0",
        "must match one of the provided options",
    ),
    (
        choices("radio_buttons", option(), initial_option=option(1)),
        "/blocks/0/elements/0/initial_option",
        "must match one of the provided options",
    ),
    (choices("radio_buttons"), "/blocks/0/elements/0/options", "no fewer than 1 items allowed"),
    (
        choices("radio_buttons", option(url="https://x")),
        "/blocks/0/elements/0/options/0",
        "invalid additional property: url",
    ),
    (overflow(*(option(n) for n in range(6))), "/blocks/0/elements/0/options", "no more than 5 items allowed"),
    (overflow(option(text=mrkdwn("x"))), "/blocks/0/elements/0/options/0/text/type", "unsupported type: mrkdwn"),
    (entry(dispatch_action_config={"trigger_actions_on": ["on_blur"]}), f"{CONFIG}/0", "must be a valid enum value"),
    (entry(dispatch_action_config={"trigger_actions_on": []}), CONFIG, "no fewer than 1 items allowed"),
    ([{"type": "header", "text": plain("x"), "level": 5}], "/blocks/0/level", "must be between 1 and 4"),
    (line({"type": "text", "text": "x", "style": {"big": True}}), STYLE, "invalid additional property: big"),
    (actions(button(visible_to_user_ids="U0ANA")), f"{FIRST}/visible_to_user_ids", "must provide an array"),
    (
        [*entry(focus_on_load=True), *choices("checkboxes", option(), focus_on_load=True)],
        "/blocks",
        "only one element may have `focus_on_load`",
    ),
    (
        section(accessory={"type": "image", "alt_text": "x"}),
        "/blocks/0/accessory",
        "must define either `image_url` or `slack_file`",
    ),
    (asked("number_input"), ELEMENT, "missing required field: is_decimal_allowed"),
    (number(min_value=1), f"{ELEMENT}/min_value", "must provide a string"),
    (number(max_value=9.5), f"{ELEMENT}/max_value", "must provide a string"),
    (number(initial_value="many"), f"{ELEMENT}/initial_value", "must be a valid number"),
    (number(max_value="Infinity"), f"{ELEMENT}/max_value", "must be a valid number"),
    (number(min_value="2", max_value="1.5"), f"{ELEMENT}/min_value", "must not be greater than `max_value`"),
    (used("number_input", is_decimal_allowed=True), f"{FIRST}/type", "unsupported type: number_input"),
    (used("email_text_input"), f"{FIRST}/type", "unsupported type: email_text_input"),
    (used("url_text_input"), f"{FIRST}/type", "unsupported type: url_text_input"),
    (used("plain_text_input"), f"{FIRST}/type", "unsupported type: plain_text_input"),
    (asked("email_text_input", multiline=True), ELEMENT, "invalid additional property: multiline"),
    (asked("file_input"), f"{ELEMENT}/type", "unsupported type: file_input"),
    (asked("datepicker", initial_date="2026-02-30"), f"{ELEMENT}/initial_date", "must be a valid date"),
    (asked("datepicker", initial_date="1.2.2026"), f"{ELEMENT}/initial_date", "must be a valid date"),
    (asked("timepicker", initial_time="24:00"), f"{ELEMENT}/initial_time", "must be a valid time"),
    (asked("timepicker", timezone="here and now"), f"{ELEMENT}/timezone", "must be a valid timezone"),
    (
        asked("datetimepicker", initial_date_time=1_700_000_000_000),
        f"{ELEMENT}/initial_date_time",
        "must be between 1000000000 and 9999999999",
    ),
    (
        asked("datetimepicker", initial_date_time="1700000000"),
        f"{ELEMENT}/initial_date_time",
        "must provide an integer",
    ),
    (asked("datetimepicker", placeholder=plain("x")), ELEMENT, "invalid additional property: placeholder"),
    (
        section(accessory={"type": "datetimepicker", "action_id": "i"}),
        "/blocks/0/accessory/type",
        "unsupported type: datetimepicker",
    ),
    (
        asked("rich_text_input", min_lines=3, max_lines=2),
        f"{ELEMENT}/min_lines",
        "must not be greater than `max_lines`",
    ),
    (asked("rich_text_input", max_lines=101), f"{ELEMENT}/max_lines", "must be between 1 and 100"),
    (asked("rich_text_input", initial_value="x"), f"{ELEMENT}/initial_value", "must provide an object"),
    (
        asked("multi_users_select", max_selected_items=0),
        f"{ELEMENT}/max_selected_items",
        "must be between 1 and 2147483648",
    ),
    (asked("multi_users_select", initial_users="U0ANA"), f"{ELEMENT}/initial_users", "must provide an array"),
    (asked("users_select", max_selected_items=2), ELEMENT, "invalid additional property: max_selected_items"),
    (
        asked("multi_static_select", options=[option()], initial_options=[option(1)]),
        f"{ELEMENT}/initial_options/0",
        "must match one of the provided options",
    ),
    (asked("multi_static_select"), ELEMENT, "must define either `options` or `option_groups`"),
    (
        asked("conversations_select", filter={"include": ["everything"]}),
        f"{ELEMENT}/filter/include/0",
        "must be a valid enum value",
    ),
    (
        asked("conversations_select", response_url_enabled=True),
        ELEMENT,
        "invalid additional property: response_url_enabled",
    ),
    (
        asked("users_select", default_to_current_conversation=True),
        ELEMENT,
        "invalid additional property: default_to_current_conversation",
    ),
]

GOOD: list[list[Any]] = [
    [],
    [{"type": "divider", "block_id": str(n)} for n in range(50)],
    [{"type": "header", "text": {**plain("x" * 150), "emoji": False}}],
    section(text={**mrkdwn("x" * 3000), "verbatim": True}, accessory=button(), expand=True),
    [{"type": "section", "fields": [mrkdwn("x" * 2000)] * 5 + [plain("y")] * 5}],
    [{"type": "context", "elements": [mrkdwn("x"), {"type": "image", "image_url": "https://x", "alt_text": "x"}]}],
    actions(*(button(action_id=str(n), style="danger", url="https://x") for n in range(25))),
    [*actions(button()), *actions(button())],  # the same action_id is allowed in two blocks
    confirm(style="danger", text=mrkdwn("Really?")),
    select(options=[option(n) for n in range(100)], initial_option=option(99), placeholder=plain("Choose")),
    actions(
        {
            "type": "static_select",
            "action_id": "s",
            "option_groups": [{"label": plain("g"), "options": [option()]}],
            "initial_option": option(),
        }
    ),
    [{"type": "image", "slack_file": {"id": "F0"}, "alt_text": "x", "title": plain("t")}],
    line(
        {"type": "text", "text": "x", "style": {"bold": True, "italic": True, "strike": True, "code": True}},
        {"type": "link", "url": "https://example.com", "text": "there", "style": {"bold": True}},
        {"type": "emoji", "name": "tada"},
        {"type": "user", "user_id": "U0ANA"},
        {"type": "usergroup", "usergroup_id": "S0"},
        {"type": "channel", "channel_id": "C0GENERAL"},
        {"type": "broadcast", "range": "here"},
        {"type": "date", "timestamp": 1_700_000_000, "format": "{date}", "fallback": "then"},
        {"type": "color", "value": "#ffffff"},
        {"type": "team", "team_id": "T0SANDBOX"},
    ),
    line(
        {"type": "text", "text": "x", "style": dict.fromkeys(STYLES, True)},
        {"type": "user", "user_id": "U0ANA", "style": dict.fromkeys(STYLES, True)},
        {"type": "date", "timestamp": 1_700_000_000, "format": "{date}", "timezone": "Europe/Berlin"},
    ),
    [{"type": "header", "text": plain("x"), "level": 4}],
    actions(button(visible_to_user_ids=["U0ANA"], agent_prompt="Why?", agent_prompt_display="Ask")),
    entry(dispatch_action_config={"trigger_actions_on": ["on_enter_pressed", "on_character_entered"]}),
    [*entry(focus_on_load=True), *choices("checkboxes", option(), focus_on_load=False)],
    [
        {
            "type": "image",
            "image_url": "https://x",
            "alt_text": "x",
            "image_width": 9,
            "image_height": 9,
            "fallback": "x",
        }
    ],
    rich(
        {
            "type": "rich_text_list",
            "style": "ordered",
            "indent": 1,
            "offset": 2,
            "border": 1,
            "elements": [{"type": "rich_text_section", "elements": [{"type": "text", "text": "x"}]}],
        },
        {"type": "rich_text_quote", "border": 1, "elements": [{"type": "text", "text": "x"}]},
        {"type": "rich_text_preformatted", "language": "sql", "elements": [{"type": "text", "text": "x"}]},
    ),
    choices("radio_buttons", option(text=mrkdwn("*x*")), option(1), initial_option=option(1)),
    choices("checkboxes", option(description=mrkdwn("_x_")), option(1), initial_options=[option(1)]),
    overflow(option(url="https://x"), option(1)),
    section(accessory={"type": "overflow", "action_id": "o", "options": [option()]}),
    [{"type": "input", "label": plain("x"), "element": choices("checkboxes", option())[0]["elements"][0]}],
    entry(multiline=True, min_length=1, max_length=3000, initial_value="", placeholder=plain("p")),
    number(min_value="-1.5", max_value="100", initial_value="7", placeholder=plain("p")),
    asked("number_input", is_decimal_allowed=False),
    asked("email_text_input", initial_value="ana@example.com", focus_on_load=True),
    asked("url_text_input", initial_value="https://example.com"),
    asked("datepicker", initial_date="2026-02-28", placeholder=plain("p")),
    asked("timepicker", initial_time="23:59", timezone="America/Argentina/Buenos_Aires"),
    asked("datetimepicker", initial_date_time=1_800_000_000),
    asked("rich_text_input", initial_value=line({"type": "text", "text": "x"})[0], min_lines=1, max_lines=8),
    asked("users_select", initial_user="U0ANA"),
    asked("channels_select", initial_channel="C0GENERAL"),
    asked(
        "conversations_select",
        default_to_current_conversation=True,
        filter={"include": ["im", "public"], "exclude_bot_users": True},
    ),
    asked("multi_static_select", options=[option(), option(1)], initial_options=[option(1)], max_selected_items=1),
    asked("multi_users_select", initial_users=["U0ANA", "U0BOB"]),
    asked("multi_channels_select", initial_channels=["C0GENERAL"]),
    asked("multi_conversations_select", initial_conversations=["C0GENERAL"], default_to_current_conversation=False),
    *(used(kind) for kind in ("datepicker", "timepicker", "datetimepicker", "users_select", "multi_users_select")),
    section(accessory={"type": "multi_static_select", "action_id": "i", "options": [option()]}),
]
