"""Replicas with different tokens on one database: each posts its own connection's cards, and says that it can."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from bridge.loops.serving import Serving
from bridge.server import schedule
from bridge.slack.client import Client
from bridge.slack.errors import Broken
from sandbox.slack.server import Sandbox
from storage import pool, serving
from storage.errors import Failure, Unavailable
from storage.model import Interaction
from tests.bridge import replica as replicas
from tests.bridge.replica import Counting, Replica
from tests.sandbox.slack import elsewhere
from tests.sandbox.slack.conftest import Control
from tests.storage import build

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
    return await build.question(replica.db, replica.tenant, addresses=[{"channel": channel}])


def duty(replica: Replica) -> Serving:
    return Serving(db=replica.db, installations=replica.installations, notifier=replica.notifier)


async def is_served(replica: Replica) -> bool:
    found = await serving.get(replica.db, replica.tenant.scope)
    return found is not None and found.served


async def pass_a_minute(replica: Replica, *duties: Serving) -> None:
    """For the claims, and for those that wait before they shelve."""
    await replica.db.fetch("update serving set served_until = served_until - interval '1 minute'")
    for one in duties:
        one._shelve_at = asyncio.get_running_loop().time()


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
    mine, theirs = duty(replica), duty(acme)
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
    left, gone = duty(replica), duty(acme)
    for one in (left, gone):
        await one.step()
    question = await ask(acme, "C0DEPLOYS")
    await pass_a_minute(replica, left)

    assert [await left.step() for _ in range(2)] == [2, 0], "its own claim had lapsed too, and one card is shelved"
    assert await acme.cards.step() == 0

    acme.notifier.cards.clear()
    assert await duty(acme).step() == 2, "it serves again, and one card is put back"
    assert acme.notifier.cards.is_set()
    assert await acme.cards.step() == 1
    assert (await replica.card(question)).ts is not None


async def test_nothing_is_shelved_before_every_other_replica_could_renew_its_claims(
    replica: Replica, acme: Replica
) -> None:
    """A replica begins before it knows its token, and a database that was away lets all claims lapse."""
    first = duty(replica)
    await ask(acme, "C0DEPLOYS")
    await first.step()
    await pass_a_minute(replica)

    assert [await first.step() for _ in range(3)] == [1, 0, 0], "only the claim is new"

    await pass_a_minute(replica, first)
    async with pool.connect("postgresql://askbridge@127.0.0.1:1/none", name="away", size=1, warm=0) as away:
        first._db = away
        with pytest.raises(Unavailable) as caught:
            await first.step()
        first._db = replica.db
    assert caught.value.failure is Failure.RETRY
    assert [await first.step() for _ in range(3)] == [1, 0, 0]


async def test_idle_it_costs_one_statement_and_without_a_token_none(replica: Replica) -> None:
    one = duty(replica)
    while await one.step():
        pass
    one._db = counting = Counting(replica.db)

    assert await one.step() == 0
    assert len(counting.statements) == 1

    replica.installations._scopes.clear()
    assert await one.step() == 0
    assert len(counting.statements) == 1


def test_idle_a_replica_asks_its_database_less_than_once_a_second() -> None:
    usual = schedule.DEFAULTS
    intervals = [
        *[usual.cards] * schedule.CARD_WORKERS,
        usual.expiry,
        usual.numbering,
        usual.deliveries,
        usual.unacknowledged,
        usual.serving,
        serving.SECONDS,  # between two looks for what no replica serves
    ]

    assert sum(1 / seconds for seconds in intervals) < 1
    assert 2 * 1.2 * usual.serving <= serving.SECONDS, "one renewal may fail"
