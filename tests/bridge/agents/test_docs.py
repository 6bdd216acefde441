"""docs/api.md says what is so: every field, limit and status, and every exchange on it can be had."""

import dataclasses
import json
import re
from typing import Any

import pytest
from pydantic import BaseModel

from bench import generated
from bridge.agents.events.streams import DEFAULT_TIMES
from bridge.agents.http import body, problems
from bridge.agents.interactions.common_fields import MAX_METADATA
from bridge.agents.interactions.handlers import FIRST_POST_SECONDS
from bridge.agents.limits import limit_values, quota_shares
from bridge.card.content import MAX_TOGETHER
from bridge.kinds.choice.request import MAX_BUTTONS
from bridge.question import MAX_ACTION
from bridge.representation import schemas, webhook_schemas
from bridge.server import config
from bridge.things.fix.schemas import Fix, FixStats
from bridge.things.incident.schemas import IncidentOpened
from bridge.things.recovery.schemas import Recovery
from bridge.things.work.schemas import ReclaimedWork, WorkItem
from storage import statements, webhook_endpoints
from storage.model import EventType, Progress, Status
from storage.pool import Database
from tests.bridge.agents import door as doors
from tests.bridge.agents import reference
from tests.bridge.agents.play import Player
from tests.bridge.agents.reference import DOCS, Request, Response, tables
from tests.docs import description
from tests.docs import schemas as drawn
from tests.docs.description import PATHS, SCHEMAS
from tests.storage import build

API = (DOCS / "api.md").read_text("utf-8")
SECTIONS = generated.sections(API)
OPERATIONS = [
    pytest.param(f"{method.upper()} {path}", operation, id=operation["operationId"])
    for path, methods in PATHS.items()
    for method, operation in methods.items()
]


SIGNS: dict[str, type[BaseModel]] = {  # what only one shape has, looked for in this order
    "'secret'": webhook_schemas.EndpointSecret,
    "'rotated_at'": webhook_schemas.Endpoint,
    "'delivered'": webhook_schemas.Attempt,
    "'due_at'": webhook_schemas.DeliveryPage,
    "'replayed'": webhook_schemas.Replayed,
    "'verdict'": schemas.Timeline,
    "'attempt_count'": Recovery,
    "'decided_at'": Fix,
    "'rates'": FixStats,
    "'take_seconds'": WorkItem,
    "'ids'": ReclaimedWork,
    "'reused'": IncidentOpened,
    "'urn:": schemas.Problem,
    "'kind'": schemas.Interaction,
}


def test_every_shape_has_its_place_under_its_name() -> None:
    told = [name for name in SECTIONS if name.startswith(("sent ", "received "))]
    asked = {name for name in SCHEMAS if name.startswith("Create")}
    expected = {name for name in SCHEMAS if not description.is_enumeration(name)} - asked - {*drawn.own_models()}

    assert {name.split()[1] for name in told} == expected
    assert all(f"<!-- generated: {name} -->" in reference.section(API, name.split()[1]) for name in told)


@pytest.mark.parametrize(("line", "operation"), OPERATIONS)
def test_every_endpoint_is_told_under_its_name(line: str, operation: Any) -> None:
    told = reference.section(API, operation["summary"])

    assert f"`{line}`\n" in told and f"<!-- generated: operation {operation['operationId']} -->" in told


def test_every_limit_is_told_with_its_setting_and_its_problem() -> None:
    ((*table,),) = tables(API, "Limits")
    usual = dataclasses.asdict(limit_values.USUAL)

    assert [(row[1], row[3]) for row in table] == [
        (str(value), f"`ASKBRIDGE_{name.upper()}`") for name, value in usual.items()
    ]
    assert {row[2].strip("`") for row in table} == {type.slug for type in problems.TYPES if type.status == 429}
    assert {name: config.Settings.model_fields[name].default for name in usual} == usual
    assert f"up to {quota_shares.ALLOWANCE} more questions" in " ".join(API.split())
    assert f"up to {webhook_endpoints.MAX_ACTIVE} [endpoints]" in API


