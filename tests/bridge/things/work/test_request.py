"""The bodies that agents send about work items: what is taken, and what is refused with the place."""

from typing import Any

import pytest

from bridge.agents.http import problems, validation_errors
from bridge.fields import Strict
from bridge.things.secrets import Misplaced, secrets
from bridge.things.work import request
from bridge.things.work.examples import EXAMPLES
from bridge.things.work.request import (
    BlockWork,
    ChangeWork,
    CompleteWork,
    CreateWork,
    LeaseWork,
    LinkWork,
    ReclaimExpired,
    ReclaimWork,
    ReleaseWork,
    RenewLease,
    UnblockWork,
)
from storage.model import Json
from tests.bridge.things.work.building import BODY, create


def refused(model: type[Strict], body: Json) -> set[str]:
    """The pointers of the mistakes of a body."""
    with pytest.raises(problems.ApiProblem) as raised:
        validation_errors.validate(model, body)
    return set(dict(raised.value.errors))


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: example.name)
def test_every_example_is_taken(example: Any) -> None:
    fields = {name: value for name, value in example.request.items() if name in CreateWork.model_fields}
    assert validation_errors.validate(CreateWork, fields).title


def test_null_is_the_same_as_left_out() -> None:
    assert create(**dict.fromkeys(CreateWork.model_fields.keys() - BODY.keys())) == create()
    assert validation_errors.validate(ChangeWork, dict.fromkeys(ChangeWork.model_fields)).changes() == {}


@pytest.mark.parametrize("id", ["a", "7", "import-customers", "JIRA-17.b_c", "x" * 100, "wrk", "leases", "Wrk_x"])
def test_an_id_may_be_given(id: str) -> None:
    assert create(id=id).id == id


@pytest.mark.parametrize(
    "id", ["", "x" * 101, "-a", ".a", "_a", "a b", "a/b", "ä", "a\n", "wrk_x", "lease", "reclaim", "stats"]
)
def test_an_id_that_is_no_path_or_means_something_else_is_refused(id: str) -> None:
    assert refused(CreateWork, BODY | {"id": id}) == {"/id"}


@pytest.mark.parametrize(
    ("changes", "pointer"),
    [
        ({"title": "x" * 201}, "/title"),
        ({"title": "a\nb"}, "/title"),
        ({"body": "x" * 3_001}, "/body"),
        ({"phase": "x" * 81}, "/phase"),
        ({"priority": 1_001}, "/priority"),
        ({"priority": -1_001}, "/priority"),
        ({"priority": 0.5}, "/priority"),
        ({"acceptance": "x" * 16_384}, "/acceptance"),
        ({"acceptance": ["\x00"]}, "/acceptance"),
        ({"depends_on": ["a b"]}, "/depends_on/0"),
        ({"depends_on": [str(number) for number in range(101)]}, "/depends_on"),
        ({"status": "claimed"}, "/status"),
        ({"status": "blocked"}, "/reason"),
        ({"reason": "Legal."}, "/reason"),
        ({"result": "Long ago."}, "/result"),
        ({"take_seconds": 59}, "/take_seconds"),
        ({"take_seconds": 604_801}, "/take_seconds"),
        ({"attempts": 1}, "/attempts"),
    ],
)
def test_a_bad_field_of_an_item_is_named(changes: Json, pointer: str) -> None:
    assert refused(CreateWork, BODY | changes) == {pointer}


@pytest.mark.parametrize(
    ("model", "body", "pointer"),
    [
        (LeaseWork, {}, "/owner"),
        (LeaseWork, {"owner": "x" * 81}, "/owner"),
        (LeaseWork, {"owner": "w", "ttl_seconds": 0}, "/ttl_seconds"),
        (LeaseWork, {"owner": "w", "ttl_seconds": 86_401}, "/ttl_seconds"),
        (LeaseWork, {"owner": "w", "id": "a", "phase": "b"}, "/phase"),
        (RenewLease, {}, "/fence"),
        (RenewLease, {"fence": 0}, "/fence"),
        (RenewLease, {"fence": 2_147_483_648}, "/fence"),
        (ReleaseWork, {"reason": "Too big."}, "/fence"),
        (ReleaseWork, {"fence": 1, "reason": " "}, "/reason"),
        (CompleteWork, {"result": "x" * 3_001}, "/result"),
        (BlockWork, {"fence": 1}, "/reason"),
        (ReclaimWork, {}, "/reason"),
        (UnblockWork, {"fence": 1}, "/fence"),
        (ReclaimExpired, {"reason": "x"}, "/reason"),
        (LinkWork, {}, "/depends_on"),
        (LinkWork, {"depends_on": ""}, "/depends_on"),
        (ChangeWork, {"status": "done"}, "/status"),
    ],
)
def test_a_bad_field_of_a_move_is_named(model: type[Strict], body: Json, pointer: str) -> None:
    assert refused(model, body) == {pointer}


def test_what_is_left_out_has_the_defaults_of_the_page() -> None:
    lease, item = LeaseWork(owner="w"), create()
    assert (lease.ttl_seconds, RenewLease(fence=1).ttl_seconds) == (900, 900)
    assert (item.take_seconds, CreateWork(title="x").priority, item.depends_on, item.status) == (28_800, 0, [], "ready")


@pytest.mark.parametrize("acceptance", [0, False, "The totals are the same.", [], ["a", {"b": 1.5}], {}, {"rows": 7}])
def test_when_it_counts_as_done_is_any_json(acceptance: Any) -> None:
    assert create(acceptance=acceptance).acceptance == acceptance
    assert ChangeWork(acceptance=acceptance).changes() == {"acceptance": acceptance}


def test_secrets_are_hidden_in_what_people_read_and_refused_elsewhere() -> None:
    hiding = secrets(["hunter22"])
    body = {
        "title": "Use hunter22",
        "body": "hunter22",
        "acceptance": {"a": ["hunter22"]},
        "reason": "hunter22",
        "result": "hunter22",
    }
    hidden = hiding.hide(CreateWork, body)
    assert "hunter22" not in str(hidden) and hidden["title"] == "Use ••••"
    for field in (
        {"phase": "hunter22"},
        {"id": "hunter22"},
        {"depends_on": ["hunter22"]},
        {"acceptance": {"hunter22": 1}},
    ):
        with pytest.raises(Misplaced):
            hiding.hide(CreateWork, field)
    with pytest.raises(Misplaced):
        hiding.hide(LeaseWork, {"owner": "hunter22"})


def test_reserved_ids_are_what_paths_of_all_items_have() -> None:
    assert {"lease", "reclaim", "stats"} == request.RESERVED
