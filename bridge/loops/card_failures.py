"""Record a card that could not be posted or edited: retried later, or given up, with the reason in its row."""

from dataclasses import dataclass
from typing import assert_never

from bridge import ids
from bridge.logs import Log
from bridge.loops import posting_pace
from bridge.loops.posting_pace import Pace
from bridge.metrics import Metrics
from bridge.notifier import Notifier
from bridge.slack import errors as slack
from bridge.slack.connections import Installations
from bridge.slack.message_cache import MessageCache
from storage import cards
from storage.model import Card, Json, Status
from storage.pool import Database

_log = Log("cards")

EDITS = "chat.update"  # the destination of all edits: Slack limits them by method and workspace, not by channel
_BACK_OFF = (1.0, 3.0, 10.0, 30.0, 60.0, 300.0)  # seconds, by failures in a row
LONG_SECONDS = _BACK_OFF[-1]  # while a person must repair something first


@dataclass(frozen=True, slots=True, kw_only=True)
class CardFailures:
    """Records the failures of one replica's card loop. A write has effect only while the card's lease holds."""

    db: Database
    installations: Installations
    message_cache: MessageCache
    notifier: Notifier
    metrics: Metrics
    pace: Pace

    async def put_off(self, card: Card, seconds: float, why: slack.RetryAfter | slack.Broken) -> None:
        """Release a card for which Slack was not called. Its timeline shows why, unless it only waits for its turn."""
        event_id = None if why.code == posting_pace.waiting_for_turn().code else ids.new()
        await cards.retry(
            self.db,
            card,
            seconds=seconds,
            reason=_reason(card, why),
            failed=False,
            unsure=False,
            event_id=event_id,
        )

    async def mistake(self, card: Card, error: BaseException, *, unsure: bool) -> None:
        """Record a bug in the bridge. `unsure`: the card may have been posted all the same."""
        _log.failure("card_failed", error, **_keys(card))
        self.metrics.put_off("internal_error")
        reason = {"code": "internal_error", "detail": f"A mistake in the bridge ({type(error).__name__}).", "fix": ""}
        await cards.retry(
            self.db, card, seconds=_back_off(card), reason=reason, failed=True, unsure=unsure, event_id=ids.new()
        )

    async def failed(
        self, card: Card, failure: slack.SlackFailure, destination: str, *, newly_marked: bool = False
    ) -> None:
        """Record a failed call; a pause that Slack asks for holds for `destination`.

        `newly_marked` is what `cards.mark_maybe_shown` returned before the call.
        """
        match failure:
            case slack.RetryAfter(seconds=float(seconds)):  # Slack asked for a pause: not a failure of this card
                self.pace.pause(card.connection_id, destination, seconds)
                if destination != EDITS:
                    await posting_pace.shared_pause(self.db, card.scope, destination, seconds)
                await self._retry(card, failure, seconds=seconds, failed=False, newly_marked=newly_marked)
            case slack.RetryAfter(ambiguous=unsure):
                seconds = _back_off(card)
                await self._retry(card, failure, seconds=seconds, failed=True, unsure=unsure, newly_marked=newly_marked)
            case slack.Broken():
                self.installations.suspend(card.connection_id, failure)
                if card.ts is None:
                    await self.give_up(card, failure, newly_marked=newly_marked)
                else:  # the card is posted, so its edit waits until a person repairs the installation
                    await self._retry(card, failure, seconds=LONG_SECONDS, failed=False)
            case slack.GiveUp() | slack.BadBlocks():
                await self.give_up(card, failure, newly_marked=newly_marked)
            case _:
                assert_never(failure)

    async def give_up(self, card: Card, failure: slack.SlackFailure, *, newly_marked: bool = False) -> None:
        """Stop trying to post or edit a card; the interaction ends if none of its cards can be shown."""
        self.metrics.given_up(failure.code)
        _log.warning("card_given_up", **_keys(card), code=failure.code, detail=failure.detail)
        status = await cards.give_up(
            self.db, card, reason=_reason(card, failure), event_id=ids.new(), newly_marked=newly_marked
        )
        if card.handle is not None:
            self.message_cache.settled(
                card.scope, card.interaction_id, card.handle
            )  # the card will never be edited again
        if status is Status.UNREACHABLE:
            self.metrics.ended(status)
            _log.warning("interaction_unreachable", interaction=ids.encode("int", card.interaction_id))
        self.notifier.interaction_changed(card.organization_id, card.interaction_id)

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
            reason=_reason(card, failure),
            failed=failed,
            unsure=unsure and card.ts is None,
            newly_marked=newly_marked,
            event_id=ids.new(),
        )


def destination(card: Card) -> str:
    """The id of the channel or person of a card's address: Slack limits the rate of posts for each."""
    return str(card.address.get("user") or card.address.get("channel"))


def _back_off(card: Card) -> float:
    return _BACK_OFF[min(card.failures, len(_BACK_OFF) - 1)]


def _reason(card: Card, failure: slack.SlackFailure) -> Json:
    """The reason that agents get: names the destination, and has a fix of its own for a person's id."""
    reason = slack.reason(failure)
    reason["detail"] = f"{destination(card)}: {reason['detail']}"
    if failure.code == "channel_not_found" and "user" in card.address:
        reason["fix"] = "Check the user's id (U…), and that this person is an active member of the workspace."
    return reason


def _keys(card: Card) -> dict[str, object]:
    return {"interaction": ids.encode("int", card.interaction_id), "card": card.ordinal - 1, "attempt": card.attempt}
