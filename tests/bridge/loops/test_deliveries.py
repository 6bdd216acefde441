"""Deliveries of events to agents: signed, repeated whenever the outcome is unknown, and never lost."""

import asyncio
from collections.abc import AsyncIterator
from datetime import datetime
from typing import Any

import pytest
from standardwebhooks.webhooks import WebhookVerificationError

from bridge import ids
from bridge.agents.events import reading
from bridge.kinds.registry import KINDS
from bridge.loops import acknowledgements
from bridge.representation import interaction
from storage import (
    cards,
    connections,
    deadlines,
    deliveries,
    events,
    interactions,
    json_text,
    receipts,
    webhook_endpoints,
)
from storage.model import DeliveryStatus, EventType, Interaction, Json, Progress, Status
from storage.receipts import Receipt
from tests.bridge.loops import delivering
from tests.bridge.loops.delivering import Loop
from tests.bridge.webhooks import receivers
from tests.bridge.webhooks.receivers import Receiver
from tests.storage import build
from tests.storage.elapse import set_deadline
from tests.waiting import until


@pytest.fixture
async def there() -> AsyncIterator[Receiver]:
    async with receivers.receiver() as running:
        yield running


async def whole(loop: Loop, question: Interaction) -> Json:
    row = await build.read(loop.db, loop.tenant, question.id)
    copies = await cards.of_interaction(loop.db, row.organization_id, row.id)
    return interaction.interaction(row, copies)


async def test_an_answer_is_told_once_signed_as_the_public_package_wants_it(loop: Loop, there: Receiver) -> None:
    endpoint = await loop.endpoint(f"{there.url}/hook")
    question = await loop.answered()

    await loop.settle()

    (call,) = there.calls
    told = call.verified(loop.secret(endpoint))
    assert told["id"] == call.id and call.id.startswith("evt_")
    assert told["type"] == "interaction.answered"
    assert datetime.fromisoformat(told["timestamp"]).tzinfo is not None
    assert told["data"] == await whole(loop, question) and told["data"]["answer"]["approved"] is True
    assert (call.path, call.headers["content-type"]) == ("/hook", "application/json")
    (row,) = await loop.page(endpoint)
    assert (row.status, row.outcome) == (DeliveryStatus.DELIVERED, {"status": 204, "detail": "HTTP 204"})


async def test_a_callback_is_told_of_its_question_and_signed_with_the_organizations_secret(
    loop: Loop, there: Receiver
) -> None:
    await loop.answered()
    question = await loop.answered(callback=f"{there.url}/done?run=7")

    await loop.settle()

    (call,) = there.calls
    assert call.verified(loop.secret(None))["data"]["id"] == ids.encode("int", question.id)


async def test_reports_on_an_answer_are_delivered_to_endpoints_that_want_them(loop: Loop, there: Receiver) -> None:
    await loop.endpoint(f"{there.url}/ends")
    wanting = await loop.endpoint(f"{there.url}/receipts", types=["interaction.picked_up", "interaction.failed"])
    question = await loop.answered()
    for status, event_id in ((Progress.PICKED_UP, ids.new()), (Progress.SUCCEEDED, ids.new())):
        receipt = Receipt(status=status, summary="rolling out", url=None)
        await receipts.record(
            loop.db, question.organization_id, question.id, receipt, key_name="deploy-bot", event_id=event_id
        )

    await loop.settle()

    told = {call.path: call for call in there.calls}
    assert len(there.calls) == 2 and told["/ends"].json["type"] == "interaction.answered"
    reported = told["/receipts"].verified(loop.secret(wanting))
    assert reported["type"] == "interaction.picked_up" and reported["data"] == await whole(loop, question)


