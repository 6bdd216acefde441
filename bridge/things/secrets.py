"""Secrets that a request names, so that they are not stored: hidden in free text, refused anywhere else. Pure.

The models of the bodies say which fields are free text: those marked `FREE`, and of JSON the values in them. A name in
JSON, and what finds, names or addresses something, cannot be hidden: two of them would look the same.
"""

import re
import types
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from functools import cache
from typing import Annotated, Any, Final, Union, get_args, get_origin

from pydantic import AfterValidator, BaseModel, Field

from bridge.fields import FREE, Strict, not_blank
from storage import json_text
from storage.model import Json

HIDDEN: Final = "••••"
MIN_LENGTH: Final = 8  # a shorter text might stand anywhere by chance
MAX_LENGTH: Final = 8_192
MAX_SECRETS: Final = 20
_NEWLINE: Final = re.compile("\r\n|\r|\n")
_PLAIN: Final = re.compile(r"[^A-Za-z0-9._~-]+")  # what addresses do not have as it is
_PERCENT: Final = re.compile(rb"%([0-9A-Fa-f]{2})")
_MAX_NAME: Final = 200  # characters of a name in a pointer

Secret = Annotated[str, Field(min_length=MIN_LENGTH, max_length=MAX_LENGTH), AfterValidator(not_blank)]


class WithSecrets(Strict):
    """What requests about things can hide."""

    secrets: Annotated[list[Secret], Field(max_length=MAX_SECRETS)] | None = Field(
        default=None,
        repr=False,
        description=f"Texts that are replaced by `{HIDDEN}` in the free text of this request, and stored nowhere. "
        "A request with one of them anywhere else is refused",
    )


class Misplaced(Exception):
    """A secret stands where it cannot be hidden. Neither pointer nor message contains it."""

    def __init__(self, pointer: str, number: int) -> None:
        super().__init__(pointer)
        self.pointer = pointer
        self.message = f"contains /secrets/{number}, which only free text may contain: there it is hidden"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Shape:
    """Where a part of a body has free text: in all of it, in fields of models, or in the items of a list."""

    is_free: bool = False
    models: tuple[type[BaseModel], ...] = ()
    items: "_Shape | None" = None

    def of_field(self, name: str) -> "_Shape | None":
        """The shape of a field; None if no model has it."""
        return next((found for model in self.models if (found := _fields(model).get(name)) is not None), None)

    def and_(self, other: "_Shape") -> "_Shape":
        """The shape of what has either shape."""
        items = self.items.and_(other.items) if self.items and other.items else self.items or other.items
        return _Shape(is_free=self.is_free or other.is_free, models=self.models + other.models, items=items)


_BOUND: Final = _Shape()  # nothing in it is free


