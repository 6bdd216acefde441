"""Receipts, and acknowledgements, which count once a response with the end was written completely."""

import asyncio
from typing import Any

import pytest

from bridge import ids
from bridge.loops import acknowledgements
from storage import errors
from storage.model import Progress
from storage.pool import Database
from tests.bridge.agents import door as doors
from tests.bridge.agents.door import Door, body
from tests.storage import build
from tests.waiting import until


async def answered(door: Door, **fields: Any) -> str:
    """An interaction that was just answered; no agent has acknowledged its end."""
    asked = await door.ask(body(**fields))
    await door.click(asked.id)
    id: str = asked.json["id"]
    return id


async def test_receipts_in_order_are_the_question_as_it_then_is(door: Door) -> None:
    id = await answered(door)

    first = await door.report(id, status="picked_up")
    last = await door.report(id, status="succeeded", summary="Done in\n2 minutes", url="https://ci.example.com/7?é")

    assert (first.status, last.status) == (200, 200)
    assert first.json["receipt"] == {
        "status": "picked_up", "summary": None, "url": None,
        "picked_up_at": first.json["heard_at"], "at": first.json["heard_at"],
    }  # fmt: skip
    assert last.json["receipt"] == {
        "status": "succeeded", "summary": "Done in\n2 minutes", "url": "https://ci.example.com/7?%C3%A9",
        "picked_up_at": first.json["heard_at"], "at": last.json["receipt"]["at"],
    }  # fmt: skip
    assert last.json["heard_at"] == first.json["heard_at"]
    assert "do not do it again" in first.json["message"] and "nothing is left to do" in last.json["message"]
    assert (await door.get(id)).json == last.json


async def test_the_same_again_changes_nothing_and_another_is_told_what_stands(door: Door) -> None:
    id = await answered(door)
    stands = await door.report(id, status="failed", summary="No disk")

    for _ in range(2):
        repeated = await door.report(id, status="failed", summary="No disk")
        assert (repeated.status, repeated.json) == (200, stands.json)
    for sent in ({"status": "picked_up"}, {"status": "succeeded"}, {"status": "failed"}):
        refused = await door.report(id, **sent)
        assert (refused.status, refused.slug) == (409, "receipt_out_of_order")
        assert refused.json["interaction"] == stands.json
        assert "it failed" in refused.json["detail"]


async def test_what_is_foreign_is_unknown_and_what_has_no_answer_is_refused(db: Database, door: Door) -> None:
    async with doors.door(db, await build.tenant(db)) as elsewhere:
        foreign = await answered(elsewhere)
    pending, cancelled = (await door.ask()).json["id"], (await door.ask()).json["id"]
    await door.cancel(cancelled)

    for id in (foreign, "int_01h2xcejqtf2nbrexx3vqjhp41", "int_x"):
        assert (await door.report(id, status="picked_up")).status == 404
    for id, status in ((pending, "pending"), (cancelled, "cancelled")):
        refused = await door.report(id, status="picked_up")
        assert (refused.status, refused.slug) == (409, "receipt_out_of_order")
        assert refused.json["interaction"]["status"] == status
        assert refused.json["interaction"]["receipt"] is None


@pytest.mark.parametrize(
    ("sent", "pointer"),
    [
        ({}, "/status"),
        ({"status": "done"}, "/status"),
        ({"status": "succeeded", "summary": "x" * 301}, "/summary"),
        ({"status": "succeeded", "summary": ""}, "/summary"),
        ({"status": "succeeded", "summary": "\u200b"}, "/summary"),
        ({"status": "succeeded", "summary": "a\x07"}, "/summary"),
        ({"status": "succeeded", "url": "javascript:alert(1)"}, "/url"),
        ({"status": "succeeded", "url": "https://a.example/" + "x" * 2_000}, "/url"),
        ({"status": "succeeded", "sumary": "x"}, "/sumary"),
    ],
)
async def test_a_receipt_that_is_not_valid_says_where(door: Door, sent: dict[str, Any], pointer: str) -> None:
    id = await answered(door)

    refused = await door.report(id, **sent)

    assert (refused.status, refused.pointers) == (422, [pointer])
    assert (await door.get(id)).json["receipt"] is None


