"""Turns: one message a second in a channel, none during a pause of Slack's, and no card without a turn in the end."""

import asyncio
import itertools
from collections.abc import Awaitable, Callable

from bridge import ids
from bridge.loops.card_failures import EDITS
from bridge.loops.posting_pace import INTERVAL, PATIENCE, Pace
from tests.bridge import virtual

ACME, OTHER = ids.new(), ids.new()


def now() -> float:
    return asyncio.get_running_loop().time()


def test_in_one_channel_turns_are_a_second_apart() -> None:
    async def main() -> list[float | None]:
        pace = Pace()
        return [pace.turn(ACME, "C1") for _ in range(3)]

    assert virtual.run(main) == [0.0, INTERVAL, 2 * INTERVAL]


def test_other_channels_and_other_workspaces_are_not_held_up() -> None:
    async def main() -> list[float | None]:
        pace = Pace()
        for _ in range(5):
            pace.turn(ACME, "C1")
        return [pace.turn(ACME, "C2"), pace.turn(OTHER, "C1")]

    assert virtual.run(main) == [0.0, 0.0]


def test_no_card_waits_longer_than_patience_and_a_refused_turn_costs_nothing() -> None:
    async def main() -> list[float | None]:
        pace = Pace()
        turns = [pace.turn(ACME, "C1") for _ in range(20)]
        await asyncio.sleep(PATIENCE + INTERVAL)
        return [*turns, pace.turn(ACME, "C1")]

    *first, after = virtual.run(main)

    given = [turn for turn in first if turn is not None]
    assert len(given) == PATIENCE / INTERVAL + 1
    assert max(given) == PATIENCE
    assert after == 0.0, "those who got none are not in the way"


def test_turns_are_not_saved_up_while_nothing_is_written() -> None:
    async def main() -> list[float | None]:
        pace = Pace()
        pace.turn(ACME, "C1")
        await asyncio.sleep(60.0)
        return [pace.turn(ACME, "C1"), pace.turn(ACME, "C1")]

    assert virtual.run(main) == [0.0, INTERVAL]


def test_who_is_sent_away_is_sent_to_a_second_of_their_own() -> None:
    async def main() -> list[float]:
        pace = Pace()
        while pace.turn(ACME, "C1") is not None:
            pass
        return [pace.later(ACME, "C1") for _ in range(3)]

    away = virtual.run(main)

    assert away == sorted(set(away))
    assert away[0] > PATIENCE
    assert away[2] - away[0] == 2 * INTERVAL


def test_a_pause_holds_up_its_own_place_only_and_ends() -> None:
    async def main() -> list[float | None]:
        pace = Pace()
        pace.pause(ACME, "C1", 30.0)
        held = [pace.turn(ACME, "C1"), pace.paused(ACME, "C1"), pace.turn(ACME, "C2"), pace.paused(OTHER, "C1")]
        await asyncio.sleep(30.0)
        return [*held, pace.paused(ACME, "C1"), pace.turn(ACME, "C1")]

    assert virtual.run(main) == [None, 30.0, 0.0, 0.0, 0.0, 0.0]


def test_a_shorter_pause_does_not_shorten_a_longer_one() -> None:
    async def main() -> float:
        pace = Pace()
        pace.pause(ACME, "C1", 30.0)
        pace.pause(ACME, "C1", 1.0)
        return pace.paused(ACME, "C1")

    assert virtual.run(main) == 30.0


def test_a_pause_is_kept_however_long_the_place_has_been_in_use() -> None:
    async def main() -> list[float]:
        pace = Pace()
        pace.turn(ACME, "C1")
        pace.pause(ACME, EDITS, 1.0)
        await asyncio.sleep(3599.0)
        for destination in ("C1", EDITS):
            pace.pause(ACME, destination, 3600.0)
        await asyncio.sleep(3000.0)
        return [pace.paused(ACME, destination) for destination in ("C1", EDITS)]

    assert virtual.run(main) == [600.0, 600.0]


def test_waiting_for_one_s_turn_is_no_pause_of_slack_s() -> None:
    async def main() -> float:
        pace = Pace()
        for _ in range(4):
            pace.turn(ACME, "C1")
        return pace.paused(ACME, "C1")

    assert virtual.run(main) == 0.0


def test_a_hundred_writers_never_write_two_messages_within_a_second() -> None:
    async def main() -> list[float]:
        pace = Pace()
        wrote: list[float] = []

        async def write() -> None:
            while (turn := pace.turn(ACME, "C1")) is None:
                await asyncio.sleep(pace.later(ACME, "C1"))
            await asyncio.sleep(turn)
            wrote.append(now())

        writers: list[Callable[[], Awaitable[None]]] = [write] * 100
        await asyncio.gather(*(writer() for writer in writers))
        return wrote

    wrote = virtual.run(main)

    assert len(wrote) == 100
    assert all(later - earlier >= INTERVAL - 1e-6 for earlier, later in itertools.pairwise(wrote))