def test_every_type_of_moment_is_told() -> None:
    written = {
        found
        for file in ("cards", "connections", "interactions", "receipts", "things")
        for statement in statements.load(file).values()
        for found in re.findall(r"'((?:interaction|card|note)\.[a-z_]+)'", statement.text)
    }
    ended = {f"interaction.{status}" for status in Status if status is not Status.PENDING}  # as the sweep writes them
    reported = {f"interaction.{progress}" for progress in Progress}

    assert {row[0].strip("`") for row in tables(API, "Types of moments")[0]} == written | ended | reported


def test_every_type_of_event_is_one_that_is_written() -> None:
    moments = {row[0].strip("`") for row in tables(API, "Types of moments")[0]}
    moments_only = {"interaction.clicked", "interaction.heard"}

    assert {type for type in moments if type.startswith("interaction.")} - moments_only == set(EventType)


def test_limits_that_no_schema_can_say_are_told() -> None:
    meaning = {row[0].strip("`"): row[-1] for row in tables(API, "Question")[0]}

    assert f"{MAX_ACTION} bytes" in meaning["action"]
    assert f"{MAX_METADATA} bytes" in meaning["metadata"]
    assert f"{MAX_TOGETHER} characters" in meaning["options"] and f"Up to {MAX_BUTTONS} " in meaning["options"]
    assert f"{body.MAX_BYTES} bytes, {body.MAX_VALUES} values and {body.MAX_DEPTH} levels" in " ".join(API.split())
    assert f"up to {FIRST_POST_SECONDS:.0f} s" in API
    assert f"{DEFAULT_TIMES.heartbeat:.0f} s of silence" in API and f"{DEFAULT_TIMES.write:.0f} s" in API
    assert f"at most {problems.MAX_ERRORS}" in {row[0]: row[-1] for row in tables(API, "Problem")[0]}["`errors`"]


def test_every_link_leads_somewhere() -> None:
    for name, text in (("api.md", API), ("problems.md", (DOCS / "problems.md").read_text("utf-8"))):
        for target, anchor in re.findall(r"\]\(([a-z-]*\.?m?d?)#?([a-z-]*)\)", text):
            there = (DOCS / (target or name)).read_text("utf-8")
            headings = re.findall(r"^#+ (.*)$", there, re.MULTILINE)
            anchors = {re.sub(r"[^a-z0-9 -]", "", heading.lower()).replace(" ", "-") for heading in headings}
            assert not anchor or anchor in anchors, (name, target, anchor)


async def test_every_exchange_can_be_had(db: Database) -> None:
    steps, tenant = list(reference.exchanges(API)), await build.tenant(db, team="T0ACME")
    async with doors.door(db, tenant, first_post_seconds=20.0) as door:  # enough for a card on a loaded machine
        answers = await Player(door=door).play(steps)

    assert (
        answers == sum(isinstance(step, Request) for step in steps) == sum(isinstance(step, Response) for step in steps)
    )
    had = {(step.method.lower(), _pattern(step.path)) for step in steps if isinstance(step, Request)}
    assert had == {(method, path) for path, methods in PATHS.items() for method in methods}


def _pattern(path: str) -> str:
    """The path with {id} in the place of an id, which for a work item may be any word."""
    named = re.sub(r"(?<=^/v1/work/)(?!(?:lease|reclaim|stats)$)[^/]+", "{id}", path.partition("?")[0])
    return re.sub(r"(?:int|rec|inc|fix|whe)_[0-9a-z]+", "{id}", named)


def test_every_example_is_of_its_shape() -> None:
    every = [step.body for step in reference.exchanges(API) if isinstance(step, Response) and step.body]
    whole = [example for example in every if '"…"' not in json.dumps(example, ensure_ascii=False)]
    told = set()
    for example in whole:
        model = next(model for sign, model in SIGNS.items() if sign in str(example))
        model.model_validate(example, strict=False, extra="forbid")
        told.add(model)

    assert told == set(SIGNS.values())
