"""The port through which doors wake loops, and loops wake waiting requests, in this replica and in others.

A wake is a hint, never the truth: whoever is woken looks at the rows. A lost hint costs at most one poll. What agents
were told is kept here until it is written; if it is lost, a card says of an answer that nobody heard it yet.
"""

import asyncio
from collections import defaultdict
from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import TypeVar
from uuid import UUID

K = TypeVar("K")

_MOST_HEARD = 10_000  # not written yet; more come only while there is no database


class Notifier:
    """Hints between the parts of one replica. `closing` is set once, when the replica stops taking work."""

    def __init__(self) -> None:
        self.cards = asyncio.Event()  # some card may have to be posted or edited
        self.serving = asyncio.Event()  # this replica has a token for one more connection
        self.expiry = asyncio.Event()  # some deadline was seen to have passed
        self.deliveries = asyncio.Event()  # some webhook may have to be called
        self.fanout = asyncio.Event()  # there is something to tell other replicas
        self.numbering = asyncio.Event()  # some event may have to be given its place in its feed
        self.acknowledgements = asyncio.Event()  # there is something to write down of what agents were told
        self.closing = asyncio.Event()
        self._watchers: defaultdict[tuple[UUID, UUID], set[asyncio.Event]] = defaultdict(set)
        self._followers: defaultdict[UUID, set[asyncio.Event]] = defaultdict(set)
        self._untold: set[tuple[UUID, UUID]] = set()
        self._acknowledged: dict[tuple[UUID, UUID], None] = {}  # in the order in which it was told

    def watching(self, organization_id: UUID, interaction_id: UUID) -> AbstractContextManager[asyncio.Event]:
        """Give a signal that is set whenever this question may have changed. Look at the row after entering."""
        return _signal(self._watchers, (organization_id, interaction_id))

    def following(self, organization_id: UUID) -> AbstractContextManager[asyncio.Event]:
        """Give a signal that is set whenever this organization's feed may have grown. Look at it after entering."""
        return _signal(self._followers, organization_id)

    def interaction_changed(self, organization_id: UUID, interaction_id: UUID) -> None:
        """This replica wrote some row of this question: let whoever waits for it look, here and elsewhere."""
        self.on_remote_change(organization_id, interaction_id)
        self._untold.add((organization_id, interaction_id))
        self.fanout.set()
        self.numbering.set()

    def events_numbered(self, organization_ids: Iterable[UUID], *, deliveries: int) -> None:
        """This replica gave events of these organizations their positions, and wrote so many deliveries.

        Wakes the streams that follow the feeds, here and on other replicas, and the deliveries loop.
        """
        for organization_id in organization_ids:
            self.feed_advanced(organization_id)
            self._untold.add((organization_id, organization_id))
            self.fanout.set()
        if deliveries:
            self.deliveries.set()

    def feed_advanced(self, organization_id: UUID) -> None:
        """The feed of this organization may have grown, wherever: let whoever follows it here look."""
        for signal in self._followers.get(organization_id, ()):
            signal.set()

    def on_remote_change(self, organization_id: UUID, id: UUID) -> None:
        """Some replica wrote a row of this question, or, under the organization's own id, of its feed."""
        if id == organization_id:
            self.feed_advanced(organization_id)
        for signal in self._watchers.get((organization_id, id), ()):
            signal.set()

    def acknowledge(self, organization_id: UUID, interaction_id: UUID) -> None:
        """An agent was given this question's end: let that be written down, soon and in nobody's way.

        To be called once the end really went out to whoever holds a key of this organization, by whatever way.
        """
        if len(self._acknowledged) < _MOST_HEARD:
            self._acknowledged[organization_id, interaction_id] = None
        self.acknowledgements.set()

    @property
    def has_acknowledged(self) -> bool:
        """Whether there is something to write down of what agents were told."""
        return bool(self._acknowledged)

    def take_acknowledged(self, most: int) -> list[tuple[UUID, UUID]]:
        """Of what agents were told, the first `most`; whoever takes it writes it down, or gives it back."""
        taken = list(self._acknowledged)[:most]
        for pair in taken:
            del self._acknowledged[pair]
        return taken

    def wake_all(self) -> None:
        """Anything may have changed: let everybody who waits here look."""
        for signals in (*self._watchers.values(), *self._followers.values()):
            for signal in signals:
                signal.set()

    def drain(self) -> list[tuple[UUID, UUID]]:
        """What changed here since it was last asked, to be told to other replicas."""
        untold, self._untold = self._untold, set()
        return list(untold)

    @property
    def waiting(self) -> int:
        """How many requests wait for a change of some question."""
        return sum(len(signals) for signals in self._watchers.values())

    def watched(self) -> list[tuple[UUID, UUID]]:
        """The (organization, interaction) pairs that requests wait for now."""
        return list(self._watchers)

    def close(self) -> None:
        """Let everybody who waits look once more and go."""
        self.closing.set()
        self.wake_all()
        loops = (
            self.cards,
            self.serving,
            self.expiry,
            self.deliveries,
            self.fanout,
            self.numbering,
            self.acknowledgements,
        )
        for loop in loops:
            loop.set()


@contextmanager
def _signal(signals: defaultdict[K, set[asyncio.Event]], key: K) -> Iterator[asyncio.Event]:
    """A signal of one's own under this key; nothing is kept for a key that nobody waits for."""
    signal = asyncio.Event()
    signals[key].add(signal)
    try:
        yield signal
    finally:
        signals[key].discard(signal)
        if not signals[key]:
            del signals[key]
