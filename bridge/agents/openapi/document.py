"""The OpenAPI description of the agents' API, made from the models that validate requests."""

from functools import cache

from aiohttp import web
from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

import bridge
from bridge import ids
from bridge.agents.events import handlers
from bridge.agents.http import json_response
from bridge.agents.http.parameters import KEY_PATTERN, MAX_WAIT
from bridge.agents.http.problems import (
    BAD_PARAMETER,
    BELONGS_TO_THING,
    CONFLICT,
    KEY_REUSED,
    NOT_FOUND,
    OUT_OF_ORDER,
    TOO_MANY_OPEN,
    TOO_MANY_PENDING,
    WEBHOOKS_OFF,
)
from bridge.agents.interactions import filters
from bridge.agents.interactions.requests import MODELS, Cancellation, Report
from bridge.agents.openapi import things, webhooks
from bridge.agents.openapi.operations import BODY, CURSOR, KEY, LIMIT, REF, answer, failures
from bridge.kinds.registry import KINDS
from bridge.representation.schemas import Event, Interaction, Page, Problem, Timeline
from bridge.things import event_types
from bridge.things.event_schemas import EventPage, ThingEvent
from storage.model import Json, Status


async def serve(_: web.Request) -> web.Response:
    """GET /openapi.json."""
    return json_response.json(document())


@cache
def document() -> Json:
    """The document, in OpenAPI 3.1; its schemas are generated from the models."""
    sent: list[type[BaseModel]] = [*MODELS.values(), Cancellation, Report, *things.sent(), *webhooks.SENT]
    returned: list[type[BaseModel]] = [
        *(Interaction, Page, Timeline, EventPage, Problem),
        *things.returned(),
        *webhooks.RETURNED,
    ]
    _, schemas = models_json_schema(
        [*((model, "validation") for model in sent), *((model, "serialization") for model in returned)],
        ref_template=REF,
    )
    body = {
        "oneOf": [{"$ref": REF.format(model=model.__name__)} for model in MODELS.values()],
        "discriminator": {
            "propertyName": "kind",
            "mapping": {name: REF.format(model=model.__name__) for name, model in MODELS.items()},
        },
    }
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "askbridge",
            "version": bridge.__version__,
            "description": "Ask people in Slack and get exactly one answer.",
        },
        "paths": {
            "/v1/interactions": {
                "post": {
                    "operationId": "createInteraction",
                    "summary": "Create a question",
                    "description": "Makes a question durable and waits up to 2 s for its first card. With `wait`, "
                    "answers as soon as the question has ended instead; with `wait=0` at once.",
                    "security": KEY,
                    "parameters": [
                        _wait(),
                        {
                            "name": "Idempotency-Key",
                            "in": "header",
                            "description": "The same key and body return the same interaction. Quoted or bare.",
                            "schema": {"type": "string", "pattern": KEY_PATTERN},
                        },
                    ],
                    "requestBody": {
                        "required": True,
                        "content": {"application/json": {"schema": body, "examples": _examples()}},
                    },
                    "responses": {
                        "201": answer("Asked.", Interaction),
                        "200": answer("Already created with this key; its current state.", Interaction),
                        **failures(
                            BAD_PARAMETER, *BODY, CONFLICT, KEY_REUSED, WEBHOOKS_OFF, TOO_MANY_PENDING, BELONGS_TO_THING
                        ),
                    },
                },
                "get": {
                    "operationId": "listInteractions",
                    "summary": "List questions",
                    "description": "Newest first. All given filters must match. A page of large questions "
                    "ends early, at about 1 MiB; without `include=body` they have no `body`.",
                    "security": KEY,
                    "parameters": _filters(),
                    "responses": {"200": answer("One page.", Page), **failures(BAD_PARAMETER)},
                },
            },
            "/v1/interactions/{id}": {
                "get": {
                    "operationId": "getInteraction",
                    "summary": "Get or wait for a question",
                    "security": KEY,
                    "parameters": [_id(), _wait(), _include_full()],
                    "responses": {
                        "200": answer("The current state.", Interaction),
                        **failures(BAD_PARAMETER, NOT_FOUND, TOO_MANY_OPEN),
                    },
                }
            },
            "/v1/interactions/{id}/cancel": {
                "post": {
                    "operationId": "cancelInteraction",
                    "summary": "Cancel a question",
                    "description": "Idempotent: a cancelled question stays cancelled, with its first reason.",
                    "security": KEY,
                    "parameters": [_id()],
                    "requestBody": {
                        "content": {"application/json": {"schema": {"$ref": REF.format(model="Cancellation")}}}
                    },
                    "responses": {
                        "200": answer("Cancelled, by this request or earlier.", Interaction),
                        **failures(BAD_PARAMETER, *BODY, NOT_FOUND, CONFLICT, BELONGS_TO_THING),
                    },
                }
            },
            "/v1/interactions/{id}/receipt": {
                "post": {
                    "operationId": "createReceipt",
                    "summary": "Report the outcome",
                    "description": "`picked_up`, then `succeeded` or `failed`; the first is optional. Idempotent: the "
                    "same report again changes nothing.",
                    "security": KEY,
                    "parameters": [_id()],
                    "requestBody": {
                        "required": True,
                        "content": {"application/json": {"schema": {"$ref": REF.format(model="Report")}}},
                    },
                    "responses": {
                        "200": answer("Recorded, by this request or earlier.", Interaction),
                        **failures(BAD_PARAMETER, *BODY, NOT_FOUND, OUT_OF_ORDER, BELONGS_TO_THING),
                    },
                }
            },
            "/v1/interactions/{id}/timeline": {
                "get": {
                    "operationId": "getTimeline",
                    "summary": "Get the timeline",
                    "security": KEY,
                    "parameters": [_id()],
                    "responses": {"200": answer("Oldest first.", Timeline), **failures(BAD_PARAMETER, NOT_FOUND)},
                }
            },
            "/v1/events": {
                "get": {
                    "operationId": "listEvents",
                    "summary": "Events",
                    "description": "The events of all questions and things of your organization, oldest first. With "
                    "`Accept: text/event-stream`, a continuous stream of server-sent events.",
                    "security": KEY,
                    "parameters": _feed(),
                    "responses": {"200": _page_or_stream(), **failures(BAD_PARAMETER, TOO_MANY_OPEN)},
                }
            },
            **things.paths(),
            **webhooks.paths(),
        },
        "components": {
            "securitySchemes": {"key": {"type": "http", "scheme": "bearer"}},
            "schemas": schemas["$defs"],
        },
    }


