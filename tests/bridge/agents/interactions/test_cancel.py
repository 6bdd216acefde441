"""Cancelling an interaction: its final status, and the problem when it had ended before."""

import asyncio
from typing import Any

import pytest

from bridge.agents.interactions.requests import Cancellation
from storage.pool import Database
from tests.bridge.agents import door as doors
from tests.bridge.agents.door import Door


async def test_a_question_is_withdrawn_and_everybody_who_must_know_is_woken(door: Door) -> None:
    asked = await door.ask()
    door.notifier.cards.clear()
    with door.notifier.watching(door.tenant.scope.organization_id, asked.id) as signal:
        reply = await door.cancel(asked.json["id"], " The release was called off. ")

        assert signal.is_set() and door.notifier.cards.is_set()
    assert (reply.status, reply.json["status"], reply.json["answer"]) == (200, "cancelled", None)
    assert reply.json["reason"]["code"] == "cancelled"
    assert reply.json["reason"]["detail"] == "The release was called off."
    assert "called off" in reply.json["message"] and "do not proceed" in reply.json["message"]
    assert (await door.get(asked.json["id"], wait=60)).json == reply.json


async def test_a_reason_need_not_be_given(door: Door) -> None:
    bodies: list[dict[str, Any]] = [{}, {"json": {}}, {"json": {"reason": None}}, {"json": {"reason": ""}}]
    for sent in bodies:
        asked = await door.ask()
        reply = await door.cancel(asked.json["id"], **sent)

        assert (reply.status, reply.json["status"], reply.json["reason"]["detail"]) == (200, "cancelled", "")
        assert reply.json["message"].startswith("Cancelled before it was answered;")


async def test_it_may_be_sent_again_and_the_first_reason_stays(door: Door) -> None:
    asked = await door.ask()
    first = await door.cancel(asked.json["id"], "One.")
    with door.notifier.watching(door.tenant.scope.organization_id, asked.id) as signal:
        again = await door.cancel(asked.json["id"], "Two.")

        assert not signal.is_set()
    assert (again.status, again.json) == (200, first.json)


async def test_who_comes_too_late_gets_the_answer(door: Door) -> None:
    asked = await door.ask()
    await door.click(asked.id)

    reply = await door.cancel(asked.json["id"])

    assert (reply.status, reply.slug) == (409, "conflict")
    assert reply.json["interaction"] == (await door.get(asked.json["id"])).json
    assert reply.json["interaction"]["answer"]["approved"] is True
    assert 'Approved by "ana" (U0ANA)' in reply.json["detail"]


@pytest.mark.parametrize(("shown", "status"), [(True, "expired"), (False, "unreachable")])
async def test_a_deadline_that_passed_is_an_end_even_before_the_sweep(door: Door, *, shown: bool, status: str) -> None:
    asked = await door.ask()
    if shown:
        await door.post_card()
    await door.pass_deadline(asked.id)

    reply = await door.cancel(asked.json["id"])

    assert (reply.status, reply.json["interaction"]["status"]) == (409, status)
    assert reply.json["interaction"] == (await door.get(asked.json["id"])).json


@pytest.mark.parametrize(
    ("sent", "pointer"),
    [({"reason": "x" * 501}, "/reason"), ({"reason": 7}, "/reason"), ({"why": "because"}, "/why")],
)
async def test_what_is_wrong_is_told_and_nothing_is_withdrawn(door: Door, sent: object, pointer: str) -> None:
    asked = await door.ask()
    reply = await door.cancel(asked.json["id"], json=sent)

    assert (reply.status, reply.pointers) == (422, [pointer])
    assert (await door.get(asked.json["id"])).json["status"] == "pending"


def test_the_longest_reason_is_one() -> None:
    assert Cancellation(reason="x" * 500).reason


async def test_who_waits_on_the_same_replica_learns_it_at_once(door: Door) -> None:
    asked = await door.ask()
    reader = asyncio.create_task(door.get(asked.json["id"], wait=60))
    await door.waiting()

    await door.cancel(asked.json["id"])

    assert (await asyncio.wait_for(reader, 5)).json["status"] == "cancelled"


async def test_two_replicas_that_cancel_and_click_at_once_agree(door: Door, other: Database) -> None:
    async with doors.door(other, door.tenant) as second:
        for _ in range(20):
            asked = await door.ask()
            cancelled, _ = await asyncio.gather(door.cancel(asked.json["id"]), second.click(asked.id, on=other))
            after = (await second.get(asked.json["id"])).json

            assert after["status"] in {"cancelled", "answered"}
            assert cancelled.status == (200 if after["status"] == "cancelled" else 409)
            assert (cancelled.json if cancelled.status == 200 else cancelled.json["interaction"]) == after
