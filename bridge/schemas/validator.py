"""Validation by `jsonschema-rs`, in bounded time: patterns never backtrack, and no reference is ever fetched."""

from collections.abc import Iterator
from typing import Any, Final

import jsonschema_rs
from jsonschema_rs import Draft202012Validator, RegexOptions, ValidationError

from bridge.schemas.refusal import Refused
from storage.model import Json

_IGNORED: Final = frozenset({"$schema", "$id"})
"""Names of the whole schema. They mean nothing here, and a name that is not known might be looked for elsewhere."""

_MAX_COMPILED: Final = 200_000  # bytes of one compiled pattern
_MAX_TOGETHER: Final = 600_000  # of all of them: a text is checked in a time that grows with it


class Validator:
    """Validates values by one schema."""

    def __init__(self, schema: Json, *, patterns: int = 1) -> None:
        """`patterns` is how many the schema has.

        Raises Refused if this is no JSON Schema of 2020-12, or if a pattern of it cannot be bounded.
        """
        size = min(_MAX_COMPILED, _MAX_TOGETHER // max(1, patterns))
        local = {name: value for name, value in schema.items() if name not in _IGNORED}
        try:
            self._validator = Draft202012Validator(
                local,
                validate_formats=True,
                ignore_unknown_formats=True,
                offline=True,
                pattern_options=RegexOptions(size_limit=size, dfa_size_limit=size),
            )
        except ValidationError as error:
            raise _refused(error) from None
        except (jsonschema_rs.ReferencingError, ValueError):
            raise Refused((), "must be a JSON Schema of the draft 2020-12") from None

    def errors(self, value: Any) -> Iterator[ValidationError]:
        """What is wrong with a value, in no particular order."""
        return self._validator.iter_errors(value)


def _refused(error: ValidationError) -> Refused:
    at = tuple(error.instance_path)
    if at and at[-1] == "pattern":
        return Refused(
            at,
            "cannot be checked in a bounded time, or is no regular expression: leave out lookaheads, backreferences "
            "and large repetitions",
        )
    if not at:
        return Refused(at, "must be a JSON Schema of the draft 2020-12 whose references lead to a place inside it")
    return Refused(at, "is not valid in a JSON Schema of the draft 2020-12")
