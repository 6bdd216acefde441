"""Why a schema cannot be a form: the place in the schema, and what to do."""

from collections.abc import Sequence
from typing import Any, TypeAlias

Place: TypeAlias = tuple[str | int, ...]
"""The steps from the root of a document to a value in it."""


class Refused(Exception):
    """A schema, a default or an initial value that a form cannot show. `words` continue the name of the place."""

    def __init__(self, at: Sequence[str | int], words: str) -> None:
        super().__init__(words)
        self.at: Place = tuple(at)
        self.words = words


def an_object(value: Any, at: Place) -> dict[str, Any]:
    """The value, which must be a schema that is an object; raises Refused."""
    if not isinstance(value, dict):
        raise Refused(at, 'must be an object that says what the value is, such as {"type": "string"}')
    return value
