"""What people can do to a fix from its cards: decide what is done with it, and say what became of it."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from bridge.card import blocks
from bridge.things.contract import Decision, Locked, Offer, PersonMove, Refusal
from bridge.things.fix import form, life
from bridge.things.fix.life import Change
from bridge.things.fix.row import Decided, Fix, Outcome
from storage.model import Json, Thing

APPLY: Final = "apply"
DISMISS: Final = "dismiss"
CONFIRM: Final = "confirm"
WORKED: Final = "worked"

_DECISIONS: Final = MappingProxyType(
    {
        APPLY: Decided.ONE_OFF,
        DISMISS: Decided.DISMISSED,
        Decided.DRAFT_TEMPLATE.value: Decided.DRAFT_TEMPLATE,
        Decided.BUILD_TEMPLATE.value: Decided.BUILD_TEMPLATE,
    }
)
_OUTCOMES: Final = MappingProxyType(
    {
        WORKED: Outcome.SUCCESS,
        form.FAILED: Outcome.FAILED,
        form.PARTIAL: Outcome.PARTIAL,
        form.PENDING: Outcome.PENDING,
        form.REASON: Outcome.PENDING,
    }
)
CONFIRMS: Final = MappingProxyType(
    {
        Outcome.SUCCESS.value: "Confirm: it worked",
        Outcome.FAILED.value: "Confirm: it didn't work",
        Outcome.PARTIAL.value: "Confirm: works partly",
        Outcome.PENDING.value: "Confirm: still waiting",
    }
)
IN_PART: Final = "This card shows only a part of the parameters."
_RUNS: Final = "The agent is told to go on, and may run the script with its parameters at once."
_ENDS: Final = blocks.confirm(
    "Dismiss this fix?",
    "It is not applied. This is final; the agent can propose another one.",
    yes="Dismiss",
    no="Keep it",
    style="danger",
)


def moves(row: Fix, *, shows_all: bool = True) -> Mapping[str, PersonMove]:
    """What an active fix offers; first what an agent proposed as its outcome, if it did.

    The question before a script is applied says if the card does not show all parameters.
    """
    others = _moves(row, has_primary=not row.outcome_proposal, shows_all=shows_all)
    if not row.outcome_proposal:
        return others
    outcome = row.outcome_proposal["outcome"]
    if outcome == Outcome.SUCCESS:
        others.pop(WORKED, None)  # it would say the same
    return {CONFIRM: PersonMove(label=CONFIRMS[outcome], is_primary=True), **others}


def offer(thing: Thing, row: Fix) -> Offer:
    """What a fix offers, and who may take it up."""
    return Offer(title=row.title, moves=moves(row), identity=life.identity(row), responders=responders(thing))


def responders(thing: Thing) -> list[str] | None:
    """Who may act on it: as the agent named them, else the people in `to`; None for all who can see a card."""
    if thing.responders is not None or thing.anyone:
        return thing.responders
    places = [*(thing.asked_addresses or []), *thing.added_addresses]
    if not places or any("user" not in place for place in places):
        return None
    return list(dict.fromkeys(place["user"] for place in places))


def guard(locked: Locked[Fix], choice: str, given: Json) -> Refusal | None:
    """Why a person cannot make this move now."""
    if choice == form.CORRECT and given[form.OUTCOME] == locked.row.outcome:
        return Refusal(code="same_outcome", detail="It has this outcome already.", field=form.OUTCOME)
    return None


def move(locked: Locked[Fix], choice: str, given: Json, by: Json) -> Decision[Fix]:
    """The fix after what a person did. Raises ValueError for what it did not offer."""
    if choice in _DECISIONS:
        return life.decided(locked, _DECISIONS[choice], by)
    if choice == CONFIRM and (proposal := locked.row.outcome_proposal) is not None:
        change = Change(outcome=Outcome(proposal["outcome"]), words=proposal["reason"], confirmed=proposal)
    else:
        outcome = Outcome(given[form.OUTCOME]) if choice == form.CORRECT else _OUTCOMES[choice]
        change = Change(outcome=outcome, words=given.get(form.WORDS), remind_in=given.get(form.REMIND))
    decision = life.changed(locked, change, by)
    if decision is None:
        raise ValueError(f"{choice} does not follow {locked.row.outcome}")
    return decision


def _runs(*, shows_all: bool) -> Json:
    """The question before a script is applied."""
    text = _RUNS if shows_all else f"{_RUNS} {IN_PART}"
    return blocks.confirm("Apply this fix?", text, yes="Apply", no="Not now")


def _moves(row: Fix, *, has_primary: bool, shows_all: bool) -> dict[str, PersonMove]:
    match Outcome(row.outcome):
        case Outcome.PROPOSED if row.decision is None:
            return {
                APPLY: PersonMove(
                    label="Apply", is_primary=has_primary, confirm=_runs(shows_all=shows_all) if row.script else None
                ),
                DISMISS: PersonMove(label="Dismiss", confirm=_ENDS),
                Decided.DRAFT_TEMPLATE.value: PersonMove(label="Draft a template", is_in_menu=True),
                Decided.BUILD_TEMPLATE.value: PersonMove(label="Build a template", is_in_menu=True),
            }
        case Outcome.PROPOSED | Outcome.PARTIAL:
            return {
                WORKED: PersonMove(label="Worked", is_primary=has_primary),
                form.FAILED: PersonMove(label="Didn't", has_form=True),
                form.PARTIAL: PersonMove(label="Partly", has_form=True),
                form.PENDING: PersonMove(label="Waiting to verify", has_form=True),
            }
        case Outcome.PENDING:
            return {
                WORKED: PersonMove(label="Worked", is_primary=has_primary),
                form.FAILED: PersonMove(label="Didn't", has_form=True),
                form.REASON: PersonMove(label="Update reason", has_form=True, adds=True),
            }
        case Outcome.SUCCESS | Outcome.FAILED:
            return {form.CORRECT: PersonMove(label="Correct", has_form=True)}
        case Outcome.DISMISSED:
            return {}
