"""What agents and people are told of a fix, in every state."""

from dataclasses import fields

import pytest

from bridge.things.fix import summaries
from bridge.things.fix.resource import resource
from bridge.things.fix.row import Decided, Fix, Outcome
from bridge.things.fix.sentences import sentence, standing
from storage.things import ThingRow
from tests.bridge.things.fix.building import decided, judged, proposal, row, states, superseded, thing

AT, ANA = "2026-11-21T10:01:00Z", '"ana" (U0ANA)'
SAID = {
    "proposed": (row(), "Proposed: no person has decided yet. Do not apply it."),
    "one_off": (decided(), f"Decided by {ANA} at {AT}: apply it this once, then report its outcome."),
    "draft": (
        decided(Decided.DRAFT_TEMPLATE),
        f"Decided by {ANA} at {AT}: do not apply it as it is; draft a template of it.",
    ),
    "dismissed": (decided(Decided.DISMISSED), f"Dismissed by {ANA} at {AT}: do not apply it."),
    "pending": (
        judged(Outcome.PENDING, words="The nightly run"),
        (
            f"Provisional: it was applied and is not verified since {AT}, recorded by {ANA}. What is awaited: "
            '"The nightly run". Take it as the leading hypothesis, not as solved.'
        ),
    ),
    "partial": (
        judged(Outcome.PARTIAL, words="Half of it"),
        f'Provisional: it works partly, recorded by {ANA} at {AT}: "Half of it". The problem is not solved yet.',
    ),
    "worked": (judged(Outcome.SUCCESS), f"It worked, recorded by {ANA} at {AT}: nothing is left to do."),
    "failed": (
        judged(Outcome.FAILED, words="It hangs"),
        f'It was applied and did not work, recorded by {ANA} at {AT}: "It hangs". Do not apply it again as it is.',
    ),
    "superseded": (superseded(row()), f"Superseded by a newer fix of its session at {AT}: do not apply this one."),
}


def found(fix: Fix) -> ThingRow[Fix]:
    return ThingRow(thing=thing(), row=fix)


@pytest.mark.parametrize(("fix", "said"), SAID.values(), ids=SAID)
def test_an_agent_is_told_the_state_and_what_to_do(fix: Fix, said: str) -> None:
    assert sentence(found(fix)) == said


def test_only_what_was_applied_is_called_provisional_and_only_a_decision_lets_it_be_applied() -> None:
    for fix in states():
        said = sentence(found(fix))
        assert ("Provisional" in said) == (fix.outcome in ("applied_pending", "applied_partial"))
        assert ("apply it this once" in said) == (
            fix.status == "decided" and fix.decision == "one_off" and fix.is_active
        )
        assert standing(found(fix)).startswith("🔁") != fix.is_active


def test_a_proposed_outcome_is_told_as_one_that_waits() -> None:
    offered = proposal(decided(), "applied_success")
    assert offered is not None
    waits = 'The outcome applied_success, proposed by "watchdog", waits for a person to confirm it.'
    assert sentence(found(offered.row)).endswith(waits)
    assert "No card is shown" in sentence(ThingRow(thing=thing(addresses=[]), row=row()))


def test_the_resource_has_every_column() -> None:
    named = {"due_at": "remind_at"}
    assert resource(found(judged(Outcome.PENDING))).keys() == {
        named.get(field.name, field.name) for field in fields(Fix)
    }


def test_a_hand_over_leads_with_what_is_pending() -> None:
    pending = [judged(Outcome.PENDING, row(title=title), words="The run") for title in ("Newest", "Older")]
    pending[1] = superseded(pending[1])

    said = summaries.handover(
        [found(each) for each in pending], [found(judged(Outcome.PARTIAL))], [found(judged(Outcome.FAILED))]
    ).split("\n")

    assert [line.split(",")[0] for line in said] == [
        'Leading hypothesis: "Newest"',
        'Also pending (superseded): "Older"',
        'Works partly: "Restart the workers"',
        'Did not work: "Restart the workers"',
    ]
    assert 'What is awaited: "The run".' in said[0] and '"Words."' in said[3]
    assert [line.count("leading hypothesis") for line in said[:2]] == [1, 0] and said[1].endswith("It is not solved.")
    assert summaries.handover([], [], []) == "No fix of this session is pending, works partly or has failed."


def test_rates_come_with_their_counts() -> None:
    counts = {"proposed": 20, "applied": 12, "worked": 9, "failed": 2}

    assert summaries.stats("k", counts)["rates"] == {
        "applied": {"rate": 0.6, "count": 12, "of": 20},
        "worked": {"rate": 0.8182, "count": 9, "of": 11},
    }
    assert summaries.stats("k", dict.fromkeys(counts, 0))["rates"]["worked"] == {"rate": None, "count": 0, "of": 0}
