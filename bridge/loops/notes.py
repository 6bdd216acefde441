"""Post notes in the threads of cards: what waits for the same card as one message, and no note twice.

lease → wait for a turn → mark as possibly posted → call Slack → write back if the lease still holds.
A note that Slack may have posted is not sent again: its card shows what it tells, too. One with buttons is a message of
its own; `note_edits` takes them from it when their round has ended.
"""

import asyncio
from typing import Any, assert_never

from bridge import ids
from bridge.card import action_ids, blocks
from bridge.card.frame import Drawing
from bridge.logs import Log
from bridge.loops import card_failures, posting_pace
from bridge.loops.call_slots import CallSlots
from bridge.loops.note_edits import NoteEdits
from bridge.loops.posting_pace import Pace
from bridge.metrics import Metrics
from bridge.notifier import Notifier
from bridge.slack import errors as slack
from bridge.slack.client import Client
from bridge.slack.connections import Installations
from bridge.things import frame
from bridge.things import notes as moves_of
from storage import errors, notes
from storage.model import Handle, Json
from storage.notes import LeasedNotes
from storage.pool import TRY_SECONDS, Database

_log = Log("notes")

BATCH = 10  # cards
_SOON = 0.2  # seconds until another look for notes of a card that is locked at the moment


class Notes:
    """The notes loop of one replica. Its `step` is safe on every replica at once."""

    def __init__(
        self,
        *,
        db: Database,
        installations: Installations,
        notifier: Notifier,
        metrics: Metrics | None = None,
        pace: Pace | None = None,
        slots: CallSlots | None = None,
        batch: int = BATCH,
    ) -> None:
        self._db = db
        self._installations = installations
        self._notifier = notifier
        self._metrics = metrics or Metrics()
        self._pace = pace or Pace()
        self._slots = slots or CallSlots()
        self._batch = batch
        self.edits = NoteEdits(
            db=db, installations=installations, metrics=self._metrics, pace=self._pace, slots=self._slots, batch=batch
        )
        self._timer: asyncio.TimerHandle | None = None

    async def step(self) -> int:
        """Post and edit what waits, if a wake has announced it, else query nothing; returns how many messages it tried.

        Wakes the loop again when the next note can be posted or edited.
        """
        if not self._notifier.take_notes_waiting():
            return 0
        is_done = False
        try:
            posted = await self.post() + await self.edits.edit()
            if not posted:
                is_done = True
                if (seconds := await notes.next_in(self._db, self._installations.served)) is not None:
                    self._wake_in(max(seconds, _SOON))
        finally:
            if not is_done:  # there may be more, or the database failed
                self._notifier.notes_waiting()
        return posted

    async def post(self) -> int:
        """Lease the next notes of up to `batch` cards, and post all of them at once; returns how many cards."""
        served = self._installations.served
        if not served:
            return 0
        leased, abandoned = await notes.lease(self._db, served, limit=self._batch, seconds=TRY_SECONDS)
        for note in abandoned:
            self._metrics.note_given_up(note.code)
            _log.info("note_abandoned", interaction=ids.encode("int", note.interaction_id), code=note.code)
        await asyncio.gather(*(self._post(each) for each in leased))
        return len(leased) + bool(abandoned)

    def _wake_in(self, seconds: float) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._timer = asyncio.get_running_loop().call_later(seconds, self._notifier.notes_waiting)

    async def _post(self, leased: LeasedNotes) -> None:
        """Post one message. An unexpected error gives up these notes only, so that it cannot stop the others."""
        try:
            try:
                await self._try(leased)
            except errors.Unavailable:
                raise
            except Exception as error:  # noqa: BLE001  -- a bug in the bridge, met by notes of one card
                _log.failure("note_failed", error, **_keys(leased))
                reason = card_failures.internal_error(error)
                self._metrics.note_given_up(reason["code"])
                await notes.give_up(self._db, leased, reason=reason, unsure=True)
        except errors.Unavailable as error:
            # Notes that Slack was not called for are leased again when this lease expires.
            _log.warning("note_write_back_failed", **_keys(leased), cause=error.cause)

    async def _try(self, leased: LeasedNotes) -> None:
        connection_id = leased.scope.connection_id
        client = await self._installations.client(connection_id)
        if isinstance(client, slack.Broken):
            await self._put_off(leased, card_failures.LONG_SECONDS, client)
            return
        destination = posting_pace.destination(leased.address)  # as of cards, which notes share the rate with
        if not await posting_pace.wait_for_turn(self._db, self._pace, leased.scope, destination):
            await self._wait(leased, destination)
            return
        async with self._slots.take(connection_id) as free:
            # Other calls were made during the waits: Slack may have refused the token, or asked for a pause.
            if (broken := self._installations.suspended(connection_id)) is not None:
                await self._put_off(leased, card_failures.LONG_SECONDS, broken)
                return
            if not free or self._pace.paused(connection_id, destination):
                await self._wait(leased, destination)
                return
            if not await notes.mark_maybe_sent(self._db, leased):
                self._metrics.lease_lost()
                return
            response = await _sent(client, leased)
        if isinstance(response, Handle):
            await self._posted(leased, response)
        else:
            await self._failed(leased, response, destination)

    async def _posted(self, leased: LeasedNotes, handle: Handle) -> None:
        await notes.sent(self._db, leased, handle)
        self._metrics.note_posted()
        _log.info("note_posted", **_keys(leased), channel=handle.channel, ts=handle.ts, number=len(leased.numbers))

    async def _failed(self, leased: LeasedNotes, failure: slack.SlackFailure, destination: str) -> None:
        connection_id = leased.scope.connection_id
        match failure:
            case slack.RetryAfter(seconds=float(seconds)):  # a pause that Slack asks for holds for cards as well
                self._pace.pause(connection_id, destination, seconds)
                await posting_pace.shared_pause(self._db, leased.scope, destination, seconds)
                await self._put_off(leased, seconds, failure)
            case slack.RetryAfter(ambiguous=True):
                await self._give_up(leased, failure, unsure=True)
            case slack.RetryAfter():
                await self._put_off(leased, card_failures.back_off(leased.failures), failure, failed=True)
            case slack.Broken():
                self._installations.suspend(connection_id, failure)
                await self._put_off(leased, card_failures.LONG_SECONDS, failure)
            case slack.GiveUp() | slack.BadBlocks():
                await self._give_up(leased, failure, unsure=False)
            case _:
                assert_never(failure)

    async def _wait(self, leased: LeasedNotes, destination: str) -> None:
        """Release notes that have no turn."""
        connection_id = leased.scope.connection_id
        paused = self._pace.paused(connection_id, destination)
        seconds = self._pace.later(connection_id, destination)
        await notes.put_off(
            self._db,
            leased,
            seconds=seconds,
            reason=slack.reason(slack.limited(paused) if paused else posting_pace.WAITING_FOR_TURN),
            failed=False,
        )

    async def _put_off(
        self, leased: LeasedNotes, seconds: float, why: slack.RetryAfter | slack.Broken, *, failed: bool = False
    ) -> None:
        is_given_up = await notes.put_off(self._db, leased, seconds=seconds, reason=slack.reason(why), failed=failed)
        if is_given_up:
            self._report_given_up(leased, why)
            return
        self._metrics.note_put_off(why.code)
        _log.warning("note_put_off", **_keys(leased), code=why.code, seconds=round(seconds, 1))

    async def _give_up(self, leased: LeasedNotes, failure: slack.SlackFailure, *, unsure: bool) -> None:
        reason: Json = slack.reason(failure)
        if unsure:
            reason |= {"detail": f"{failure.detail} It may have been posted, so it is not sent again.", "fix": ""}
        await notes.give_up(self._db, leased, reason=reason, unsure=unsure)
        self._report_given_up(leased, failure)

    def _report_given_up(self, leased: LeasedNotes, failure: slack.SlackFailure) -> None:
        self._metrics.note_given_up(failure.code)
        _log.info("note_given_up", **_keys(leased), code=failure.code, detail=failure.detail)


async def _sent(client: Client, leased: LeasedNotes) -> Handle | slack.SlackFailure:
    """Post the notes as one message in the thread of their card."""
    text = "\n".join(leased.texts)
    address: dict[str, Any] = {"channel": leased.handle.channel, "thread_ts": leased.thread_ts}
    drawn = [blocks.section(blocks.mrkdwn(text))]
    if leased.round_id is not None:
        value = action_ids.thing(leased.noun, leased.thing_id)
        drawn.append(frame.buttons(leased.round_id, action_ids.NOTE, moves_of.moves(leased.buttons), value=value))
    return await client.post(address, Drawing(text=text, blocks=drawn))


def _keys(leased: LeasedNotes) -> dict[str, object]:
    return {"interaction": ids.encode("int", leased.interaction_id), "note": leased.numbers[0]}
