"""The part of the OpenAPI description about things: made from the operations and filters of every noun."""

from functools import cache
from types import GenericAlias
from typing import Any, Final

from pydantic import BaseModel, Field, create_model

from bridge.agents.http.paging import CURSOR_OF_VALUES
from bridge.agents.http.parameters import KEY_PATTERN, MAX_WAIT
from bridge.agents.http.problems import (
    BAD_PARAMETER,
    ILLEGAL_MOVE,
    KEY_REUSED,
    NOT_FOUND,
    THING_CONFLICTS,
    TOO_MANY_OPEN,
    TOO_MANY_THINGS,
    WEBHOOKS_OFF,
)
from bridge.agents.openapi.operations import BODY, CURSOR, KEY, LIMIT, REF, answer, failures
from bridge.agents.things.common_fields import Showing, model
from bridge.things.apis import APIS
from bridge.things.operations import NestedList, NounApi, Operation, Report
from bridge.things.schemas import ThingTimeline
from storage.model import Json

_WAIT: Final[Json] = {
    "name": "wait",
    "in": "query",
    "description": "Seconds to wait until there is something; the response comes after 55 at the latest.",
    "schema": {"type": "number", "minimum": 0, "maximum": MAX_WAIT, "default": 0},
}


def sent() -> list[type[BaseModel]]:
    """The models of all bodies."""
    return [*(model(api.noun.name, each) for api in APIS.values() for each in api.operations), Showing]


def returned() -> list[type[BaseModel]]:
    """The models of all responses."""
    found: list[type[BaseModel]] = [ThingTimeline]
    for api in APIS.values():
        found += [api.schema, _reached(api), _page(api)]
        found += [each.returns for each in api.operations if each.returns is not None]
        found += [each.schema for each in api.reports]
        found += [model for nested in api.lists for model in (nested.schema, _nested_page(api, nested))]
    return list(dict.fromkeys(found))


def paths() -> Json:
    """Every path with its operations."""
    described: Json = {}
    for api in APIS.values():
        at, name = f"/v1/{api.noun.plural}", api.noun.name.capitalize()
        ours: Json = {at: {"get": _list(api)}}
        for each in api.operations:
            ours.setdefault(f"{at}{each.path}", {})[each.method.lower()] = _operation(api, each)
        for report in api.reports:
            ours.setdefault(f"{at}{report.path}", {})["get"] = _report(report)
        one = f"{at}/{{id}}"
        ours[one] = {"get": _get(api), **ours.pop(one, {})}
        for nested in api.lists:
            path = f"{one}/{nested.name}"
            ours[path] = {"get": _nested(api, nested), **ours.pop(path, {})}
        described |= ours
        described[f"{at}/{{id}}/timeline"] = {
            "get": {
                "operationId": f"get{name}Timeline",
                "summary": f"Get the timeline of {api.one}",
                "security": KEY,
                "parameters": [_id(api)],
                "responses": {"200": answer("Oldest first.", ThingTimeline), **failures(BAD_PARAMETER, NOT_FOUND)},
            }
        }
        described[f"{at}/{{id}}/cards"] = {
            "post": {
                "operationId": f"show{name}",
                "summary": f"Show {api.one} at more places",
                "description": "Its other cards stay. A card that was given up is tried again.",
                "security": KEY,
                "parameters": [_id(api), _idempotency_key()],
                "requestBody": _content(Showing),
                "responses": {
                    "200": answer("The current state.", api.schema),
                    **failures(BAD_PARAMETER, *BODY, NOT_FOUND, ILLEGAL_MOVE, KEY_REUSED),
                },
            }
        }
    return described


def _operation(api: NounApi[Any], operation: Operation) -> Json:
    problems = [BAD_PARAMETER, *BODY]
    if not (operation.is_search or operation.is_sweep):
        problems.append(KEY_REUSED)
    if not (operation.opens or operation.is_search or operation.is_sweep):
        problems += [NOT_FOUND, ILLEGAL_MOVE]
    problems += [THING_CONFLICTS[each] for each in operation.conflicts]
    if operation.waits:
        problems.append(TOO_MANY_OPEN)
    if operation.opens:
        problems.append(TOO_MANY_THINGS)
    if operation.has_common:
        problems.append(WEBHOOKS_OFF)
    words = "All of them." if operation.is_search else "Their ids." if operation.is_sweep else "The current state."
    done = {"200": answer(words, _result(api, operation))}
    if operation.waits:
        done["204"] = {"description": "Nothing, also after the wait; the `Idempotency-Key` is not kept."}
    opened = {"201": answer("Opened.", _result(api, operation))} if operation.opens else {}
    if operation.adds:
        opened, done = {"201": answer("Added.", _result(api, operation))}, _again(done)
    return {
        "operationId": operation.name,
        "summary": operation.summary,
        "description": operation.description,
        "security": KEY,
        "parameters": [
            *([_id(api)] if operation.has_id else []),
            *([_WAIT] if operation.waits else []),
            *([] if operation.is_sweep else [_idempotency_key()]),
        ],
        "requestBody": _content(model(api.noun.name, operation)),
        "responses": {**opened, **done, **failures(*problems)},
    }


