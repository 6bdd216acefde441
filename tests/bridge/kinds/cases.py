"""Every example of every kind, as the cases of a test."""

import pytest

from bridge.kinds.registry import KINDS

CASES = [
    pytest.param(kind, example, id=f"{kind.name}: {example.name}")
    for kind in KINDS.values()
    for example in kind.examples
]

every_example = pytest.mark.parametrize(("kind", "example"), CASES)
