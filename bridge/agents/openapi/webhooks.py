"""The part of the OpenAPI description about webhook endpoints."""

from typing import Final

from pydantic import BaseModel

from bridge.agents.http.problems import BAD_PARAMETER, ENDPOINT_CONFLICT, NOT_FOUND, WEBHOOKS_OFF, Type
from bridge.agents.openapi.operations import BODY, CURSOR, KEY, LIMIT, REF, answer, failures
from bridge.agents.webhook_endpoints.handlers import CALLBACKS, DELIVERY_PARAMETERS
from bridge.agents.webhook_endpoints.requests import ChangedEndpoint, NewEndpoint, Replay
from bridge.representation.webhook_schemas import (
    Attempt,
    DeliveryPage,
    Endpoint,
    EndpointPage,
    EndpointSecret,
    Replayed,
)
from storage.model import DeliveryStatus, Json

SENT: Final[tuple[type[BaseModel], ...]] = (NewEndpoint, ChangedEndpoint, Replay)
RETURNED: Final[tuple[type[BaseModel], ...]] = (
    Endpoint,
    EndpointSecret,
    EndpointPage,
    Attempt,
    DeliveryPage,
    Replayed,
)

_AT = "/v1/webhook_endpoints"


def paths() -> Json:
    """Every path with its operations."""
    return {
        _AT: {
            "post": {
                "operationId": "createWebhookEndpoint",
                "summary": "Create a webhook endpoint",
                "description": "The secret is returned only here and when it is rotated.",
                "security": KEY,
                "requestBody": {"required": True, **_content(NewEndpoint)},
                "responses": {
                    "201": answer("Made.", EndpointSecret),
                    **failures(BAD_PARAMETER, *BODY, WEBHOOKS_OFF, ENDPOINT_CONFLICT),
                },
            },
            "get": {
                "operationId": "listWebhookEndpoints",
                "summary": "List webhook endpoints",
                "description": "The first page has all active endpoints.",
                "security": KEY,
                "parameters": [{"name": "cursor", "in": "query", "schema": CURSOR}],
                "responses": {
                    "200": answer("One page: active endpoints first, then the newest.", EndpointPage),
                    **failures(BAD_PARAMETER),
                },
            },
        },
        f"{_AT}/{{id}}": {
            "get": {
                "operationId": "getWebhookEndpoint",
                "summary": "Get an endpoint",
                "security": KEY,
                "parameters": [_id()],
                "responses": {"200": answer("The current state.", Endpoint), **failures(BAD_PARAMETER, NOT_FOUND)},
            },
            "patch": {
                "operationId": "changeWebhookEndpoint",
                "summary": "Change an endpoint",
                "description": "Its secret does not change.",
                "security": KEY,
                "parameters": [_id()],
                "requestBody": {"required": True, **_content(ChangedEndpoint)},
                "responses": {
                    "200": answer("The current state.", Endpoint),
                    **failures(BAD_PARAMETER, *BODY, NOT_FOUND, WEBHOOKS_OFF),
                },
            },
            "delete": {
                "operationId": "deleteWebhookEndpoint",
                "summary": "Delete an endpoint",
                "description": "A second request returns 404.",
                "security": KEY,
                "parameters": [_id()],
                "responses": {"204": {"description": "Gone."}, **failures(BAD_PARAMETER, NOT_FOUND)},
            },
        },
        f"{_AT}/{{id}}/disable": _change(
            "disableWebhookEndpoint", "Disable an endpoint", "Disabled, by this request or earlier."
        ),
        f"{_AT}/{{id}}/enable": _change(
            "enableWebhookEndpoint", "Enable an endpoint", "Enabled, by this request or earlier.", ENDPOINT_CONFLICT
        ),
        f"{_AT}/{{id}}/rotate_secret": {
            "post": {
                "operationId": "rotateWebhookSecret",
                "summary": "Rotate the secret",
                "description": "For 24 h requests are also signed with the previous secret.",
                "security": KEY,
                "parameters": [_id()],
                "responses": {
                    "200": answer("With its new secret.", EndpointSecret),
                    **failures(BAD_PARAMETER, NOT_FOUND, WEBHOOKS_OFF),
                },
            }
        },
        f"{_AT}/{{id}}/test": {
            "post": {
                "operationId": "testWebhookEndpoint",
                "summary": "Test an endpoint",
                "security": KEY,
                "parameters": [_id()],
                "responses": {
                    "200": answer("The result.", Attempt),
                    **failures(BAD_PARAMETER, NOT_FOUND, WEBHOOKS_OFF),
                },
            }
        },
        f"{_AT}/{{id}}/replay": {
            "post": {
                "operationId": "replayWebhookDeliveries",
                "summary": "Replay deliveries",
                "security": KEY,
                "parameters": [_endpoint_or_callbacks()],
                "requestBody": _content(Replay),
                "responses": {
                    "200": answer("Accepted for delivery.", Replayed),
                    **failures(BAD_PARAMETER, *BODY, NOT_FOUND, WEBHOOKS_OFF, ENDPOINT_CONFLICT),
                },
            }
        },
        f"{_AT}/{{id}}/deliveries": {
            "get": {
                "operationId": "listWebhookDeliveries",
                "summary": "List deliveries",
                "security": KEY,
                "parameters": [_endpoint_or_callbacks(), *_list_parameters()],
                "responses": {"200": answer("One page.", DeliveryPage), **failures(BAD_PARAMETER, NOT_FOUND)},
            }
        },
    }


def _change(operation: str, summary: str, done: str, *more: Type) -> Json:
    return {
        "post": {
            "operationId": operation,
            "summary": summary,
            "security": KEY,
            "parameters": [_id()],
            "responses": {"200": answer(done, Endpoint), **failures(BAD_PARAMETER, NOT_FOUND, *more)},
        }
    }


def _content(model: type[BaseModel]) -> Json:
    return {"content": {"application/json": {"schema": {"$ref": REF.format(model=model.__name__)}}}}


def _id() -> Json:
    return {"name": "id", "in": "path", "required": True, "schema": {"type": "string", "examples": ["whe_01jd…"]}}


def _endpoint_or_callbacks() -> Json:
    return {**_id(), "description": f"`{CALLBACKS}`: the callbacks of all questions"}


def _list_parameters() -> list[Json]:
    schemas: dict[str, Json] = {
        "status": {"type": "string", "enum": list(DeliveryStatus)},
        "cursor": CURSOR,
        "limit": LIMIT,
    }
    return [{"name": name, "in": "query", "schema": schemas[name]} for name in DELIVERY_PARAMETERS]
