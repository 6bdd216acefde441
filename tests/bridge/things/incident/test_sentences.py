"""What agents and people are told of an incident, in every status."""

from dataclasses import asdict

import pytest

from bridge.kinds.contract import Example
from bridge.things.incident.examples import EXAMPLES
from bridge.things.incident.resource import resource
from bridge.things.incident.row import Incident, Status
from bridge.things.incident.sentences import sentence, standing
from storage import json_text
from storage.things import ThingRow
from tests.bridge.things.incident.building import changed, resolved, row, thing
from tests.bridge.things.incident.test_card import of_example
from tests.bridge.things.samples import ANA


def found(incident: Incident) -> ThingRow[Incident]:
    return ThingRow(thing=thing(), row=incident)


@pytest.mark.parametrize(
    ("incident", "said"),
    [
        (
            row(),
            (
                'Investigating since 2026-11-21T10:00:00Z, set by "watchdog": a minor incident of "checkout", '
                '"payments". It is open until it is resolved.'
            ),
        ),
        (
            changed(row(systems=["a", *list("bcdefg")]), status="fixing", message='Rolled "back".', by=ANA).row,
            (
                'Fixing since 2026-11-21T10:01:00Z, set by "ana" (U0ANA): a minor incident of "a", "b", "c", "d", "e" '
                'and 2 more. It is open until it is resolved. The latest update, by "ana" (U0ANA): '
                "\"Rolled 'back'.\"."
            ),
        ),
        (
            resolved(),
            (
                'Resolved by "ana" (U0ANA) at 2026-11-21T10:01:00Z: it is over, and nothing is left to do. Setting '
                "another status opens it again."
            ),
        ),
    ],
)
def test_an_agent_is_told_the_state_and_what_to_do(incident: Incident, said: str) -> None:
    assert sentence(found(incident)) == said


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: example.name)
def test_every_status_has_a_sentence_on_one_line_and_a_standing(example: Example) -> None:
    first = of_example(example.request)
    for status in Status:
        for incident in (changed(first, status=status.value, message=words).row for words in (None, "a\nb" * 500)):
            assert "\n" not in sentence(found(incident)) and len(sentence(found(incident))) < 3_000
            line = standing(found(incident))
            assert "\n" not in line and line.endswith(".")
            assert ("It was opened by" in line) == status.is_open


def test_the_resource_has_every_column_that_agents_may_know() -> None:
    shown = resource(found(changed(row(), message="x", by=ANA).row))

    other_names = {"recent_updates": "updates", "has_notes": "notes"}
    assert {other_names.get(name, name) for name in asdict(row())} == shown.keys()
    assert list(shown["updates"][0]) == ["id", "message", "status", "by", "at"]
    assert json_text.dumps(shown)
