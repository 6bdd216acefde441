"""The cache of message handles: the cards that this replica posted, so that settling them needs no read of the rows.

The rows in the database are authoritative, and a click contains its card's handle too. An entry that is lost by age, by
number or by a restart costs one more read, and nothing else.
"""

from dataclasses import dataclass, fields, replace
from typing import TypeAlias
from uuid import UUID

from cachetools import TTLCache

from storage import json_text
from storage.model import Handle, Interaction, Life, Scope, Status

MAX_ENTRIES = 10_000  # of ordinary size; a larger entry counts as several
_ORDINARY_BYTES = 512  # of an interaction's request as JSON
SECONDS = 24 * 3600.0  # for which an entry is kept

_Key: TypeAlias = tuple[UUID, UUID, UUID]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Entry:
    interaction: Interaction  # without its metadata, which no card shows
    handles: frozenset[Handle]
    weight: int  # in entries of ordinary size


class MessageCache:
    """The interactions that this replica posted, with the handles of their cards, until the cards are settled."""

    def __init__(self, *, max_entries: int = MAX_ENTRIES, seconds: float = SECONDS) -> None:
        self._entries: TTLCache[_Key, _Entry] = TTLCache(
            maxsize=max_entries, ttl=seconds, getsizeof=lambda entry: entry.weight
        )

    def remember(self, interaction: Interaction, handle: Handle) -> None:
        """Add a card of this interaction that this replica posted."""
        key = _key(interaction.scope, interaction.id)
        entry = self._entries.get(key)
        if entry is None:
            weight = 1 + len(json_text.dumps(interaction.request)) // _ORDINARY_BYTES
            slim = replace(interaction, metadata={})
            if weight <= self._entries.maxsize:
                self._entries[key] = _Entry(interaction=slim, handles=frozenset({handle}), weight=weight)
        else:  # keeps the cached interaction, which may have ended while this card was being posted
            self._entries[key] = replace(entry, handles=entry.handles | {handle})

    def knows(self, scope: Scope, interaction_id: UUID, handle: Handle) -> bool:
        """Whether this replica posted this card and the card is not settled yet."""
        entry = self._entries.get(_key(scope, interaction_id))
        return entry is not None and handle in entry.handles

    def ended(self, scope: Scope, interaction_id: UUID, life: Life) -> None:
        """Store how a cached interaction ended, as a click that was decided on this replica found it."""
        key = _key(scope, interaction_id)
        if (entry := self._entries.get(key)) is not None:
            changes = {field.name: getattr(life, field.name) for field in fields(Life)}
            self._entries[key] = replace(entry, interaction=replace(entry.interaction, **changes))

    def interaction(self, scope: Scope, interaction_id: UUID) -> Interaction | None:
        """The interaction as it ended; None while it is pending here, since another replica may have ended it."""
        entry = self._entries.get(_key(scope, interaction_id))
        return entry.interaction if entry and entry.interaction.status is not Status.PENDING else None

    def settled(self, scope: Scope, interaction_id: UUID, handle: Handle) -> None:
        """Remove a card that shows how its interaction ended, and the interaction with its last card."""
        key = _key(scope, interaction_id)
        if (entry := self._entries.get(key)) is None:
            return
        if left := entry.handles - {handle}:
            self._entries[key] = replace(entry, handles=left)
        else:
            del self._entries[key]

    def __len__(self) -> int:
        return len(self._entries)


def _key(scope: Scope, interaction_id: UUID) -> _Key:
    return (scope.organization_id, scope.connection_id, interaction_id)
