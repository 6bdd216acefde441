"""Waits for the view that an app opens with the trigger_id of one interaction."""

import asyncio
from dataclasses import dataclass

from sandbox.slack.changes import Changes
from sandbox.slack.model import Json
from sandbox.slack.views import shapes
from sandbox.slack.views.stacks import Views
from sandbox.slack.world import World

MAX_WAIT = 3.0  # seconds, as long as a trigger_id lives


@dataclass(frozen=True, kw_only=True)
class OpenedViews:
    """The views that were opened or pushed with a trigger_id."""

    world: World
    views: Views
    changes: Changes

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
