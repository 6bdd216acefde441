"""The card of a fix, in every status: what the agent proposes, and the bridge's lines about what came of it."""

from bridge.card import blocks
from bridge.card.frame import Drawing
from bridge.things import evidence, frame
from bridge.things.contract import ThingView
from bridge.things.fix import people, state
from bridge.things.fix.row import Fix, Outcome
from bridge.things.frame import Row
from storage.model import Json


def card(view: ThingView[Fix]) -> Drawing:
    """The card of a fix as it is now."""
    row = view.row
    parameters, more_parameters = _values("parameters", row.parameters)
    facts, more_facts = _values("evidence", (row.outcome_proposal or {}).get("evidence"))
    shows_all = not more_parameters and frame.shows_all(view, parameters)
    return frame.frame(
        view,
        title=row.title,
        rows=[_proposed(row), parameters, facts],
        more=[(more_parameters, "/parameters"), (more_facts, "/evidence")],
        lines=_lines(view, shows_all=shows_all),
        moves=people.moves(row, shows_all=shows_all) if row.is_active else {},
        opened="Proposed",
        url=(row.template or {}).get("url"),
    )


def _values(field: str, given: Json | None) -> tuple[list[Row], int]:
    """The first values of a field of the request, and how many more there are."""
    values, more = evidence.facts({field: given} if given else None)
    return [Row(name=name, text=value, field=f"/{field}", is_value=True) for name, value in values], more


def _proposed(row: Fix) -> list[Row]:
    """What is proposed, how sure the agent is, and for what."""
    sure = [Row(name="Confidence", text=f"{row.confidence} %")] if row.confidence is not None else []
    described = [Row(name="Description", text=row.description, field="/description")] if row.description else []
    template = [Row(name="Template", text=row.template["id"])] if row.template else []
    script = [Row(name="Script", text=row.script)] if row.script else []
    return [*described, *template, *script, *sure, Row(name="Session", text=row.session)]


def _lines(view: ThingView[Fix], *, shows_all: bool) -> list[str]:
    """What the fix is now, what was decided before, what an agent reports, and what people can do."""
    thing, row = view.thing, view.row
    newer = [] if row.is_active else [state.superseded(row, view.newer)]
    is_decided = row.outcome not in (Outcome.PROPOSED, Outcome.DISMISSED)
    lines = [*newer, state.outcome(thing, row), state.decision(row) if is_decided else "", state.proposal(row)]
    if row.is_active and row.outcome in (Outcome.PROPOSED, Outcome.PARTIAL, Outcome.PENDING):
        may = frame.who(view, people.responders(thing))
        lines.append(
            f"{_help(view, shows_all=shows_all)} {may}"
            if row.decision is None and row.outcome == Outcome.PROPOSED
            else may
        )
    return [line for line in lines if line]


def _help(view: ThingView[Fix], *, shows_all: bool) -> str:
    """What a decision does: it tells the agent, which then acts."""
    part = "" if shows_all else f" {people.IN_PART}"
    return f"*Apply* tells {blocks.quoted(view.thing.opened_by, 80)} to go on; nothing is applied before.{part}"