@dataclass(frozen=True, slots=True)
class Secrets:
    """The secrets of one request. Nothing of them is shown by `repr`."""

    written: Sequence[tuple[int, str]] = field(repr=False)  # every way to write one, with its place; longest first

    def hide(self, model: type[BaseModel], body: Json) -> Json:
        """The body with its free text without the secrets; raises Misplaced. `body` is JSON, of any shape."""
        hidden = self._hidden(body, _Shape(models=(model,)), "")
        assert isinstance(hidden, dict)  # noqa: S101  -- as the body is
        return hidden

    def check(self, fields: BaseModel) -> None:
        """Raise Misplaced if a secret is in a body that was validated: validating may have brought it into form."""
        self._hidden(fields.model_dump(mode="json", exclude_unset=True), _Shape(models=(type(fields),)), "", keeps=True)

    def number_in(self, text: str, *, decodes: bool = True) -> int | None:
        """The place of a secret that stands in this text or, with `decodes`, in what it encodes; None if none does."""
        texts = (text, _decoded(text)) if decodes and "%" in text else (text,)
        return next((number for number, secret in self.written if any(secret in each for each in texts)), None)

    def hidden(self, text: str) -> str:
        """The text with every occurrence hidden; those that overlap are hidden as one."""
        while spans := self._spans(text):
            pieces, end = [], 0
            for start, stop in spans:
                pieces += [text[end:start], HIDDEN]
                end = stop
            text = "".join([*pieces, text[end:]])  # in which a secret with the sign of a hidden one may stand now
        return text

    def _hidden(self, value: Any, shape: _Shape, pointer: str, *, keeps: bool = False) -> Any:
        match value:
            case str() if shape.is_free and not keeps:
                return self.hidden(value)
            case str():
                self._refuse(value, pointer, decodes=not shape.is_free)
            case int() | float() | Decimal() if not isinstance(value, bool):
                self._refuse(json_text.dumps(value), pointer)
            case list():
                inside = shape if shape.is_free else shape.items or _BOUND
                return [
                    self._hidden(inner, inside, f"{pointer}/{place}", keeps=keeps) for place, inner in enumerate(value)
                ]
            case dict():
                return {
                    name: self._hidden(inner, self._inside(shape, name, pointer), _below(pointer, name), keeps=keeps)
                    for name, inner in value.items()
                }
        return value

    def _inside(self, shape: _Shape, name: str, pointer: str) -> _Shape:
        """The shape of a member of an object, whose name cannot be hidden."""
        known = shape.of_field(name)
        if known is None:
            self._refuse(name, pointer)
        return shape if shape.is_free else known or _BOUND

    def _refuse(self, text: str, pointer: str, *, decodes: bool = True) -> None:
        if (number := self.number_in(text, decodes=decodes)) is not None:
            while pointer and self.number_in(pointer) is not None:
                pointer = pointer.rpartition("/")[0]
            raise Misplaced(pointer, number)

    def _spans(self, text: str) -> list[tuple[int, int]]:
        """Where secrets stand in the text, from its beginning; what overlaps is one."""
        found: list[tuple[int, int]] = []
        covered = bytearray(len(text))
        for _, secret in self.written:
            start, length = 0, len(secret)
            while (at := text.find(secret, start)) >= 0:
                if 0 in covered[at : at + length]:
                    found.append((at, at + length))
                    covered[at : at + length] = b"\x01" * length
                if (free := covered.find(0, at)) < 0:
                    break
                start = max(at + 1, free - length + 1)  # an occurrence before that hides nothing more
        return _merged(sorted(found))


def secrets(texts: Sequence[str]) -> Secrets:
    """The secrets with these texts, each in every way in which a text may have it."""
    written = {way: number for number, text in reversed(list(enumerate(texts))) for way in _ways(text)}
    return Secrets(sorted(((number, way) for way, number in written.items()), key=lambda each: -len(each[1])))


def _ways(secret: str) -> Iterator[str]:
    """A secret as it is, with each sort of line break, as text that is JSON itself has it, and as addresses have it."""
    for text in (secret, *(newline.join(_NEWLINE.split(secret)) for newline in ("\n", "\r\n", "\r"))):
        yield text
        yield json_text.dumps(text, ensure_ascii=False)[1:-1]
        yield json_text.dumps(text)[1:-1]
        yield _PLAIN.sub(lambda found: "".join(f"%{byte:02X}" for byte in found[0].encode()), text)


def _merged(spans: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    merged: list[tuple[int, int]] = []
    for start, stop in spans:
        if merged and start < merged[-1][1]:
            merged[-1] = (merged[-1][0], max(stop, merged[-1][1]))
        else:
            merged.append((start, stop))
    return merged


def _decoded(text: str) -> str:
    """The text that is percent-encoded."""
    raw = text.encode(errors="surrogatepass")  # of a body that is refused for it, but first for a secret
    return _PERCENT.sub(lambda found: bytes([int(found[1], 16)]), raw).decode(errors="replace")


def _below(pointer: str, name: str) -> str:
    return f"{pointer}/{name[:_MAX_NAME].replace('~', '~0').replace('/', '~1')}"


@cache
def _fields(model: type[BaseModel]) -> Mapping[str, _Shape]:
    """The shapes of a model's fields."""
    return {
        name: _FREE if FREE in info.metadata else _shape(info.annotation) for name, info in model.model_fields.items()
    }


_FREE: Final = _Shape(is_free=True)


def _shape(annotation: Any) -> _Shape:
    """The shape of a type as a model has it."""
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        return _FREE if FREE in arguments[1:] else _shape(arguments[0])
    if origin in (Union, types.UnionType):
        shape = _BOUND
        for each in arguments:
            shape = shape.and_(_shape(each))
        return shape
    if origin is list:
        return _Shape(items=_shape(arguments[0]))
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return _Shape(models=(annotation,))
    return _BOUND
