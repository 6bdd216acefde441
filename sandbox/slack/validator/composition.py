"""The limits of the small objects that blocks are composed of: texts, options, confirmation dialogs."""

from collections.abc import Iterator

from sandbox.slack.model import Json
from sandbox.slack.validator.rules import Flag, Integer, Items, Kinds, Object, Problem, Rule, String

BLOCK_ID = String(max_length=255)
ACTION_ID = String(max_length=255)
URL = String(max_length=3000)


def plain(max_length: int) -> Kinds:
    """A plain_text object of at most `max_length` characters."""
    return Kinds({"plain_text": _plain(max_length)})


def text(max_length: int) -> Kinds:
    """A plain_text or mrkdwn object. Each of the two flags belongs to one of the kinds only."""
    return Kinds({"plain_text": _plain(max_length), "mrkdwn": _mrkdwn(max_length)})


def _plain(max_length: int) -> Object:
    return Object(required={"text": String(max_length=max_length)}, optional={"emoji": Flag()})


def _mrkdwn(max_length: int) -> Object:
    return Object(required={"text": String(max_length=max_length)}, optional={"verbatim": Flag()})


TEXT_KINDS = text(3000).by_type

CONFIRM = Object(
    required={"title": plain(100), "text": text(300), "confirm": plain(30), "deny": plain(30)},
    optional={"style": String(max_length=7, one_of=("primary", "danger"))},
)

OPTION = Object(
    required={"text": plain(75), "value": String(max_length=150)},
    optional={"description": plain(75)},
)

CHOICE_OPTION = Object(
    required={"text": text(75), "value": String(max_length=150)},
    optional={"description": text(75)},
)

OVERFLOW_OPTION = Object(
    required={"text": plain(75), "value": String(max_length=150)},
    optional={"description": plain(75), "url": URL},
)

OPTIONS = Items(of=OPTION, max_items=100)

OPTION_GROUP = Object(required={"label": plain(75), "options": OPTIONS}, optional={})

SLACK_FILE = Object(required={}, optional={"id": String(max_length=255), "url": URL})


# What Slack adds to an image that it stores. An app may send a stored block back as it is.
STORED_IMAGE: dict[str, Rule] = {
    "fallback": String(max_length=3000),
    "image_width": Integer(minimum=0, maximum=2**31),
    "image_height": Integer(minimum=0, maximum=2**31),
    "image_bytes": Integer(minimum=0, maximum=2**53),
    "is_animated": Flag(),
}


def one_source(value: Json, pointer: str) -> Iterator[Problem]:
    """An image has exactly one source: a URL or a Slack file."""
    if ("image_url" in value) == ("slack_file" in value):
        yield Problem(pointer, "must define either `image_url` or `slack_file`")
