"""Wakes the loops and the waiting requests of this replica, and collects changes to report to the other replicas.

A wake is a hint: the woken code reads the rows. A lost hint costs at most one poll interval. Acknowledgements (an agent
received an outcome) are kept here until they are stored; if they are lost, a card says that no agent has acknowledged
the answer yet.
"""

import asyncio
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager
from itertools import chain
from typing import TypeVar
from uuid import UUID

from bridge.waiting_lines import WaitingLines

K = TypeVar("K")
E = TypeVar("E", bound=asyncio.Event)

_MAX_ACKNOWLEDGED = 10_000  # not stored yet; the limit is reached only while the database is unavailable


class ThingSignal(asyncio.Event):
    """A signal of one thing. `seen` is the number of its latest move that the waiting request has read."""

    def __init__(self) -> None:
        super().__init__()
        self.seen = 0


class Notifier:
    """Hints between the parts of one replica. `closing` is set once, when the replica stops taking work."""

    def __init__(self, lines: WaitingLines | None = None) -> None:
        self.cards = asyncio.Event()  # a card may have to be posted or edited
        self.serving = asyncio.Event()  # this replica has a token for one more connection
        self.expiry = asyncio.Event()  # a passed deadline was found
        self.things = asyncio.Event()  # time may have changed a thing
        self.notes = asyncio.Event()  # a note may have to be posted in the thread of a card
        self.deliveries = asyncio.Event()  # a webhook may have to be called
        self.fanout = asyncio.Event()  # there are changes to report to other replicas
        self.numbering = asyncio.Event()  # an event may need its position in its feed
        self.acknowledgements = asyncio.Event()  # there are acknowledgements to store
        self.closing = asyncio.Event()
        self.lines = lines or WaitingLines()  # requests that wait for any change of their organization
        self._watchers: defaultdict[tuple[UUID, UUID], set[asyncio.Event]] = defaultdict(set)
        self._thing_watchers: defaultdict[tuple[UUID, UUID], set[ThingSignal]] = defaultdict(set)
        self._followers: defaultdict[UUID, set[asyncio.Event]] = defaultdict(set)
        self._unreported: set[tuple[UUID, UUID]] = set()
        self._has_notes = False
        self._acknowledged: dict[tuple[UUID, UUID], None] = {}  # the oldest first

    def watching(self, organization_id: UUID, interaction_id: UUID) -> AbstractContextManager[asyncio.Event]:
        """A signal that is set whenever this interaction may have changed. Read the row after entering."""
        return _signal(self._watchers, (organization_id, interaction_id), asyncio.Event)

    def watching_thing(self, organization_id: UUID, thing_id: UUID) -> AbstractContextManager[ThingSignal]:
        """A signal that is set whenever this thing may have changed. Read the thing after entering."""
        return _signal(self._thing_watchers, (organization_id, thing_id), ThingSignal)

    def following(self, organization_id: UUID) -> AbstractContextManager[asyncio.Event]:
        """A signal that is set whenever this organization's feed may have grown. Read the feed after entering."""
        return _signal(self._followers, organization_id, asyncio.Event)

    def interaction_changed(self, organization_id: UUID, interaction_id: UUID) -> None:
        """This replica changed rows of this interaction: wake the requests that watch it, here and elsewhere."""
        self.on_remote_change(organization_id, interaction_id)
        self._unreported.add((organization_id, interaction_id))
        self.fanout.set()
        self.numbering.set()

    def thing_changed(self, organization_id: UUID, thing_id: UUID) -> None:
        """This replica changed a thing: wake the requests that watch it, here and elsewhere, and the cards loop."""
        self.interaction_changed(organization_id, thing_id)
        self.cards.set()

    def notes_waiting(self) -> None:
        """A note may have to be posted: wake the notes loop, which looks for notes only then."""
        self._has_notes = True
        self.notes.set()

    def take_notes_waiting(self) -> bool:
        """Whether `notes_waiting` was called since this was asked last."""
        had, self._has_notes = self._has_notes, False
        return had

    def events_numbered(self, organization_ids: Iterable[UUID], *, deliveries: int) -> None:
        """This replica gave events of these organizations their positions, and wrote so many deliveries.

        Wakes the streams that follow the feeds, here and on other replicas, and the deliveries loop.
        """
        for organization_id in organization_ids:
            self.feed_advanced(organization_id)
            self._unreported.add((organization_id, organization_id))
            self.fanout.set()
        if deliveries:
            self.deliveries.set()

    def feed_advanced(self, organization_id: UUID) -> None:
        """The feed of this organization may have grown, on any replica: wake the streams that follow it here."""
        for signal in self._followers.get(organization_id, ()):
            signal.set()

    def on_remote_change(self, organization_id: UUID, id: UUID) -> None:
        """A replica changed a row of this interaction or thing or, if `id` is the organization's own, of its feed."""
        if id == organization_id:
            self.feed_advanced(organization_id)
        self.lines.wake(organization_id)
        pair = organization_id, id
        for signal in (*self._watchers.get(pair, ()), *self._thing_watchers.get(pair, ())):
            signal.set()

    def acknowledge(self, organization_id: UUID, interaction_id: UUID) -> None:
        """An agent received the end of this interaction: the acknowledgements loop stores that soon.

        Call this after the end was sent, in any way, to a holder of one of the organization's keys.
        """
        if len(self._acknowledged) < _MAX_ACKNOWLEDGED:
            self._acknowledged[organization_id, interaction_id] = None
        self.acknowledgements.set()

    @property
    def has_acknowledged(self) -> bool:
        """Whether there are acknowledgements to store."""
        return bool(self._acknowledged)

    def take_acknowledged(self, limit: int) -> list[tuple[UUID, UUID]]:
        """Pop up to `limit` (organization, interaction) pairs; the caller must store them or put them back."""
        taken = list(self._acknowledged)[:limit]
        for pair in taken:
            del self._acknowledged[pair]
        return taken

    def wake_all(self) -> None:
        """Anything may have changed: wake every waiting request and stream of this replica."""
        for signal in chain(*self._watchers.values(), *self._thing_watchers.values(), *self._followers.values()):
            signal.set()
        self.lines.wake_all()

    def drain(self) -> list[tuple[UUID, UUID]]:
        """Pop the (organization, id) pairs that changed here since the last call, to report to other replicas."""
        unreported, self._unreported = self._unreported, set()
        return list(unreported)

    @property
    def waiting(self) -> int:
        """How many requests wait for a change of an interaction or thing, or of anything."""
        return sum(1 for _ in self._waiting())

    def watched(self) -> list[tuple[UUID, UUID]]:
        """The (organization, interaction) pairs that requests wait for now."""
        return list(self._watchers)

    def watched_things(self) -> list[tuple[UUID, UUID, int]]:
        """The (organization, thing, number) that requests wait for now; none of these has seen a later move."""
        return [(*pair, min(signal.seen for signal in signals)) for pair, signals in self._thing_watchers.items()]

    def followed(self) -> list[UUID]:
        """The organizations whose feeds streams follow now."""
        return list(self._followers)

    def _waiting(self) -> Iterator[asyncio.Event]:
        """The signals of all requests that wait."""
        yield from chain(*self._watchers.values())
        yield from chain(*self._thing_watchers.values())
        yield from self.lines.signals()

    def close(self) -> None:
        """Set `closing`, then wake every waiting request, stream and loop so that each can finish."""
        self.closing.set()
        self.wake_all()
        self.lines.end()
        loops = (
            self.cards,
            self.serving,
            self.expiry,
            self.things,
            self.notes,
            self.deliveries,
            self.fanout,
            self.numbering,
            self.acknowledgements,
        )
        for loop in loops:
            loop.set()


@contextmanager
def _signal(signals: defaultdict[K, set[E]], key: K, new: Callable[[], E]) -> Iterator[E]:
    """A new signal under this key; the key is removed with its last signal."""
    signal = new()
    signals[key].add(signal)
    try:
        yield signal
    finally:
        signals[key].discard(signal)
        if not signals[key]:
            del signals[key]
