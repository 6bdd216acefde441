"""Each replica counts what happened on it."""

import asyncio
import dataclasses

from bridge import ids
from bridge.loops.fanout import Fanout
from bridge.loops.unacknowledged import Unacknowledged
from bridge.metrics import DOCTOR, UNROUTABLE, DeliveryAttempt, Metrics, Refusal, Reply
from bridge.notifier import Notifier
from sandbox.slack.faults import Kind
from storage.model import Status, Verdict
from tests.bridge import scraping
from tests.bridge.agents import door as doors
from tests.bridge.replica import Replica
from tests.storage import build, ended


async def test_clicks_are_counted_by_what_became_of_them(replica: Replica) -> None:
    question = await build.question(replica.db, replica.tenant)
    await replica.show(question)
    won = replica.payload(question)
    foreign = replica.payload(question)
    foreign["team"]["id"] = "T0NOWHERE"
    gone = replica.payload(dataclasses.replace(question, id=ids.new()))
    await replica.send_click(won)
    await replica.send_click(won)  # the same envelope
    for user in ("U0BOB", "U0CHO"):
        await replica.send_click(replica.payload(question, user=user))
    await replica.send_click(gone)
    await replica.send_click(foreign)

    async with scraping.served(replica) as scraped:
        page = await scraped.page()

    assert page.all("clicks_total") == {"won": 2, "taken": 2, "gone": 1, UNROUTABLE: 1}
    assert page.value("click_claim_seconds_count") == page.value("click_ack_seconds_count") == 6
    assert page.value("click_ack_seconds_bucket", le="3.0") == 6
    assert page.value("click_claim_seconds_bucket", le="2.5") == 6
    assert page.all("interactions_ended_total") == {"answered": 1}
    assert page.value("cards_posted_total") == 1


async def test_what_has_not_happened_yet_stands_there_as_zero(replica: Replica) -> None:
    """Otherwise the first time would not be an increase for an alert."""
    async with scraping.served(replica) as scraped:
        page = await scraped.page()

    for verdict in [*Verdict, UNROUTABLE]:
        assert page.value("clicks_total", verdict=verdict) == 0
    for status in set(Status) - {Status.PENDING}:
        assert page.value("interactions_ended_total", status=status) == 0
    for result in Reply:
        assert page.value("replies_total", result=result) == 0
    for became in DeliveryAttempt:
        assert page.value("deliveries_total", result=became) == 0


async def test_one_replica_counts_nothing_of_another(replica: Replica, second: Replica) -> None:
    question = await build.question(replica.db, replica.tenant)
    await replica.send_click(replica.payload(question))
    await second.send_click(second.payload(question, user="U0BOB"))

    async with scraping.served(replica) as one, scraping.served(second) as other:
        assert (await one.page()).all("clicks_total") == {"won": 1}
        assert (await other.page()).all("clicks_total") == {"taken": 1}


async def test_an_unconfirmed_click_and_a_forged_request_are_counted(replica: Replica) -> None:
    question = await build.question(replica.db, replica.tenant)
    await replica.send(b"{}", replica.signed(b"{}", secret="not Slack's"))
    await replica.claims.close()
    response = await replica.send_click(replica.payload(question))

    async with scraping.served(replica) as scraped:
        page = await scraped.page()
    assert response.status == 503
    assert page.all("clicks_total") == {"unavailable": 1}
    assert page.all("slack_requests_refused_total") == {"wrong": 1}
    assert page.value("click_ack_seconds_count") == 1


def test_a_reason_of_a_refusal_is_zero_before_the_first_so_that_an_alert_sees_the_increase() -> None:
    registry = Metrics().registry

    for why in (*Refusal, DOCTOR):
        assert registry.get_sample_value("askbridge_slack_requests_refused_total", {"why": why}) == 0


