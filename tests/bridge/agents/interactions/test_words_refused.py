"""Combinations of words that no card or form could show: each is refused at its field, with what to do instead."""

from storage.model import Json
from tests.bridge.agents.door import Door, body

FORM = "people select the options in a form, so they have no buttons; leave it out"


def options(count: int, **first: object) -> list[Json]:
    plain = [{"id": f"o{n}", "label": f"Option {n}"} for n in range(count)]
    return [plain[0] | first, *plain[1:]]


def choice(count: int = 2, more: Json | None = None, **first: object) -> Json:
    return {"kind": "choice", "options": options(count, **first)} | (more or {})


def text(*suggestions: str, **more: object) -> Json:
    return {"kind": "text", "suggestions": [*suggestions]} | more


def questions(*several: Json, **more: object) -> Json:
    return {
        "kind": "questions",
        "questions": [{"id": f"q{n}", "title": f"Q{n}"} | one for n, one in enumerate(several)],
    } | more


REFUND = {"name": "refund", "arguments": {"amount": 89}}
YES_OR_NO = '{"decision": "approve"} or {"decision": "deny"}'
REFUSED: list[tuple[Json, str]] = [
    (questions(), "/questions must have at least 1 item."),
    (questions(*[{}] * 5), "/questions must have at most 4 items."),
    (questions({"multiple": {}}), '/questions/0/multiple must have "options" beside it.'),
    (
        questions({}, {"options": options(2), "multiple": {"max": 3}}),
        "/questions/1/multiple/max must be at most the number of options, which is 2.",
    ),
    (questions({"id": "a b"}), "/questions/0/id must have 1 to 100 letters, digits or any of _ . : / @ + -."),
    (questions({"input": {"label": "Name"}}), "/questions/0/input/label is not a known field."),
    ({"edit": True}, '/edit must have an "action" with arguments beside it.'),
    ({"edit": 1, "action": REFUND}, '/edit must be true, or an object with a JSON Schema, such as {"schema": {…}}.'),
    (
        {"edit": {"fields": []}, "action": REFUND},
        '/edit must be true, or an object with a JSON Schema, such as {"schema": {…}}.',
    ),
    (
        {"edit": {"schema": {"properties": {"amount": {"type": "integer", "maximum": 50}}}}, "action": REFUND},
        ("/action/arguments/amount is not allowed by the schema (Please enter a number of at most 50)."),
    ),
    (
        {"edit": {"schema": {"properties": {"a": {"$ref": "https://a.example/s"}}}}, "action": REFUND},
        (
            '/edit/schema/properties/a/$ref must lead to a place in the schema itself, such as "#/$defs/Address": '
            "nothing is fetched."
        ),
    ),
    ({"suggestions": ["Blue"]}, '/suggestions is a field of the kind "text", and not of approval.'),
    (text(respond=True), '/respond is a field of the kind "approval", and not of text.'),
    (choice(2, {"comment": {"deny": "required"}}), '/comment is a field of the kind "approval", and not of choice.'),
    ({"multiple": {}}, '/multiple is a field of the kind "choice", and not of approval.'),
    (
        text(input={"label": "\N{PARTY POPPER}" * 76}),
        "/input/label must have at most 150 characters, and an emoji counts as two.",
    ),
    ({"comment": {}}, '/comment must have "approve" or "deny", such as {"deny": "required"}.'),
    ({"comment": {"deny": None}}, '/comment must have "approve" or "deny", such as {"deny": "required"}.'),
    ({"comment": "required"}, '/comment must be an object, such as {"deny": "required"}.'),
    (
        {"comment": {"deny": True}},
        '/comment/deny must be "required", "optional" or an object such as {"label": "Why?", "required": true}.',
    ),
    ({"comment": {"deny": {"max_length": 3_001}}}, "/comment/deny/max_length must be at most 3000."),
    ({"comment": {"respond": "required"}}, "/comment/respond is not a known field."),
    (
        {"respond": True, "on_expiry": {"decision": "respond"}},
        '/on_expiry/decision cannot be "respond", because a reply needs words of a person: use "approve" or "deny".',
    ),
    (
        {"comment": {"deny": "required"}, "on_expiry": {"decision": "deny"}},
        (
            '/on_expiry/decision cannot be an answer that needs words of a person: use {"decision": "approve"}, '
            "or leave it out."
        ),
    ),
    (
        {"comment": {"deny": "required", "approve": "required"}, "on_expiry": {"decision": "deny"}},
        (
            "/on_expiry/decision cannot be used here, because a person gives every answer of this approval in a form: "
            "leave it out."
        ),
    ),
    (
        {"on_expiry": {"decision": "decline"}},
        f"/on_expiry/decision must be a possible answer of this approval: {YES_OR_NO}.",
    ),
    (
        choice(6, comment="required"),
        (
            "/options/0/comment cannot be used with more than 5 options: they are a menu and have no buttons; "
            "leave it out, or offer at most 5 options."
        ),
    ),
    *(
        (choice(2, {"multiple": {}}, **field), f'/options/0/{name} cannot be used together with "multiple": {FORM}.')
        for field in ({"comment": "optional"}, {"confirm": "Sure?"}, {"style": "danger"})
        for name in field
    ),
    (choice(2, {"multiple": True}), '/multiple must be an object: {} or with limits, such as {"min": 1, "max": 3}.'),
    (choice(2, {"multiple": {"max": 3}}), "/multiple/max must be at most the number of options, which is 2."),
    (choice(3, {"multiple": {"max": 0}}), "/multiple/max must be at least 1."),
    (
        choice(3, {"multiple": {"min": 3, "max": 2}}),
        "/multiple/min must be at most 2, as many options as can be selected.",
    ),
    (choice(3, {"multiple": {"min": 4}}), "/multiple/min must be at most 3, as many options as can be selected."),
    (
        choice(2, {"multiple": {}, "on_expiry": {"option": "o0"}}),
        (
            "/on_expiry/option cannot be used here, because a person gives every answer of this choice in a form: "
            "leave it out."
        ),
    ),
    (
        choice(2, {"on_expiry": {"option": "o0"}}, comment="required"),
        '/on_expiry/option cannot be an answer that needs words of a person: use {"option": "o1"}, or leave it out.',
    ),
    (
        text("Blue", on_expiry={"text": "Green"}),
        '/on_expiry/text must be one of "suggestions": {"text": "Blue"}.',
    ),
    (
        text("Blue", "Red", decline=True, on_expiry={"text": "Green"}),
        '/on_expiry/text must be one of "suggestions": {"text": "Blue"} or {"text": "Red"}.',
    ),
    (
        text(on_expiry={"text": "Green"}),
        (
            "/on_expiry/text cannot be used here, because a person gives every answer of this text in a form: "
            "leave it out."
        ),
    ),
    (
        text("Blue", on_expiry={"decision": "decline"}),
        '/on_expiry/decision must be a possible answer of this text: {"text": "Blue"}.',
    ),
    (
        text(input={"min_length": 5, "max_length": 4}),
        "/input/min_length must be at most max_length, which is 4.",
    ),
    (
        text(input={"max_length": 4, "initial": "Hello"}),
        "/input/initial must have at most max_length characters, which is 4; an emoji counts as two.",
    ),
    (
        text(input={"multiline": False, "initial": "two\nlines"}),
        '/input/initial must be one line, because "multiline" is false.',
    ),
    (
        text("Blue", "Green", input={"max_length": 4}),
        "/suggestions/1 must have at most 4 characters, which is max_length of the input.",
    ),
    (
        text("Blue", input={"min_length": 5}),
        "/suggestions/0 must have at least 5 characters, which is min_length of the input.",
    ),
    (text("Blue", "x" * 76), "/suggestions/1 must have at most 75 characters."),
    (text("\N{PARTY POPPER}" * 38), "/suggestions/0 must have at most 75 characters, and an emoji counts as two."),
    (text("Blue", "two\nlines"), "/suggestions/1 must be one line, without tabs."),
    (text("\u2800"), "/suggestions/0 must contain a visible character."),
    (text(*"abcdef"), "/suggestions must have at most 5 items."),
    (
        text("Blue", "Bl\u200bue"),
        "/suggestions must have different texts; those of suggestions 0 and 1, counted from 0, look the same.",
    ),
    (
        text("Red", "Blue", "Blu\u0435"),
        (
            "/suggestions must have texts that look different; those of suggestions 1 and 2, counted from 0, "
            'look alike: "Blue" and "Blu\\u0435".'
        ),
    ),
    (text("Blue", "answer"), '/suggestions/1 must not look like the button "Answer" beside it.'),
    (text("D\u0435cline", decline=True), '/suggestions/0 must not look like the button "Decline" beside it.'),
]


