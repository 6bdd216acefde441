"""What the sandbox's own pages say of it is so, beside what `make docs` writes there."""

import re
from pathlib import Path

from sandbox.slack import faults, server
from sandbox.slack.methods.table import NAMES

HERE = Path(server.__file__).parent
TEXT = (HERE / "DIFFERENCES.md").read_text(encoding="utf-8")


def row(name: str) -> set[str]:
    (line,) = [line for line in TEXT.splitlines() if line.startswith(f"| {name} |")]
    return set(re.findall(r"`([^`]+)`", line))


def test_what_is_not_here_is_not_here() -> None:
    assert row("Methods").isdisjoint(NAMES)


def test_every_fault_is_one_of_answers_or_of_submissions() -> None:
    assert set(faults.Kind) == faults.OF_ANSWERS | faults.OF_SUBMISSIONS
    assert faults.OF_CLICKS < faults.OF_SUBMISSIONS