async def test_answers_without_an_acknowledgement_are_counted_once(replica: Replica) -> None:
    late = await ended.question(replica.db, replica.tenant, days=121 / 86_400)
    await ended.question(replica.db, replica.tenant, days=0)
    loop = Unacknowledged(db=replica.db, notifier=replica.notifier, metrics=replica.metrics)
    for _ in range(2):
        await loop.step()

    async with scraping.served(replica) as scraped:
        assert (await scraped.page()).value("answers_unheard_total") == 1
    assert (await build.read(replica.db, replica.tenant, late.id)).unheard


async def test_private_replies_are_counted_by_result(replica: Replica) -> None:
    question = await build.question(replica.db, replica.tenant)
    handle = await replica.show(question)
    await replica.click(question, handle)
    await replica.click(question, handle, user="U0BOB")
    replica.fault("response_url", Kind.STATUS, status=500)
    await replica.click(question, handle, user="U0CHO")
    replica.parts.replies.max_replies = 0
    await replica.click(question, handle, user="U0BOB")

    async with scraping.served(replica) as scraped:
        assert (await scraped.page()).all("replies_total") == {"sent": 1, "failed": 1, "dropped": 1}


async def test_cards_are_counted_posted_edited_put_off_and_given_up(replica: Replica) -> None:
    settled = await build.question(replica.db, replica.tenant)
    handle = await replica.show(settled)
    await replica.click(settled, handle)
    await replica.settle()
    replica.fault("chat.postMessage", Kind.RATELIMITED, retry_after=1)
    late = await build.question(replica.db, replica.tenant)
    await replica.cards.step()
    await replica.settle()
    replica.fault("chat.postMessage", Kind.ERROR, error="not_in_channel")
    lost = await build.question(replica.db, replica.tenant)
    await replica.settle()

    async with scraping.served(replica) as scraped:
        page = await scraped.page()
    assert (await replica.card(late)).ts and not (await replica.card(lost)).ts
    assert (page.value("cards_posted_total"), page.value("cards_edited_total")) == (2, 1)
    assert page.all("cards_put_off_total") == {"rate_limited": 1}
    assert page.all("cards_given_up_total") == {"not_in_channel": 1}
    assert page.all("interactions_ended_total") == {"answered": 1, "unreachable": 1}


async def test_questions_are_counted_as_they_are_asked_and_end(replica: Replica) -> None:
    async with (
        doors.door(replica.db, replica.tenant, notifier=replica.notifier, metrics=replica.metrics) as door,
        scraping.served(replica) as scraped,
    ):
        one, two, three = [await door.ask() for _ in range(3)]
        await door.ask(doors.body(supersedes=one.json["id"]))
        await door.cancel(two.json["id"])
        await door.cancel(two.json["id"])  # once more, and nothing happens
        await replica.cards.step()
        await replica.expire(await build.read(replica.db, replica.tenant, three.id))
        page = await scraped.page()

    assert page.value("interactions_opened_total") == 4
    assert page.all("interactions_ended_total") == {"superseded": 1, "cancelled": 1, "expired": 1}


async def test_hints_are_counted_told_heard_and_lost(dsn: str) -> None:
    here, there = Metrics(), Metrics()
    notifier = Notifier()
    told = Fanout(dsn=dsn, notifier=notifier, metrics=here)
    hears = Notifier()
    heard = Fanout(dsn=dsn, notifier=hears, metrics=there)
    await told.step()
    await heard.step()
    pairs = [(ids.new(), ids.new()) for _ in range(3)]
    with hears.watching(*pairs[-1]) as signal:
        for pair in pairs:
            notifier.interaction_changed(*pair)
        await told.step()
        await asyncio.wait_for(signal.wait(), 10)
    await told.close()
    await heard.close()
    nowhere = Notifier()
    nowhere.interaction_changed(*pairs[0])
    lost = Metrics()
    await Fanout(dsn="postgresql://nobody:x@127.0.0.1:1/none", notifier=nowhere, metrics=lost).step()

    assert here.registry.get_sample_value("askbridge_hints_told_total") == 3
    assert there.registry.get_sample_value("askbridge_hints_heard_total") == 3
    assert lost.registry.get_sample_value("askbridge_hints_lost_total") == 1
