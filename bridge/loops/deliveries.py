"""Carry every event to whoever wants to be called: signed, guarded, tried again for three days, never lost.

lease → the envelope of the event, with the question as it now is → the receiver → written back under the fence of the
lease. A replica that dies after the receiver's 2xx leaves the row leased: it is sent again, with the same id.
"""

import asyncio
import random
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import assert_never

from bridge import ids
from bridge.agents import envelope
from bridge.logs import Log
from bridge.metrics import Attempt, Metrics
from bridge.reader import Reader
from bridge.wake import Wake
from bridge.webhooks import outgoing, schedule
from bridge.webhooks.outgoing import Webhooks
from bridge.webhooks.sender import Outcome
from bridge.webhooks.signature import WebhookKeys
from storage import cards, deliveries, errors
from storage.deliveries import Leased
from storage.model import ENDS, DeliveryStatus, Json
from storage.pool import Database

_log = Log("deliveries")

IN_HAND = 50  # of one replica at once; one organization has at most as many as are left for others
RENEW_SECONDS = 5.0
_SOON = 60.0  # seconds: what is to be tried again so soon is looked for on time, and not when the loop looks next


@dataclass(slots=True, kw_only=True)
class Deliveries:
    """The delivery loop's duty on one replica. Its `step` is safe on every replica at once."""

    db: Database
    reader: Reader
    wake: Wake
    webhooks: Webhooks
    metrics: Metrics = field(default_factory=Metrics)
    chance: Callable[[], float] = random.random
    _in_hand: set[asyncio.Task[None]] = field(default_factory=set)

    async def step(self) -> int:
        """Lease what is due, and begin to send it; how much that was. A slow receiver keeps no step waiting.

        Where nothing could be begun: how much became due again, since there may be more of it.
        """
        keys = self.webhooks.keys
        if keys is None or len(self._in_hand) >= IN_HAND:
            return 0
        resumed = await deliveries.resume(self.db)
        leased = await deliveries.lease(self.db, limit=IN_HAND - len(self._in_hand)) if resumed.waiting else []
        for one in leased:
            task = asyncio.create_task(self._attend(one, keys), name=f"delivery {one.event_id}")
            self._in_hand.add(task)
            task.add_done_callback(self._done)
        return len(leased) or resumed.number

    async def close(self, *, seconds: float = 0.0) -> None:
        """Let what is in hand end for so long, then drop it: another replica sends it again when its lease is over."""
        if self._in_hand:
            await asyncio.wait(set(self._in_hand), timeout=seconds)
        for task in self._in_hand:
            task.cancel()
        await asyncio.gather(*self._in_hand, return_exceptions=True)

    async def in_hand(self) -> None:
        """Wait until everything that was begun is done."""
        while self._in_hand:
            await asyncio.wait(set(self._in_hand))

    def _done(self, task: asyncio.Task[None]) -> None:
        self._in_hand.discard(task)
        self.wake.deliveries.set()  # its receiver can have the next one

    async def _attend(self, one: Leased, keys: WebhookKeys) -> None:
        """Make one attempt. One poisonous row cannot stop the line: whatever goes wrong with it, it is put off."""
        try:
            try:
                outcome = await self._attempt(one, keys)
            except errors.Unavailable:
                raise
            except Exception as error:  # noqa: BLE001  -- a mistake of ours in one delivery
                _log.failure("delivery_failed", error, **_keys(one))
                outcome = Outcome(status=None, detail=f"a mistake in the bridge ({type(error).__name__})")
            await self._record(one, outcome)
        except errors.Unavailable as error:
            _log.warning("delivery_write_back_failed", **_keys(one), cause=error.cause)  # the lease will run out

    async def _attempt(self, one: Leased, keys: WebhookKeys) -> Outcome | None:
        """What the receiver said; None when somebody else has it now, or there is nothing to tell of any more."""
        if one.disabled_reason is not None:
            return Outcome(status=None, detail="the endpoint was disabled before this was delivered")
        row = await self.reader.get(one.organization_id, one.interaction_id)
        if row is None:
            return None
        copies = await cards.of_interaction(self.db, one.organization_id, one.interaction_id)
        told = envelope.of_interaction(id=one.event_id, type=one.type, at=one.at, row=row, copies=copies)
        sending = asyncio.ensure_future(
            self.webhooks.send(one.url, id=told["id"], body=envelope.written(told), secrets=_secrets(one, keys))
        )
        holding = asyncio.ensure_future(self._hold(one))
        try:
            await asyncio.wait({sending, holding}, return_when=asyncio.FIRST_COMPLETED)
            return sending.result() if sending.done() else None
        finally:
            for task in (sending, holding):
                task.cancel()
            await asyncio.gather(sending, holding, return_exceptions=True)

    async def _hold(self, one: Leased) -> None:
        """Renew the lease until it is lost. A database that is away for a moment has not taken it from us."""
        while True:
            await asyncio.sleep(RENEW_SECONDS)
            try:
                if not await deliveries.renew(self.db, one):
                    return
            except errors.Unavailable as error:
                _log.warning("delivery_renewal_failed", **_keys(one), cause=error.cause)

    async def _record(self, one: Leased, outcome: Outcome | None) -> None:
        if outcome is None:
            self._lost(one)
            return
        told: Json = {"status": outcome.status, "detail": outcome.detail}
        if outcome.delivered:
            if await deliveries.accepted(self.db, one, outcome=told):
                self.metrics.delivered(Attempt.ACCEPTED)
                if one.type in ENDS:
                    self.wake.agent_heard(one.organization_id, one.interaction_id)
                _log.info("delivery_accepted", **_keys(one), status=outcome.status)
            else:
                self._lost(one)
            return
        seconds = None
        if one.disabled_reason is None:
            seconds = schedule.pause(one.failures + 1, chance=self.chance(), retry_after=outcome.retry_after)
        became = await deliveries.failed(self.db, one, outcome=told, seconds=seconds, gone=outcome.gone)
        if became is None:
            self._lost(one)
            return
        match became.status:
            case DeliveryStatus.PENDING:
                self.metrics.delivered(Attempt.PUT_OFF)
                _log.info("delivery_put_off", **_keys(one), status=outcome.status, seconds=round(seconds or 0.0))
                if seconds is not None and seconds <= _SOON:
                    asyncio.get_running_loop().call_later(seconds, self.wake.deliveries.set)
            case DeliveryStatus.DEAD:
                self.metrics.delivered(Attempt.GIVEN_UP)
                _log.warning("delivery_given_up", **_keys(one), status=outcome.status)
            case DeliveryStatus.DELIVERED:
                raise AssertionError("what failed was not delivered")
            case _:
                assert_never(became.status)
        if became.disabled_reason is not None and one.endpoint_id is not None:
            _log.warning(
                "webhook_endpoint_disabled",
                endpoint=ids.encode("whe", one.endpoint_id),
                reason=became.disabled_reason,
            )

    def _lost(self, one: Leased) -> None:
        """Another replica has it now, or it is gone; nothing was written."""
        self.metrics.lease_lost()
        _log.warning("lease_lost", **_keys(one))


def _secrets(one: Leased, keys: WebhookKeys) -> tuple[bytes, ...]:
    if one.endpoint_id is None or one.generation is None:
        return outgoing.of_callbacks(keys, one.organization_id)
    return outgoing.of_endpoint(
        keys,
        one.organization_id,
        one.endpoint_id,
        generation=one.generation,
        overlapping=bool(one.overlapping),
    )


def _keys(one: Leased) -> dict[str, object]:
    """The keys of a log line; never the address, which may carry a secret of the receiver's."""
    endpoint = ids.encode("whe", one.endpoint_id) if one.endpoint_id else "callback"
    return {"delivery": ids.encode("evt", one.event_id), "endpoint": endpoint, "attempt": one.attempt}
