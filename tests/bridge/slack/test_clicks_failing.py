"""What follows an acknowledgement, and the response to a click while the database is unavailable."""

import asyncio
import io
import time
from typing import Any

import asyncpg
import pytest

from bridge.slack.clicks import Clicks
from sandbox.slack.faults import Kind
from sandbox.slack.model import Message
from sandbox.slack.server import Sandbox
from storage.model import Handle, Interaction, Status
from tests import proxy
from tests.bridge import replica as replicas
from tests.bridge.replica import Replica
from tests.storage import build
from tests.waiting import until

CHANNEL = "C0APPROVALS"


async def status(replica: Replica, question: Interaction) -> Status:
    return (await build.read(replica.db, replica.tenant, question.id)).status


async def test_slack_has_its_answer_before_anything_else_is_begun(
    replica: Replica, question: Interaction, handle: Handle, monkeypatch: pytest.MonkeyPatch
) -> None:
    held, begun = asyncio.Event(), asyncio.Event()
    after = Clicks.after

    async def hold(self: Clicks, outcome: Any) -> None:
        begun.set()
        await held.wait()
        await after(self, outcome)

    monkeypatch.setattr(Clicks, "after", hold)
    replica.notifier.cards.clear()
    told = await replica.click_without_waiting(question, handle)

    assert told["status"] == 200
    assert await status(replica, question) is Status.ANSWERED, "what matters was written before"
    await begun.wait()
    assert not replica.notifier.cards.is_set()
    held.set()
    await replica.inbound.close()
    assert replica.notifier.cards.is_set()


async def test_a_slow_response_url_delays_no_click(replica: Replica, question: Interaction, handle: Handle) -> None:
    replica.fault("response_url", Kind.SLOW, seconds=0.5)

    told = await replica.click_without_waiting(question, handle, user="U0BOB")

    assert told["status"] == 200
    assert told["ack_ms"] < 400
    assert replica.whispers(CHANNEL) == []
    await replica.inbound.close()
    assert len(replica.whispers(CHANNEL)) == 1


@pytest.mark.parametrize("kind", [Kind.ERROR, Kind.STATUS, Kind.HTML, Kind.DROP_BEFORE, Kind.EMPTY])
async def test_a_failed_reply_is_logged_once_sent_once_and_the_card_heals_all_the_same(
    replica: Replica, question: Interaction, handle: Handle, kind: Kind, log: io.StringIO
) -> None:
    await replica.click(question, handle)
    await replica.settle()
    stale = Message(channel=CHANNEL, ts=replica.slack.world.new_ts(), user="U0ASKBRIDGE", text="", app_id="A0ASKBRIDGE")
    replica.slack.world.say(stale)
    replica.fault("response_url", kind, times=3)

    await replica.click(question, Handle(channel=CHANNEL, ts=stale.ts), user="U0BOB")
    await replica.inbound.close()  # also if Slack did not wait for the acknowledgement
    await replica.settle()

    assert len(replica.slack.faults.left()) == 1 and "'times': 2" in str(replica.slack.faults.left())
    assert ("reply_failed" in log.getvalue()) == (kind not in {Kind.EMPTY, Kind.ERROR})
    assert len(replica.called("chat.postEphemeral")) == (kind is Kind.ERROR), (
        "only what certainly failed is made up for"
    )
    assert "Approve" in replica.shown(Handle(channel=CHANNEL, ts=stale.ts))


async def test_a_mistake_in_healing_does_not_cost_the_clicker_their_reply(
    replica: Replica, question: Interaction, handle: Handle, log: io.StringIO
) -> None:
    await replica.click(question, handle)
    unknown = replica.slack.world.say(
        Message(channel=CHANNEL, ts=replica.slack.world.new_ts(), user="U0ASKBRIDGE", text="A copy.")
    )
    await replica.db.fetch("alter table cards add check (ordinal > 0) not valid")

    await replica.click(question, Handle(channel=CHANNEL, ts=unknown.ts), user="U0BOB")

    assert len(replica.whispers(CHANNEL)) == 1
    assert "aftermath_failed" in log.getvalue()


