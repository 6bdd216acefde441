"""The contract of a noun: everything the bridge needs to know about one sort of thing.

A noun is one folder in `bridge/things`, one table with its `sql/<table>.sql`, and one line in the registry;
docs/adding-a-thing.md shows how to add one. What this module names is pure: rows that a transaction has locked go in,
and what it is to write comes out. `bridge.things.transactions` does the rest.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Generic, TypeVar
from uuid import UUID

from bridge import ids
from bridge.card.frame import Drawing
from bridge.fields import is_blank
from bridge.forms.form import Accepted, Form, Submitted
from bridge.ids import ThingPrefix
from storage.model import Card, Json, Thing
from storage.things import NounTable, ThingRow

R = TypeVar("R")  # the row of a noun


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonMove:
    """One thing that people can do to an open thing: a button, and a form behind it if `has_form`."""

    label: str
    has_form: bool = False
    adds: bool = False  # it adds something and decides nothing, so it is possible as long as the thing is open
    is_primary: bool = False  # what most people will do
    is_in_menu: bool = False  # in the menu after the buttons; it has no form and asks nothing before it counts
    confirm: Json | None = None  # the dialog before a click counts, see `blocks.confirm`


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """What an open thing offers people. Its open round ends when any part of it changes."""

    title: str  # one line: what the thing is about
    moves: Mapping[str, PersonMove]
    identity: Json  # what a person judges with a click
    responders: list[str] | None  # None: everyone who can see a card


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """Why a thing does not allow a move now; with `field` it is an error under that field of the form."""

    code: str
    detail: str  # a sentence for the person who clicked
    field: str | None = None

    def stored(self) -> Json:
        """The refusal as it is stored with the click."""
        return {"code": self.code, "detail": self.detail, "field": self.field}


@dataclass(frozen=True, slots=True, kw_only=True)
class Happened:
    """One entry for the history of a thing, told as the event `<noun>.<move>`."""

    move: str
    from_status: str | None
    to_status: str | None
    by: Json  # {"user", "name", "team"}, {"key"} or {}: a person, an agent, or the bridge itself
    reason: str | None = None
    detail: Json = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Asking:
    """A note that asks for moves of the open round. When this ends, it loses its buttons, or is not posted any more."""

    text: str  # mrkdwn, as of other notes
    moves: Mapping[str, PersonMove]  # of the round, by the labels of the note


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision(Generic[R]):
    """What a move makes of a thing: its row from now on, and what happened. No entries: nothing changed."""

    row: R
    happened: Sequence[Happened]
    end_reason: str = ""  # for the record of the round that ends, if no other follows
    is_quiet: bool = False  # cards may show it a little later
    notes: Sequence[str | Asking] = ()  # replies in the threads of its cards: mrkdwn, in which foreign text was escaped


@dataclass(frozen=True, slots=True, kw_only=True)
class Locked(Generic[R]):
    """A thing as its transaction has locked it, with what else its noun asked for."""

    thing: Thing
    row: R
    now: datetime  # by the database's clock, after the lock
    other_open_id: str | None = None  # of the thing that `needs` named, if it exists here and is open
    other_open_name: str | None = None  # the same as agents and people see it
    is_connected: bool = True  # for `tick`: its connection is active, so that people can be asked


@dataclass(frozen=True, slots=True, kw_only=True)
class ThingView(Generic[R]):
    """What a card of a thing shows: the thing as it is when the card is drawn."""

    thing: Thing
    row: R
    card: Card
    round_id: UUID | None  # None: no buttons
    version: int  # of the card; Slack requires a new `block_id` of the buttons for every edit
    is_plain: bool = False  # Slack refused the full form: draw the same with Slack's simplest blocks
    newer: str | None = None  # permalink of the card in the same conversation of the thing that superseded it
    name: str | None = None  # the id that its agent gave it; None: its id was made

    @property
    def is_retired(self) -> bool:
        """Whether the cards of the thing are elsewhere now, which is all that this card says."""
        return self.card.retired_at is not None


@dataclass(frozen=True, slots=True, kw_only=True)
class Choosable:
    """A thing that a form offers for selection."""

    id: str
    label: str


def _nothing(_: str, __: Json) -> None:
    return None


def asked_places(thing: Thing, _: object, default_channel: str | None) -> list[Json]:
    """Where the agent wants the cards, else the default channel of the connection, if that has one."""
    return thing.asked_addresses or ([{"channel": default_channel}] if default_channel else [])


def _none(_: object) -> frozenset[str]:
    return frozenset()


def _unnamed(_: object) -> str | None:
    return None


def _no_name(_: str) -> str | None:
    return None


def _by_its_name(_: str, __: Json) -> str | None:
    return None


def _allowed(_: object, __: str, ___: Json) -> None:
    return None


def _no_form(_: str, __: Json, ___: Sequence[Choosable]) -> Form:
    raise KeyError


def _texts(_: str, submitted: Submitted) -> Accepted:
    return {name: text for name, text in submitted.texts.items() if not is_blank(text)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Noun(Generic[R]):
    """One sort of thing: its table, its life, its card and its words."""

    name: str  # of the interactions of its rounds, of its events (`<name>.<move>`) and in its ids' prefix
    plural: str  # in its paths: /v1/<plural>
    prefix: ThingPrefix
    table: NounTable[R]
    statuses: tuple[str, ...]
    final: frozenset[str]  # statuses and states in which it has ended
    moves: tuple[str, ...]  # every `move` of its history, `unreachable` last: the types of its events
    status: Callable[[R], str]
    offer: Callable[[Thing, R], Offer]  # of an open thing
    move: Callable[[Locked[R], str, Json, Json], Decision[R]]  # of a person, if `guard` allows it; last: who made it
    card: Callable[[ThingView[R]], Drawing]
    resource: Callable[[ThingRow[R]], Json]  # the noun's own fields, for agents
    sentence: Callable[[ThingRow[R]], str]  # the state in one sentence that a model can act on
    standing: Callable[[ThingRow[R]], str]  # the state as mrkdwn for a person: what it is now, who made it so, when
    named: Callable[[R], str | None] = _unnamed  # the id that an agent gave it; the statement `find` finds it by that
    states: tuple[str, ...] = ()  # what can be waited for beside the statuses
    holds: Callable[[R], frozenset[str]] = _none  # what of statuses and states is so now, beside the status
    correctable: frozenset[str] = frozenset()  # final statuses which people can still correct: these have a round
    superseded_by: Callable[[R], UUID | None] = lambda _: None  # the newer thing of its noun, to which its card links
    happened: Callable[[str, Json], str | None] = _by_its_name  # a move and its detail in words for the timeline
    places: Callable[[Thing, R, str | None], list[Json]] = asked_places  # of its cards; gets the connection's channel
    guard: Callable[[Locked[R], str, Json], Refusal | None] = _allowed  # may a person make this move, with these words?
    needs: Callable[[str, Json], UUID | None] = _nothing  # another thing that a move depends on being open
    locks_name: Callable[[str], str | None] = _no_name  # a name that a move of a person locks before anything else
    stirring: frozenset[str] = frozenset()  # moves after which other things of the noun are due at once
    form: Callable[[str, Json, Sequence[Choosable]], Form] = _no_form  # of a move, for the request of a round
    accept: Callable[[str, Submitted], Accepted] = _texts  # what a form within its limits gives, or its mistakes
    offers_things: Callable[[str], bool] = lambda _: False  # whether the form of a move lists open things
    tick: Callable[[Locked[R]], Decision[R] | None] | None = None  # what time alone makes of it; None: nothing yet
    due_at: Callable[[R], datetime | None] = lambda _: None  # when time alone will make something of it

    @property
    def waitable(self) -> tuple[str, ...]:
        """Everything that can be waited for."""
        return (*self.statuses, *self.states)

    def holding(self, row: R) -> frozenset[str]:
        """The status of this row, and what else is so that can be waited for."""
        return self.holds(row) | {self.status(row)}

    def is_final(self, row: R) -> bool:
        """Whether a thing with this row has ended."""
        return not self.final.isdisjoint(self.holding(row))

    def offers(self, row: R) -> bool:
        """Whether people can act on a thing with this row."""
        return (self.final - self.correctable).isdisjoint(self.holding(row))

    @property
    def has_names(self) -> bool:
        """Whether agents may give its things ids of their own."""
        return self.named is not _unnamed

    def stirs_others(self, happened: Iterable[Happened]) -> bool:
        """Whether other things are due at once after what happened to one, so that the loop should look for them."""
        return any(entry.move in self.stirring for entry in happened)

    def public_id(self, id: UUID) -> str:
        """The made id of one of its things: what logs have, and every request takes."""
        return ids.encode(self.prefix, id)

    def id_of(self, id: UUID, row: R) -> str:
        """The id of one of its things as agents and people see it: the one that its agent gave it, or the made one."""
        return self.named(row) or self.public_id(id)
