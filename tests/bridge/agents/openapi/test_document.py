"""The OpenAPI description: valid, complete, and true of the API."""

import itertools
import json
from typing import Any

import pytest
from openapi_schema_validator import OAS31Validator
from openapi_spec_validator import validate

from bridge import ids
from bridge.agents.http import paging, problems
from bridge.agents.interactions import filters
from bridge.agents.openapi import document
from bridge.kinds.registry import KINDS
from storage.model import Json
from tests.bridge.agents.door import Door, body
from tests.bridge.agents.interactions.test_create import WRONG

DOCUMENT: Json = json.loads(json.dumps(document.document()))
SCHEMAS: Json = DOCUMENT["components"]["schemas"]


def judge(name: str, value: object) -> list[str]:
    """The errors that the published schema of this name reports."""
    schema = {"$ref": f"#/components/schemas/{name}", "components": DOCUMENT["components"]}
    return [error.message for error in OAS31Validator(schema).iter_errors(value)]


def test_it_is_valid() -> None:
    validate(DOCUMENT)


async def test_it_is_served_to_everybody(door: Door) -> None:
    reply = await door.call("GET", "/openapi.json", key=None)

    assert (reply.status, reply.json) == (200, DOCUMENT)


# What Slack and health checks call.
BESIDE_THE_API = {("POST", "/slack/events")} | set(itertools.product(["GET", "HEAD"], ["/healthz", "/readyz"]))


def test_it_describes_every_route(door: Door) -> None:
    described = {(method.upper(), path) for path, methods in DOCUMENT["paths"].items() for method in methods}
    served = {(route.method, route.resource.canonical) for route in door.http.app.router.routes() if route.resource}
    heads = {(method, path) for method, path in served if method == "HEAD"}

    assert heads == {("HEAD", path) for method, path in served if method == "GET"}
    assert described == served - heads - {("GET", "/openapi.json")} - BESIDE_THE_API


def test_its_examples_are_those_of_every_kind_and_fit_its_schemas() -> None:
    content = DOCUMENT["paths"]["/v1/interactions"]["post"]["requestBody"]["content"]["application/json"]

    assert len(content["examples"]) == sum(len(kind.examples) for kind in KINDS.values())
    for name, example in content["examples"].items():
        model = content["schema"]["discriminator"]["mapping"][example["value"]["kind"]].rpartition("/")[2]
        assert judge(model, example["value"]) == [], name


async def test_its_examples_are_accepted(door: Door) -> None:
    content = DOCUMENT["paths"]["/v1/interactions"]["post"]["requestBody"]["content"]["application/json"]
    for name, example in content["examples"].items():
        assert (await door.ask(example["value"])).status == 201, name


def test_what_is_too_much_is_too_much_for_the_schema_too() -> None:
    """Limits that a schema cannot express (bytes of JSON, one of two fields) are in the descriptions."""
    beyond = {"/action", "/metadata", "/responders", "/to", "/connection"}
    for fields, pointer in WRONG:
        sent = {name: value for name, value in body().items() if name not in fields} | {
            name: value for name, value in fields.items() if value is not None
        }
        unseen = any(mark in json.dumps(fields) for mark in ("\\u", "\\n", " ", "javascript"))
        if pointer not in beyond and not unseen and not pointer.startswith("/metadata"):
            assert judge("CreateApproval", sent), fields


LIMITED = {"maxLength", "maxItems", "pattern", "enum", "const", "maximum", "format"}


@pytest.mark.parametrize(
    "model",
    [
        *("Action", "Address", "Cancellation", "Comment", "Comments", "CreateApproval", "CreateChoice", "CreateText"),
        *("Fact", "Input", "Multiple", "OnExpiry", "Option", "Principal", "Responders"),
    ],
)
def test_every_field_that_may_be_sent_has_its_limit(model: str) -> None:
    def limitless(schema: Any) -> bool:
        if schema.get("type") in {"string", "array", "integer"} and not LIMITED & set(schema):
            return True
        return any(limitless(inner) for inner in [*schema.get("anyOf", []), *filter(None, [schema.get("items")])])

    unlimited = {name for name, schema in SCHEMAS[model]["properties"].items() if limitless(schema)}
    assert unlimited == set()


async def test_every_answer_fits_its_schema(door: Door) -> None:
    asked = await door.ask(body(action={"name": "a"}, agent={"name": "n"}, on_behalf_of={"user": "U0BOB"}))
    await door.post_card()
    await door.click(asked.id)
    answered = await door.get(asked.json["id"])
    timeline = await door.call("GET", f"/v1/interactions/{asked.json['id']}/timeline")
    problem = await door.ask(body(title=1))
    page, conflict = await door.list(), await door.cancel(asked.json["id"])

    feed = await door.call("GET", "/v1/events")

    assert len(feed.json["items"]) == 3 and judge("EventPage", feed.json) == []
    assert judge("Page", page.json) == judge("Problem", conflict.json) == []
    assert judge("Interaction", asked.json) == judge("Interaction", answered.json) == []
    assert judge("Timeline", timeline.json) == judge("Problem", problem.json) == []


