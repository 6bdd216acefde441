"""Record a card that could not be posted or edited: retried later, or given up, with the reason in its row."""

import math
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, assert_never

from bridge import ids
from bridge.logs import Log
from bridge.loops import posting_pace
from bridge.loops.posting_pace import Pace
from bridge.metrics import Metrics
from bridge.notifier import Notifier
from bridge.slack import errors as slack
from bridge.slack.connections import Installations
from bridge.slack.expected_edits import ExpectedEdits
from bridge.slack.message_cache import MessageCache
from storage import cards, interactions
from storage.model import Card, Json, Status
from storage.pool import Database

_log = Log("cards")

EDITS = "chat.update"  # the destination of all edits: Slack limits them by method and workspace, not by channel
_BACK_OFF = (1.0, 3.0, 10.0, 30.0, 60.0, 300.0)  # seconds, by failures in a row
LONG_SECONDS = _BACK_OFF[-1]  # while a person must repair something first
_LASTING: Final = frozenset({"card_gone", "card_frozen"})  # a refused edit with another code may succeed once mended
_REFUSED_MIN = 60.0  # seconds until a refused edit is tried again, see _again
_REFUSED_MAX = 86_400.0
REFUSED_FOR = timedelta(days=7)  # after the end of the interaction a refused edit is given up
_GONE = frozenset({"card_gone", "channel_not_found", "channel_archived", "user_not_found", "workspace_not_granted"})
"""The codes of a refused edit after which no person is known to see the card with buttons that work."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CardFailures:
    """Records the failures of one replica's card loop. A write has effect only while the card's lease holds."""

    db: Database
    installations: Installations
    expected: ExpectedEdits
    message_cache: MessageCache
    notifier: Notifier
    metrics: Metrics
    pace: Pace

    async def put_off(self, card: Card, seconds: float, why: slack.RetryAfter | slack.Broken) -> None:
        """Release a card for which Slack was not called. Its timeline shows why, unless it only waits for its turn."""
        event_id = None if why.code == posting_pace.WAITING_FOR_TURN.code else ids.new()
        await cards.retry(
            self.db,
            card,
            seconds=seconds,
            reason=reason(card, why),
            failed=False,
            unsure=False,
            event_id=event_id,
        )
        self._not_edited(card, seconds)

    async def mistake(self, card: Card, error: BaseException, *, unsure: bool) -> None:
        """Record a bug in the bridge. `unsure`: the card may have been posted all the same."""
        _log.failure("card_failed", error, **_keys(card))
        self._not_edited(card, back_off(card.failures))
        seconds, why = back_off(card.failures), internal_error(error)
        self.metrics.put_off(why["code"])
        await cards.retry(self.db, card, seconds=seconds, reason=why, failed=True, unsure=unsure, event_id=ids.new())

    async def failed(
        self,
        card: Card,
        failure: slack.SlackFailure,
        destination: str,
        *,
        settles: bool,
        ended_at: datetime | None,
        newly_marked: bool = False,
    ) -> None:
        """Record a failed call; a pause that Slack asks for holds for `destination`.

        `newly_marked` is what `cards.mark_maybe_shown` returned before the call. `settles`: the call was to show an
        end, of `ended_at`. While people can still answer, an edit is tried again unless its refusal says that the card
        is gone.
        """
        is_pending = not settles and card.ts is not None
        match failure:
            case slack.RetryAfter(seconds=float(seconds)):  # Slack asked for a pause: not a failure of this card
                self.pace.pause(card.connection_id, destination, seconds)
                if destination != EDITS:
                    await posting_pace.shared_pause(self.db, card.scope, destination, seconds)
                await self._retry(card, failure, seconds=seconds, failed=False, newly_marked=newly_marked)
            case slack.RetryAfter(ambiguous=unsure):
                seconds = back_off(card.failures)
                await self._retry(card, failure, seconds=seconds, failed=True, unsure=unsure, newly_marked=newly_marked)
            case slack.Broken():
                self.installations.suspend(card.connection_id, failure)
                if card.ts is None:
                    await self.give_up(card, failure, newly_marked=newly_marked)
                else:  # the card is posted, so its edit waits until a person repairs the installation
                    await self._retry(card, failure, seconds=LONG_SECONDS, failed=False)
            case slack.GiveUp() | slack.BadBlocks() if is_pending and failure.code not in _GONE:
                await self._retry(card, failure, seconds=LONG_SECONDS, failed=False)
            case slack.GiveUp() if (again := _again(card, failure, ended_at)) is not None:
                await self._retry(card, failure, seconds=again, failed=True)
            case slack.GiveUp() | slack.BadBlocks():
                await self.give_up(card, failure, newly_marked=newly_marked)
            case _:
                assert_never(failure)

    async def give_up(self, card: Card, failure: slack.SlackFailure, *, newly_marked: bool = False) -> None:
        """Stop trying to post or edit a card; the interaction ends if none of its cards can be shown."""
        self._not_edited(card, math.inf)
        self.metrics.given_up(failure.code)
        _log.warning("card_given_up", **_keys(card), code=failure.code, detail=failure.detail)
        status = await cards.give_up(
            self.db,
            card,
            reason=reason(card, failure),
            event_id=ids.new(),
            newly_marked=newly_marked,
            gone=failure.code in _GONE,
        )
        if card.handle is not None:
            self.message_cache.settled(
                card.scope, card.interaction_id, card.handle
            )  # the card will never be edited again
        if status is Status.UNREACHABLE:
            self.metrics.ended(status)
            _log.warning("interaction_unreachable", interaction=ids.encode("int", card.interaction_id))
        self.notifier.interaction_changed(card.organization_id, card.interaction_id)

    async def close(self, card: Card, failure: slack.GiveUp) -> None:
        """End the interaction of a posted card that no person who sees it can answer, and release the card.

        Its cards then say so.
        """
        why = reason(card, failure)
        closed = await interactions.close_unreachable(
            self.db, card.organization_id, card.interaction_id, reason=why, event_id=ids.new()
        )
        if closed:
            self.metrics.ended(Status.UNREACHABLE)
            _log.warning("interaction_unreachable", interaction=ids.encode("int", card.interaction_id))
            self.notifier.interaction_changed(card.organization_id, card.interaction_id)
            self.notifier.cards.set()
        await cards.retry(self.db, card, seconds=0.0, reason=why, failed=False, unsure=False, event_id=None)

    async def _retry(
        self,
        card: Card,
        failure: slack.SlackFailure,
        *,
        seconds: float,
        failed: bool,
        unsure: bool = False,
        newly_marked: bool = False,
    ) -> None:
        self.metrics.put_off(failure.code)
        _log.warning("card_put_off", **_keys(card), code=failure.code, seconds=round(seconds, 1))
        await cards.retry(
            self.db,
            card,
            seconds=seconds,
            reason=reason(card, failure),
            failed=failed,
            unsure=unsure and card.ts is None,
            newly_marked=newly_marked,
            event_id=ids.new(),
        )
        self._not_edited(card, seconds)  # after the write, so that the timeline has why before the clicker is told

    def _not_edited(self, card: Card, seconds: float) -> None:
        """Have a click on this card answered in another way if the next try would be too late for it."""
        if card.handle is not None:
            self.expected.not_edited(card.connection_id, card.handle, seconds=seconds)


def internal_error(error: BaseException) -> Json:
    """The reason that agents get for a bug in the bridge."""
    detail = f"An internal error in the bridge ({type(error).__name__})."
    return {"code": "internal_error", "detail": detail, "fix": ""}


def back_off(failures: int) -> float:
    """Seconds until the next try after so many failed ones in a row."""
    return _BACK_OFF[min(failures, len(_BACK_OFF) - 1)]


def _again(card: Card, failure: slack.GiveUp, ended_at: datetime | None) -> float | None:
    """Seconds until a refused edit of an end is tried again, in case its cause is mended; None if it is given up.

    After as long again as the interaction has ended by now, between a minute and a day. A person who invites the app
    ten minutes after a click sees the card change within ten more, and a week of refusals takes about 17 calls.
    """
    if card.ts is None or ended_at is None or failure.code in _LASTING:
        return None
    age = card.due_at - ended_at
    return min(max(age.total_seconds(), _REFUSED_MIN), _REFUSED_MAX) if age < REFUSED_FOR else None


def reason(card: Card, failure: slack.SlackFailure) -> Json:
    """The reason that agents get: names the destination, and has a fix of its own for a person's id."""
    found, destination = slack.reason(failure), posting_pace.destination(card.address)
    if not found["detail"].startswith(destination):
        found["detail"] = f"{destination}: {found['detail']}"
    if failure.code == "channel_not_found" and "user" in card.address:
        found["fix"] = "Check the user id (U…), and that this person is an active member of the workspace."
    return found


def _keys(card: Card) -> dict[str, object]:
    return {"interaction": ids.encode("int", card.interaction_id), "card": card.ordinal - 1, "attempt": card.attempt}