async def test_only_an_end_that_was_accepted_was_heard(loop: Loop, there: Receiver) -> None:
    await loop.endpoint(there.url, types=["interaction.created", "interaction.answered"])
    asked = await loop.asked()
    await loop.settle()
    assert len(there.calls) == 1 and not loop.notifier.has_acknowledged, "accepted, and no end"

    there.status = 500
    await interactions.claim(loop.db, build.click(asked))
    await loop.settle()
    assert len(there.calls) == 2 and not loop.notifier.has_acknowledged, "the end, and it failed"
    there.status = 204
    await loop.pass_time(3600)
    await loop.settle()

    assert len(there.calls) == 3 and await acknowledgements.step(loop.db, loop.notifier) == 1
    assert (await build.read(loop.db, loop.tenant, asked.id)).heard_at is not None


async def ended(loop: Loop, status: Status, **other: Any) -> Interaction:
    """A question that ended so."""
    question = await loop.asked(**other)
    if status is Status.ANSWERED:
        await interactions.claim(loop.db, build.click(question))
    elif status is Status.CANCELLED:
        await interactions.cancel(
            loop.db, question.organization_id, question.id, reason={}, cancelled_by="a", event_id=ids.new()
        )
    elif status is Status.SUPERSEDED:
        await build.question(loop.db, loop.tenant, supersedes=question.id)
    elif status is Status.EXPIRED:
        (card,) = await cards.lease(loop.db, [question.scope], kinds=KINDS, limit=1)
        assert await cards.mark_maybe_shown(loop.db, card)
        await set_deadline(loop.db, question.id)
        await deadlines.expire(loop.db, event_ids=[ids.new()])
    else:
        (card,) = await cards.lease(loop.db, [question.scope], kinds=KINDS, limit=1)
        await cards.give_up(loop.db, card, reason={"code": "x", "detail": "", "fix": ""}, event_id=ids.new())
    assert (await build.read(loop.db, loop.tenant, question.id)).status is status
    return question


FINAL = [status for status in Status if status is not Status.PENDING]


@pytest.mark.parametrize("status", FINAL)
async def test_every_end_is_told_to_endpoints_without_types_and_to_the_callback(
    loop: Loop, there: Receiver, status: Status
) -> None:
    await loop.endpoint(f"{there.url}/every")
    await loop.endpoint(f"{there.url}/this", [f"interaction.{status}"])
    await loop.endpoint(f"{there.url}/begin", ["interaction.created", "interaction.posted"])
    foreign = await build.tenant(loop.db)
    await build.endpoint(loop.db, foreign, f"{there.url}/foreign")
    question = await ended(loop, status, callback=f"{there.url}/callback")

    await loop.settle()

    for path in ("/every", "/this", "/callback"):
        (call,) = there.at(path)
        assert (call.json["type"], call.json["data"]["status"]) == (f"interaction.{status}", status)
        assert call.json["data"]["id"] == ids.encode("int", question.id)
    begun = {call.json["type"] for call in there.at("/begin")}
    assert begun == {"interaction.created"} and there.at("/foreign") == []


async def test_a_disconnected_workspace_is_told_of_every_question_it_cancelled(loop: Loop, there: Receiver) -> None:
    await loop.endpoint(there.url)
    asked = {ids.encode("int", (await loop.asked()).id) for _ in range(3)}
    await connections.disable(
        loop.db, organization_id=loop.organization_id, id=loop.tenant.connection.id, new_id=ids.new
    )

    await loop.settle()

    assert {call.json["data"]["id"] for call in there.calls} == asked
    assert len({call.id for call in there.calls}) == 3


@pytest.mark.parametrize("status", FINAL)
async def test_a_webhook_and_the_feed_tell_of_an_event_in_the_same_words(
    loop: Loop, there: Receiver, status: Status
) -> None:
    """An agent that uses both recognizes an event by its id."""
    await loop.endpoint(there.url, [type.value for type in EventType])
    await ended(loop, status)
    await loop.settle()
    await events.number(loop.db)
    read = await reading.read(loop.db, loop.reader, loop.organization_id, past=events.BEGINNING, limit=10)

    fed = {each.id: json_text.loads(each.envelope) for each in read.events}
    called = {call.id: call.json for call in there.calls}
    assert f"interaction.{status}" in {told["type"] for told in called.values()}
    assert called == fed