async def test_m039_without_a_database_a_click_is_not_confirmed_and_the_clicker_hears_it(
    slack: Sandbox, dsn: str
) -> None:
    async with proxy.before(dsn) as (way, through), replicas.running(slack, dsn, claims_dsn=through) as replica:
        question = await build.question(replica.db, replica.tenant)
        handle = await replica.show(question)
        way.weather = proxy.Weather.BLACK_HOLE
        started = time.monotonic()

        told = await replica.click(question, handle)

        assert told["status"] == 503 and told["error"] is None
        assert time.monotonic() - started < 4
        assert told["ack_ms"] < 3000
        [(to, text, _)] = replica.whispers(CHANNEL)
        assert to == "U0ANA" and "could not be confirmed" in text
        assert await status(replica, question) is Status.PENDING

        way.weather = proxy.Weather.FAIR
        await way.cut()
        assert (await replica.click(question, handle))["status"] == 200
        assert await replica.verdicts() == ["won"]


async def test_m054_a_claim_whose_reply_was_lost_is_sent_again_and_wins(slack: Sandbox, dsn: str) -> None:
    async with proxy.before(dsn) as (way, through), replicas.running(slack, dsn, claims_dsn=through) as replica:
        question = await build.question(replica.db, replica.tenant)
        handle = await replica.show(question)
        await replica.click(question, handle, user="U0BOB")  # from here on the connection is known
        way.lose_replies()

        async def clear_up() -> None:
            await way.lost_a_reply()
            await until(lambda: status(replica, question), lambda now: now is not Status.PENDING)
            way.weather = proxy.Weather.FAIR
            await way.cut()

        clearing = asyncio.create_task(clear_up())
        told = await replica.click(question, handle)
        await clearing

        assert told["status"] == 200
        assert await replica.verdicts() == ["not_yours", "won"]
        assert len(replica.whispers(CHANNEL)) == 1, "the winner is told by the card"
        rows = await replica.db.fetch("select repeats from clicks where verdict = 'won'")
        assert rows[0]["repeats"] >= 1, "the first try had committed"


async def test_m029_an_unconfirmed_click_that_had_won_wins_when_it_is_sent_again(slack: Sandbox, dsn: str) -> None:
    async with proxy.before(dsn) as (way, through), replicas.running(slack, dsn, claims_dsn=through) as replica:
        question = await build.question(replica.db, replica.tenant)
        await replica.send_click(replica.payload(question, user="U0BOB"))
        way.lose_replies()
        payload = replica.payload(question)
        assert (await replica.send_click(payload)).status == 503
        way.weather = proxy.Weather.FAIR
        await way.cut()
        assert await status(replica, question) is Status.ANSWERED, "committed, but without a confirmation"

        told = [await replica.send_click(payload) for _ in range(3)]

        assert [answer.status for answer in told] == [200, 200, 200]
        assert await replica.verdicts() == ["not_yours", "won"]


async def test_connections_that_the_server_ended_are_replaced_within_the_click(
    replica: Replica, question: Interaction, handle: Handle, dsn: str
) -> None:
    admin = await asyncpg.connect(dsn)
    try:
        await admin.execute(
            "select pg_terminate_backend(pid) from pg_stat_activity "
            "where datname = current_database() and pid <> pg_backend_pid()"
        )
    finally:
        await admin.close()

    assert (await replica.click(question, handle))["status"] == 200
    assert await replica.verdicts() == ["won"]


async def test_a_mistake_of_ours_in_a_claim_is_no_acknowledgement(
    replica: Replica, question: Interaction, handle: Handle, log: io.StringIO
) -> None:
    await replica.db.fetch("alter table clicks rename to clicks_elsewhere")

    told = await replica.click(question, handle)

    assert told["status"] == 503
    [(_, text, _)] = replica.whispers(CHANNEL)
    assert "could not be confirmed" in text
    assert "click_failed" in log.getvalue()
    assert await status(replica, question) is Status.PENDING
