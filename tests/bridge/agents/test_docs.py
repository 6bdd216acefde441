"""docs/api.md says what is so: every field, limit and status, and every exchange on it can be had."""

import dataclasses
import json
import re
from typing import Any

import pytest
from pydantic import BaseModel

from bridge import config
from bridge.agents import body, endpoint_responses, interactions, limits, problems, responses, room, streams
from bridge.agents.interactions import FIRST_POST_SECONDS
from bridge.agents.routing import MOST_METADATA
from bridge.kinds.choice.request import MOST_BUTTONS, MOST_TOGETHER
from bridge.question import MOST_ACTION
from storage import statements, webhook_endpoints
from storage.model import EventType, Progress, Status, Verdict
from storage.pool import Database
from tests.bridge.agents import door as doors
from tests.bridge.agents import reference
from tests.bridge.agents.play import Player
from tests.bridge.agents.reference import DOCS, PATHS, Request, Response, tables
from tests.storage import build

API = (DOCS / "api.md").read_text("utf-8")
SENT = ["Address", "Responders", "Action", "Fact", "Option", "Agent", "Principal", "OnExpiry", "Cancellation", "Report"]
SENT += ["NewEndpoint", "ChangedEndpoint", "Replay"]
RECEIVED = [
    "Interaction", "Answer", "By", "Reason", "Receipt", "CardCopy", "Page", "Timeline", "Moment", "EventPage", "Event",
    "Problem",
    "ProblemError",
]  # fmt: skip
RECEIVED += ["Endpoint", "EndpointSecret", "EndpointPage", "Attempt", "Delivery", "DeliveryPage", "Outcome", "Replayed"]
OPERATIONS = [
    pytest.param(method, path, operation, id=operation["operationId"])
    for path, methods in PATHS.items()
    for method, operation in methods.items()
]


SIGNS: dict[str, type[BaseModel]] = {  # what only one shape has, looked for in this order
    "'secret'": endpoint_responses.EndpointSecret,
    "'rotated_at'": endpoint_responses.Endpoint,
    "'delivered'": endpoint_responses.Attempt,
    "'due_at'": endpoint_responses.DeliveryPage,
    "'replayed'": endpoint_responses.Replayed,
    "'verdict'": responses.Timeline,
    "'urn:": responses.Problem,
    "'kind'": responses.Interaction,
}


def rows(heading: str, *, place: int = 0) -> list[list[str]]:
    """A table without its last column, which says in words what things mean, and must say something."""
    found = tables(API, heading)[place]
    assert all(row[-1] for row in found)
    return [row[:-1] for row in found]


@pytest.mark.parametrize("model", SENT)
def test_every_field_that_can_be_sent_is_told_with_its_limits(model: str) -> None:
    assert rows(model) == reference.sent(model)


def test_every_field_of_every_kind_of_question_is_told() -> None:
    assert rows("Question") == reference.question()


@pytest.mark.parametrize("model", RECEIVED)
def test_every_field_that_is_answered_is_told(model: str) -> None:
    assert rows(model) == reference.received(model)


def test_every_shape_has_its_place() -> None:
    enums = {name for name, schema in reference.SCHEMAS.items() if "enum" in schema}
    asked = {name for name in reference.SCHEMAS if name.startswith("Create")}

    assert {*SENT, *RECEIVED} == set(reference.SCHEMAS) - enums - asked


@pytest.mark.parametrize(("method", "path", "operation"), OPERATIONS)
def test_every_endpoint_is_told_with_its_parameters_and_statuses(method: str, path: str, operation: Any) -> None:
    assert f"`{method.upper()} {path}`\n" in reference.section(API, operation["summary"])
    found = tables(API, operation["summary"])
    told = rows(operation["summary"]) if len(found) > 1 else []
    answered = found[-1]

    assert told == reference.parameters(method, path)
    assert sorted(answered) == sorted(reference.statuses(method, path))


def test_every_status_and_every_verdict_is_told() -> None:
    assert [row[0] for row in tables(API, "The life of a question")[0]] == [f"`{status}`" for status in Status]
    assert [row[0] for row in tables(API, "Verdicts")[0]] == [f"`{verdict}`" for verdict in Verdict]


