"""The limits of a modal or home view: its titles, its blocks, and the size of its JSON."""

import json
from collections.abc import Collection, Iterator, Mapping

from sandbox.slack.model import Json
from sandbox.slack.validator import message
from sandbox.slack.validator.blocks import IN_MESSAGES, IN_MODALS
from sandbox.slack.validator.composition import plain
from sandbox.slack.validator.rules import Flag, Items, Kinds, Object, Problem, String, broken

MAX_BLOCKS = 100
MAX_BYTES = 250 * 1024
_COMMON = {
    "callback_id": String(max_length=255, min_length=0),
    "external_id": String(max_length=255, min_length=0),
    "private_metadata": String(max_length=3000, min_length=0),
}


def _blocks(kinds: Mapping[str, Object]) -> Items:
    return Items(of=Kinds(kinds), min_items=0, max_items=MAX_BLOCKS)


def _inputs_can_be_submitted(value: Json, pointer: str) -> Iterator[Problem]:
    blocks = value.get("blocks")
    for index, block in enumerate(blocks if isinstance(blocks, list) else []):
        if isinstance(block, dict) and block.get("type") == "input" and "submit" not in value:
            yield Problem(f"{pointer}/blocks/{index}/input", "must define `submit` to use `input` block")


KINDS = {
    "modal": Object(
        required={"title": plain(24), "blocks": _blocks(IN_MODALS)},
        optional={
            **_COMMON,
            "submit": plain(24),
            "close": plain(24),
            "clear_on_close": Flag(),
            "notify_on_close": Flag(),
            "submit_disabled": Flag(),
        },
        checks=(_inputs_can_be_submitted,),
    ),
    "home": Object(required={"blocks": _blocks(IN_MESSAGES)}, optional=_COMMON),
}


def problems(view: Json, *, pointer: str = "/view", kinds: Collection[str] = tuple(KINDS)) -> list[Problem]:
    """Every problem for which Slack would refuse this view where it takes views of these kinds."""
    found = list(broken(Kinds({kind: KINDS[kind] for kind in kinds}), view, pointer))
    blocks = view.get("blocks")
    return found + (
        message.problems_across_blocks(blocks, pointer=f"{pointer}/blocks") if isinstance(blocks, list) else []
    )


def is_too_large(view: Json) -> bool:
    return len(json.dumps(view).encode()) > MAX_BYTES
