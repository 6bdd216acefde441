"""Forms as agents ask for them: a schema comes back as it was sent, and one that cannot be shown is refused."""

from storage.model import Json
from tests.bridge.agents.door import Door, body

SCHEMA: Json = {
    "type": "object",
    "properties": {
        "zip": {"type": "string", "pattern": "^[0-9]{5}$", "default": None},
        "address": {
            "type": "object",
            "properties": {"street": {"type": "string"}, "city": {"type": ["string", "null"]}},
        },
        "amount": {"type": "number", "multipleOf": 0.01, "minimum": 1e-7},
    },
}
REFUSED: list[tuple[Json, str]] = [
    ({"schema": [1]}, "/schema must be an object."),
    ({}, "/schema is required."),
    (
        {"schema": {"properties": {"size": {"enum": [*range(200)]}}}},
        (
            "/schema/properties/size/enum has 200 values, and a menu of Slack has at most 100: offer fewer, or ask for "
            "a string with a pattern."
        ),
    ),
    (
        {"schema": {"properties": {"a~b/c": {"$ref": "https://example.com/schema.json"}}}},
        (
            "/schema/properties/a~0b~1c/$ref must lead to a place in the schema itself, such as "
            '"#/$defs/Address": nothing is fetched.'
        ),
    ),
    (
        {"schema": SCHEMA, "initial": {"amount": 0.001}},
        "/initial/amount is not allowed by the schema (Please enter a multiple of 0.01).",
    ),
    (
        {"schema": SCHEMA, "order": ["/zip", "/country"]},
        "/order/1 must be one of the values of the form, such as /zip.",
    ),
    ({"schema": SCHEMA, "order": ["/zip", "/zip"]}, "/order/1 is named before."),
    (
        {"schema": {"properties": {"a": {"type": "string"}}, "required": ["b"]}},
        "/schema/required/0 is not among the properties, so a form has no input for it.",
    ),
    ({"schema": SCHEMA, "submit": "x" * 25}, "/submit must have at most 24 characters."),
    (
        {"schema": SCHEMA, "on_expiry": {"decision": "decline"}},
        (
            "/on_expiry/decision cannot be used here, because a person gives every answer of this form in a form: "
            "leave it out."
        ),
    ),
]


async def test_each_is_refused_at_its_own_place_with_what_to_do(door: Door) -> None:
    for fields, detail in REFUSED:
        reply = await door.ask(body(kind="form", **fields))

        assert (reply.status, reply.json["detail"]) == (422, detail), fields
    assert await door.rows() == 0


async def test_a_schema_comes_back_as_it_was_sent_with_the_order_of_its_inputs(door: Door) -> None:
    sent = {"schema": SCHEMA, "initial": {"amount": 12.50}, "decline": True}

    reply = await door.ask(body(kind="form", **sent))

    assert reply.status == 201
    assert {name: reply.json[name] for name in sent} == sent
    assert reply.json["order"] == ["/zip", "/address/street", "/address/city", "/amount"]
    assert reply.json["submit"] == "Submit"


async def test_the_order_can_be_given_and_a_list_leaves_the_schema_out(door: Door) -> None:
    reply = await door.ask(body(kind="form", schema=SCHEMA, order=["/amount"]))
    assert reply.json["order"] == ["/amount"]

    listed = (await door.call("GET", "/v1/interactions?kind=form")).json["items"][0]
    assert listed["id"] == reply.json["id"] and "schema" not in listed
    whole = (await door.call("GET", "/v1/interactions?kind=form&include=body")).json["items"][0]
    assert whole["schema"] == SCHEMA
