"""Changes of things whose backend is terminated at each of their steps in turn."""

from collections.abc import Awaitable, Callable
from typing import TypeVar

from storage import errors
from storage.pool import Database
from tests.bridge.things.agreement import agree
from tests.bridge.things.steps import Stepped

T = TypeVar("T")


async def dies_everywhere(
    db: Database,
    dsn: str,
    prepare: Callable[[int], Awaitable[T]],
    act: Callable[[Database, T], Awaitable[object]],
    again: Callable[[T], Awaitable[object]],
    *,
    cards: bool = True,
) -> list[str]:
    """Run `act` with its backend terminated at each point in turn, then `again`; returns the points."""
    points: list[str] = []
    while True:
        state = await prepare(len(points))
        dying = Stepped(db, kill_at=len(points), dsn=dsn)
        try:
            await act(dying, state)
        except errors.Unavailable:
            assert dying.killed_at
        if not dying.killed_at:
            return points
        points.append(dying.killed_at)
        await agree(db, cards=cards)
        await again(state)
        await agree(db, cards=cards)
