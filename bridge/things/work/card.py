"""The card of a work item, in every status: what is to be done, and the bridge's lines about who does it."""

from typing import Final

from bridge.card.frame import Drawing
from bridge.things import evidence, frame
from bridge.things.contract import ThingView
from bridge.things.frame import Row
from bridge.things.work import people, state
from bridge.things.work.row import Status, WorkItem

_HOUR: Final = 3_600
_MINUTE: Final = 60


def card(view: ThingView[WorkItem]) -> Drawing:
    """The card of an item as it is now."""
    row = view.row
    facts, more = evidence.facts(None if row.acceptance is None else {"acceptance": row.acceptance})
    return frame.frame(
        view,
        title=row.title,
        rows=[_asked(row), [Row(name=name, text=text, field="/acceptance", is_value=True) for name, text in facts]],
        more=[(more, "/acceptance")],
        lines=[state.line(row), *_lines(view)],
        moves=people.shown(row),
        opened="Added",
    )


def _asked(row: WorkItem) -> list[Row]:
    """What is to be done, in which phase, and how much it matters."""
    body = [Row(name="Details", text=row.body, field="/body")] if row.body else []
    phase = [Row(name="Phase", text=row.phase)] if row.phase else []
    priority = [Row(name="Priority", text=str(row.priority))] if row.priority else []
    return [*body, *phase, *priority]


def _lines(view: ThingView[WorkItem]) -> list[str]:
    """What people can do with it, and who may."""
    row = view.row
    if not people.shown(row):
        is_waiting = row.status == Status.READY
        return [f"It can be taken once {'that is' if row.unmet == 1 else 'they are'} done."] if is_waiting else []
    return [f"{_help(row)}{frame.who(view, people.responders(view.thing, row))}"]


def _help(row: WorkItem) -> str:
    """What the first button does, and for how long."""
    time = _for(row.take_seconds)
    match Status(row.status):
        case Status.READY:
            return f"*Take* makes it yours for {time}. "
        case Status.LEASED if row.holder_user is not None:
            return f"*Keep* holds it for {time} from the click; *Release* gives it back. "
        case Status.LEASED:
            return "*Reclaim* takes it away from the agent. "
        case _:
            return "*Unblock* makes it ready again. "


def _for(seconds: int) -> str:
    """A time in its largest whole unit."""
    for size, name in ((_HOUR, "hour"), (_MINUTE, "minute"), (1, "second")):
        if seconds % size == 0:
            number = seconds // size
            return f"{number:,} {name}{'' if number == 1 else 's'}"
    return f"{seconds:,} seconds"
