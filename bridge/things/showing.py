"""Shows a thing at more places: its cards stay where they are, and are posted there too."""

from dataclasses import replace
from typing import Any, Final
from uuid import UUID

from bridge.things import agent_moves, transactions
from bridge.things.contract import Decision, Noun
from bridge.things.operations import Context, Done, NoSuchThing, Outcome, Wrong, callback_target
from storage import things
from storage.model import Json, Scope
from storage.statements import Runs

MAX_ADDED: Final = 20  # places beside those where the noun has its cards


async def show(context: Context, noun: Noun[Any], id: UUID, to: list[Json]) -> Outcome:
    """Add these addresses to those of an open thing; a card there that was given up is tried again."""
    return await agent_moves.in_turn(context, noun, id, lambda runs, scope: _shown(runs, context, noun, scope, id, to))


async def _shown(runs: Runs, context: Context, noun: Noun[Any], scope: Scope, id: UUID, to: list[Json]) -> Outcome:
    connection = await things.lock_connection(runs, scope)
    locked = await transactions.lock(runs, noun, scope.organization_id, id)
    if locked is None:
        return NoSuchThing()
    if noun.is_final(locked.row):
        return agent_moves.illegal(noun, locked, "it gets no more cards, and has no moves")
    thing = locked.thing
    added = [*thing.added_addresses, *(each for each in to if each not in thing.added_addresses)]
    if len(added) > MAX_ADDED:
        return Wrong(pointer="/to", message=f"would be shown at more than {MAX_ADDED} places beside its own")
    if added != thing.added_addresses:
        thing = replace(thing, added_addresses=added)
        await things.change(runs, thing, callback_target=callback_target(thing.callback))
    decision = Decision(row=locked.row, happened=[])
    return Done(
        settled=await transactions.write(
            runs, noun, thing, connection, decision, now=locked.now, request=context.request
        )
    )
