"""Fixes for tests: requests, rows in every state, decisions and cards, with what a test changes."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from typing import Any
from uuid import UUID

from bridge.things.contract import Decision, Locked, ThingView
from bridge.things.fix import NOUN, life
from bridge.things.fix.life import Change
from bridge.things.fix.request import Propose, ProposeOutcome
from bridge.things.fix.row import Decided, Fix, Outcome
from storage.model import Json, Thing
from tests.bridge.things import samples
from tests.bridge.things.samples import ANA, KEY, later

NEWER = UUID("0193a2b4-0000-7000-8000-000000000031")
BODY: Json = {"session": "alert-8841", "title": "Restart the workers", "confidence": 80, "key": "stuck-workers"}
APPLIED = [Outcome.PENDING, Outcome.PARTIAL, Outcome.SUCCESS, Outcome.FAILED]


def propose(**changes: Any) -> Propose:
    return Propose.model_validate(BODY | changes)


def row(**changes: Any) -> Fix:
    """A fix as it was proposed; `changes` are fields of the request."""
    return life.proposed(propose(**changes), KEY, supersedes=None).row


def decided(decision: Decided = Decided.ONE_OFF, found: Fix | None = None, *, by: Json = ANA) -> Fix:
    return life.decided(locked(found or row()), decision, by).row


def judged(outcome: Outcome, found: Fix | None = None, *, words: str = "Words.", by: Json = ANA) -> Fix:
    """The fix with this outcome, which can follow the one that it has."""
    decision = life.changed(locked(found or row()), Change(outcome=outcome, words=words), by)
    assert decision is not None
    return decision.row


def changed(found: Fix, outcome: Outcome | None, *, at: datetime | None = None, by: Json = KEY, **more: Any) -> Any:
    """The decision on another outcome of this row; None if it cannot have that."""
    return life.changed(locked(found, at=at), Change(outcome=outcome, **more), by)


def proposal(found: Fix, outcome: str, **more: Any) -> Decision[Fix] | None:
    sent = {"outcome": outcome, "reason": "Seen.", "evidence": None, **more}
    return life.with_proposal(locked(found), ProposeOutcome.model_construct(**sent), KEY)


def superseded(found: Fix) -> Fix:
    return life.superseded(locked(found), NEWER, NOUN.public_id(NEWER), KEY).row


def states(first: Fix | None = None, *, words: str = "Words.", by: Json = ANA) -> Iterator[Fix]:
    """A fix in every state: each decision with each outcome, proposed outcomes, and all of them superseded."""
    first = first or row()
    for decision in (None, Decided.ONE_OFF, Decided.DRAFT_TEMPLATE, Decided.BUILD_TEMPLATE):
        start = decided(decision, first, by=by) if decision else first
        every = [start, *(judged(outcome, start, words=words, by=by) for outcome in [*APPLIED, Outcome.DISMISSED])]
        for found in every:
            yield found
            yield superseded(found)
            offered = proposal(found, Outcome.PARTIAL.value, reason=words, evidence={"rate": 0.2})
            if offered is not None:
                yield offered.row
    yield decided(Decided.DISMISSED, first, by=by)


def locked(found: Fix, *, at: datetime | None = None) -> Locked[Fix]:
    return Locked(thing=thing(), row=found, now=at or later())


def thing(**changes: Any) -> Thing:
    return samples.thing("fix", **changes)


def view(found: Fix, **changes: Any) -> ThingView[Fix]:
    """What a card of this row shows; with buttons if the row offers any."""
    return samples.view(thing(), found, is_open=NOUN.offers(found), **changes)


def ended(**changes: Any) -> Fix:
    """A fix that worked; `changes` are columns."""
    return replace(judged(Outcome.SUCCESS), **changes)
