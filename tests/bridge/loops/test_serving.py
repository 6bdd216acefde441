"""Replicas with different tokens on one database: each posts its own connection's cards, and claims that connection."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest

from bridge.loops.serving import Serving
from bridge.server import loop_schedule
from bridge.slack.client import Client
from bridge.slack.connections import Installations
from bridge.slack.errors import Broken
from sandbox.slack.server import Sandbox
from storage import pool, serving
from storage.errors import Unavailable
from storage.model import Interaction
from tests.bridge import replica as replicas
from tests.bridge.replica import Counting, Replica
from tests.sandbox.slack import elsewhere
from tests.sandbox.slack.conftest import Control
from tests.storage import build
from tests.storage.elapse import elapse

BROKEN = Broken(code="token_revoked", detail="Slack said token_revoked.", fix="Install the app again.")


@pytest.fixture
async def acme(replica: Replica, slack: Sandbox, dsn: str) -> AsyncIterator[Replica]:
    """A replica on the same database with the token of another workspace."""
    installed = await elsewhere.acme(Control(slack.url, replica.http), replica.http)
    tenant = await build.tenant(replica.db, team="T0ACME")
    async with replicas.running(slack, dsn, tenant=tenant) as running:
        client = Client(token=installed.installation["bot_token"], api_url=slack.api_url, http=running.http)
        running.installations.put(tenant.scope, client)
        yield running


async def ask(replica: Replica, channel: str) -> Interaction:
    return await build.question(replica.db, replica.tenant, addresses=[{"channel": channel}], responders=None)


@dataclass
class ManualClock:
    """The clock of a serving loop; it stands still until the test moves it."""

    now: float = 0.0

    def __call__(self) -> float:
        return self.now


def serving_of(replica: Replica, **arguments: Any) -> Serving:
    parts: dict[str, Any] = {"db": replica.db, "installations": replica.installations, "notifier": replica.notifier}
    return Serving(**parts | arguments)


async def is_served(replica: Replica) -> bool:
    found = await serving.get(replica.db, replica.tenant.scope)
    return found is not None and found.served


async def pass_a_minute(replica: Replica, clock: ManualClock | None = None) -> None:
    """Let a minute pass for all claims, and for the serving loop with this clock."""
    await elapse(replica.db, "serving", timedelta(minutes=1))
    if clock is not None:
        clock.now += 60.0


async def test_replicas_with_different_tokens_post_each_its_own_connections_cards(
    replica: Replica, acme: Replica
) -> None:
    here = [await ask(replica, "C0APPROVALS") for _ in range(3)]
    there = [await ask(acme, "C0DEPLOYS") for _ in range(3)]

    assert await acme.cards.step() == 3
    assert [(await replica.card(question)).attempt for question in here] == [0, 0, 0]
    assert await replica.cards.step() == 3
    assert [await one.cards.step() for one in (replica, acme)] == [0, 0]

    for question, bot in [*((one, "U0ASKBRIDGE") for one in here), *((one, "U0ACMEBOT") for one in there)]:
        card = await replica.card(question)
        assert card.channel and card.ts and card.attempt == 1
        message = replica.slack.world.message(channel=card.channel, ts=card.ts)
        assert message is not None and message.user == bot


async def test_a_replica_says_what_it_can_post_for_as_long_as_slack_takes_its_token(
    replica: Replica, acme: Replica
) -> None:
    mine, theirs = serving_of(replica), serving_of(acme)
    assert [await one.step() for one in (mine, mine, theirs)] == [1, 0, 1]
    assert await is_served(replica) and await is_served(acme)

    acme.installations.suspend(acme.tenant.connection.id, BROKEN)
    await pass_a_minute(replica)
    for one in (mine, theirs):
        await one.step()

    assert (await is_served(replica), await is_served(acme)) == (True, False)


async def test_cards_of_a_replica_that_is_gone_are_shelved_and_come_back_at_once_with_the_next_one(
    replica: Replica, acme: Replica
) -> None:
    clock = ManualClock()
    left, gone = serving_of(replica, clock=clock), serving_of(acme)
    for one in (left, gone):
        await one.step()
    question = await ask(acme, "C0DEPLOYS")
    await pass_a_minute(replica, clock)

    assert [await left.step() for _ in range(2)] == [2, 0], "its own claim had expired too, and one card is shelved"
    assert await acme.cards.step() == 0

    acme.notifier.cards.clear()
    assert await serving_of(acme).step() == 2, "it serves again, and one card is put back"
    assert acme.notifier.cards.is_set()
    assert await acme.cards.step() == 1
    assert (await replica.card(question)).ts is not None


async def test_nothing_is_shelved_before_every_other_replica_could_renew_its_claims(
    replica: Replica, acme: Replica, dsn: str
) -> None:
    """A replica starts before its token is identified, and during an outage of the database all claims expire."""
    async with pool.connect(dsn, name="impatient", size=1, seconds=1.0) as impatient:
        clock = ManualClock()
        first = serving_of(replica, clock=clock, db=impatient)
        await serving_of(acme).step()
        await ask(acme, "C0DEPLOYS")
        await first.step()
        await pass_a_minute(replica)

        assert [await first.step() for _ in range(3)] == [1, 0, 0], "only the claim is new"

        await pass_a_minute(replica, clock)
        async with replica.db.acquire() as other, other.transaction():
            await other.execute("lock table serving in access exclusive mode")
            with pytest.raises(Unavailable):
                await first.step()

        assert [await first.step() for _ in range(3)] == [1, 0, 0]
        clock.now += 60.0
        assert await first.step() == 1, "a minute after the failure one card is shelved"


async def test_idle_it_costs_one_statement_and_without_a_token_none(replica: Replica) -> None:
    counting = Counting(replica.db)
    one = serving_of(replica, db=counting)
    while await one.step():
        pass
    counting.statements.clear()

    assert await one.step() == 0
    assert len(counting.statements) == 1

    assert await serving_of(replica, db=counting, installations=Installations()).step() == 0
    assert len(counting.statements) == 1


def test_idle_a_replica_asks_its_database_less_than_once_a_second() -> None:
    usual = loop_schedule.DEFAULTS
    intervals = [
        *[usual.cards] * loop_schedule.CARD_WORKERS,
        usual.expiry,
        usual.numbering,
        usual.deliveries,
        usual.unacknowledged,
        usual.serving,
        serving.SECONDS,  # between two looks for what no replica serves
    ]

    assert sum(1 / seconds for seconds in intervals) < 1
    assert 2 * 1.2 * usual.serving <= serving.SECONDS, "one renewal may fail"
