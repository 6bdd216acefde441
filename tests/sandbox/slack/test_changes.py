import asyncio

from sandbox.slack.changes import Changes


async def test_a_waiter_wakes_at_the_next_change() -> None:
    changes = Changes()
    before = changes.version
    waiting = asyncio.create_task(changes.wait(after=before, timeout=30))
    await asyncio.sleep(0)

    changes.bump()

    assert await waiting == before + 1


async def test_what_changed_already_is_not_waited_for() -> None:
    changes = Changes()

    assert await changes.wait(after=0, timeout=30) == changes.version


async def test_a_waiter_is_answered_when_the_time_is_up() -> None:
    changes = Changes()

    assert await changes.wait(after=changes.version, timeout=0.01) == changes.version


async def test_closing_lets_everybody_go() -> None:
    changes = Changes()
    waiting = [asyncio.create_task(changes.wait(after=changes.version, timeout=30)) for _ in range(3)]
    await asyncio.sleep(0)

    changes.close()

    assert await asyncio.gather(*waiting) == [changes.version] * 3
    assert await changes.wait(after=changes.version, timeout=30) == changes.version
