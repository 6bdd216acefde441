"""Refusing a body costs little, whatever it has: the work is counted in calls, not in time."""

import contextlib
import logging
import sys
from collections.abc import Callable, Iterator
from functools import partial
from types import FrameType
from typing import Any

import pytest
from pydantic import ValidationError

from bridge import full_text
from bridge.agents.http import body, validation_errors
from bridge.agents.http.body import MAX_BYTES, MAX_VALUES
from bridge.agents.http.problems import MAX_ERRORS, ApiProblem
from bridge.agents.interactions import requests
from bridge.agents.webhook_endpoints.requests import ChangedEndpoint, NewEndpoint, Replay
from bridge.fields import MAX_TEXT, MAX_UNKNOWN, Strict
from storage.model import Json
from tests.bridge.agents import door as doors
from tests.bridge.agents.door import Door
from tests.bridge.agents.http.heavy_bodies import bodies

MAX_CALLS = 14 * MAX_VALUES  # of Python and C functions, to decode a body; before values were counted, it took millions
MAX_CHECKS = 11 * MAX_VALUES  # to validate one that asks: all its values may be valid metadata
MAX_OTHERS = 2_000  # to validate one that does something else; an endpoint looks through all types of events


def ask(sent: Json) -> object:
    kind, routing, request = requests.validate(sent)
    return requests.on_expiry(kind, routing, request)


READERS: dict[str, Callable[[Json], object]] = {
    "ask": ask,
    "cancel": requests.cancellation,
    "report": requests.receipt,
    "endpoint": lambda sent: validation_errors.validate(NewEndpoint, sent),
    "change": lambda sent: validation_errors.validate(ChangedEndpoint, sent),
    "replay": lambda sent: validation_errors.validate(Replay, sent),
}


def calls(work: Callable[[], object]) -> int:
    """The functions that work calls, in Python and in C; a refusal ends it."""
    number = 0

    def count(_: FrameType, event: str, __: Any) -> None:
        nonlocal number
        number += event in ("call", "c_call")

    before = sys.getprofile()
    sys.setprofile(count)
    try:
        with contextlib.suppress(ApiProblem):
            work()
    finally:
        sys.setprofile(before)
    return number


def test_no_body_costs_more_than_its_size_allows() -> None:
    worst: dict[str, tuple[int, str]] = {}
    for name, raw in bodies():
        assert len(raw) <= MAX_BYTES, name
        worst["decode"] = max(worst.get("decode", (0, "")), (calls(partial(body.decode, raw)), name))
        with contextlib.suppress(ApiProblem):
            sent = body.decode(raw)
            for route, read in READERS.items():
                number = calls(partial(read, sent))
                worst[route] = max(worst.get(route, (0, "")), (number, name))

    assert worst.pop("decode") <= (MAX_CALLS, ""), worst
    assert worst.pop("ask") <= (MAX_CHECKS, ""), worst
    assert max(worst.values()) <= (MAX_OTHERS, ""), worst


def test_unknown_names_are_looked_at_up_to_the_twenty_first() -> None:
    strange = {f"x{number}": 1 for number in range(5_000)}
    for sent in ({**doors.body(), **strange}, doors.body(facts=[strange] * 10), doors.body(agent=strange)):
        with pytest.raises(ValidationError) as found:
            requests.MODELS["approval"].model_validate(sent)
        assert found.value.error_count() <= 10 * (MAX_UNKNOWN + 2)

        with pytest.raises(ApiProblem) as refused:
            requests.validate(sent)
        assert len(refused.value.errors) == MAX_ERRORS
        assert refused.value.detail.endswith(f"; and at least {MAX_ERRORS} more.")


def test_every_text_has_a_limit_below_which_it_is_looked_at() -> None:
    """A longer text is refused by its field's own limit, and by nothing that reads all of it."""

    def limits(schema: Any) -> Iterator[int]:
        match schema:
            case {"type": "string"} if not {"enum", "const", "pattern"} & schema.keys():
                yield int(schema.get("maxLength", MAX_BYTES))
            case dict():
                yield from (limit for inner in schema.values() for limit in limits(inner))
            case list():
                yield from (limit for inner in schema for limit in limits(inner))

    models: list[type[Strict]] = [*requests.MODELS.values(), requests.Cancellation, requests.Report]
    for model in models:
        found = set(limits(model.model_json_schema())) - {full_text.MAX_BYTES}  # which has a check of its own
        assert max(found) <= MAX_TEXT


async def test_every_route_that_reads_a_body_refuses_the_heaviest(door: Door, caplog: pytest.LogCaptureFixture) -> None:
    asked = (await door.ask()).json["id"]
    routes = [
        "POST /v1/interactions",
        f"POST /v1/interactions/{asked}/cancel",
        f"POST /v1/interactions/{asked}/receipt",
    ]
    routes += ["POST /v1/webhook_endpoints", f"PATCH /v1/webhook_endpoints/{asked}"]
    for name, raw in [*bodies()][::7]:
        for route in routes:
            method, path = route.split()
            reply = await door.call(method, path, data=raw, headers={"Content-Type": "application/json"})

            assert reply.status in {201, 400, 404, 409, 413, 422}, (name, route)
            assert len(reply.raw) < MAX_BYTES // 4, (name, route)
    assert [record for record in caplog.records if record.levelno >= logging.ERROR] == []
