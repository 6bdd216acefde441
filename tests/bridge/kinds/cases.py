"""Every example of every kind, as the cases of a test."""

from typing import Any

import pytest

from bridge.kinds.contract import Example, Kind
from bridge.kinds.registry import KINDS

EXAMPLES = [(kind, example) for kind in KINDS.values() for example in kind.examples]


def _clickable(kind: Kind[Any], example: Example) -> bool:
    """Whether a click alone can answer the example."""
    request = kind.request.model_validate(example.request)
    return bool(kind.answers(request).keys() - kind.stored_forms(request).keys())


def _parametrize(cases: list[tuple[Kind[Any], Example]]) -> pytest.MarkDecorator:
    params = [pytest.param(kind, example, id=f"{kind.name}: {example.name}") for kind, example in cases]
    return pytest.mark.parametrize(("kind", "example"), params)


every_example = _parametrize(EXAMPLES)
every_clickable_example = _parametrize([case for case in EXAMPLES if _clickable(*case)])
