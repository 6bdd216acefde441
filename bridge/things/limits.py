"""Limits of fields that requests about things of several nouns share."""

from collections.abc import Callable

from pydantic_core import PydanticCustomError

from storage import json_text


def at_most(limit: int) -> Callable[[object], object]:
    """A validator that refuses what is longer as JSON."""

    def check(value: object) -> object:
        if json_text.is_longer(value, limit):
            raise PydanticCustomError(
                "json_too_long",
                "must be at most {max_bytes} bytes as JSON, with numbers written without exponents",
                {"max_bytes": limit},
            )
        return value

    return check
