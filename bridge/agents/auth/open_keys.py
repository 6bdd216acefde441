"""The keys of the requests that stay open: a request ends soon after its key is revoked, wherever that was done."""

from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from uuid import UUID

from storage import keys
from storage.model import Key
from storage.pool import Database


class OpenKeys:
    """The keys of this replica's streams and waiting requests. A loop calls `step`: one statement checks them all.

    A key whose organization is disabled counts as revoked.
    """

    def __init__(self, db: Database) -> None:
        self._db = db
        self._open: defaultdict[tuple[UUID, UUID], set[Callable[[], None]]] = defaultdict(set)

    @contextmanager
    def watching(self, key: Key, on_revoked: Callable[[], None]) -> Iterator[None]:
        """Within the context `on_revoked` is called, perhaps more than once, when the key is found to be revoked."""
        pair = (key.organization_id, key.id)
        self._open[pair].add(on_revoked)
        try:
            yield
        finally:
            self._open[pair].discard(on_revoked)
            if not self._open[pair]:
                del self._open[pair]

    async def step(self) -> int:
        """End the open requests whose key is revoked; returns 0, as a pass at once would find no more."""
        if used := set(self._open):  # what opens during the statement is not in its result
            for pair in used - await keys.valid(self._db, used):
                for end in list(self._open.get(pair, ())):
                    end()
        return 0
