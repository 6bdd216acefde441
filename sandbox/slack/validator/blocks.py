"""The limits of each block. A new block is one entry here; a new surface is one more table of them."""

from collections.abc import Iterator, Mapping

from sandbox.slack.model import Json
from sandbox.slack.validator import elements, rich_text
from sandbox.slack.validator.composition import (
    BLOCK_ID,
    SLACK_FILE,
    STORED_IMAGE,
    TEXT_KINDS,
    URL,
    one_source,
    plain,
    text,
)
from sandbox.slack.validator.rules import Flag, Integer, Items, Kinds, Object, Problem, String


def _text_or_fields(value: Json, pointer: str) -> Iterator[Problem]:
    if "text" not in value and "fields" not in value:
        yield Problem(pointer, "must define either `text` or `fields`")


def _input(kinds: Mapping[str, Object]) -> Object:
    return Object(
        required={"label": plain(2000), "element": Kinds(kinds)},
        optional={"block_id": BLOCK_ID, "hint": plain(2000), "optional": Flag(), "dispatch_action": Flag()},
    )


IN_MESSAGES = {
    "header": Object(
        required={"text": plain(150)}, optional={"block_id": BLOCK_ID, "level": Integer(minimum=1, maximum=4)}
    ),
    "section": Object(
        required={},
        optional={
            "block_id": BLOCK_ID,
            "text": text(3000),
            "fields": Items(of=text(2000), max_items=10),
            "accessory": Kinds(elements.IN_ACCESSORY),
            "expand": Flag(),
        },
        checks=(_text_or_fields,),
    ),
    "context": Object(
        required={"elements": Items(of=Kinds({**TEXT_KINDS, "image": elements.IMAGE}), max_items=10)},
        optional={"block_id": BLOCK_ID},
    ),
    "divider": Object(required={}, optional={"block_id": BLOCK_ID}),
    "actions": Object(
        required={"elements": Items(of=Kinds(elements.IN_ACTIONS), max_items=25)},
        optional={"block_id": BLOCK_ID},
    ),
    "image": Object(
        required={"alt_text": String(max_length=2000)},
        optional={
            "block_id": BLOCK_ID,
            "image_url": URL,
            "slack_file": SLACK_FILE,
            "title": plain(2000),
            **STORED_IMAGE,
        },
        checks=(one_source,),
    ),
    "rich_text": Object(required={"elements": rich_text.PARTS}, optional={"block_id": BLOCK_ID}),
    "input": _input(elements.IN_INPUT),
}
IN_MODALS = {**IN_MESSAGES, "input": _input(elements.IN_MODAL_INPUT)}
