"""Lines of requests: one change wakes the first, who hands over to the next."""

import asyncio

from bridge import ids
from bridge.waiting_lines import WaitingLines

OURS, OTHERS = ids.new(), ids.new()


async def test_a_change_wakes_the_first_of_each_line_of_its_organization() -> None:
    lines = WaitingLines(look_seconds=60)
    with (
        lines.waiting(OURS, "a") as first,
        lines.waiting(OURS, "a") as second,
        lines.waiting(OURS, "b") as elsewhere,
        lines.waiting(OTHERS, "a") as foreign,
    ):
        lines.wake(OURS)
        assert [signal.is_set() for signal in (first, second, elsewhere, foreign)] == [True, False, True, False]
        lines.wake_all()
        assert foreign.is_set() and not second.is_set()
        lines.end()
        assert second.is_set()
    lines.wake(OURS)
    assert not [*lines.signals()]


async def test_the_first_that_leaves_wakes_the_next_and_another_wakes_none() -> None:
    lines = WaitingLines(look_seconds=60)
    first, second, third = (lines.waiting(OURS, "a") for _ in range(3))
    first.__enter__()
    signals = [second.__enter__(), third.__enter__()]

    second.__exit__(None, None, None)
    assert not signals[1].is_set()
    first.__exit__(None, None, None)
    assert signals[1].is_set()
    third.__exit__(None, None, None)


async def test_the_first_looks_now_and_then_without_a_wake() -> None:
    lines = WaitingLines(look_seconds=0.01)
    with lines.waiting(OURS, "a") as first, lines.waiting(OURS, "a") as second:
        for _ in range(2):
            async with asyncio.timeout(5):
                await first.wait()
            first.clear()
        assert not second.is_set()
    with lines.waiting(OURS, "a") as again:
        async with asyncio.timeout(5):
            await again.wait()
