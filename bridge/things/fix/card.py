"""The card of a fix, in every status: what the agent proposes, and the bridge's lines about what came of it."""

from bridge.card import blocks
from bridge.card.frame import Drawing
from bridge.things import evidence, frame
from bridge.things.contract import ThingView
from bridge.things.fix import people, state
from bridge.things.fix.row import Fix, Outcome
from bridge.things.frame import Row


def card(view: ThingView[Fix]) -> Drawing:
    """The card of a fix as it is now."""
    row = view.row
    parameters, more_parameters = evidence.facts({"parameters": row.parameters} if row.parameters else None)
    said = row.outcome_proposal or {}
    facts, more_facts = evidence.facts({"evidence": said["evidence"]} if said.get("evidence") else None)
    return frame.frame(
        view,
        title=row.title,
        rows=[
            _proposed(row),
            [Row(name=name, text=value, field="/parameters", is_value=True) for name, value in parameters],
            [Row(name=name, text=value, field="/evidence", is_value=True) for name, value in facts],
        ],
        more=(more_parameters, "/parameters") if more_parameters else (more_facts, "/evidence"),
        lines=_lines(view),
        moves=people.moves(row) if row.is_active else {},
        opened="Proposed",
        url=(row.template or {}).get("url"),
    )


def _proposed(row: Fix) -> list[Row]:
    """What is proposed, how sure the agent is, and for what."""
    sure = [Row(name="Confidence", text=f"{row.confidence} %")] if row.confidence is not None else []
    described = [Row(name="Description", text=row.description, field="/description")] if row.description else []
    template = [Row(name="Template", text=row.template["id"])] if row.template else []
    script = [Row(name="Script", text=row.script, field="/script")] if row.script else []
    return [*described, *template, *script, *sure, Row(name="Session", text=row.session)]


def _lines(view: ThingView[Fix]) -> list[str]:
    """What the fix is now, what was decided before, what an agent reports, and what people can do."""
    thing, row = view.thing, view.row
    newer = [] if row.is_active else [state.superseded(row, view.newer)]
    is_decided = row.outcome not in (Outcome.PROPOSED, Outcome.DISMISSED)
    lines = [*newer, state.outcome(thing, row), state.decision(row) if is_decided else "", state.proposal(row)]
    if row.is_active and row.outcome in (Outcome.PROPOSED, Outcome.PARTIAL, Outcome.PENDING):
        may = frame.who(view, people.responders(thing))
        lines.append(f"{_help(view)} {may}" if row.decision is None and row.outcome == Outcome.PROPOSED else may)
    return [line for line in lines if line]


def _help(view: ThingView[Fix]) -> str:
    """What a decision does: it tells the agent, which then acts."""
    return f"*Apply* tells {blocks.quoted(view.thing.opened_by, 80)} to go on; nothing is applied before."
