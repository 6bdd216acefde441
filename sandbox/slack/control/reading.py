"""Parses requests to the control API; anything unexpected raises RefusedError with a sentence about it."""

import json
from collections.abc import Collection, Mapping
from typing import Any

from aiohttp import web

from sandbox.slack.errors import RefusedError


class Fields:
    """The named values of one request. A null counts as absent; a name that is not in `known` is refused."""

    def __init__(self, values: Mapping[str, Any], *, known: Collection[str]) -> None:
        if unknown := sorted(set(values) - set(known)):
            raise refused(f"unknown: {', '.join(unknown)}; known: {', '.join(sorted(known))}")
        self._values = values

    def __contains__(self, name: str) -> bool:
        return name in self._values

    def text(self, name: str) -> str:
        value = self.optional_text(name)
        if not value:
            raise refused(f"{name} is missing")
        return value

    def optional_text(self, name: str) -> str | None:
        value = self._values.get(name)
        if value is not None and not isinstance(value, str):
            raise refused(f"{name} must be text")
        return value

    def number(self, name: str, *, default: float, minimum: float = 0, maximum: float = 1e9) -> float:
        value = self._values.get(name)
        if value is None:
            return default
        try:
            read = float(value)
        except (TypeError, ValueError):
            raise refused(f"{name} must be a number") from None
        if not minimum <= read <= maximum:
            raise refused(f"{name} must be between {minimum:g} and {maximum:g}")
        return read

    def flag(self, name: str) -> bool:
        value = self._values.get(name)
        if value is not None and not isinstance(value, bool):
            raise refused(f"{name} must be true or false")
        return bool(value)

    def object(self, name: str) -> dict[str, Any] | None:
        value = self._values.get(name)
        if value is not None and not isinstance(value, dict):
            raise refused(f"{name} must be an object")
        return value

    def objects(self, name: str) -> tuple[dict[str, Any], ...]:
        value = self._values.get(name)
        if value is None:
            return ()
        if not isinstance(value, list) or not all(isinstance(item, dict) for item in value):
            raise refused(f"{name} must be a list of objects")
        return tuple(value)

    def optional_texts(self, name: str) -> tuple[str, ...]:
        return () if self._values.get(name) is None else self.texts(name)

    def texts(self, name: str) -> tuple[str, ...]:
        value = self._values.get(name)
        if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
            raise refused(f"{name} must be a list of texts")
        return tuple(value)

    def raw(self, name: str) -> Any:
        return self._values.get(name)


async def body(request: web.Request, *, known: Collection[str]) -> Fields:
    try:
        values = json.loads(await request.read())
    except (ValueError, RecursionError):
        raise refused("the body must be JSON") from None
    if not isinstance(values, dict):
        raise refused("the body must be a JSON object")
    return Fields(values, known=known)


def query(request: web.Request, *, known: Collection[str]) -> Fields:
    return Fields(request.query, known=known)


def refused(detail: str) -> RefusedError:
    return RefusedError(400, "invalid_arguments", detail)