def _examples() -> Json:
    """The examples of every kind, addressed to one person."""
    return {
        f"{kind.name}: {example.name}": {"value": {**example.request, "to": {"user": "U012AB3CD"}}}
        for kind in KINDS.values()
        for example in kind.examples
    }


def _id() -> Json:
    return {"name": "id", "in": "path", "required": True, "schema": {"type": "string", "examples": ["int_01jd…"]}}


def _wait() -> Json:
    return {
        "name": "wait",
        "in": "query",
        "description": "Seconds to wait for the question to end; the response comes after 55 at the latest.",
        "schema": {"type": "number", "minimum": 0, "maximum": MAX_WAIT, "default": 0},
    }


def _include_full() -> Json:
    return {
        "name": "include",
        "in": "query",
        "description": "`full`: with the full text of the action in `action.full.text`.",
        "schema": {"type": "string", "enum": list(filters.INCLUDES_OF_ONE)},
    }


def _filters() -> list[Json]:
    texts = {
        name: {"type": "string", "minLength": 1, "maxLength": max_length, "pattern": filters.STORABLE}
        for name, max_length in filters.MAX_TEXT.items()
    }
    schemas: dict[str, Json] = {
        "status": {"type": "string", "enum": list(Status)},
        "kind": {"type": "string", "enum": list(KINDS)},
        **texts,
        "thing": {
            "type": "string",
            "pattern": f"^{ids.NAME}$",
            "description": "The rounds of the thing with this id; none if there is no such thing",
        },
        "include": {"type": "string", "enum": list(filters.INCLUDES)},
        "cursor": CURSOR,
        "limit": LIMIT,
    }
    return [{"name": name, "in": "query", "schema": schemas[name]} for name in filters.NAMES]


def _feed() -> list[Json]:
    after = {"type": "string", "pattern": handlers.AFTER}
    accepted = list(event_types.ACCEPTED)
    type = {"type": "string", "enum": accepted}
    types = {"type": "array", "items": type, "minItems": 1, "maxItems": len(accepted), "uniqueItems": True}
    return [
        {"name": "after", "in": "query", "schema": after},
        {"name": "types", "in": "query", "style": "form", "explode": False, "schema": types},
        {"name": "limit", "in": "query", "schema": LIMIT},
        {"name": handlers.HEADER, "in": "header", "schema": after},
    ]


def _page_or_stream() -> Json:
    response = answer("A page or a stream.", EventPage)
    response["content"][handlers.CONTENT_TYPE] = {
        "schema": {
            "type": "string",
            "description": f"Each event has its `id`, and in one line of `data` the JSON of {Event.__name__} or "
            f"{ThingEvent.__name__}.",
        }
    }
    return response
