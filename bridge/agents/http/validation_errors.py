"""Validates bodies, and translates pydantic's errors: a JSON pointer to each mistake, and what to write instead.

The messages are the bridge's own: those of pydantic name its types, and change with its releases.
"""

from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Any, Final, TypeVar, cast, get_args

from pydantic import ValidationError
from pydantic_core import ErrorDetails
from pydantic_core.core_schema import ErrorType

from bridge import fields
from bridge.agents.http import problems
from bridge.agents.http.body import escape
from bridge.forms.options import OPTION_ID
from storage.model import Json

M = TypeVar("M", bound=fields.Strict)

_PATTERNS: Final[Mapping[str, str]] = MappingProxyType(
    {
        fields.CHANNEL: "must be a Slack conversation id such as C012AB3CD, not a name",
        fields.TS: 'must be the ts of a Slack message, such as "1700000000.000100"',
        fields.USER: "must be a Slack user id such as U012AB3CD, not a name",
        OPTION_ID: "must have 1 to 100 letters, digits or any of _ . : / @ + -",
    }
)

_WEB_ADDRESS: Final = "must be a complete URL, such as https://ci.example.com/runs/7"

_PLAIN: Final[Mapping[str, str]] = MappingProxyType(
    {
        "missing": "is required",
        "extra_forbidden": "is not a known field",
        "string_type": "must be a string",
        "bool_type": "must be true or false",
        "list_type": "must be a list",
        "dict_type": "must be an object",
        "model_type": "must be an object",
        "url_type": _WEB_ADDRESS,
        "url_parsing": _WEB_ADDRESS,
        "url_scheme": "must start with https:// or http://",
    }
)

_UNITS: Final[Mapping[str, str]] = MappingProxyType({"expires_in": "seconds"})

_PYDANTIC_TYPES: Final = frozenset(get_args(ErrorType))


def validate(model: type[M], body: Json, *, elsewhere: Mapping[str, str] = MappingProxyType({})) -> M:
    """A body as this model; raises ApiProblem, which names the mistakes.

    `elsewhere` says of fields that other models have where they belong.
    """
    try:
        return model.model_validate(body)
    except ValidationError as error:
        found = error.errors(include_url=False)[: problems.MAX_ERRORS + 1]  # one more shows that there are more
        mistakes = [(pointer(body, mistake), words(mistake, elsewhere)) for mistake in found]
        raise problems.invalid(*mistakes[0], others=mistakes[1:]) from None


def pointer(body: Json, problem: ErrorDetails) -> str:
    """The JSON pointer to an error in the body as it was sent.

    Steps of the error's location that the body does not have, such as a union's variant, are left out. A rule about
    several fields names the one to correct as `at` in the context of its error, relative to the model of the rule.
    """
    location = (*problem["loc"], *problem.get("ctx", {}).get("at", ()))
    path, at = "", cast("object", body)
    for number, step in enumerate(location, start=1):
        inside = (isinstance(at, dict) and step in at) or (isinstance(at, list) and isinstance(step, int))
        if inside or (number == len(location) and isinstance(at, dict) and isinstance(step, str)):
            path += f"/{escape(str(step)[:200])}"
            at = cast("Any", at)[step] if inside else None
    return path


def words(problem: ErrorDetails, elsewhere: Mapping[str, str] = MappingProxyType({})) -> str:
    """What is wrong, as the rest of a sentence that begins with the pointer."""
    type, context = problem["type"], problem.get("ctx", {})
    match type:
        case "extra_forbidden" if len(problem["loc"]) == 1 and (belongs := elsewhere.get(str(problem["loc"][0]))):
            return belongs
        case _ if type in _PLAIN:
            return _PLAIN[type]
        case "string_pattern_mismatch" if context["pattern"] in _PATTERNS:
            return _PATTERNS[context["pattern"]]
        case "url_too_long":  # pydantic allows longer addresses than the bridge, which counts the stored form
            return f"must have at most {fields.MAX_WEB_ADDRESS} characters"
        case "too_long" | "string_too_long":
            return f"must have at most {_counted(context['max_length'], problem['input'])}"
        case "too_short" | "string_too_short":
            return f"must have at least {_counted(context['min_length'], problem['input'])}"
        case "int_type":
            return f"must be a whole number{_unit(problem, ' of ')}"
        case "greater_than_equal":
            return f"must be at least {context['ge']}{_unit(problem, ' ')}"
        case "less_than_equal":
            return f"must be at most {context['le']}{_unit(problem, ' ')}"
        case "literal_error" | "enum":
            return f"must be {context['expected'].replace(chr(39), chr(34))}"  # "a" or "b", as JSON quotes them
        case _ if type in _PYDANTIC_TYPES:
            return "is not valid; see GET /openapi.json"
    return problem["msg"]


def either(names: Iterable[str]) -> str:
    """A list in words of strings of which one must be given, quoted as in JSON."""
    *first, last = (f'"{name}"' for name in names)
    return f"{', '.join(first)} or {last}" if first else last


def _counted(number: int, value: object) -> str:
    what = "item" if isinstance(value, list) else "character"
    return f"{number} {what}{'' if number == 1 else 's'}"


def _unit(problem: ErrorDetails, before: str) -> str:
    unit = _UNITS.get(str(problem["loc"][-1]))
    return f"{before}{unit}" if unit else ""
