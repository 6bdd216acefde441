"""Take the buttons from notes whose round has ended, and say under each what its thing is now.

lease → read the thing → call Slack → write back if the lease still holds. An edit may be repeated.
"""

import asyncio
from typing import assert_never

from bridge import ids
from bridge.card import blocks
from bridge.card.frame import Drawing
from bridge.logs import Log
from bridge.loops import card_failures, posting_pace
from bridge.loops.call_slots import CallSlots
from bridge.loops.posting_pace import Pace
from bridge.metrics import Metrics
from bridge.slack import errors as slack
from bridge.slack.connections import Installations
from bridge.things.registry import NOUNS
from storage import errors, notes
from storage.model import Handle
from storage.notes import LeasedEdit
from storage.pool import Database

_log = Log("notes")


class NoteEdits:
    """The edits of notes of one replica. `edit` is safe on every replica at once."""

    def __init__(
        self,
        *,
        db: Database,
        installations: Installations,
        metrics: Metrics,
        pace: Pace,
        slots: CallSlots,
        batch: int,
    ) -> None:
        self._db = db
        self._installations = installations
        self._metrics = metrics
        self._pace = pace
        self._slots = slots
        self._batch = batch

    async def edit(self) -> int:
        """Edit the next notes that are due, all of them at once; returns how many."""
        served = self._installations.served
        if not served:
            return 0
        leased = await notes.lease_edits(self._db, served, limit=self._batch)
        await asyncio.gather(*(self._edit(each) for each in leased))
        return len(leased)

    async def _edit(self, leased: LeasedEdit) -> None:
        """Edit one note. An unexpected error gives up this edit only, so that it cannot stop the others."""
        try:
            try:
                await self._try(leased)
            except errors.Unavailable:
                raise
            except Exception as error:  # noqa: BLE001  -- a bug in the bridge, met by one note
                _log.failure("note_failed", error, **_keys(leased))
                await notes.edited(self._db, leased, reason=card_failures.internal_error(error))
        except errors.Unavailable as error:  # it is leased again when this lease expires
            _log.warning("note_write_back_failed", **_keys(leased), cause=error.cause)

    async def _try(self, leased: LeasedEdit) -> None:
        connection_id = leased.scope.connection_id
        client = await self._installations.client(connection_id)
        if isinstance(client, slack.Broken):
            await self._put_off(leased, card_failures.LONG_SECONDS, client)
            return
        drawn = await self._drawn(leased)
        async with self._slots.take(connection_id) as free:
            if paused := self._pace.paused(connection_id, card_failures.EDITS):
                await self._put_off(leased, paused, slack.limited(paused))
                return
            if not free:
                await self._put_off(leased, self._slots.seconds, posting_pace.WAITING_FOR_SLOT)
                return
            response = await client.edit(leased.handle, drawn)
        if isinstance(response, Handle):
            await notes.edited(self._db, leased)
            _log.info("note_edited", **_keys(leased))
        else:
            await self._failed(leased, response)

    async def _drawn(self, leased: LeasedEdit) -> Drawing:
        """The note without buttons, and what its thing is now if this release knows it."""
        noun = NOUNS.get(leased.noun)
        found = await noun.table.get(self._db, leased.scope.organization_id, leased.thing_id) if noun else None
        standing = noun.standing(found) if noun is not None and found is not None else None
        now = [blocks.section(blocks.mrkdwn(standing))] if standing else []
        text = blocks.cut_escaped("\n".join([leased.text, *([standing] if standing else [])]), blocks.MAX_TEXT)
        return Drawing(text=text, blocks=[blocks.section(blocks.mrkdwn(leased.text)), *now])

    async def _failed(self, leased: LeasedEdit, failure: slack.SlackFailure) -> None:
        connection_id = leased.scope.connection_id
        match failure:
            case slack.RetryAfter(seconds=float(seconds)):
                self._pace.pause(connection_id, card_failures.EDITS, seconds)
                await self._put_off(leased, seconds, failure)
            case slack.RetryAfter():
                await self._put_off(leased, card_failures.back_off(leased.failures), failure, failed=True)
            case slack.Broken():
                self._installations.suspend(connection_id, failure)
                await self._put_off(leased, card_failures.LONG_SECONDS, failure)
            case slack.GiveUp() | slack.BadBlocks():  # it is gone, or cannot be edited
                await notes.edited(self._db, leased, reason=slack.reason(failure))
                self._report_given_up(leased, failure.code)
            case _:
                assert_never(failure)

    async def _put_off(
        self, leased: LeasedEdit, seconds: float, why: slack.RetryAfter | slack.Broken, *, failed: bool = False
    ) -> None:
        reason = slack.reason(why)
        if await notes.put_off_edit(self._db, leased, seconds=seconds, reason=reason, failed=failed):
            self._report_given_up(leased, why.code)
            return
        self._metrics.note_put_off(why.code)
        _log.warning("note_put_off", **_keys(leased), code=why.code, seconds=round(seconds, 1))

    def _report_given_up(self, leased: LeasedEdit, code: str) -> None:
        self._metrics.note_given_up(code)
        _log.info("note_not_edited", **_keys(leased), code=code)


def _keys(leased: LeasedEdit) -> dict[str, object]:
    return {"interaction": ids.encode("int", leased.interaction_id), "note": leased.numbers[0]}
