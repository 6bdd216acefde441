"""The bodies that agents send: what is taken, and what is refused with the place and the remedy."""

from decimal import Decimal
from typing import Any

import pytest

from bridge.agents.http import problems, validation_errors
from bridge.fields import Strict
from bridge.things.recovery import wake_policy
from bridge.things.recovery.examples import EXAMPLES
from bridge.things.recovery.request import Report, Resolve, ResolveSource, Search
from storage.model import Json
from tests.bridge.things.recovery.building import BODY, report

SOURCE = {"type": "build", "id": "4711"}


def refused(model: type[Strict], body: Json) -> dict[str, str]:
    """The mistakes of a body, by their pointers."""
    with pytest.raises(problems.ApiProblem) as raised:
        validation_errors.validate(model, body)
    return dict(raised.value.errors)


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: example.name)
def test_every_example_is_taken(example: Any) -> None:
    assert validation_errors.validate(Report, example.request).kind


@pytest.mark.parametrize("field", ["source", "kind", "cause", "fingerprint", "next_action"])
def test_what_is_required_is_named(field: str) -> None:
    assert refused(Report, {name: value for name, value in BODY.items() if name != field}) == {
        f"/{field}": "is required"
    }


def test_null_is_the_same_as_left_out() -> None:
    optional = Report.model_fields.keys() - BODY.keys()

    assert report(**dict.fromkeys(optional)) == report()


@pytest.mark.parametrize("field", ["owner", "previous_owner", "return_owner"])
def test_an_owner_is_of_one_sort(field: str) -> None:
    one = 'must have only one of "agent", "user" and "board"'
    assert refused(Report, BODY | {field: {"agent": "a", "board": True}}) == {f"/{field}": one}
    assert refused(Report, BODY | {field: {}}) == {f"/{field}": 'must have "agent", "user" or "board": true'}
    assert refused(Report, BODY | {field: {"board": False}}) == {f"/{field}/board": "must be true, or be left out"}
    assert refused(Report, BODY | {field: {"user": "ana"}}).keys() == {f"/{field}/user"}
    assert refused(Report, BODY | {field: {"agent": "x" * 81}}).keys() == {f"/{field}/agent"}


def test_policies_and_evidence_are_returned_untouched() -> None:
    policy = {
        "escalate_to": [{"user": "U0ANA", "board": None}],
        "step_seconds": Decimal("60.0"),
        "own": [1, {"a": None}],
    }
    sent = report(wake_policy=policy, monitor_policy=policy, evidence=policy)

    assert (sent.wake_policy, sent.monitor_policy, sent.evidence) == (policy, policy, policy)
    assert str((sent.wake_policy or {})["step_seconds"]) == "60.0"
    read = wake_policy.read(sent.wake_policy)
    assert (read.owners, read.step_seconds) == ([{"user": "U0ANA"}], 60)


@pytest.mark.parametrize(
    ("policy", "pointer"),
    [
        ({"escalate_to": []}, "/escalate_to"),
        ({"escalate_to": [{"board": True}] * 6}, "/escalate_to"),
        ({"escalate_to": {"board": True}}, "/escalate_to"),
        ({"escalate_to": [{"board": True}, {"agent": "a", "user": "U0ANA"}]}, "/escalate_to/1"),
        ({"escalate_to": [{"role": "lead"}]}, "/escalate_to/0/role"),
        ({"step_seconds": 0}, "/step_seconds"),
        ({"step_seconds": 1.5}, "/step_seconds"),
        ({"step_seconds": 10**9}, "/step_seconds"),
        ({"own": "x" * 4_096}, ""),
        ("soon", ""),
    ],
)
def test_what_the_bridge_reads_of_a_wake_policy_is_checked(policy: Any, pointer: str) -> None:
    assert pointer in {found.removeprefix("/wake_policy") for found in refused(Report, BODY | {"wake_policy": policy})}


def test_a_monitor_policy_is_the_agents_own() -> None:
    assert report(monitor_policy={"escalate_to": [], "step_seconds": "soon"}).monitor_policy
    assert refused(Report, BODY | {"monitor_policy": {"a": "x" * 4_096}}).keys() == {"/monitor_policy"}
    assert refused(Report, BODY | {"evidence": {"a": "x" * 16_384}}).keys() == {"/evidence"}


@pytest.mark.parametrize("field", ["timeout_at", "last_attempt_at"])
def test_a_time_has_its_offset(field: str) -> None:
    assert (
        getattr(report(**{field: "2026-11-21T12:30:00.5+02:00"}), field).isoformat()
        == "2026-11-21T12:30:00.500000+02:00"
    )
    assert getattr(report(**{field: "2026-11-21t10:30:00z"}), field).isoformat() == "2026-11-21T10:30:00+00:00"
    for wrong in ("2026-11-21T12:30:00", "2026-02-30T00:00:00Z", "9999-12-31T23:59:59-12:00", "tomorrow", 5, ""):
        assert "2026-01-31T09:30:00Z" in refused(Report, BODY | {field: wrong})[f"/{field}"]


def test_attempts_are_counted_from_one() -> None:
    assert report(max_attempts=1).max_attempts == 1
    assert refused(Report, BODY | {"max_attempts": 0}) == {"/max_attempts": "must be at least 1"}


def test_blocked_needs_a_blocker_and_no_other_outcome_has_one() -> None:
    assert refused(Resolve, {"outcome": "blocked"})["/blocker"].startswith(
        'is required for the outcome "blocked": {"id"'
    )
    assert refused(Resolve, {"outcome": "restored", "blocker": {"id": "rec_1"}}).keys() == {"/blocker"}
    both = {"id": "rec_1", "external": {"type": "a", "id": "b"}}
    assert refused(Resolve, {"outcome": "blocked", "blocker": both}) == {
        "/blocker": 'must have "id" or "external", not both'
    }
    assert refused(Resolve, {"outcome": "blocked", "blocker": {}}) == {"/blocker": 'must have "id" or "external"'}
    for blocker in ({"id": "rec_1"}, {"external": {"type": "a", "id": "b", "url": "https://a.example"}}):
        assert Resolve.model_validate({"outcome": "blocked", "blocker": blocker}).blocker


def test_by_source_a_source_is_required() -> None:
    assert refused(ResolveSource, {"outcome": "restored"}) == {"/source": "is required"}
    assert ResolveSource.model_validate({"outcome": "cancelled", "source": SOURCE, "id": "rec_1"}).source.id == "4711"


def test_a_search_has_at_most_a_thousand_sources() -> None:
    assert Search.model_validate({"sources": []}).sources == []
    assert len(Search.model_validate({"sources": [SOURCE] * 1_000}).sources) == 1_000
    assert refused(Search, {"sources": [SOURCE] * 1_001}) == {"/sources": "must have at most 1000 items"}