def test_every_limit_is_told_with_its_setting_and_its_problem() -> None:
    ((*table,),) = tables(API, "Limits")
    usual = dataclasses.asdict(limits.USUAL)

    assert [(row[1], row[3]) for row in table] == [
        (str(value), f"`ASKBRIDGE_{name.upper()}`") for name, value in usual.items()
    ]
    assert {row[2].strip("`") for row in table} == {type.slug for type in problems.TYPES if type.status == 429}
    assert {name: config.Settings.model_fields[name].default for name in usual} == usual
    assert f"up to {room.ALLOWANCE} questions more" in " ".join(API.split())
    assert f"up to {webhook_endpoints.MAX_ACTIVE} [endpoints]" in API


def test_every_type_of_moment_is_told() -> None:
    written = {
        found
        for file in ("cards", "connections", "interactions", "receipts")
        for statement in statements.load(file).values()
        for found in re.findall(r"'((?:interaction|card)\.[a-z_]+)'", statement.text)
    }
    ended = {f"interaction.{status}" for status in Status if status is not Status.PENDING}  # as the sweep writes them
    reported = {f"interaction.{progress}" for progress in Progress}

    assert {row[0].strip("`") for row in tables(API, "Types of moments")[0]} == written | ended | reported


def test_every_type_of_event_is_told_and_is_one_that_is_written() -> None:
    moments = {row[0].strip("`") for row in tables(API, "Types of moments")[0]}
    told = [row[0].strip("`") for row in tables(API, "Types of events")[0]]
    moments_only = {"interaction.clicked", "interaction.heard"}

    assert told == list(EventType)
    assert {type for type in moments if type.startswith("interaction.")} - moments_only == set(told)


def test_limits_that_no_schema_can_say_are_told() -> None:
    meaning = {row[0].strip("`"): row[-1] for row in tables(API, "Question")[0]}

    assert f"{MOST_ACTION} bytes" in meaning["action"]
    assert f"{MOST_METADATA} bytes" in meaning["metadata"]
    assert f"{MOST_TOGETHER} characters" in meaning["options"] and f"Up to {MOST_BUTTONS} " in meaning["options"]
    assert f"{body.MOST_BYTES} bytes and {body.MOST_DEPTH} levels" in " ".join(API.split())
    assert f"up to {FIRST_POST_SECONDS:.0f} s" in API
    assert f"{streams.HEARTBEAT_SECONDS:.0f} s of silence" in API and f"{streams.PATIENCE_SECONDS:.0f} s" in API
    assert f"at most {problems.MOST_ERRORS}" in {row[0]: row[-1] for row in tables(API, "Problem")[0]}["`errors`"]


def test_every_link_leads_somewhere() -> None:
    for name, text in (("api.md", API), ("problems.md", (DOCS / "problems.md").read_text("utf-8"))):
        for target, anchor in re.findall(r"\]\(([a-z-]*\.?m?d?)#?([a-z-]*)\)", text):
            there = (DOCS / (target or name)).read_text("utf-8")
            headings = re.findall(r"^#+ (.*)$", there, re.MULTILINE)
            anchors = {re.sub(r"[^a-z0-9 -]", "", heading.lower()).replace(" ", "-") for heading in headings}
            assert not anchor or anchor in anchors, (name, target, anchor)


async def test_every_exchange_can_be_had(db: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(interactions, "FIRST_POST_SECONDS", 20.0)  # on a loaded machine a card still appears in time
    steps = list(reference.exchanges(API))
    async with doors.door(db, await build.tenant(db, team="T0ACME")) as door:
        answers = await Player(door=door).play(steps)

    assert (
        answers == sum(isinstance(step, Request) for step in steps) == sum(isinstance(step, Response) for step in steps)
    )
    had = {(step.method.lower(), _pattern(step.path)) for step in steps if isinstance(step, Request)}
    assert had == {(method, path) for path, methods in PATHS.items() for method in methods}


def _pattern(path: str) -> str:
    return re.sub(r"(?:int|whe)_[0-9a-z]+", "{id}", path.partition("?")[0])


def test_every_example_is_of_its_shape() -> None:
    every = [step.body for step in reference.exchanges(API) if isinstance(step, Response) and step.body]
    whole = [example for example in every if '"…"' not in json.dumps(example, ensure_ascii=False)]
    told = set()
    for example in whole:
        model = next(model for sign, model in SIGNS.items() if sign in str(example))
        model.model_validate(example, strict=False, extra="forbid")
        told.add(model)

    assert told == set(SIGNS.values())
