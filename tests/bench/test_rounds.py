import asyncio
from collections.abc import Awaitable, Callable
from functools import partial

from bench import rounds


async def test_every_contender_has_its_turn_in_every_round_and_none_is_always_first() -> None:
    order: list[str] = []

    def turn(name: str) -> Callable[[], Awaitable[int]]:
        async def taken() -> int:
            order.append(name)
            return order.count(name)

        return taken

    values = await rounds.interleaved(3, {name: turn(name) for name in "abc"})

    assert values == {"a": [1, 2, 3], "b": [1, 2, 3], "c": [1, 2, 3]}
    assert "".join(order) == "abcbcacab"


async def test_so_many_are_in_flight_and_never_more() -> None:
    now, highest = 0, 0

    async def work() -> None:
        nonlocal now, highest
        now += 1
        highest = max(highest, now)
        await asyncio.sleep(0)
        now -= 1

    took = await rounds.each([work] * 50, in_flight=4)

    assert highest == 4
    assert len(took) == 50


async def test_what_is_timed_is_in_milliseconds() -> None:
    took = await rounds.timed(partial(asyncio.sleep, 0.02))

    assert 19 <= took < 5_000  # at least the time slept, less one tick of the clock
