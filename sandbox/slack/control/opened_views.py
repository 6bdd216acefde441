"""Waits for the view that an app opens with the trigger_id of one interaction."""

import asyncio
from dataclasses import dataclass

from sandbox.slack.changes import Changes
from sandbox.slack.fields import Fields
from sandbox.slack.model import Json
from sandbox.slack.views import shapes
from sandbox.slack.views.stacks import Views
from sandbox.slack.world import World

MAX_WAIT = 3.0  # seconds, as long as a trigger_id lives


def seconds_to_wait(fields: Fields) -> float | None:
    """How long the field `wait_view` asks to wait; None if it is not there."""
    return fields.number("wait_view", default=0, maximum=MAX_WAIT) if "wait_view" in fields else None


@dataclass(frozen=True, kw_only=True)
class OpenedViews:
    """The views that were opened or pushed with a trigger_id."""

    world: World
    views: Views
    changes: Changes

    async def added(self, result: Json, seconds: float | None) -> Json:
        """The result of an interaction, and unless `seconds` is None the view that was opened with its trigger_id."""
        if seconds is None:
            return result
        return result | {"view": await self.wait(result["payload"]["trigger_id"], seconds=seconds)}

    async def wait(self, trigger_id: str, *, seconds: float) -> Json | None:
        """The view in Slack's shape, as soon as it is there; None if it is not there after `seconds`, or closed."""
        loop = asyncio.get_running_loop()
        end = loop.time() + seconds
        while (view_id := self.views.triggers.opened_by(trigger_id)) is None:
            before = self.changes.version
            if await self.changes.wait(after=before, timeout=max(0.0, end - loop.time())) <= before:
                return None
        view = self.views.find(view_id)
        return None if view is None else shapes.view(view, self.views, self.world)
