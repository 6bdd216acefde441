"""What agents and people are told of a work item, in every state."""

from dataclasses import fields, replace

import pytest

from bridge.things import representation
from bridge.things.work import NOUN, timeline_text
from bridge.things.work.resource import resource
from bridge.things.work.row import WorkItem
from bridge.things.work.sentences import sentence, standing
from storage.things import ThingRow
from tests.bridge.things.samples import ANA, later
from tests.bridge.things.work.building import AGENT, PERSON, blocked, done, leased, released, row, states, thing

SAID = {
    "ready": (row(), "Ready: no one holds it. Lease it before you work on it."),
    "waiting": (
        row("schema", "export", met=("plan",)),
        "Ready, but it waits for 2 other work items (schema, export): it can be leased once they are done.",
    ),
    "of an agent": (
        leased(),
        'Claimed by the agent "worker-1" until 2026-11-21T10:16:00Z: only its holder works on it. It is attempt 1.',
    ),
    "of a person": (
        leased(released(leased()), to=PERSON),
        'Claimed by "ana" (U0ANA) until 2026-11-21T18:01:00Z: only its holder works on it. It is attempt 2.',
    ),
    "blocked": (blocked(), 'Blocked, for the reason "No access.": do not work on it until it is unblocked.'),
    "done": (
        done(leased()),
        (
            'Done by the agent "worker-1" with the key "watchdog" at 2026-11-21T10:01:00Z: nothing is left to do. '
            'Its result: "48,210 rows.".'
        ),
    ),
    "done by a person": (
        done(leased(to=PERSON), by=ANA, words=None),
        'Done by "ana" (U0ANA) at 2026-11-21T10:01:00Z: nothing is left to do.',
    ),
}


def found(of: WorkItem) -> ThingRow[WorkItem]:
    return ThingRow(thing=thing(read_at=later()), row=of)


@pytest.mark.parametrize(("of", "said"), SAID.values(), ids=SAID)
def test_an_agent_is_told_the_state_and_what_to_do(of: WorkItem, said: str) -> None:
    assert sentence(found(of)) == said


def test_a_lease_that_ran_out_is_told_as_free() -> None:
    late = ThingRow(thing=thing(read_at=later(10**6)), row=leased())
    assert "whose lease ran out at 2026-11-21T10:16:00Z: it can be leased again." in sentence(late)


def test_many_dependencies_are_counted() -> None:
    many = row(*(f"item-{number}" for number in range(14)))
    assert "14 other work items (item-0, item-1" in sentence(found(many)) and "and 4 more)" in sentence(found(many))
    assert "1 other work item (schema)" in sentence(found(row("schema")))


def test_every_state_is_told_to_agents_and_people() -> None:
    for of in states():
        assert sentence(found(of)).startswith({"leased": "Claimed"}.get(of.status, of.status.capitalize()))
        assert standing(found(of))[0] in "⏳📋🙋🤖⛔✅"


def test_the_resource_has_every_column() -> None:
    told = {
        "dependencies": "depends_on",
        "unmet": "waits_for",
        "holder_agent": "holder",
        "holder_user": "holder",
        "holder_name": "holder",
    }
    elsewhere = {"name", "status", "lease_end", "refresh_at"}
    names = {told.get(field.name, field.name) for field in fields(WorkItem)} - elsewhere
    assert resource(found(row())).keys() == names


def test_the_resource_names_holders_dependencies_and_who_finished_it() -> None:
    assert resource(found(leased()))["holder"] == AGENT and resource(found(leased(to=PERSON)))["holder"] == PERSON
    assert resource(found(row("a", met=("b",))))["depends_on"] == [
        {"id": "a", "done": False},
        {"id": "b", "done": True},
    ]
    assert resource(found(done(leased())))["done_by"] == {"key": "watchdog", "agent": "worker-1"}
    whole = representation.resource(NOUN, found(replace(leased(), name="import-customers")), [])
    assert (whole["id"], whole["status"]) == ("import-customers", "claimed")
    assert representation.resource(NOUN, found(row()), [])["id"].startswith("wrk_")


@pytest.mark.parametrize(
    ("move", "detail", "said"),
    [
        ("leased", {"holder": AGENT, "attempts": 3}, 'Leased to the agent "worker-1" as attempt 3,'),
        ("expired", {"holder": PERSON}, 'The lease of "ana" (U0ANA) ran out'),
        ("released", {"holder": AGENT, "reclaimed": True}, 'Reclaimed from the agent "worker-1"'),
        ("released", {"holder": AGENT, "reclaimed": False}, None),
        ("done", {"result": "48,210 rows"}, 'Done, with the result "48,210 rows",'),
        ("done", {"result": None}, None),
        ("leased", {}, None),
    ],
)
def test_the_timeline_says_more_than_the_name_of_a_move(move: str, detail: dict[str, object], said: str) -> None:
    assert timeline_text.happened(move, detail) == said


def test_the_moves_are_those_of_the_noun() -> None:
    assert NOUN.statuses == ("ready", "claimed", "blocked", "done") and NOUN.is_final(done())
    assert NOUN.moves == ("created", "leased", "released", "expired", "blocked", "unblocked", "done", "unreachable")
    assert [NOUN.status(each) for each in (row(), leased(), blocked(), done())] == list(NOUN.statuses)
