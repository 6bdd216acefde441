"""The named values of one object of JSON or TOML, read with a type each; a mistake is refused with its place."""

from collections.abc import Collection, Iterator, Mapping
from typing import Any

from sandbox.slack.errors import RefusedError


class Fields:
    """The values of one object. A null counts as absent; a name that is not in `known` is refused.

    `place` is where the object stands in a larger one, such as `workspaces[0].people[1]`; refusals begin with it.
    """

    def __init__(self, values: Mapping[str, Any], *, known: Collection[str], place: str = "") -> None:
        self._place = place
        self._values = values
        if unknown := sorted(set(values) - set(known)):
            sentence = f"unknown: {', '.join(unknown)}; known: {', '.join(sorted(known))}"
            raise refused(f"{place}: {sentence}" if place else sentence)

    def __contains__(self, name: str) -> bool:
        return name in self._values

    def at(self, name: str) -> str:
        """The place of one field."""
        return f"{self._place}.{name}" if self._place else name

    def refused(self, name: str, sentence: str) -> RefusedError:
        return refused(f"{self.at(name)} {sentence}")

    def text(self, name: str) -> str:
        value = self.optional_text(name)
        if not value:
            raise self.refused(name, "is missing")
        return value

    def optional_text(self, name: str) -> str | None:
        value = self._values.get(name)
        if value is not None and not isinstance(value, str):
            raise self.refused(name, "must be text")
        return value

    def number(self, name: str, *, default: float, minimum: float = 0, maximum: float = 1e9) -> float:
        value = self._values.get(name)
        if value is None:
            return default
        try:
            read = float(value)
        except (TypeError, ValueError):
            raise self.refused(name, "must be a number") from None
        if not minimum <= read <= maximum:
            raise self.refused(name, f"must be between {minimum:g} and {maximum:g}")
        return read

    def flag(self, name: str) -> bool:
        value = self._values.get(name)
        if value is not None and not isinstance(value, bool):
            raise self.refused(name, "must be true or false")
        return bool(value)

    def object(self, name: str) -> dict[str, Any] | None:
        value = self._values.get(name)
        if value is not None and not isinstance(value, dict):
            raise self.refused(name, "must be an object")
        return value

    def inner(self, name: str, *, known: Collection[str]) -> "Fields | None":
        """The fields of an object inside this one; None when it is absent."""
        value = self.object(name)
        return None if value is None else Fields(value, known=known, place=self.at(name))

    def each(self, name: str, *, known: Collection[str]) -> Iterator["Fields"]:
        """The fields of each object of a list inside this one."""
        value = self._values.get(name)
        if value is not None and not (isinstance(value, list) and all(isinstance(item, dict) for item in value)):
            raise self.refused(name, "must be a list of objects")
        for index, item in enumerate(value or ()):
            yield Fields(item, known=known, place=f"{self.at(name)}[{index}]")

    def optional_texts(self, name: str) -> tuple[str, ...]:
        return () if self._values.get(name) is None else self.texts(name)

    def texts(self, name: str) -> tuple[str, ...]:
        value = self._values.get(name)
        if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
            raise self.refused(name, "must be a list of texts")
        return tuple(value)

    def raw(self, name: str) -> Any:
        return self._values.get(name)


def refused(detail: str) -> RefusedError:
    return RefusedError(400, "invalid_arguments", detail)
