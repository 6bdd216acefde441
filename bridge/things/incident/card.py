"""The card of an incident, in every status: what agents wrote about it, and the bridge's lines about its state."""

from bridge.card.frame import Drawing
from bridge.things import frame
from bridge.things.contract import ThingView
from bridge.things.frame import Row
from bridge.things.incident import people, state
from bridge.things.incident.row import Incident


def card(view: ThingView[Incident]) -> Drawing:
    """The card of an incident as it is now."""
    row, mentions = view.row, state.mentions(view.row)
    described = [Row(name="Description", text=row.description, field="/description")] if row.description else []
    moves = people.MOVES.get(row.status, {})
    may = [frame.who(view, view.thing.responders, mentions=mentions)] if moves else []
    return frame.frame(
        view,
        title=row.title,
        rows=[[Row(name="Systems", text=", ".join(row.systems), field="/systems"), *described]],
        lines=[state.line(row), *state.latest(row), *may],
        moves=moves,
        mentions=mentions,
    )
