"""Field types of agents' requests: lines, texts, Slack ids, web addresses and JSON that can be stored and shown.

Values that PostgreSQL refuses (NUL, half a surrogate pair, NaN) and characters that people cannot see (other control
characters) are refused here, so that the error can name the field.
"""

import itertools
import math
import re
from collections.abc import Callable
from datetime import datetime
from decimal import Decimal
from types import MappingProxyType
from typing import Annotated, Any

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    GetJsonSchemaHandler,
    HttpUrl,
    ValidationInfo,
    model_validator,
)
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, PydanticCustomError

MAX_DEPTH = 32
MAX_WEB_ADDRESS = 2_000
MAX_TEXT = 9_000  # characters of the longest text that any field takes
MAX_UNKNOWN = 21  # names that one object is validated with and that are not fields; more are not told anyway
USER = r"^[UW][A-Z0-9]{1,30}$"
CHANNEL = r"^[CGD][A-Z0-9]{1,30}$"
TS = r"^[0-9]{1,12}\.[0-9]{6}$"
_RFC_3339 = re.compile(
    r"(?:19|20|21)\d\d-\d\d-\d\d[Tt ]\d\d:\d\d:\d\d(?:\.\d{1,9})?(?:[Zz]|[+-]\d\d:\d\d)", re.ASCII
)  # of years that every database and program can hold
_MAX_BITS = 13_000  # Python converts integers of up to 4,300 digits to text
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]")  # half a surrogate pair cannot be stored either
_BREAK = re.compile(r"[\t\n\u2028\u2029]")
INVISIBLE = re.compile(
    r"[\x7f-\x9f\u00ad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff0-\ufffb"
    r"\U00013430-\U0001343f\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff]"
)
# Characters that take no room or look like a space, besides those of INVISIBLE.
BLANK = re.compile("[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u2800\u3164\ufe00-\ufe0f\uffa0]")


def _unless_too_long(check: Callable[[str], str]) -> Callable[[str], str]:
    """The check, but not of a text that its field's limit refuses afterwards: that costs nothing more."""
    return lambda text: check(text) if len(text) <= MAX_TEXT else text


def _unix_newlines(text: Any) -> Any:
    return text.replace("\r\n", "\n").replace("\r", "\n") if isinstance(text, str) else text


def _whole(number: Any) -> Any:
    """An integer for a number such as 3600.0, which JSON does not distinguish from 3600."""
    if isinstance(number, float | Decimal) and math.isfinite(number) and (whole := int(number)) == number:
        return whole
    return number


def without_controls(text: str) -> str:
    """A validator that refuses control characters."""
    if _CONTROL.search(text):
        raise PydanticCustomError("control_character", "must not contain control characters")
    return text


def _one_line(text: str) -> str:
    if _BREAK.search(text):
        raise PydanticCustomError("line_break", "must be one line, without tabs")
    return without_controls(text)


def is_blank(text: str) -> bool:
    """Whether a text has no visible character."""
    return not BLANK.sub("", INVISIBLE.sub("", text)).strip()


def not_blank(text: str) -> str:
    """A validator that refuses a text without a visible character."""
    if is_blank(text):
        raise PydanticCustomError("blank", "must contain a visible character")
    return text


def _json(value: Any, depth: int = 0) -> Any:
    """The value as PostgreSQL will return it, so that a card shows the same value at any time, all digits of it."""
    if depth > MAX_DEPTH:
        raise PydanticCustomError("too_deep", "must not be nested more than {limit} deep", {"limit": MAX_DEPTH})
    match value:
        case None | bool():
            return value
        case str():
            return _storable_text(value)
        case int() if value.bit_length() <= _MAX_BITS:
            return value
        case Decimal() if value.is_finite():
            return value
        case float() if math.isfinite(value):
            return Decimal(repr(value + 0.0))  # jsonb has no negative zero
        case list():
            return [_json(inner, depth + 1) for inner in value]
        case dict() if all(isinstance(name, str) for name in value):
            return {_storable_text(name): _json(inner, depth + 1) for name, inner in value.items()}
    raise PydanticCustomError("not_json", "must be JSON, with numbers that can be written in full")


