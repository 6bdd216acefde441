"""The card of a recovery, in every status: what agents wrote about it, and the bridge's lines about its state."""

from bridge.card.frame import Drawing
from bridge.things import evidence, frame
from bridge.things.contract import ThingView
from bridge.things.frame import Row
from bridge.things.recovery import people, state
from bridge.things.recovery.row import Recovery, Status


def card(view: ThingView[Recovery]) -> Drawing:
    """The card of a recovery as it is now."""
    row = view.row
    facts, more = evidence.facts(row.evidence)
    return frame.frame(
        view,
        title=f"Stuck: {people.title(row)}",
        rows=[
            [
                Row(name="Kind", text=row.kind),
                Row(name="Cause", text=row.cause, field="/cause"),
                Row(name="Next action", text=row.next_action, field="/next_action"),
            ],
            [Row(name=name, text=value, field="/evidence", is_value=True) for name, value in facts],
        ],
        more=[(more, "/evidence")],
        lines=_lines(view),
        moves=people.MOVES if Status(row.status).is_open else {},
        opened="Reported",
        url=row.source_url,
    )


def _lines(view: ThingView[Recovery]) -> list[str]:
    """The state, and who may act on it, or what a person or agent said of its end."""
    thing, row = view.thing, view.row
    if Status(row.status).is_open:
        may = frame.who(view, people.responders(thing, row))
        return [state.line(thing, row), f"{may}{state.last_attempt(row)}"]
    return [line for line in (state.line(thing, row), state.blocker(row), state.note(row)) if line]
