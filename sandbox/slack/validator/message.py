"""The checks of all blocks of one message together: their number, their ids, and the sum of their texts."""

from collections import Counter
from collections.abc import Iterator
from typing import Any

from sandbox.slack.model import Json
from sandbox.slack.validator.blocks import IN_MESSAGES
from sandbox.slack.validator.rules import Items, Kinds, Problem, broken

MAX_BLOCKS = 50
MAX_CHARACTERS = 13_200  # undocumented; `msg_blocks_too_long` was observed near this sum
_RULE = Items(of=Kinds(IN_MESSAGES), min_items=0, max_items=MAX_BLOCKS)


def problems(blocks: list[Any], *, pointer: str = "/blocks") -> list[Problem]:
    """Every problem for which Slack would refuse these blocks, in the order of the blocks."""
    return list(broken(_RULE, blocks, pointer)) + problems_across_blocks(blocks, pointer=pointer)


def problems_across_blocks(blocks: list[Any], *, pointer: str) -> list[Problem]:
    """The problems of blocks that are valid one by one: ids, or a focus, that only one of them may have."""
    return _repeated_ids(blocks, pointer=pointer) + list(_repeated_focus(blocks, pointer))


def _repeated_ids(blocks: list[Any], *, pointer: str) -> list[Problem]:
    """A problem for each duplicate id: block_ids among the blocks, action_ids within one block."""
    found = list(_repeated([block for block in blocks if isinstance(block, dict)], "block_id", pointer))
    for index, block in enumerate(blocks):
        if isinstance(block, dict):
            found += _repeated(list(interactive(block)), "action_id", f"{pointer}/{index}")
    return found


def interactive(block: Json) -> Iterator[Json]:
    """The elements of one block that have an action_id."""
    return (element for element in elements(block) if "action_id" in element)


def elements(block: Json) -> Iterator[Json]:
    """The elements of one block, wherever such a block has them."""
    several = block.get("elements")
    candidates = several if isinstance(several, list) else []
    return (one for one in [*candidates, block.get("accessory"), block.get("element")] if isinstance(one, dict))


def characters(value: Any) -> int:
    """The number of characters of all texts in these blocks together."""
    if isinstance(value, list):
        return sum(characters(item) for item in value)
    if isinstance(value, dict):
        own = value.get("text")
        here = len(own) if isinstance(own, str) else 0
        return here + sum(characters(inner) for inner in value.values())
    return 0


def _repeated_focus(blocks: list[Any], pointer: str) -> Iterator[Problem]:
    every = [element for block in blocks if isinstance(block, dict) for element in elements(block)]
    if sum(element.get("focus_on_load") is True for element in every) > 1:
        yield Problem(pointer, "only one element may have `focus_on_load`")


def _repeated(objects: list[Json], field: str, pointer: str) -> Iterator[Problem]:
    ids = Counter(thing[field] for thing in objects if isinstance(thing.get(field), str))
    for repeated in (value for value, times in ids.items() if times > 1):
        yield Problem(pointer, f"`{field}` must be unique: {repeated}")
