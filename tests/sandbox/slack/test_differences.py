"""The list of what is covered says what is covered."""

import re
from pathlib import Path

from sandbox.slack import faults
from sandbox.slack.methods.table import METHODS
from sandbox.slack.validator import blocks, elements

TEXT = (Path(blocks.__file__).parent.parent / "DIFFERENCES.md").read_text()


def row(name: str) -> set[str]:
    (line,) = [line for line in TEXT.splitlines() if line.startswith(f"| {name} |")]
    return set(re.findall(r"`([^`]+)`", line))


def test_every_method_is_listed() -> None:
    assert row("Web API") == set(METHODS)


def test_every_block_and_element_is_listed() -> None:
    assert row("Blocks in messages") == set(blocks.IN_MESSAGES)
    assert row("Elements") == {*elements.IN_ACTIONS, *elements.IN_ACCESSORY, *elements.IN_INPUT}


def test_every_fault_is_listed() -> None:
    assert row("Faults") == set(faults.Kind)
