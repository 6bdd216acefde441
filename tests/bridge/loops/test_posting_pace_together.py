"""One message a second in a channel from all replicas together, against a Slack that enforces its limit."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from bridge.loops import posting_pace
from bridge.loops.posting_pace import INTERVAL, PATIENCE
from sandbox.slack.faults import Kind
from sandbox.slack.server import Sandbox
from storage.pool import Database
from tests.bridge.loops import card_loop
from tests.bridge.loops.asking import ask, own_channel, said
from tests.bridge.replica import Replica
from tests.storage import build
from tests.waiting import until


@pytest.fixture
async def slack() -> AsyncIterator[Sandbox]:
    """A Slack that takes one message a second in a channel, as the real one."""
    async with Sandbox(posting_limit=True) as running:
        yield running


async def test_two_replicas_with_cards_for_one_channel_are_never_too_fast_for_slack(
    replica: Replica, second: Replica
) -> None:
    channel = own_channel(replica)
    questions = [await ask(replica, {"channel": channel}) for _ in range(6)]

    async def work(one: Replica) -> None:
        loop = card_loop.build(one, batch=1)  # so that neither replica takes all cards
        await until(loop.step, lambda _: len(said(replica, channel)) == len(questions), within=60)

    await asyncio.gather(work(replica), work(second))

    assert len(replica.called("chat.postMessage")) == len(questions), "not one was refused"
    first, *_, last = sorted(float(handle.ts) for handle in said(replica, channel))
    assert last - first >= (len(questions) - 1) * INTERVAL - 0.5


async def test_a_pause_that_slack_asked_one_replica_for_is_every_one_s(replica: Replica, second: Replica) -> None:
    channel = own_channel(replica)
    await ask(replica, {"channel": channel})
    replica.fault("chat.postMessage", Kind.RATELIMITED, retry_after=30)
    await replica.cards.step()
    await ask(replica, {"channel": channel})
    other = await ask(replica)

    await second.cards.step()

    assert said(replica, channel) == []
    assert (await second.card(other)).ts, "nothing else is held up"


async def test_turns_are_a_second_apart_and_no_card_waits_longer_than_patience(db: Database, dsn: str) -> None:
    scope = (await build.tenant(db)).scope
    turns = [await posting_pace.shared_turn(db, scope, "C1") for _ in range(6)]

    given = [turn for turn in turns if turn is not None]
    assert len(given) == PATIENCE / INTERVAL + 1 and turns[3:] == [None] * 3
    assert all(abs(turn - number * INTERVAL) < 0.5 for number, turn in enumerate(given))
    assert await posting_pace.shared_turn(db, scope, "C2") == 0.0