async def test_m083_while_a_secret_rotates_both_verify_and_a_day_later_only_the_new_one(
    loop: Loop, there: Receiver
) -> None:
    endpoint = await loop.endpoint(there.url)
    await webhook_endpoints.rotate(loop.db, endpoint.organization_id, endpoint.id)
    await loop.answered()
    await loop.settle()
    await loop.pass_time(deliveries.OVERLAP_SECONDS)
    await loop.answered()
    await loop.settle()

    during, after = there.calls
    old, new = loop.secret(endpoint), loop.secret(endpoint, generation=2)
    assert during.verified(old) == during.verified(new)
    assert after.verified(new)
    with pytest.raises(WebhookVerificationError):
        after.verified(old)


async def test_without_a_key_nothing_is_sent_and_nothing_is_lost(loop: Loop, there: Receiver) -> None:
    await loop.endpoint(there.url)
    await loop.answered()
    async with delivering.loop(loop.db, loop.tenant, keys=None) as keyless:
        assert await keyless.step() == 0
    assert there.calls == [] and (await loop.row())["status"] == "pending"

    await loop.settle()

    assert len(there.calls) == 1


async def test_m076_a_worker_that_dies_after_the_receivers_2xx_has_it_sent_again_with_the_same_id(
    loop: Loop, there: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    endpoint = await loop.endpoint(there.url)
    await loop.answered()

    async def die(*_: Any, **__: Any) -> bool:
        raise asyncio.CancelledError

    with monkeypatch.context() as dying:
        dying.setattr(deliveries, "accepted", die)
        await loop.step()
    assert len(there.calls) == 1 and (await loop.row())["leased_until"] is not None
    assert await loop.step() == 0, "its lease is not over"
    await loop.pass_time(deliveries.LEASE_SECONDS)
    await loop.settle()

    first, second = there.calls
    assert first.id == second.id and first.body == second.body
    assert second.verified(loop.secret(endpoint))
    assert (await loop.row())["status"] == "delivered"


async def test_m082_a_worker_paused_past_its_lease_writes_nothing_back(loop: Loop, there: Receiver) -> None:
    await loop.endpoint(f"{there.url}/slow")
    await loop.answered()
    there.gate = asyncio.Event()
    await loop.deliveries.step()
    await there.until(1)
    await loop.pass_time(deliveries.LEASE_SECONDS)
    async with delivering.loop(loop.db, loop.tenant) as other:
        await other.deliveries.step()
        await there.until(2)
        there.status = 500
        there.gate.set()
        await loop.deliveries.in_hand()
        await other.deliveries.in_hand()

    assert [call.id for call in there.calls] == [there.calls[0].id] * 2
    row = await loop.row()
    assert (row["attempt"], row["failures"]) == (2, 1), "only the second attempt was written back"


async def test_a_lease_is_renewed_while_the_receiver_thinks(loop: Loop, there: Receiver) -> None:
    loop.deliveries.renew_seconds = 0.01
    await loop.endpoint(f"{there.url}/slow")
    await loop.answered()
    there.gate = asyncio.Event()
    await loop.deliveries.step()
    await there.until(1)
    await loop.pass_time(deliveries.LEASE_SECONDS)
    held = "select from deliveries where leased_until > clock_timestamp() + interval '15 s'"
    await until(lambda: loop.db.fetch(held))
    async with delivering.loop(loop.db, loop.tenant) as other:
        assert await other.step() == 0
    there.gate.set()
    await loop.deliveries.in_hand()
    assert len(there.calls) == 1 and (await loop.row())["status"] == "delivered"


async def test_an_attempt_whose_lease_was_taken_is_cut(loop: Loop, there: Receiver) -> None:
    loop.deliveries.renew_seconds = 0.01
    await loop.endpoint(f"{there.url}/slow")
    await loop.answered()
    there.gate = asyncio.Event()
    await loop.deliveries.step()
    await there.until(1)

    await loop.db.fetch("update deliveries set attempt = attempt + 1")

    await asyncio.wait_for(loop.deliveries.in_hand(), 10)
    assert (await loop.row())["failures"] == 0