def _result(api: NounApi[Any], operation: Operation) -> type[BaseModel]:
    return _page(api) if operation.is_search else operation.returns or api.schema


def _again(done: Json) -> Json:
    """The same for a request that repeats another one, which adds nothing."""
    return {"200": {**done["200"], "description": "Added before, by the same request."}}


def _nested(api: NounApi[Any], nested: NestedList) -> Json:
    return {
        "operationId": nested.operation,
        "summary": nested.summary,
        "description": f"Those of one {api.words}, newest first. A large page ends early, at about 1 MiB.",
        "security": KEY,
        "parameters": [_id(api), *_pages()],
        "responses": {"200": answer("One page.", _nested_page(api, nested)), **failures(BAD_PARAMETER, NOT_FOUND)},
    }


def _report(report: Report) -> Json:
    parameters = [
        {"name": each.name, "in": "query", "required": True, "schema": each.schema} for each in report.parameters
    ]
    return {
        "operationId": report.name,
        "summary": report.summary,
        "description": report.description,
        "security": KEY,
        "parameters": parameters,
        "responses": {"200": answer("As of now.", report.schema), **failures(BAD_PARAMETER)},
    }


def _pages(cursor: Json = CURSOR) -> list[Json]:
    return [{"name": "cursor", "in": "query", "schema": cursor}, {"name": "limit", "in": "query", "schema": LIMIT}]


def _list(api: NounApi[Any]) -> Json:
    filters = [{"name": each.name, "in": "query", "schema": each.schema} for each in api.filters]
    return {
        "operationId": f"list{api.noun.plural.capitalize()}",
        "summary": f"List {api.several}",
        "description": f"{_order(api)}. All given filters must match. A large page ends early, at about 1 MiB.",
        "security": KEY,
        "parameters": [*filters, *_pages(CURSOR | {"pattern": CURSOR_OF_VALUES} if api.order else CURSOR)],
        "responses": {"200": answer("One page.", _page(api)), **failures(BAD_PARAMETER)},
    }


def _order(api: NounApi[Any]) -> str:
    return api.order.words if api.order else "Newest first"


def _get(api: NounApi[Any]) -> Json:
    statuses = {"type": "array", "items": {"type": "string", "enum": list(api.noun.waitable)}, "minItems": 1}
    limits = {"maxItems": len(api.noun.waitable), "uniqueItems": True}
    final = ", ".join(f"`{status}`" for status in api.noun.waitable if status in api.noun.final)
    return {
        "operationId": f"get{api.noun.name.capitalize()}",
        "summary": f"Get or wait for {api.one}",
        "security": KEY,
        "parameters": [
            _id(api),
            _WAIT | {"description": "Seconds to wait for a status; the response comes after 55 at the latest."},
            {
                "name": "until",
                "in": "query",
                "description": f"The statuses to wait for; without it {final}.",
                "style": "form",
                "explode": False,
                "schema": {**statuses, **limits},
            },
        ],
        "responses": {
            "200": answer("The current state.", _reached(api)),
            **failures(BAD_PARAMETER, NOT_FOUND, TOO_MANY_OPEN),
        },
    }


@cache
def _reached(api: NounApi[Any]) -> type[BaseModel]:
    """The resource as reading one returns it."""
    words = "Which of the statuses in `until` it has, or had since the request began; null: none"
    fields: dict[str, Any] = {"reached": (str | None, Field(description=words))}
    name = f"{api.schema.__name__}Reached"
    return create_model(
        name, __base__=api.schema, __doc__=f"{api.one.capitalize()}, and what was waited for.", **fields
    )


@cache
def _page(api: NounApi[Any]) -> type[BaseModel]:
    return _page_of(api.schema, f"Some {api.several} of an organization, {_order(api).lower()}.")


@cache
def _nested_page(api: NounApi[Any], nested: NestedList) -> type[BaseModel]:
    return _page_of(nested.schema, f"Some {nested.name} of one {api.words}, newest first.")


def _page_of(schema: type[BaseModel], words: str) -> type[BaseModel]:
    cursor = Field(description="Cursor of the next page; null: this is the last page")
    items = GenericAlias(list, (schema,)), Field(description="Each whole")
    fields: dict[str, Any] = {"items": items, "next_cursor": (str | None, cursor)}
    return create_model(f"{schema.__name__}Page", __doc__=words, **fields)


def _content(model: type[BaseModel]) -> Json:
    content = {"application/json": {"schema": {"$ref": REF.format(model=model.__name__)}}}
    return {"required": True, "content": content}


def _id(api: NounApi[Any]) -> Json:
    schema = {"type": "string", "examples": [f"{api.noun.prefix}_01jd…"]}
    words = {"description": "The `id` that it was given, or the made one"} if api.noun.has_names else {}
    return {"name": "id", "in": "path", "required": True, **words, "schema": schema}


def _idempotency_key() -> Json:
    return {
        "name": "Idempotency-Key",
        "in": "header",
        "description": "The same key and request do nothing again, and return the thing as it now is.",
        "schema": {"type": "string", "pattern": KEY_PATTERN},
    }
