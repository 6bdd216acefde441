"""trigger_ids: what an interaction gives an app to open or push one view within three seconds."""

import re
import secrets
from collections.abc import Callable
from dataclasses import dataclass, replace

from sandbox.slack.errors import SlackError

LIFETIME = 3.0
MAX_KEPT = 1_000  # an older trigger_id is answered as an unknown one
_FORM = re.compile(r"\d+\.\d+\.[0-9a-f]+")


@dataclass(frozen=True, kw_only=True)
class Trigger:
    """One trigger_id: whose app received it, who made the interaction, and where.

    `view_id` is the view in which the interaction was, None outside of views. `opened` is the view for which the
    trigger_id has been used.
    """

    bot_user_id: str
    user: str
    made_at: float
    view_id: str | None = None
    channel: str | None = None
    opened: str | None = None


class Triggers:
    """The trigger_ids given out so far. Each opens or pushes one view."""

    def __init__(self, *, now: Callable[[], float], new_ts: Callable[[], str]) -> None:
        self._now = now
        self._new_ts = new_ts
        self._given: dict[str, Trigger] = {}

    def give(self, *, bot_user_id: str, user: str, view_id: str | None = None, channel: str | None = None) -> str:
        trigger_id = f"{self._new_ts()}.{secrets.token_hex(16)}"
        self._given[trigger_id] = Trigger(
            bot_user_id=bot_user_id, user=user, made_at=self._now(), view_id=view_id, channel=channel
        )
        if len(self._given) > MAX_KEPT:
            del self._given[next(iter(self._given))]
        return trigger_id

    def usable(self, trigger_id: str, *, bot_user_id: str) -> Trigger:
        """The trigger, which stays usable until `use`; raises SlackError unless this bot may use it now."""
        trigger = self._given.get(trigger_id) if _FORM.fullmatch(trigger_id) else None
        if trigger is None or trigger.bot_user_id != bot_user_id:
            raise SlackError("invalid_trigger_id")
        if trigger.opened is not None:
            raise SlackError("exchanged_trigger_id")
        if self._now() - trigger.made_at > LIFETIME:
            raise SlackError("expired_trigger_id")
        return trigger

    def use(self, trigger_id: str, *, view_id: str) -> None:
        self._given[trigger_id] = replace(self._given[trigger_id], opened=view_id)

    def opened_by(self, trigger_id: str) -> str | None:
        """The id of the view that was opened or pushed with this trigger_id."""
        trigger = self._given.get(trigger_id)
        return None if trigger is None else trigger.opened
