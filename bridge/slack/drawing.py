"""Draws cards outside the event loop: a batch of long cards takes longer than a click may wait."""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from typing import Final

from bridge.card.frame import CardView, Drawing
from bridge.kinds.registry import KINDS

THREAD: Final = ThreadPoolExecutor(max_workers=1, thread_name_prefix="draw")  # of all replicas in this process


async def draw(view: CardView) -> Drawing:
    """Draw a card of a kind that this release knows; raises what the kind raises."""
    return await asyncio.get_running_loop().run_in_executor(THREAD, KINDS[view.interaction.kind].draw, view)