async def test_the_timeline_tells_it_in_words(door: Door) -> None:
    id = await answered(door)
    await door.get(id)
    await acknowledgements.write(door.db, door.notifier)
    await door.report(id, status="picked_up")
    await door.report(id, status="failed", summary='It said "no"\nand went')

    items = (await door.call("GET", f"/v1/interactions/{id}/timeline")).json["items"]

    assert [line["message"] for line in items[-3:]] == [
        "An agent received the outcome.",
        "deploy-bot reported that it has started.",
        "deploy-bot reported that it failed: \"It said 'no' and went\".",
    ]
    assert items[-1]["detail"] == {"key": "deploy-bot", "summary": 'It said "no"\nand went', "url": None}


class TestHearing:
    async def test_is_reading_an_end_by_whatever_way(self, door: Door) -> None:
        looked, listed = await answered(door), await answered(door)
        first = await door.ask(idempotency="k")
        await door.click(first.id)
        refused, older = await answered(door), await answered(door)
        assert noted(door) == set()

        await door.get(looked)
        assert noted(door) == {looked}
        await door.list(status="answered", limit=1)
        await door.list(status="answered")
        assert noted(door) == {looked, listed, first.json["id"], refused, older}
        door.notifier.take_acknowledged(100)
        await door.ask(idempotency="k")
        assert noted(door) == {first.json["id"]}
        await door.cancel(refused)
        await door.ask(body(supersedes=older))
        assert noted(door) == {first.json["id"], refused, older}

    async def test_is_waiting_until_the_end(self, door: Door) -> None:
        id = (await door.ask()).json["id"]
        reader = asyncio.create_task(door.get(id, wait=30))
        await door.waiting()
        await door.click((await door.get(id)).id)

        await reader

        assert noted(door) == {id}

    async def test_is_not_reading_what_is_pending_nor_what_was_heard_before(self, door: Door) -> None:
        pending, id = (await door.ask()).json["id"], await answered(door)
        await door.get(id)
        assert await acknowledgements.step(door.db, door.notifier) == 1

        await door.get(pending)
        assert (await door.get(id)).json["heard_at"] is not None

        assert noted(door) == set()
        assert await acknowledgements.step(door.db, door.notifier) == 0

    async def test_is_not_being_refused(self, door: Door) -> None:
        id = await answered(door)

        await door.get(id, key=None)
        await door.get(id, wait="x")

        assert noted(door) == set()

    async def test_is_not_hanging_up_before_the_end(self, door: Door) -> None:
        id = (await door.ask()).json["id"]
        reader = asyncio.create_task(door.get(id, wait=30))
        await door.waiting()
        reader.cancel()
        server = door.http.server.handler
        await until(lambda: not server.connections)

        await door.click((await door.db.fetch("select id from interactions"))[0]["id"])
        await until(lambda: not door.notifier.watched())
        await asyncio.sleep(0)

        assert noted(door) == set()

    async def test_of_a_default_that_a_reader_wrote_counts(self, door: Door) -> None:
        asked = await door.ask(body(on_expiry={"decision": "deny"}))
        await door.post_card()
        await door.pass_deadline(asked.id)
        assert (await door.get(asked.json["id"])).json["status"] == "answered"

        assert await acknowledgements.step(door.db, door.notifier) == 1

        assert (await door.get(asked.json["id"])).json["heard_at"] is not None

    async def test_that_cannot_be_written_is_kept_and_fails_no_answer(self, door: Door) -> None:
        id = await answered(door)
        await door.get(id)
        await door.db.close()

        with pytest.raises(errors.Unavailable):
            await acknowledgements.step(door.db, door.notifier)

        assert noted(door) == {id}


def noted(door: Door) -> set[str]:
    """The interactions whose acknowledgements are still to be stored. They are taken, and put back."""
    pairs = door.notifier.take_acknowledged(10_000)
    for pair in pairs:
        door.notifier.acknowledge(*pair)
    return {ids.encode("int", id) for _, id in pairs}


@pytest.mark.parametrize("status", list(Progress))
async def test_a_receipt_is_a_hearing(door: Door, status: Progress) -> None:
    id = await answered(door)

    assert (await door.report(id, status=status.value)).json["heard_at"] is not None
