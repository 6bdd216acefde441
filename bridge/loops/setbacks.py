"""What becomes of a copy of a card that cannot be shown: tried again in a while, or given up, and why, in the row."""

from dataclasses import dataclass
from typing import assert_never

from bridge import ids
from bridge.handles import Handles
from bridge.logs import Log
from bridge.loops import pace
from bridge.loops.pace import Pace
from bridge.metrics import Metrics
from bridge.slack import errors as slack
from bridge.slack.connections import Installations
from bridge.wake import Wake
from storage import cards
from storage.model import Card, Json, Status
from storage.pool import Database

_log = Log("cards")

EDITS = "chat.update"  # in the place of a channel: edits are limited by method and workspace
_BACK_OFF = (1.0, 3.0, 10.0, 30.0, 60.0, 300.0)  # seconds, by failures in a row
LONG_SECONDS = _BACK_OFF[-1]  # for what somebody must mend first


@dataclass(frozen=True, slots=True, kw_only=True)
class Setbacks:
    """What the card loop of one replica does about them. Every one is written under the fence of the copy's lease."""

    db: Database
    installations: Installations
    handles: Handles
    wake: Wake
    metrics: Metrics
    pace: Pace

    async def put_off(self, card: Card, seconds: float) -> None:
        """Let go of a copy that nothing was tried for."""
        await cards.retry(self.db, card, seconds=seconds, reason=None, failed=False, unsure=False)

    async def mistake(self, card: Card, error: BaseException, *, unsure: bool) -> None:
        """Something in the bridge is wrong; `unsure`: a card may be on a screen all the same."""
        _log.failure("card_failed", error, **_keys(card))
        self.metrics.put_off("internal_error")
        reason = {"code": "internal_error", "detail": f"A mistake in the bridge ({type(error).__name__}).", "fix": ""}
        await cards.retry(self.db, card, seconds=_back_off(card), reason=reason, failed=True, unsure=unsure)

    async def failed(self, card: Card, failure: slack.Failure, place: str, *, doubted: bool = False) -> None:
        """Slack did not take it; a pause that it asks for counts for `place`. `doubted`: see `mark_maybe_shown`."""
        match failure:
            case slack.RetryAfter(seconds=float(seconds)):  # Slack asked for a pause: no failure of this copy
                self.pace.pause(card.connection_id, place, seconds)
                if place != EDITS:
                    await pace.shared_pause(self.db, card.scope, place, seconds)
                await self._retry(card, failure, seconds=seconds, failed=False, doubted=doubted)
            case slack.RetryAfter(ambiguous=unsure):
                seconds = _back_off(card)
                await self._retry(card, failure, seconds=seconds, failed=True, unsure=unsure, doubted=doubted)
            case slack.Broken():
                self.installations.suspend(card.connection_id, failure)
                if card.ts is None:
                    await self.give_up(card, failure, doubted=doubted)
                else:  # it stays on a screen, so it waits for whoever mends the installation
                    await self._retry(card, failure, seconds=LONG_SECONDS, failed=False)
            case slack.GiveUp() | slack.BadBlocks():
                await self.give_up(card, failure, doubted=doubted)
            case _:
                assert_never(failure)

    async def give_up(self, card: Card, failure: slack.Failure, *, doubted: bool = False) -> None:
        """Nobody will ever see this copy as it should be; if that was the last hope of its question, it ends."""
        self.metrics.given_up(failure.code)
        _log.warning("card_given_up", **_keys(card), code=failure.code, detail=failure.detail)
        status = await cards.give_up(
            self.db, card, reason=_reason(card, failure), event_id=ids.new(), newly_marked=doubted
        )
        if card.handle is not None:
            self.handles.settled(card.scope, card.interaction_id, card.handle)  # it will never be edited
        if status is Status.UNREACHABLE:
            self.metrics.ended(status)
            _log.warning("interaction_unreachable", interaction=ids.encode("int", card.interaction_id))
        self.wake.changed(card.organization_id, card.interaction_id)

    async def _retry(
        self,
        card: Card,
        failure: slack.Failure,
        *,
        seconds: float,
        failed: bool,
        unsure: bool = False,
        doubted: bool = False,
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
            newly_marked=doubted,
        )


def place(card: Card) -> str:
    """Where Slack counts what is posted: a channel, or a person's."""
    return str(card.address.get("user") or card.address.get("channel"))


def _back_off(card: Card) -> float:
    return _BACK_OFF[min(card.failures, len(_BACK_OFF) - 1)]


def _reason(card: Card, failure: slack.Failure) -> Json:
    """Why, as agents are told: at which address; and a person's id is not looked for like a channel's."""
    reason = slack.reason(failure)
    reason["detail"] = f"{place(card)}: {reason['detail']}"
    if failure.code == "channel_not_found" and "user" in card.address:
        reason["fix"] = "Check the user's id (U…), and that this person is an active member of the workspace."
    return reason


def _keys(card: Card) -> dict[str, object]:
    return {"interaction": ids.encode("int", card.interaction_id), "card": card.ordinal - 1, "attempt": card.attempt}
