"""Changes of things, each in one transaction that takes its locks in their order, and writes all that follows with it.

A name is locked first where a move needs that, then the connection, then the thing with its noun's row; a noun's pure
function decides from what was locked; one statement writes the row, the history and its events, the rounds and the
cards.
"""

import hashlib
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Generic, TypeVar
from uuid import UUID

from bridge import ids
from bridge.things import notes
from bridge.things.contract import Decision, Happened, Locked, Noun, Offer, Refusal
from bridge.things.registry import NOUNS
from storage import interactions, json_text, things
from storage.interactions import Claimed, ClaimRequest
from storage.model import Intent, Json, Scope, Thing, Verdict
from storage.pool import Database
from storage.statements import Runs
from storage.things import LockedConnection, Move, Request, Round, ThingRow, Turn

R = TypeVar("R")

_NOT_OFFERED = Refusal(code="not_offered", detail="This is not offered any more.")
_FORM_NEEDED = Refusal(code="form_needed", detail="This needs a form. Please click the button again.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Settled(Generic[R]):
    """A thing after a transaction, and what happened to it there."""

    after: ThingRow[R]
    happened: tuple[Happened, ...] = ()
    is_settling: bool = False  # the clicked card is due to show it
    is_written: bool = False  # something was stored, though it may have been told no one


@dataclass(frozen=True, slots=True, kw_only=True)
class ClaimedRound(Generic[R]):
    """The verdict on a click on a thing, and the thing as it is now; None: it does not exist any more."""

    claimed: Claimed
    settled: Settled[R] | None


async def write(
    runs: Runs,
    noun: Noun[R],
    thing: Thing,
    connection: LockedConnection,
    decision: Decision[R],
    *,
    now: datetime,
    request: Request | None = None,
    clicked: tuple[str | None, str | None] = (None, None),
) -> Settled[R]:
    """Write what a noun decided about a thing that the caller's transaction has locked, or has just opened."""
    row = decision.row
    is_final = noun.is_final(row)
    places = thing.addresses if is_final else _places(noun, thing, row, connection)
    has_cards = bool(places) or thing.anchor_id is not None
    offer = noun.offer(thing, row) if noun.offers(row) and connection.is_active and has_cards else None
    ended_at = (thing.ended_at or now) if is_final else None
    turn = Turn(
        row=row,
        round=_round(noun, thing, offer, name=noun.named(row)) if offer else None,
        addresses=places,
        card_ids=[ids.new() for _ in places],
        moves=[_stored(entry) for entry in decision.happened],
        ended_at=ended_at,
        is_correctable=is_final and noun.offers(row),
        end_reason={
            "code": decision.happened[-1].move if decision.happened else "ended",
            "detail": decision.end_reason,
            "fix": "",
        },
        now=now,
        public_id=noun.id_of(thing.id, row),
        is_quiet=decision.is_quiet,
        notes=notes.of(decision.notes),
        request=request,
        clicked=clicked,
    )
    is_settling = await noun.table.apply(runs, thing, turn)
    moves = thing.moves + len(decision.happened)
    after = replace(thing, addresses=places, moves=moves, updated_at=now, ended_at=ended_at)
    return Settled(
        after=ThingRow(thing=after, row=row),
        happened=tuple(decision.happened),
        is_settling=is_settling,
        is_written=True,
    )


async def unchanged(runs: Runs, thing: Thing, row: R, request: Request | None) -> Settled[R]:
    """Settle a locked thing as it is; only the request is kept, if it has a key. Raises RequestTaken."""
    if request is not None:
        await things.keep_request(runs, thing, request)
    return Settled(after=ThingRow(thing=thing, row=row))


async def lock(
    runs: Runs, noun: Noun[R], organization_id: UUID, id: UUID, *, other: UUID | None = None
) -> Locked[R] | None:
    """Lock a thing, and another one that its move needs, in the order of their ids; None if it does not exist."""
    open_noun = None  # of the other one
    if other is not None and other < id:
        open_noun = await things.lock_open(runs, organization_id, other)
    found = await noun.table.lock(runs, organization_id, id)
    if other is not None and other > id:
        open_noun = await things.lock_open(runs, organization_id, other)
    if found is None:
        return None
    if other == id and not noun.is_final(found.row):
        open_noun = noun.name
    of = NOUNS.get(open_noun) if open_noun else None
    open_id = of.public_id(other) if other is not None and of else None
    named = await of.table.get(runs, organization_id, other) if other is not None and of and of.has_names else None
    return Locked(
        thing=found.thing,
        row=found.row,
        now=found.thing.read_at,
        other_open_id=open_id,
        other_open_name=of.id_of(named.thing.id, named.row) if of and named else open_id,
    )


async def change(
    db: Database,
    noun: Noun[R],
    scope: Scope,
    id: UUID,
    decide: Callable[[Runs, Locked[R], LockedConnection], Awaitable[Decision[R] | None]],
    *,
    seconds: float,
) -> Settled[R] | None:
    """Lock a thing and write what `decide` returns, if that is anything; None if the thing does not exist any more.

    `decide` may await statements of `runs` only. An exception of it rolls everything back. Raises Unavailable.
    """

    async def work(runs: Runs) -> Settled[R] | None:
        connection = await things.lock_connection(runs, scope)
        locked = await lock(runs, noun, scope.organization_id, id)
        if locked is None:
            return None
        decision = await decide(runs, locked, connection)
        if decision is None:
            return Settled(after=ThingRow(thing=locked.thing, row=locked.row))
        return await write(runs, noun, locked.thing, connection, decision, now=locked.now)

    return await db.transact_within(work, seconds=seconds)


async def claim(
    db: Database, noun: Noun[R], thing_id: UUID, request: ClaimRequest, *, seconds: float
) -> ClaimedRound[R]:
    """Claim a round for a click or submission and make its move, in one transaction; raises Unavailable.

    Repeated with the same claim id after an unknown outcome it returns the stored verdict and moves nothing.
    """
    scope, choice, given = request.scope, request.choice or "", request.given or {}
    request = replace(request, thing_id=thing_id, via=request.via or ("button" if request.given is None else "form"))
    other = noun.needs(choice, given)
    name = noun.locks_name(choice) if request.intent is Intent.ANSWER else None  # a form is opened without

    async def work(runs: Runs) -> ClaimedRound[R]:
        if name is not None:
            await things.lock_name(runs, scope.organization_id, name)
        connection = await things.lock_connection(runs, scope)
        locked = await lock(runs, noun, scope.organization_id, thing_id, other=other)
        if locked is None:
            return ClaimedRound(claimed=await interactions.claim_round(runs, request), settled=None)
        thing, row, now = locked.thing, locked.row, locked.now
        asked = replace(request, intent=Intent.ADD) if _adds(noun, locked, request) else request
        decides = asked.intent in (Intent.ANSWER, Intent.ADD)
        refusal = _refusal(noun, locked, asked) if decides and noun.offers(row) else None
        claimed = await interactions.claim_round(
            runs,
            replace(
                asked,
                given=given if decides else None,
                refusal=refusal.stored() if refusal else None,
                intent=_intent(asked.intent, is_final=noun.is_final(row)),
            ),
        )
        if claimed.verdict not in (Verdict.WON, Verdict.ADDED) or claimed.repeats or claimed.is_undecided:
            return ClaimedRound(claimed=claimed, settled=Settled(after=ThingRow(thing=thing, row=row)))
        by = {"user": request.user_id, "name": request.user_name, "team": request.user_team}
        decision = noun.move(locked, choice, given, by)
        settled = await write(runs, noun, thing, connection, decision, now=now, clicked=(request.channel, request.ts))
        return ClaimedRound(claimed=replace(claimed, is_settling=settled.is_settling), settled=settled)

    return await db.transact_within(work, seconds=seconds)


def _places(noun: Noun[R], thing: Thing, row: R, connection: LockedConnection) -> list[Json]:
    """Where the cards of an open thing are: where its noun says, and where they were asked for as well."""
    places = noun.places(thing, row, connection.default_channel)
    return [*places, *(each for each in thing.added_addresses if each not in places)]


def _adds(noun: Noun[R], locked: Locked[R], request: ClaimRequest) -> bool:
    """Whether a click on a button only adds something, and the clicker may act on the thing as it is now.

    The responders of the clicked round do not say so: it may be over.
    """
    if request.intent is not Intent.ANSWER or request.via != "button" or not noun.offers(locked.row):
        return False
    offer = noun.offer(locked.thing, locked.row)
    move = offer.moves.get(request.choice or "")
    if move is None or not move.adds:
        return False
    return offer.responders is None or request.user_id in offer.responders


def _intent(intent: Intent, *, is_final: bool) -> Intent:
    """Nothing is added to a thing that has ended: what would add is told what became of its round."""
    return Intent.ANSWER if intent is Intent.ADD and is_final else intent


def _refusal(noun: Noun[R], locked: Locked[R], request: ClaimRequest) -> Refusal | None:
    """Why a thing that is open does not allow this move; a button cannot make a move that needs a form."""
    choice = request.choice or ""
    move = noun.offer(locked.thing, locked.row).moves.get(choice)
    if move is not None and move.has_form and request.via == "button":
        return _FORM_NEEDED
    if move is None:
        return _NOT_OFFERED if request.intent is Intent.ADD else None  # for others the round is over
    return noun.guard(locked, choice, request.given or {})


def _round(noun: Noun[Any], thing: Thing, offer: Offer, *, name: str | None) -> Round:
    """The round of an offer; its digest covers all of the offer, so that another one ends the round.

    `name` is the id that an agent gave the thing: the round names its thing by it.
    """
    forms = {name: {"move": name, "label": each.label} for name, each in offer.moves.items()}
    moves = {
        name: {"label": each.label, "has_form": each.has_form, "adds": each.adds} for name, each in offer.moves.items()
    }
    request: Json = {"title": offer.title, "moves": moves, "identity": offer.identity}
    if name is not None:
        request["thing"] = name
    covered = {
        "noun": noun.name,
        "forms": forms,
        "identity": offer.identity,
        "responders": offer.responders,
        "home_teams": thing.home_teams,
    }
    written = json_text.dumps(covered, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return Round(
        id=ids.new_round(),
        digest=hashlib.sha256(written.encode()).hexdigest(),
        request=request,
        forms=forms,
        responders=offer.responders,
    )


def _stored(entry: Happened) -> Move:
    return Move(
        id=ids.new(),
        move=entry.move,
        from_status=entry.from_status,
        to_status=entry.to_status,
        by=entry.by,
        reason=entry.reason,
        detail=entry.detail,
    )
