"""Deliver events to endpoints and callbacks: signed, to allowed addresses only, retried for three days, never lost.

lease → the event's body, with the interaction as it is now → the receiver → write back if the lease still holds. A
replica that dies after the receiver's 2xx leaves the row leased: the event is sent again, with the same id.
"""

import asyncio
import random
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import assert_never

from bridge import ids
from bridge.logs import Log
from bridge.metrics import DeliveryAttempt, Metrics
from bridge.notifier import Notifier
from bridge.reader import Reader
from bridge.representation import event
from bridge.things import reading, representation
from bridge.things.registry import NOUNS
from bridge.webhooks import outgoing, retry_schedule
from bridge.webhooks.outcome import DeliveryOutcome
from bridge.webhooks.outgoing import Webhooks
from bridge.webhooks.signature import WebhookKeys
from storage import cards, deliveries, errors
from storage.deliveries import Leased
from storage.model import ENDS, DeliveryStatus, Json
from storage.pool import Database

_log = Log("deliveries")

IN_HAND = 50  # deliveries of one replica in flight; one organization gets at most as many as stay free for others
RENEW_SECONDS = 5.0  # between two renewals of a lease
_SOON = 60.0  # seconds: an earlier retry wakes the loop on time instead of waiting for its interval


@dataclass(slots=True, kw_only=True)
class Deliveries:
    """The delivery loop of one replica. Its `step` is safe on every replica at once.

    `chance` returns a number from 0 to 1, for the jitter of retries; `pause` returns the seconds until a retry.
    """

    db: Database
    reader: Reader
    notifier: Notifier
    webhooks: Webhooks
    metrics: Metrics = field(default_factory=Metrics)
    chance: Callable[[], float] = random.random
    pause: Callable[..., float | None] = retry_schedule.pause
    renew_seconds: float = RENEW_SECONDS
    _in_hand: set[asyncio.Task[None]] = field(default_factory=set)

    async def step(self) -> int:
        """Lease the due deliveries and start to send them, without waiting for the receivers. Returns how many.

        If none was started, returns how many retries became due, since there may be more of them.
        """
        keys = self.webhooks.keys
        if keys is None or len(self._in_hand) >= IN_HAND:
            return 0
        resumed = await deliveries.resume(self.db)
        batch = await deliveries.lease(self.db, limit=IN_HAND - len(self._in_hand)) if resumed.waiting else []
        for leased in batch:
            task = asyncio.create_task(self._deliver(leased, keys), name=f"delivery {leased.event_id}")
            self._in_hand.add(task)
            task.add_done_callback(self._done)
        return len(batch) or resumed.number

    async def close(self, *, seconds: float = 0.0) -> None:
        """Wait up to `seconds` for started deliveries, then cancel them: another replica resends them later."""
        if self._in_hand:
            await asyncio.wait(set(self._in_hand), timeout=seconds)
        for task in self._in_hand:
            task.cancel()
        await asyncio.gather(*self._in_hand, return_exceptions=True)

    async def in_hand(self) -> None:
        """Wait until all started deliveries are done."""
        while self._in_hand:
            await asyncio.wait(set(self._in_hand))

    def _done(self, task: asyncio.Task[None]) -> None:
        self._in_hand.discard(task)
        self.notifier.deliveries.set()  # the receiver can get its next delivery

    async def _deliver(self, leased: Leased, keys: WebhookKeys) -> None:
        """Make one attempt. An unexpected error puts off this delivery only, so that it cannot stop the others."""
        try:
            try:
                outcome = await self._attempt(leased, keys)
            except errors.Unavailable:
                raise
            except Exception as error:  # noqa: BLE001  -- a bug in the bridge, met by one delivery
                _log.failure("delivery_failed", error, **_keys(leased))
                outcome = DeliveryOutcome(
                    status=None, detail=f"an internal error in the bridge ({type(error).__name__})"
                )
            await self._record(leased, outcome)
        except errors.Unavailable as error:
            # The row is leased again when this lease expires.
            _log.warning("delivery_write_back_failed", **_keys(leased), cause=error.cause)

    async def _attempt(self, leased: Leased, keys: WebhookKeys) -> DeliveryOutcome | None:
        """Send once. Returns None if another replica took the lease, or if what the event is of was deleted."""
        if leased.disabled_reason is not None:
            return DeliveryOutcome(status=None, detail="the endpoint was disabled before delivery")
        body = await self._body(leased)
        if body is None:
            return None
        sending = asyncio.ensure_future(
            self.webhooks.send(
                leased.organization_id,
                leased.url,
                id=body["id"],
                body=event.encode(body),
                secrets=_secrets(leased, keys),
            )
        )
        holding = asyncio.ensure_future(self._hold(leased))
        try:
            await asyncio.wait({sending, holding}, return_when=asyncio.FIRST_COMPLETED)
            return sending.result() if sending.done() else None
        finally:
            for task in (sending, holding):
                task.cancel()
            await asyncio.gather(sending, holding, return_exceptions=True)

    async def _body(self, leased: Leased) -> Json | None:
        """The event with its interaction or thing as it is now; None if that was deleted."""
        if leased.interaction_id is not None:
            row = await self.reader.get(leased.organization_id, leased.interaction_id)
            if row is None:
                return None
            shown = await cards.of_interaction(self.db, leased.organization_id, leased.interaction_id)
            return event.of_interaction(id=leased.event_id, type=leased.type, at=leased.at, row=row, cards=shown)
        noun = NOUNS.get(leased.type.partition(".")[0])
        if noun is None or leased.thing_id is None:
            return None
        data = await reading.resource(self.db, noun, leased.organization_id, leased.thing_id)
        if data is None:
            return None
        return representation.envelope(
            id=leased.event_id, type=leased.type, at=leased.at, data=data, detail=leased.detail or {}
        )

    async def _hold(self, leased: Leased) -> None:
        """Renew the lease until it is lost; while the database is unavailable for a moment, the lease is not lost."""
        while True:
            await asyncio.sleep(self.renew_seconds)
            try:
                if not await deliveries.renew(self.db, leased):
                    return
            except errors.Unavailable as error:
                _log.warning("delivery_renewal_failed", **_keys(leased), cause=error.cause)

    async def _record(self, leased: Leased, outcome: DeliveryOutcome | None) -> None:
        """Write the outcome of an attempt back; None: the lease is lost or the interaction deleted."""
        if outcome is None:
            self._lost(leased)
        elif outcome.delivered:
            await self._accepted(leased, outcome)
        else:
            await self._failed(leased, outcome)

    async def _accepted(self, leased: Leased, outcome: DeliveryOutcome) -> None:
        if not await deliveries.accepted(self.db, leased, outcome=_stored(outcome)):
            self._lost(leased)
            return
        self.metrics.delivered(DeliveryAttempt.ACCEPTED)
        if leased.type in ENDS and leased.interaction_id is not None:
            self.notifier.acknowledge(leased.organization_id, leased.interaction_id)
        _log.info("delivery_accepted", **_keys(leased), status=outcome.status)

    async def _failed(self, leased: Leased, outcome: DeliveryOutcome) -> None:
        """Put the delivery off or give it up; the endpoint may become disabled by that."""
        seconds = None
        if leased.disabled_reason is None:
            seconds = self.pause(leased.failures + 1, chance=self.chance(), retry_after=outcome.retry_after)
        failed = await deliveries.failed(self.db, leased, outcome=_stored(outcome), seconds=seconds, gone=outcome.gone)
        if failed is None:
            self._lost(leased)
            return
        match failed.status:
            case DeliveryStatus.PENDING:
                self.metrics.delivered(DeliveryAttempt.PUT_OFF)
                _log.info("delivery_put_off", **_keys(leased), status=outcome.status, seconds=round(seconds or 0.0))
                if seconds is not None and seconds <= _SOON:
                    asyncio.get_running_loop().call_later(seconds, self.notifier.deliveries.set)
            case DeliveryStatus.DEAD:
                self.metrics.delivered(DeliveryAttempt.GIVEN_UP)
                _log.warning("delivery_given_up", **_keys(leased), status=outcome.status)
            case DeliveryStatus.DELIVERED:
                raise AssertionError("a failed delivery has the status delivered")
            case _:
                assert_never(failed.status)
        if failed.disabled_reason is not None and leased.endpoint_id is not None:
            _log.warning(
                "webhook_endpoint_disabled",
                endpoint=ids.encode("whe", leased.endpoint_id),
                reason=failed.disabled_reason,
            )

    def _lost(self, leased: Leased) -> None:
        """Count and log that another replica has the lease, or that the row was deleted; nothing was written."""
        self.metrics.lease_lost()
        _log.warning("lease_lost", **_keys(leased))


def _stored(outcome: DeliveryOutcome) -> Json:
    """The outcome of an attempt as its row keeps it and the API shows it."""
    return {"status": outcome.status, "detail": outcome.detail}


def _secrets(leased: Leased, keys: WebhookKeys) -> tuple[bytes, ...]:
    if leased.endpoint_id is None or leased.generation is None:
        return outgoing.of_callbacks(keys, leased.organization_id)
    return outgoing.of_endpoint(
        keys,
        leased.organization_id,
        leased.endpoint_id,
        generation=leased.generation,
        overlapping=bool(leased.overlapping),
    )


def _keys(leased: Leased) -> dict[str, object]:
    """The keys of a log line; never the URL, which may contain a secret of the receiver."""
    endpoint = ids.encode("whe", leased.endpoint_id) if leased.endpoint_id else "callback"
    return {"delivery": ids.encode("evt", leased.event_id), "endpoint": endpoint, "attempt": leased.attempt}
