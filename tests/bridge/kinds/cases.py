"""Every example of every kind, or one of each shape, as the cases of a test."""

from typing import Any

import pytest

from bridge.kinds.choice.request import MAX_BUTTONS
from bridge.kinds.contract import Example, Kind
from bridge.kinds.registry import KINDS

EXAMPLES = [(kind, example) for kind in KINDS.values() for example in kind.examples]


def _clickable(kind: Kind[Any], example: Example) -> bool:
    """Whether a click alone can answer the example."""
    request = kind.request.model_validate(example.request)
    return bool(kind.answers(request).keys() - kind.stored_forms(request).keys())


def _shape(kind: Kind[Any], example: Example) -> tuple[str, bool, bool]:
    """What decides how a card is clicked: its kind, whether it has a menu, and whether some answers have a form."""
    request = kind.request.model_validate(example.request)
    forms = kind.stored_forms(request)
    return kind.name, len(kind.answers(request).keys() | forms.keys()) > MAX_BUTTONS, bool(forms)


def _parametrize(cases: list[tuple[Kind[Any], Example]]) -> pytest.MarkDecorator:
    params = [pytest.param(kind, example, id=f"{kind.name}: {example.name}") for kind, example in cases]
    return pytest.mark.parametrize(("kind", "example"), params)


CLICKABLE = [case for case in EXAMPLES if _clickable(*case)]

every_example = _parametrize(EXAMPLES)
every_clickable_example = _parametrize(CLICKABLE)
every_clickable_shape = _parametrize(list({_shape(*case): case for case in reversed(CLICKABLE)}.values())[::-1])
"""The first clickable example of each shape."""
