"""What the operations of all nouns have in common: an agent opens a thing, or moves one that it names by its id."""

import contextlib
import dataclasses
from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Any, TypeVar
from uuid import UUID

from bridge import ids
from bridge.things import transactions
from bridge.things.contract import Decision, Locked, Noun
from bridge.things.operations import Context, Done, IllegalMove, NoSuchThing, Outcome, TooManyThings, Wrong
from storage import json_text, things
from storage.model import Scope
from storage.statements import Runs

R = TypeVar("R")  # the row of a noun


class ChangedMeanwhile(Exception):
    """A thing that was found by its name was not the open one any more once it was locked: look again."""


async def open(context: Context, noun: Noun[R], decide: Callable[[datetime], Decision[R]]) -> Outcome:
    """Open a thing, if the organization may have one more; `decide` gets the time by the database's clock."""
    if not await context.may_open():
        return TooManyThings()
    return await context.db.transact_within(lambda runs: opened(runs, context, noun, decide), seconds=context.seconds)


async def opened(
    runs: Runs,
    context: Context,
    noun: Noun[R],
    decide: Callable[[datetime], Decision[R]],
    *,
    id: UUID | None = None,
    before: Callable[[UUID], Awaitable[None]] | None = None,
) -> Outcome:
    """Open a thing in this transaction; whether the organization may have one more was asked before.

    `before` gets the id of the new thing, before there is a row of its noun.
    """
    common = context.common
    assert common is not None  # noqa: S101  -- an operation that opens things takes the common fields
    if isinstance(common.connection, Wrong):
        return common.connection
    connection = await things.lock_connection(runs, common.connection.scope)
    if not connection.is_active:
        return Wrong(pointer="/connection", message="is no longer active")
    now = await things.now(runs)
    opening = common.opening(common.connection, context.key, noun.name, id=id or ids.new(), now=now)
    thing = await things.open(runs, opening)
    if before is not None:
        await before(thing.id)
    settled = await transactions.write(runs, noun, thing, connection, decide(now), now=now, request=context.request)
    return Done(settled=settled, is_new=True)


async def behind_name(
    context: Context,
    name: str,
    work: Callable[[Runs], Awaitable[Outcome]],
    *,
    find_open: Callable[[], Awaitable[object | None]] | None = None,
) -> Outcome:
    """Work in a transaction that has locked this name; once more whenever `work` raises ChangedMeanwhile.

    `find_open` looks for the open thing of this name, if `work` opens one where there is none: then the organization
    must have room for it.
    """

    async def locked(runs: Runs) -> Outcome:
        await things.lock_name(runs, context.organization_id, name)
        return await work(runs)

    async with context.turn(name):
        while True:
            if find_open is not None and await find_open() is None and not await context.may_open():
                return TooManyThings()
            with contextlib.suppress(ChangedMeanwhile):
                return await context.db.transact_within(locked, seconds=context.seconds)


async def make(
    context: Context, noun: Noun[R], id: UUID | None, decide: Callable[[Locked[R]], Decision[R] | Outcome]
) -> Outcome:
    """Move a thing as `decide` says from what was locked; with the same row and no entries nothing changes."""
    assert id is not None  # noqa: S101  -- the path of the operation has it
    return await in_turn(context, noun, id, lambda runs, scope: made(runs, context, noun, scope, id, decide))


async def in_turn(
    context: Context, noun: Noun[Any], id: UUID, work: Callable[[Runs, Scope], Awaitable[Outcome]]
) -> Outcome:
    """Work in a transaction on the thing with this id; `work` gets its scope. Those of one thing take turns here."""
    found = await noun.table.get(context.db, context.organization_id, id)
    if found is None:
        return NoSuchThing()
    scope = found.thing.scope
    async with context.turn(str(id)):  # those that wait for one thing hold one connection
        return await context.db.transact_within(lambda runs: work(runs, scope), seconds=context.seconds)


def illegal(noun: Noun[R], locked: Locked[R], moves: str = "it has no moves") -> IllegalMove:
    """The outcome of a move that the status of a thing does not have; `moves` says which it has."""
    status = noun.status(locked.row)
    final = ", which is final" if status in noun.final else ""
    return IllegalMove(id=locked.thing.id, detail=f"It is {status}{final}: {moves}.")


async def made(
    runs: Runs,
    context: Context,
    noun: Noun[Any],
    scope: Scope,
    id: UUID,
    decide: Callable[[Locked[Any]], Decision[Any] | Outcome],
) -> Outcome:
    """As `make`, in this transaction, which has locked nothing but names."""
    connection = await things.lock_connection(runs, scope)
    locked = await transactions.lock(runs, noun, scope.organization_id, id)
    if locked is None:
        return NoSuchThing()
    decided = decide(locked)
    if not isinstance(decided, Decision):
        return decided
    if not decided.happened and _is_same(decided.row, locked.row):
        return Done(settled=await transactions.unchanged(runs, locked.thing, locked.row, context.request))
    return Done(
        settled=await transactions.write(
            runs, noun, locked.thing, connection, decided, now=locked.now, request=context.request
        )
    )


def _is_same(row: Any, other: Any) -> bool:
    """Whether two rows of a noun are equal, also in their JSON: for Python, true is 1."""
    return row == other and _written(row) == _written(other)


def _written(row: Any) -> list[str]:
    """The JSON of a row, which is in columns without a type of their own."""
    values = [getattr(row, each.name) for each in dataclasses.fields(row)]
    return [json_text.dumps(each, sort_keys=True) for each in values if isinstance(each, dict | list | bool | int)]
