"""The cache of message handles: what this replica posted, so that settling it needs no look at the rows first.

The row is the truth, and a click carries its handle too. What is lost here, by age, by number or by a restart, costs
one read more, and nothing else.
"""

import json
from dataclasses import dataclass, fields, replace
from typing import TypeAlias
from uuid import UUID

from cachetools import TTLCache

from storage.model import Handle, Interaction, Life, Scope, Status

MOST = 10_000  # entries of an ordinary size; a larger one counts for several
_ORDINARY = 512  # bytes of a question as JSON
SECONDS = 24 * 3600.0

_Key: TypeAlias = tuple[UUID, UUID, UUID]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Posted:
    interaction: Interaction  # without its metadata, which no card shows
    handles: frozenset[Handle]
    weight: int


class MessageCache:
    """Questions that this replica posted, with the handles of their copies, until they are settled."""

    def __init__(self, *, most: int = MOST, seconds: float = SECONDS) -> None:
        self._posted: TTLCache[_Key, _Posted] = TTLCache(
            maxsize=most, ttl=seconds, getsizeof=lambda posted: posted.weight
        )

    def remember(self, interaction: Interaction, handle: Handle) -> None:
        """A copy of this interaction was posted here."""
        key = _key(interaction.scope, interaction.id)
        known = self._posted.get(key)
        if known is None:
            weight = 1 + len(json.dumps(interaction.request)) // _ORDINARY
            slim = replace(interaction, metadata={})
            if weight <= self._posted.maxsize:
                self._posted[key] = _Posted(interaction=slim, handles=frozenset({handle}), weight=weight)
        else:  # what is known may have ended while this copy was under way
            self._posted[key] = replace(known, handles=known.handles | {handle})

    def knows(self, scope: Scope, interaction_id: UUID, handle: Handle) -> bool:
        """Whether this copy was posted here and is not settled yet."""
        known = self._posted.get(_key(scope, interaction_id))
        return known is not None and handle in known.handles

    def ended(self, scope: Scope, interaction_id: UUID, life: Life) -> None:
        """The interaction ended like this: a click that was decided here brings the news."""
        key = _key(scope, interaction_id)
        if (known := self._posted.get(key)) is not None:
            news = {field.name: getattr(life, field.name) for field in fields(Life)}
            self._posted[key] = replace(known, interaction=replace(known.interaction, **news))

    def interaction(self, scope: Scope, interaction_id: UUID) -> Interaction | None:
        """The interaction as it ended; None while it is pending here, because another replica may know better."""
        known = self._posted.get(_key(scope, interaction_id))
        return known.interaction if known and known.interaction.status is not Status.PENDING else None

    def settled(self, scope: Scope, interaction_id: UUID, handle: Handle) -> None:
        """This copy shows the end and needs no remembering."""
        key = _key(scope, interaction_id)
        if (known := self._posted.get(key)) is None:
            return
        if left := known.handles - {handle}:
            self._posted[key] = replace(known, handles=left)
        else:
            del self._posted[key]

    def __len__(self) -> int:
        return len(self._posted)


def _key(scope: Scope, interaction_id: UUID) -> _Key:
    return (scope.organization_id, scope.connection_id, interaction_id)
