"""What people can do to a work item from its cards: take it, keep it, give it back, and say what came of it."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final, assert_never

from bridge.card import blocks
from bridge.things.contract import Decision, Locked, Offer, PersonMove, Refusal
from bridge.things.work import form, life, state
from bridge.things.work.names import Choice
from bridge.things.work.row import Status, WorkItem
from storage.model import Json, Thing

_TAKEN_AWAY: Final = blocks.confirm(
    "Take this away from the agent?",
    "It is free for others at once. The agent may still be at work on it: it is told when it reports next.",
    yes="Reclaim",
    no="Leave it",
    style="danger",
)
_FREE: Final[Mapping[str, PersonMove]] = MappingProxyType(
    {Choice.TAKE.value: PersonMove(label="Take", is_primary=True)}
)
_HELD_BY_A_PERSON: Final = MappingProxyType(
    {
        Choice.DONE.value: PersonMove(label="Done", has_form=True, is_primary=True),
        Choice.KEEP.value: PersonMove(label="Keep", adds=True),
        Choice.RELEASE.value: PersonMove(label="Release"),
        Choice.BLOCKED.value: PersonMove(label="Blocked", has_form=True),
    }
)
_HELD_BY_AN_AGENT: Final = MappingProxyType({Choice.RECLAIM.value: PersonMove(label="Reclaim", confirm=_TAKEN_AWAY)})
_STUCK: Final = MappingProxyType({Choice.UNBLOCK.value: PersonMove(label="Unblock", is_primary=True)})
_NOTHING: Final[Mapping[str, PersonMove]] = MappingProxyType({})


def moves(row: WorkItem) -> Mapping[str, PersonMove]:
    """What an item offers; nothing once it is done."""
    match Status(row.status):
        case Status.READY:
            return _FREE
        case Status.LEASED:
            return _HELD_BY_A_PERSON if row.holder_user is not None else _HELD_BY_AN_AGENT
        case Status.BLOCKED:
            return _STUCK
        case _:
            return _NOTHING


def shown(row: WorkItem) -> Mapping[str, PersonMove]:
    """What its cards show of that: one that waits for others cannot be taken, which `guard` says as well."""
    return _NOTHING if row.status == Status.READY and row.unmet else moves(row)


def offer(thing: Thing, row: WorkItem) -> Offer:
    """What an item offers, and who may take it up; neither more time nor other dependencies end its round."""
    identity: Json = {
        "status": row.status,
        "holder": row.holder_agent or row.holder_user,
        "attempts": row.attempts,
    }
    return Offer(title=row.title, moves=moves(row), identity=identity, responders=responders(thing, row))


def responders(thing: Thing, row: WorkItem) -> list[str] | None:
    """Who may act on it: the person who holds it, else those that the agent named; None: all who can see a card."""
    return [row.holder_user] if row.holder_user is not None else thing.responders


def guard(locked: Locked[WorkItem], choice: str, _: Json) -> Refusal | None:
    """Why a person cannot make this move now."""
    row, now = locked.row, locked.now
    if choice == Choice.TAKE and row.unmet:
        return Refusal(code="waits", detail=f"This waits for {state.others(row)}. It can be taken after that.")
    if choice == Choice.KEEP and not row.is_held(now):
        return Refusal(code="ran_out", detail="Your time for this has run out. You can take it again if it is free.")
    return None


def move(locked: Locked[WorkItem], choice: str, given: Json, by: Json) -> Decision[WorkItem]:
    """The item after what a person did. Raises ValueError for what it did not offer."""
    decision = _moved(locked, Choice(choice), given, by)
    if isinstance(decision, Decision):
        return decision
    raise ValueError(f"{choice} is not possible: {decision}")


def _moved(locked: Locked[WorkItem], choice: Choice, given: Json, by: Json) -> life.Result | None:
    row = locked.row
    match choice:
        case Choice.TAKE:
            return life.leased(locked, {"user": by["user"], "name": by.get("name")}, row.take_seconds, by)
        case Choice.KEEP:
            return life.renewed(locked, row.attempts, row.take_seconds, by)
        case Choice.RELEASE:
            return life.released(locked, row.attempts, None, by)
        case Choice.DONE:
            return life.completed(locked, row.attempts, given.get(form.RESULT), by)
        case Choice.BLOCKED:
            return life.blocked(locked, row.attempts, given[form.REASON], by)
        case Choice.RECLAIM:
            return life.reclaimed(locked, None, by)
        case Choice.UNBLOCK:
            return life.unblocked(locked, by)
        case _:
            assert_never(choice)
