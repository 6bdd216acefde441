"""Five schemas in the form of published ones, for configuration and messages, with what a person enters."""

from typing import Any, Final

FORMATTER: Final = {
    "$schema": "http://json-schema.org/draft-07/schema#",
    "$id": "https://config.example.com/formatter.json",
    "title": "Options of a formatter",
    "type": "object",
    "additionalProperties": False,
    "definitions": {"width": {"type": "integer", "minimum": 1, "maximum": 320}},
    "properties": {
        "print-width": {"$ref": "#/definitions/width", "default": 88, "description": "Characters of a line"},
        "quotes": {"enum": ["single", "double", "preserve"], "default": "double"},
        "end-of-line": {"oneOf": [{"const": "\n", "title": "LF"}, {"const": "\r\n", "title": "CRLF"}], "default": "\n"},
        "target-versions": {
            "type": "array",
            "items": {"enum": ["py310", "py311", "py312", "py313", "py314"]},
            "uniqueItems": True,
        },
        "include": {"type": "string", "format": "regex", "default": "\\.pyi?$"},
        "preview": {"type": "boolean", "default": False},
        "workers": {"type": ["integer", "null"], "minimum": 1, "default": None},
    },
}
COVERAGE: Final = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "type": "object",
    "properties": {
        "all": {"type": "boolean"},
        "check-coverage": {"type": "boolean", "default": True},
        "extension": {
            "type": "array",
            "items": {"type": "string", "pattern": "^\\.[a-z]+$"},
            "default": [".js", ".ts"],
        },
        "reporter": {"type": "array", "items": {"enum": ["text", "html", "lcov", "json"]}, "minItems": 1},
        "branches": {"$ref": "#/$defs/percent"},
        "lines": {"$ref": "#/$defs/percent", "default": 90},
    },
    "required": ["reporter", "branches"],
    "$defs": {"percent": {"type": "number", "minimum": 0, "maximum": 100, "multipleOf": 0.5}},
}
PROBLEM: Final = {
    "title": "Problem of an HTTP API",
    "type": "object",
    "properties": {
        "type": {"type": "string", "format": "uri-reference", "description": "What kind of problem this is"},
        "title": {"type": "string"},
        "status": {"type": "integer", "minimum": 100, "maximum": 599},
        "detail": {"type": "string", "maxLength": 1000},
        "instance": {"type": "string", "format": "uri-reference"},
    },
}
ADDRESS: Final = {
    "type": "object",
    "properties": {
        "postOfficeBox": {"type": "string"},
        "street-address": {"type": "string"},
        "locality": {"type": "string"},
        "postal-code": {"type": "string", "pattern": "^[0-9]{4,6}$"},
        "country-name": {"type": "string", "enum": ["Austria", "Belgium", "Germany", "France", "Italy", "Spain"]},
    },
    "required": ["locality", "country-name"],
    "dependentRequired": {"postOfficeBox": ["street-address"]},
}
PACKAGE: Final = {
    "type": "object",
    "properties": {
        "name": {"type": "string", "pattern": "^[a-z0-9][a-z0-9._-]*$", "minLength": 1, "maxLength": 214},
        "version": {"type": "string", "pattern": "^[0-9]+\\.[0-9]+\\.[0-9]+(-[0-9a-z.-]+)?$"},
        "private": {"type": "boolean", "default": True},
        "license": {"anyOf": [{"const": "Apache-2.0"}, {"const": "MIT"}, {"const": None}]},
        "keywords": {"type": "array", "items": {"type": "string"}, "uniqueItems": True, "maxItems": 5},
        "homepage": {"type": "string", "format": "uri"},
        "author": {
            "type": "object",
            "properties": {"name": {"type": "string"}, "email": {"type": "string", "format": "email"}},
            "required": ["name"],
        },
        "engines": {"type": "object", "properties": {"node": {"type": "string"}}, "default": {"node": ">=22"}},
    },
    "required": ["name", "version"],
}
PUBLISHED: Final[dict[str, tuple[dict[str, Any], dict[str, str | list[str]], dict[str, Any]]]] = {
    "formatter": (
        FORMATTER,
        {"Print-width": "100", "End-of-line": ["CRLF"], "Target-versions": ["py311", "py314"], "Workers": ""},
        {
            "print-width": 100, "quotes": "double", "end-of-line": "\r\n", "target-versions": ["py311", "py314"],
            "include": "\\.pyi?$", "preview": False, "workers": None,
        },
    ),
    "coverage": (
        COVERAGE,
        {"All": [], "Reporter": ["html", "lcov"], "Branches": "87.5", "Extension": ".js\n.mjs\n"},
        {
            "check-coverage": True, "extension": [".js", ".mjs"], "reporter": ["html", "lcov"], "branches": 87.5,
            "lines": 90,
        },
    ),
    "problem": (
        PROBLEM,
        {"Type": "/problems/quota", "Title": "", "Status": "429", "Detail": "Wait.\nThen try again.", "Instance": ""},
        {"type": "/problems/quota", "status": 429, "detail": "Wait.\nThen try again."},
    ),
    "address": (
        ADDRESS,
        {
            "PostOfficeBox": "", "Street-address": "", "Locality": "Ulm", "Postal-code": "89073",
            "Country-name": ["Germany"],
        },
        {"locality": "Ulm", "postal-code": "89073", "country-name": "Germany"},
    ),
    "package": (
        PACKAGE,
        {
            "Name": "left-pad", "Version": "1.3.0", "License": [], "Keywords": "text\npad", "Homepage": "",
            "Author: Name": "Ana", "Author: Email": "ana@example.com",
        },
        {
            "name": "left-pad", "version": "1.3.0", "private": True, "license": None, "keywords": ["text", "pad"],
            "author": {"name": "Ana", "email": "ana@example.com"}, "engines": {"node": ">=22"},
        },
    ),
}  # fmt: skip
"""Each schema, what is entered by the label of its field, and the JSON that comes of it."""
