"""The limits of the small objects that blocks are composed of: texts, options, confirmation dialogs."""

from collections.abc import Iterator

from sandbox.slack.model import Json
from sandbox.slack.validator.rules import Flag, Items, Kinds, Object, Problem, String

BLOCK_ID = String(most=255)
ACTION_ID = String(most=255)
URL = String(most=3000)


def plain(most: int) -> Kinds:
    """A text object that is shown as it is."""
    return Kinds({"plain_text": _plain(most)})


def text(most: int) -> Kinds:
    """A text object of either kind. Each flag belongs to one kind only."""
    return Kinds({"plain_text": _plain(most), "mrkdwn": _mrkdwn(most)})


def _plain(most: int) -> Object:
    return Object(required={"text": String(most=most)}, optional={"emoji": Flag()})


def _mrkdwn(most: int) -> Object:
    return Object(required={"text": String(most=most)}, optional={"verbatim": Flag()})


TEXT_KINDS = text(3000).by_type

CONFIRM = Object(
    required={"title": plain(100), "text": text(300), "confirm": plain(30), "deny": plain(30)},
    optional={"style": String(most=7, one_of=("primary", "danger"))},
)

OPTION = Object(
    required={"text": plain(75), "value": String(most=150)},
    optional={"description": plain(75)},
)

CHOICE_OPTION = Object(
    required={"text": text(75), "value": String(most=150)},
    optional={"description": text(75)},
)

OVERFLOW_OPTION = Object(
    required={"text": plain(75), "value": String(most=150)},
    optional={"description": plain(75), "url": URL},
)

OPTIONS = Items(of=OPTION, most=100)

OPTION_GROUP = Object(required={"label": plain(75), "options": OPTIONS}, optional={})

SLACK_FILE = Object(required={}, optional={"id": String(most=255), "url": URL})


def one_source(value: Json, pointer: str) -> Iterator[Problem]:
    """An image comes from an address or from a file, from exactly one of them."""
    if ("image_url" in value) == ("slack_file" in value):
        yield Problem(pointer, "must define either `image_url` or `slack_file`")
