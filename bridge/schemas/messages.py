"""What is wrong with a value, as a sentence for the person who entered it."""

from collections.abc import Iterator
from typing import Any, Final

from jsonschema_rs import ValidationError

from bridge.schemas.refusal import Place
from storage import json_text

_FORMATS: Final = {
    "email": "an email address",
    "idn-email": "an email address",
    "uri": "a complete URL, such as https://example.com",
    "uuid": "a UUID, such as 123e4567-e89b-12d3-a456-426614174000",
    "ipv4": "an IPv4 address, such as 192.0.2.1",
    "ipv6": "an IPv6 address, such as 2001:db8::1",
    "hostname": "a host name, such as db1.example.com",
    "duration": "a duration as in ISO 8601, such as P1DT12H",
    "regex": "a regular expression",
}
_MISSING: Final = "Please fill this in too."
_MAX_PATTERN = 60  # characters of a pattern that a message quotes
_ALTERNATIVES: Final = ("anyOf", "oneOf")


def read(error: ValidationError) -> Iterator[tuple[Place, str]]:
    """Each place that is wrong, with a sentence; the place of a missing value is where it should be."""
    at, kind = tuple(error.instance_path), error.kind
    match kind.name:
        case "required":
            yield (*at, str(kind.value)), _MISSING
        case name if name in _ALTERNATIVES:
            inner = [errors for errors in _context(kind) if not any(one.kind.name == "type" for one in errors)]
            if inner:
                for one in inner[0]:
                    yield from read(one)
            else:
                yield at, "This value is not allowed here."
        case name:
            yield at, _sentence(name, kind.value)


def _context(kind: Any) -> list[list[ValidationError]]:
    return list(getattr(kind, "context", None) or ())


def _sentence(name: str, limit: Any) -> str:
    match name:
        case "minLength":
            return f"Please enter at least {limit:,} characters."
        case "maxLength":
            return f"Please enter at most {limit:,} characters."
        case "minimum":
            return f"Please enter a number of at least {_written(limit)}."
        case "maximum":
            return f"Please enter a number of at most {_written(limit)}."
        case "exclusiveMinimum":
            return f"Please enter a number greater than {_written(limit)}."
        case "exclusiveMaximum":
            return f"Please enter a number less than {_written(limit)}."
        case "multipleOf":
            return f"Please enter a multiple of {_written(limit)}."
        case "minItems":
            return f"Please give at least {limit:,}."
        case "maxItems":
            return f"Please give at most {limit:,}."
        case "uniqueItems":
            return "Please give each value only once."
        case "pattern" if len(str(limit)) <= _MAX_PATTERN:
            return f"This must match the pattern {limit}"
        case "pattern":
            return "This does not match the pattern that it must have."
        case "format":
            return f"Please enter {_FORMATS.get(str(limit), f'a value of the format {limit}')}."
        case "type" if "number" in limit:
            return "Please enter a number."
        case "type" if "integer" in limit:
            return "Please enter a whole number."
        case "enum" | "const":
            return "Please select one of the values that are offered."
    return "This value is not allowed here."


def _written(limit: Any) -> str:
    return json_text.dumps(limit) if not isinstance(limit, str) else limit
