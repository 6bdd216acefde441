"""Typed forms and pages as no client of Slack sends them: never a 5xx, and no answer that the schema does not allow."""

import copy
import json
import random
from typing import Any, Final

from jsonschema_rs import Draft202012Validator

from bridge.forms import codec
from bridge.forms.codec import FormTarget
from sandbox.slack.server import Sandbox
from storage.model import Interaction, Json, Status
from tests import payloads
from tests.bridge import replica as replicas
from tests.bridge.replica import Replica
from tests.bridge.slack.forms import asking
from tests.generated import hostile, scale
from tests.generated.scale import Tried

SCHEMA: Final[Json] = {
    "type": "object",
    "properties": {
        "count": {"type": "integer", "minimum": 0},
        "rate": {"type": "number", "multipleOf": 0.5},
        "day": {"type": "string", "format": "date"},
        "clock": {"type": "string", "format": "time"},
        "moment": {"type": "string", "format": "date-time"},
        "mail": {"type": "string", "format": "email"},
        "tier": {"enum": ["gold", "silver"]},
        "tags": {"type": "array", "items": {"type": "string", "pattern": "^[a-z]+$"}, "uniqueItems": True},
        **{f"more{number}": {"type": "string"} for number in range(6)},
    },
    "required": ["count", "tier"],
}
FORM: Final[Json] = {"kind": "form", "title": "Which values?", "schema": SCHEMA}
TEXTS: Final = ["1", "-1", "1e99", "9" * 60, "\u0667", "0.5", "NaN", "2026-02-30", "2026-01-31", "24:00", "09:30",
                "a@b.example", "a\nb", "a\na", "x" * 3_001, "a\x00b", "\ud800", " ", "", "\u202e"]  # fmt: skip
TYPES: Final = ["plain_text_input", "number_input", "datepicker", "timepicker", "datetimepicker", "email_text_input",
                "radio_buttons", "static_select", "checkboxes", "file_input", None]  # fmt: skip
MOMENTS: Final[list[Any]] = [None, 0, -1, 1_769_850_600, 10**10, 10**30, 1.5, True, "1769850600"]


def entry(chance: random.Random) -> Any:
    """What an input contains, of any type, with a value in each place where one of some type has it."""
    option = {"value": chance.choice(["0", "1", "2", "-1", "one", "", None])}
    made = {
        "type": chance.choice(TYPES),
        "value": chance.choice(TEXTS),
        "selected_date": chance.choice([*TEXTS, None]),
        "selected_time": chance.choice([*TEXTS, None]),
        "selected_date_time": chance.choice(MOMENTS),
        "selected_option": chance.choice([option, None, "0"]),
        "selected_options": [option] * chance.choice([0, 1, 2, 120]),
    }
    return {codec.INPUT: made} if chance.random() < 0.9 else copy.deepcopy(chance.choice(hostile.ODD))


def right(view: Json) -> Json:
    """Values that every page accepts: those that are needed, and empty inputs beside them."""
    state = {}
    for block in view["blocks"]:
        if block["type"] == "input":
            kind = block["element"]["type"]
            is_needed = not block.get("optional")
            made: Json = {"type": kind, "value": "1" if is_needed else None, "selected_date": None}
            made |= {"selected_time": None, "selected_date_time": None}
            made["selected_option"] = {"value": "1"} if is_needed else None
            state[block["block_id"]] = {codec.INPUT: made}
    return state


def sent(view: Json, chance: random.Random | None) -> Any:
    """A submission of this page; with a chance, damaged in some of its values, its page or its inputs."""
    made = asking.payload(view)
    values = made["view"]["state"]["values"] = right(view)
    if chance is None:
        return made
    for block in chance.sample(list(values), chance.randint(1, 3)):
        values[block] = entry(chance)
    target = json.loads(made["view"]["private_metadata"])
    match chance.randrange(6):
        case 0:
            target["page"] = chance.choice([0, 1, 2, 999])
        case 1:
            target["turned"] = chance.choice([True, False, "true"])
        case 2:
            target["form"] = chance.choice(["ab" * 32, "", 7])
        case 3:
            made["view"]["blocks"] = made["view"]["blocks"][: chance.randrange(8)]
    made["view"]["private_metadata"] = json.dumps(target)
    return made


async def test_no_typed_submission_whatever_is_a_mistake_of_ours_or_gives_a_value_that_is_not_allowed(
    dsn: str, tried: Tried
) -> None:
    chance, validator = random.Random(scale.SEED), Draft202012Validator(SCHEMA, validate_formats=True)
    async with Sandbox(posting_limit=False) as slack, replicas.running(slack, dsn) as replica:
        question, handle = await asking.ask(replica, FORM)
        first = await asking.opened(replica, question, handle, choice="fill")
        page = first
        for number in range(scale.many(150)):
            body = payloads.form(sent(page, chance if number % 4 else None))

            answer = await replica.send(body)

            assert answer.status == 200, (answer, body)
            acked = json.loads(answer.body) if answer.body else None
            now = await asking.read(replica, question)
            tried((acked or {}).get("response_action", "closed"))
            if acked is None:
                values = (now.answer or {})["values"]
                assert not list(validator.iter_errors(values)) and values["tier"] in ("gold", "silver"), body
                question, page = await _another(replica, first)
            else:
                assert now.status is Status.PENDING, body
                is_page = acked["response_action"] == "update" and "submit" in acked["view"]
                page = first | acked["view"] if is_page else page
    assert set(tried.counts) == {"closed", "errors", "update"}


async def _another(replica: Replica, first: Json) -> tuple[Interaction, Json]:
    """Another question of the same sort, and the first page of its form."""
    question, handle = await asking.ask(replica, FORM)
    target = codec.target(first["private_metadata"])
    assert target is not None
    fresh = FormTarget(
        interaction=question.id, choice="fill", channel=handle.channel, ts=handle.ts, form=question.id.bytes * 2
    )
    first["private_metadata"] = codec.metadata(fresh)
    return question, first