async def test_every_status_it_names_can_happen_and_no_other(door: Door) -> None:
    """503 is tested in test_routes, where the database goes away, and 429 in test_rate_limiter."""
    path, headers = "/v1/interactions", {"Content-Type": "application/json"}
    id = (await door.ask(idempotency="k")).json["id"]
    unknown = "int_01h2xcejqtf2nbrexx3vqjhp41"
    cancelled, answered = [(await door.ask()).json["id"] for _ in range(2)]
    await door.cancel(cancelled)
    await door.click((await door.get(answered)).id)
    seen: dict[tuple[str, str], set[int]] = {
        (path, "post"): {
            (await door.ask()).status,
            (await door.ask(idempotency="k")).status,
            (await door.ask(wait="x")).status,
            (await door.ask(key=None)).status,
            (await door.call("POST", path, data=b"x" * 600_000, headers=headers)).status,
            (await door.call("POST", path, data=b"x")).status,
            (await door.ask(body(title=1))).status,
            (await door.ask(body(supersedes=cancelled))).status,
        },
        (path, "get"): {
            (await door.list()).status,
            (await door.list(limit=0)).status,
            (await door.list(key=None)).status,
        },
        (path + "/{id}/cancel", "post"): {
            (await door.cancel(cancelled)).status,
            (await door.cancel(cancelled, "x" * 501)).status,
            (await door.cancel(cancelled, key=None)).status,
            (await door.cancel(answered)).status,
            (await door.cancel(unknown)).status,
            (await door.cancel(id, data=b"x")).status,
            (await door.cancel(id, data=b"x", headers=headers)).status,
            (await door.cancel(id, data=b"x" * 600_000, headers=headers)).status,
        },
        (path + "/{id}/receipt", "post"): {
            (await door.report(answered, status="picked_up")).status,
            (await door.report(answered, status="begun")).status,
            (await door.report(answered, status="failed", key=None)).status,
            (await door.report(cancelled, status="failed")).status,
            (await door.report(unknown, status="failed")).status,
            (await door.call("POST", f"{path}/{id}/receipt", data=b"x")).status,
            (await door.call("POST", f"{path}/{id}/receipt", data=b"x", headers=headers)).status,
            (await door.call("POST", f"{path}/{id}/receipt", data=b"x" * 600_000, headers=headers)).status,
        },
        (path + "/{id}", "get"): {
            (await door.get(id)).status,
            (await door.get(id, wait="x")).status,
            (await door.get(id, key=None)).status,
            (await door.get(unknown)).status,
        },
        (path + "/{id}/timeline", "get"): {
            (await door.call("GET", f"{path}/{id}/timeline")).status,
            (await door.call("GET", f"{path}/{id}/timeline", key=None)).status,
            (await door.call("GET", f"{path}/{unknown}/timeline")).status,
            (await door.call("GET", f"{path}/{id}/timeline?wait=1")).status,
        },
        ("/v1/events", "get"): {
            (await door.call("GET", "/v1/events")).status,
            (await door.call("GET", "/v1/events?after=x")).status,
            (await door.call("GET", "/v1/events", key=None)).status,
        },
    }
    named = {
        (path, method): {int(status) for status in operation["responses"]}
        for path, operations in DOCUMENT["paths"].items()
        for method, operation in operations.items()
        if path.startswith(("/v1/interactions", "/v1/events"))  # others have tests of their own
    }

    assert {route: statuses | {429, 503} for route, statuses in seen.items()} == named


def test_a_request_without_a_body_is_not_told_how_a_body_fails() -> None:
    for path, operations in DOCUMENT["paths"].items():
        for method, operation in operations.items():
            titles = " ".join(answer["description"] for answer in operation["responses"].values())

            assert (problems.UNREADABLE.title in titles) == ("requestBody" in operation), (method, path)
            has_key = any(each["name"] == "Idempotency-Key" for each in operation.get("parameters", []))
            assert (problems.KEY_REUSED.title in titles) == (has_key and not path.endswith("/search"))


def test_every_problem_it_describes_is_one_of_ours() -> None:
    ours = {type.status for type in problems.TYPES}
    titles = {
        int(status)
        for operations in DOCUMENT["paths"].values()
        for operation in operations.values()
        for status, response in operation["responses"].items()
        if problems.CONTENT_TYPE in response.get("content", {})
    }

    assert titles <= ours


def test_a_cursor_is_described_as_what_it_is() -> None:
    [schema] = [
        parameter["schema"]
        for parameter in DOCUMENT["paths"]["/v1/interactions"]["get"]["parameters"]
        if parameter["name"] == "cursor"
    ]

    assert OAS31Validator(schema).is_valid(paging.cursor(ids.new()))
    assert not OAS31Validator(schema).is_valid("") and not OAS31Validator(schema).is_valid("x")


def test_a_text_to_filter_by_is_described_as_what_can_be_stored() -> None:
    for parameter in DOCUMENT["paths"]["/v1/interactions"]["get"]["parameters"]:
        if parameter["name"] in filters.MAX_TEXT:
            judge_of = OAS31Validator(parameter["schema"])
            assert judge_of.is_valid("a\nb é") and not judge_of.is_valid("a\x00b")
