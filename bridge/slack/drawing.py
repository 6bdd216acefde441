"""Draws cards and pages outside the event loop: a batch of long ones takes longer than a click may wait."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any, Final, TypeVar

from bridge.card.frame import CardView, Drawing
from bridge.kinds.registry import KINDS
from bridge.things.contract import Noun, ThingView

T = TypeVar("T")

THREAD: Final = ThreadPoolExecutor(max_workers=1, thread_name_prefix="draw")  # of all replicas in this process


async def draw(view: CardView) -> Drawing:
    """Draw a card of a kind that this release knows; raises what the kind raises."""
    return await in_thread(partial(KINDS[view.interaction.kind].draw, view))


async def draw_thing(noun: Noun[Any], view: ThingView[Any]) -> Drawing:
    """Draw a card of a thing; raises what its noun raises."""
    return await in_thread(partial(noun.card, view))


async def in_thread(make: Callable[[], T]) -> T:
    """Return what `make` returns, which runs in the one thread that draws; raises what it raises."""
    return await asyncio.get_running_loop().run_in_executor(THREAD, make)