async def test_each_is_refused_at_its_own_field_with_what_to_do(door: Door) -> None:
    for fields, detail in REFUSED:
        reply = await door.ask(body(**fields))

        assert (reply.status, reply.json["detail"]) == (422, detail), fields
        assert len(reply.json["errors"]) == 1
    assert await door.rows() == 0


ACCEPTED: list[Json] = [
    {"comment": {"deny": "required", "approve": "optional"}, "respond": True, "on_expiry": {"decision": "approve"}},
    {"comment": {"approve": "optional"}, "on_expiry": {"decision": "approve"}},
    {"comment": {"deny": {}}, "respond": False},
    choice(5, {"on_expiry": {"option": "o1"}}, comment="required", style="danger", confirm="Sure?"),
    choice(2, {"on_expiry": {"option": "o0"}}, comment="optional"),
    choice(100, {"multiple": {"min": 0, "max": 100}}),
    choice(2, {"multiple": {"min": 2, "max": 2}}),
    text("Blue", "Green", decline=True, on_expiry={"text": "Green"}),
    text(decline=True, on_expiry={"decision": "decline"}),
    text("Decline", input={"initial": "two\nlines", "placeholder": "Like this"}),
    text(input={"min_length": 3_000, "max_length": 3_000}),
]


async def test_every_combination_that_makes_sense_is_accepted(door: Door) -> None:
    for fields in ACCEPTED:
        reply = await door.ask(body(**fields))

        assert reply.status == 201, (fields, reply.json)
