"""What depends on what: the dependencies of a new work item, and links that are made and taken away later.

All of it stands under the work lock of the organization, so that no two changes make a cycle together, and none counts
an item that becomes done at the same moment.
"""

from collections.abc import Awaitable, Callable, Sequence
from typing import Final
from uuid import UUID

from bridge import ids
from bridge.things import agent_moves, transactions
from bridge.things.contract import Locked
from bridge.things.operations import Context, Done, IllegalMove, NoSuchThing, Outcome, Wrong
from bridge.things.work import NOUN
from bridge.things.work.names import WORK_LOCK
from bridge.things.work.request import LinkWork
from bridge.things.work.row import Status, WorkItem
from storage import things, work_items
from storage.model import Json
from storage.statements import Runs
from storage.work_items import Resolved

_TABLE: Final = NOUN.table
_UNKNOWN: Final = "must be the id of a work item of your organization"
_ITSELF: Final = "must be another work item: none depends on itself"
_CYCLE: Final = "must not depend on this item, itself or through others: none of them could ever be leased"


async def of_new(runs: Runs, context: Context, depends_on: Sequence[str], *, name: str | None) -> list[Json] | Wrong:
    """The dependencies of a new item, each once; or the first that it cannot have. `name`: its own id."""
    found = await _resolved(runs, context, depends_on)
    dependencies: dict[UUID, Json] = {}
    for place, text in enumerate(depends_on):
        if (item := found.get(text)) is None:
            return Wrong(pointer=f"/depends_on/{place}", message=_ITSELF if text == name else _UNKNOWN)
        dependencies[item.id] = {"id": _id(item), "is_met": item.status == Status.DONE, "item": str(item.id)}
    return list(dependencies.values())


async def link(context: Context, id: UUID | None, sent: LinkWork) -> Outcome:
    """Let an item depend on another one; it does so once."""

    async def work(runs: Runs, locked: Locked[WorkItem]) -> Outcome | None:
        item = (await _resolved(runs, context, [sent.depends_on])).get(sent.depends_on)
        if item is None:
            return Wrong(pointer="/depends_on", message=_UNKNOWN)
        if item.id == locked.thing.id:
            return Wrong(pointer="/depends_on", message=_ITSELF)
        if locked.row.status == Status.DONE:
            return IllegalMove(id=locked.thing.id, detail="It is done, which is final: it waits for nothing any more.")
        if await work_items.would_cycle(runs, context.organization_id, id=locked.thing.id, depends_on_id=item.id):
            return Wrong(pointer="/depends_on", message=_CYCLE)
        await work_items.link(
            runs, context.organization_id, id=locked.thing.id, depends_on_id=item.id, depends_on=_id(item)
        )
        return None

    return await _linked(context, id, work)


async def unlink(context: Context, id: UUID | None, sent: LinkWork) -> Outcome:
    """Let an item no longer depend on another one, which may not exist any more."""

    async def work(runs: Runs, locked: Locked[WorkItem]) -> Outcome | None:
        item = (await _resolved(runs, context, [sent.depends_on])).get(sent.depends_on)
        if item is None and sent.depends_on not in {each["id"] for each in locked.row.dependencies}:
            return Wrong(pointer="/depends_on", message=_UNKNOWN)
        await work_items.unlink(
            runs,
            context.organization_id,
            id=locked.thing.id,
            depends_on_id=item.id if item else None,
            depends_on=_id(item) if item else sent.depends_on,
        )
        return None

    return await _linked(context, id, work)


async def _linked(
    context: Context, id: UUID | None, work: Callable[[Runs, Locked[WorkItem]], Awaitable[Outcome | None]]
) -> Outcome:
    """Change what the locked item depends on, under the work lock; `work` returns why that cannot be."""
    assert id is not None  # noqa: S101  -- the path of the operation has it
    before = await _TABLE.get(context.db, context.organization_id, id)
    if before is None:
        return NoSuchThing()
    scope = before.thing.scope

    async def locked_work(runs: Runs) -> Outcome:
        await things.lock_connection(runs, scope)
        locked = await transactions.lock(runs, NOUN, context.organization_id, id)
        if locked is None:
            return NoSuchThing()
        if (refused := await work(runs, locked)) is not None:
            return refused
        found = await _TABLE.lock(runs, context.organization_id, id)
        after = found.row if found else locked.row
        return Done(settled=await transactions.unchanged(runs, locked.thing, after, context.request))

    return await agent_moves.behind_name(context, WORK_LOCK, locked_work)


async def _resolved(runs: Runs, context: Context, texts: Sequence[str]) -> dict[str, Resolved]:
    """The items that these texts name, by the texts: their made ids, or those that their creators gave them."""
    made = {text: id for text in texts if (id := ids.decode(NOUN.prefix, text)) is not None}
    found = await work_items.resolve(
        runs, context.organization_id, ids=made.values(), names=[text for text in texts if text not in made]
    )
    by_id, by_name = {each.id: each for each in found}, {each.name: each for each in found}
    items = {text: by_id.get(made[text]) if text in made else by_name.get(text) for text in texts}
    return {text: item for text, item in items.items() if item is not None}


def _id(item: Resolved) -> str:
    return item.name or NOUN.public_id(item.id)