def _moment(written: Any) -> Any:
    """The time that RFC 3339 text names; a time that was read already stays as it is."""
    if isinstance(written, datetime):
        return written
    if isinstance(written, str) and _RFC_3339.fullmatch(written):
        try:
            return datetime.fromisoformat(written.upper())
        except ValueError:
            pass
    raise PydanticCustomError(
        "moment", 'must be a time with its offset from UTC as in RFC 3339, such as "2026-01-31T09:30:00Z"'
    )


def _storable_text(text: str) -> str:
    if "\x00" in text or any("\ud800" <= character <= "\udfff" for character in text):
        raise PydanticCustomError("unstorable", "must not contain NUL or half a surrogate pair")
    return text


STORED = MappingProxyType({"stored": True})  # the context for a request that this or an earlier release accepted


def is_new(info: ValidationInfo) -> bool:
    """Whether the value is part of a new request, not of a stored one."""
    return info.context is not STORED


def _arguments(value: Any, info: ValidationInfo) -> Any:
    """A stored object is JSON as PostgreSQL returns it, and large ones are read while a person waits."""
    return _json(value) if is_new(info) else value


class Free:
    """Marks a field as free text: nothing is found, named or addressed by it, so that secrets in it can be hidden."""


FREE = Free()
WHOLE = BeforeValidator(_whole)  # for a field of type int, after its limits
Line = Annotated[str, AfterValidator(_unless_too_long(_one_line)), AfterValidator(_unless_too_long(not_blank))]
Text = Annotated[str, BeforeValidator(_unix_newlines), AfterValidator(_unless_too_long(without_controls))]
Words = Annotated[Text, AfterValidator(_unless_too_long(not_blank))]
UserId = Annotated[str, Field(pattern=USER, description="A Slack user id")]
ChannelId = Annotated[str, Field(pattern=CHANNEL, description="A Slack conversation id")]
Ts = Annotated[str, Field(pattern=TS, description="A Slack message's ts")]
# Not strict: strict mode refuses addresses that browsers copy every day. The address is stored percent-encoded.
WebAddress = Annotated[HttpUrl, Field(strict=False, max_length=MAX_WEB_ADDRESS)]
Arguments = Annotated[dict[str, Any], AfterValidator(_arguments)]
AnyJson = Annotated[Any, AfterValidator(_json)]
Moment = Annotated[datetime, BeforeValidator(_moment, json_schema_input_type=datetime)]


class Strict(BaseModel):
    """A model that converts nothing and refuses unknown fields, so that a misspelt field is reported.

    Every field that may be left out may also be null: many clients write null for what they leave out.
    """

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True)

    @model_validator(mode="before")
    @classmethod
    def _without_nulls(cls, value: Any) -> Any:
        """The value without nulls in fields that have another default than null, and with few unknown names."""
        if not isinstance(value, dict):
            return value
        known = {name: value[name] for name in cls.model_fields if name in value}
        given = {name: inner for name, inner in known.items() if inner is not None or not cls._has_default(name)}
        unknown = itertools.islice((name for name in value if name not in known), MAX_UNKNOWN)
        return given | {name: value[name] for name in unknown}

    @classmethod
    def _has_default(cls, name: str) -> bool:
        """Whether the field may be left out, and is then something else than null."""
        field = cls.model_fields.get(name)
        return (
            field is not None and not field.is_required() and field.get_default(call_default_factory=True) is not None
        )

    @classmethod
    def __get_pydantic_json_schema__(cls, core_schema: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        """The schema, in which every field that may be left out may be null."""
        reference = handler(core_schema)
        schema = handler.resolve_ref_schema(reference)
        for name, field in schema["properties"].items():
            if cls._has_default(name):
                beside = {key: field.pop(key) for key in ("default", "description", "title") if key in field}
                schema["properties"][name] = {"anyOf": [field, {"type": "null"}], **beside}
        return reference
