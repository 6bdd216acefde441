"""How a loop runs: at once while there is work, soon after a wake, slower after failures, and to the end of a pass."""

import asyncio
import io
import json
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from typing import Any

import pytest

from bridge.loops import runner
from bridge.loops.runner import Loop
from storage.errors import Failure, Unavailable
from tests.bridge import virtual


@dataclass
class Step:
    """A pass that answers as planned and notes when it was made; after the plan it finds nothing."""

    plan: list[int | Exception] = field(default_factory=list)
    at: list[float] = field(default_factory=list)

    async def __call__(self) -> int:
        self.at.append(asyncio.get_running_loop().time())
        outcome = self.plan.pop(0) if self.plan else 0
        if isinstance(outcome, Exception):
            raise outcome
        return outcome


Story = Callable[[Loop, asyncio.Event], Coroutine[Any, Any, None]]


def run(step: Callable[[], Coroutine[Any, Any, int]], story: Story, *, interval: float = 10.0) -> Loop:
    """Run a loop in virtual time while the story goes on, then stop it; it must end at once."""
    loop = Loop(name="test", step=step, interval=interval)

    async def main() -> None:
        stopping = asyncio.Event()
        running = asyncio.create_task(runner.run(loop, stopping))
        await story(loop, stopping)
        stopping.set()
        stopped_at = asyncio.get_running_loop().time()
        await running
        assert asyncio.get_running_loop().time() == stopped_at

    virtual.run(main)
    return loop


def test_while_there_is_work_the_next_pass_comes_at_once() -> None:
    step = Step([3, 2, 1])

    async def story(loop: Loop, stopping: asyncio.Event) -> None:
        await asyncio.sleep(1.0)

    run(step, story)

    assert step.at == [0.0, 0.0, 0.0, 0.0]


def test_without_work_a_pass_comes_every_interval_or_so() -> None:
    step = Step()

    async def story(loop: Loop, stopping: asyncio.Event) -> None:
        await asyncio.sleep(1000.0)

    run(step, story, interval=10.0)

    gaps = [later - earlier for earlier, later in zip(step.at, step.at[1:], strict=False)]
    assert all(8.0 <= gap <= 12.001 for gap in gaps)
    assert len({round(gap, 3) for gap in gaps}) > 50, "replicas do not keep step with each other"


def test_a_wake_ends_the_pause() -> None:
    step = Step()

    async def story(loop: Loop, stopping: asyncio.Event) -> None:
        await asyncio.sleep(1.0)
        loop.wake.set()
        await asyncio.sleep(1.0)

    run(step, story)

    assert step.at == [0.0, 1.0]


def test_a_wake_during_a_pass_is_not_lost() -> None:
    at: list[float] = []

    async def step() -> int:
        at.append(asyncio.get_running_loop().time())
        await asyncio.sleep(2.0)
        return 0

    async def story(loop: Loop, stopping: asyncio.Event) -> None:
        await asyncio.sleep(1.0)  # the pass has already looked, and found nothing
        loop.wake.set()
        await asyncio.sleep(2.0)

    run_slow(step, story)

    assert at == [0.0, 2.0]


def run_slow(step: Callable[[], Coroutine[Any, Any, int]], story: Story) -> Loop:
    """As `run`, for passes that take longer than the story."""
    loop = Loop(name="test", step=step, interval=10.0)

    async def main() -> None:
        stopping = asyncio.Event()
        running = asyncio.create_task(runner.run(loop, stopping))
        await story(loop, stopping)
        stopping.set()
        await running

    virtual.run(main)
    return loop


def test_two_loops_that_share_a_wake_miss_nothing() -> None:
    """As the card workers do: the loop that clears the wake looks for work afterwards."""
    rows: list[float] = []
    waited: list[float] = []
    wake = asyncio.Event()

    async def step() -> int:
        seen = list(rows)
        rows.clear()
        await asyncio.sleep(0.05)
        waited.extend(asyncio.get_running_loop().time() - row for row in seen)
        return len(seen)

    async def main() -> None:
        stopping = asyncio.Event()
        loops = [Loop(name=f"worker {n}", step=step, interval=10.0, wake=wake) for n in range(2)]
        running = [asyncio.create_task(runner.run(loop, stopping)) for loop in loops]
        for n in range(200):
            await asyncio.sleep(0.013 * (n % 11))
            rows.append(asyncio.get_running_loop().time())
            wake.set()
        await asyncio.sleep(1.0)
        stopping.set()
        await asyncio.gather(*running)

    virtual.run(main)

    assert len(waited) == 200
    assert max(waited) <= 0.11, "one pass in hand, and one's own"


def test_a_failing_loop_backs_off_and_recovers(log: io.StringIO) -> None:
    step = Step([*(ValueError("xoxb-secret") for _ in range(8)), 1])

    async def story(loop: Loop, stopping: asyncio.Event) -> None:
        await asyncio.sleep(200.0)

    loop = run(step, story)

    gaps = [later - earlier for earlier, later in zip(step.at, step.at[1:], strict=False)]
    for gap, expected in zip(gaps, [1, 2, 4, 8, 16, 30, 30, 30], strict=False):
        assert 0.8 * expected <= gap <= 1.2 * expected + 0.001
    assert loop.passed_at is not None
    lines = [json.loads(line) for line in log.getvalue().splitlines()]
    assert [line["failures"] for line in lines] == [1, 2, 3, 4, 5, 6, 7, 8]
    assert {line["error"] for line in lines} == {"ValueError"}
    assert "xoxb-secret" not in log.getvalue()


def test_that_there_is_no_database_is_told_in_one_line(log: io.StringIO) -> None:
    step = Step([Unavailable(Failure.RETRY, "ConnectionRefusedError")])

    async def story(loop: Loop, stopping: asyncio.Event) -> None:
        await asyncio.sleep(5.0)

    run(step, story)

    (line,) = [json.loads(line) for line in log.getvalue().splitlines()]
    assert (line["event"], line["level"], line["cause"]) == ("loop_failed", "warning", "ConnectionRefusedError")
    assert "where" not in line


def test_a_failing_loop_never_looks_healthy() -> None:
    step = Step([ValueError() for _ in range(50)])

    async def story(loop: Loop, stopping: asyncio.Event) -> None:
        await asyncio.sleep(60.0)

    assert run(step, story).passed_at is None


def test_siblings_of_a_failing_loop_go_on() -> None:
    healthy, poisoned = Step(), Step([ValueError() for _ in range(100)])

    async def story(loop: Loop, stopping: asyncio.Event) -> None:
        other = asyncio.create_task(runner.run(Loop(name="poisoned", step=poisoned, interval=1.0), stopping))
        await asyncio.sleep(100.0)
        stopping.set()
        await other

    run(healthy, story, interval=1.0)

    assert len(healthy.at) > 80


@pytest.mark.parametrize("outcome", [0, ValueError("mistake")])
def test_a_loop_that_pauses_stops_at_once(outcome: int | Exception) -> None:
    step = Step([outcome])

    async def story(loop: Loop, stopping: asyncio.Event) -> None:
        await asyncio.sleep(0.5)

    run(step, story, interval=3600.0)

    assert len(step.at) == 1


def test_the_pass_in_hand_is_finished_before_a_loop_ends() -> None:
    finished: list[float] = []

    async def step() -> int:
        await asyncio.sleep(5.0)
        finished.append(asyncio.get_running_loop().time())
        return 1

    async def story(loop: Loop, stopping: asyncio.Event) -> None:
        await asyncio.sleep(1.0)

    run_slow(step, story)

    assert finished == [5.0], "the one in hand, and no other"
