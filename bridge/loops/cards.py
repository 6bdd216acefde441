"""Make every copy of a card show what its row says: posted or edited, each under its lease.

lease → the interaction as it now is → drawn by its kind → Slack → written back under the fence of the lease;
what comes in the way of that is in `bridge.loops.setbacks`
"""

import asyncio
import contextlib
from collections import defaultdict
from collections.abc import AsyncIterator
from uuid import UUID

from bridge import ids
from bridge.card.frame import Drawing, View
from bridge.handles import Handles
from bridge.kinds import KINDS
from bridge.logs import Log
from bridge.loops import pace, setbacks
from bridge.loops.pace import Pace
from bridge.loops.setbacks import Setbacks
from bridge.metrics import Metrics
from bridge.reader import Reader
from bridge.slack import errors as slack
from bridge.slack.client import Client
from bridge.slack.connections import Installations
from bridge.wake import Wake
from storage import cards, errors
from storage.model import Card, Handle, Interaction, Status
from storage.pool import Database

_log = Log("cards")

BATCH = 20
_SLOTS = 3  # calls that one connection may have under way: so many at most learn that its token is dead
_SLOT_SECONDS = 3.0  # with PATIENCE before it and a whole call after it still within the lease


class Cards:
    """The card loop's duty on one replica. Its `step` is safe on every replica at once."""

    def __init__(
        self,
        *,
        db: Database,
        reader: Reader,
        installations: Installations,
        handles: Handles,
        wake: Wake,
        metrics: Metrics | None = None,
    ) -> None:
        self._db = db
        self._reader = reader
        self._installations = installations
        self._handles = handles
        self._wake = wake
        self._metrics = metrics or Metrics()
        self._pace = Pace()
        self._setbacks = Setbacks(
            db=db, installations=installations, handles=handles, wake=wake, metrics=self._metrics, pace=self._pace
        )
        self._slots: defaultdict[UUID, asyncio.Semaphore] = defaultdict(lambda: asyncio.Semaphore(_SLOTS))

    async def step(self) -> int:
        """Lease up to BATCH copies that do not show what they should, and attend to all of them at once."""
        served = self._installations.served
        if not served:
            return 0
        leased = await cards.lease(self._db, served, kinds=KINDS, limit=BATCH)
        await asyncio.gather(*(self._attend(card) for card in leased))
        return len(leased)

    async def _attend(self, card: Card) -> None:
        """Attend to one copy. One poisonous row cannot stop the line: whatever goes wrong with it, it is put off."""
        try:
            try:
                await self._show(card)
            except errors.Unavailable:
                raise
            except Exception as error:  # noqa: BLE001  -- a mistake of ours in one card
                await self._failed_by_us(card, error)
        except errors.Unavailable as error:
            _log.warning("card_write_back_failed", **_keys(card), cause=error.cause)  # the lease will run out

    async def _failed_by_us(self, card: Card, error: Exception) -> None:
        mistake = error.__cause__ if isinstance(error, _Undrawable) and error.__cause__ else error
        unsure = card.ts is None and not isinstance(error, _Undrawable)
        await self._setbacks.mistake(card, mistake, unsure=unsure)

    async def _show(self, card: Card) -> None:
        interaction = self._as_it_ended(card) or await self._reader.get(card.organization_id, card.interaction_id)
        client = await self._installations.client(card.connection_id)
        if interaction is None or isinstance(client, slack.Broken):
            return
        if card.handle is not None:
            await self._edit(card, interaction, client, card.handle)
        elif interaction.status is Status.PENDING:
            await self._post(card, interaction, client)
        else:
            await cards.skip(self._db, card)

    def _as_it_ended(self, card: Card) -> Interaction | None:
        """The question without a look at its row, for a copy that needs nothing but its end.

        What came after the end, such as a receipt, is in the row only. Then a copy wants more than the version after
        the buttons, also when another replica, of whatever release, settled it and this one does not know.
        """
        if card.handle is not None and not (
            (card.shown, card.wanted) == (1, 2) and self._handles.knows(card.scope, card.interaction_id, card.handle)
        ):
            return None
        return self._handles.interaction(card.scope, card.interaction_id)

    async def _post(self, card: Card, interaction: Interaction, client: Client) -> None:
        place = setbacks.place(card)
        drawn = _draw(interaction, card, plain=card.plain)
        if (broken := self._installations.suspended(card.connection_id)) is not None:
            await self._setbacks.give_up(card, broken)
            return
        if (turn := self._pace.turn(card.connection_id, place)) is None:
            await self._setbacks.put_off(card, self._pace.later(card.connection_id, place))
            return
        await asyncio.sleep(turn)
        if (turn := await pace.shared_turn(self._db, card.scope, place)) is None:
            await self._setbacks.put_off(card, self._pace.later(card.connection_id, place))
            return
        await asyncio.sleep(turn)  # other replicas were before us
        async with self._slot(card) as free:
            # Others were before us, and may have learned that it is no use.
            if (broken := self._installations.suspended(card.connection_id)) is not None:
                await self._setbacks.give_up(card, broken)
                return
            if not free or self._pace.paused(card.connection_id, place):
                await self._setbacks.put_off(card, self._pace.later(card.connection_id, place))
                return
            # From here on a card may be on a screen, whatever becomes of this replica.
            if (doubted := await cards.mark_maybe_shown(self._db, card)) is None:
                await cards.skip(self._db, card)  # nobody waits for an answer any more
                return
            told, plain = await client.post(card.address, drawn), card.plain
            if isinstance(told, slack.BadBlocks) and not plain:
                told, plain = await client.post(card.address, _draw(interaction, card, plain=True)), True
            if not isinstance(told, Handle):
                await self._setbacks.failed(card, told, place, doubted=doubted)
                return
        kept = await cards.posted(self._db, card, told, plain=plain, stray_id=ids.new(), event_id=ids.new())
        _log.info("card_posted" if kept else "lease_lost", **_keys(card), channel=told.channel, ts=told.ts)
        self._metrics.posted()  # also when the lease was lost: it is on a screen
        if not kept:
            self._metrics.lease_lost()
        else:
            self._handles.remember(interaction, told)
            link = await client.permalink(told)
            if isinstance(link, str):
                await cards.permalink(self._db, card, told, link)
                if interaction.supersedes is not None:
                    self._wake.cards.set()  # for the copy that it replaced
        self._wake.changed(card.organization_id, card.interaction_id)

    async def _edit(self, card: Card, interaction: Interaction, client: Client, handle: Handle) -> None:
        newer = await self._newer(card, interaction)
        drawn = _draw(interaction, card, plain=card.plain, newer=newer)
        async with self._slot(card) as free:
            paused = self._pace.paused(card.connection_id, setbacks.EDITS)
            if paused or not free:
                await self._setbacks.put_off(card, paused or _SLOT_SECONDS)
                return
            if self._installations.suspended(card.connection_id) is not None:
                await self._setbacks.put_off(card, setbacks.LONG_SECONDS)
                return
            told, plain = await client.edit(handle, drawn), card.plain
            if isinstance(told, slack.BadBlocks) and not plain:
                told, plain = await client.edit(handle, _draw(interaction, card, plain=True, newer=newer)), True
            if not isinstance(told, Handle):
                await self._setbacks.failed(card, told, setbacks.EDITS)
                return
        settles = interaction.status is not Status.PENDING
        kept = await cards.edited(self._db, card, plain=plain, settles=settles, event_id=ids.new())
        _log.info(
            ("card_settled" if settles and not card.settled else "card_edited") if kept else "lease_lost",
            **_keys(card),
            status=interaction.status.value,
        )
        self._metrics.edited()
        if not kept:
            self._metrics.lease_lost()
        if settles:
            self._handles.settled(card.scope, card.interaction_id, handle)

    async def _newer(self, card: Card, interaction: Interaction) -> str | None:
        """The address of the card beside this one that replaced it; once it is known, this copy is edited again."""
        if interaction.superseded_by is None:
            return None
        copies = await cards.of_interaction(self._db, card.organization_id, interaction.superseded_by)
        return next((copy.permalink for copy in copies if copy.permalink and copy.channel == card.channel), None)

    @contextlib.asynccontextmanager
    async def _slot(self, card: Card) -> AsyncIterator[bool]:
        """Hold one of the few calls that a connection may have under way; False when none comes free in time."""
        slots = self._slots[card.connection_id]
        free = False
        with contextlib.suppress(TimeoutError):
            free = await asyncio.wait_for(slots.acquire(), timeout=_SLOT_SECONDS)
        try:
            yield free
        finally:
            if free:
                slots.release()


class _Undrawable(Exception):
    """The kind could not draw its card: nothing was sent."""


def _draw(interaction: Interaction, card: Card, *, plain: bool, newer: str | None = None) -> Drawing:
    try:
        view = View(interaction=interaction, version=card.wanted, plain=plain, newer=newer)
        return KINDS[interaction.kind].draw(view)
    except Exception as error:
        raise _Undrawable from error


def _keys(card: Card) -> dict[str, object]:
    return {"interaction": ids.encode("int", card.interaction_id), "card": card.ordinal - 1, "attempt": card.attempt}
