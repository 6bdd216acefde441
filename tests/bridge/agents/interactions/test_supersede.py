"""Superseding an older interaction."""

from typing import Any

import pytest

from bridge import ids
from tests.bridge.agents.door import Door, body
from tests.storage import build


async def test_the_newer_question_takes_the_place_of_the_older_one(door: Door) -> None:
    older = (await door.ask()).json
    with door.notifier.watching(door.tenant.scope.organization_id, (await door.get(older["id"])).id) as signal:
        newer = await door.ask(body(title="Deploy 1.5?", supersedes=older["id"]))

        assert signal.is_set()
    assert (newer.status, newer.json["supersedes"], newer.json["status"]) == (201, older["id"], "pending")
    after = (await door.get(older["id"])).json
    assert (after["status"], after["superseded_by"]) == ("superseded", newer.json["id"])
    assert newer.json["id"] in after["message"] and after["answer"] is None


async def test_what_is_already_answered_is_not_asked_again(door: Door) -> None:
    older = await door.ask()
    await door.click(older.id, choice="deny")

    reply = await door.ask(body(supersedes=older.json["id"]))

    assert (reply.status, reply.slug) == (409, "conflict")
    assert reply.json["interaction"] == (await door.get(older.json["id"])).json
    assert reply.json["interaction"]["answer"]["decision"] == "deny"
    assert "was not created" in reply.json["detail"] and "Denied" in reply.json["detail"]
    assert await door.rows() == 1


async def test_what_is_already_superseded_says_by_what(door: Door) -> None:
    older = (await door.ask()).json["id"]
    newer = (await door.ask(body(supersedes=older))).json["id"]

    reply = await door.ask(body(supersedes=older))

    assert (reply.status, reply.json["interaction"]["superseded_by"]) == (409, newer)


async def test_a_deadline_that_passed_is_an_end_even_before_the_sweep(door: Door) -> None:
    older = await door.ask(body(on_expiry={"decision": "deny"}))
    await door.post_card()
    await door.pass_deadline(older.id)

    reply = await door.ask(body(supersedes=older.json["id"]))

    assert (reply.status, reply.json["interaction"]["status"]) == (409, "answered")
    assert reply.json["interaction"]["answer"]["via"] == "default"
    assert await door.rows() == 1


async def test_only_ones_own_questions_can_be_named(door: Door) -> None:
    foreign = (await door.ask(key=(await build.tenant(door.db)).secret)).json["id"]
    wrong: list[Any] = [foreign, ids.encode("int", ids.new()), ids.encode("con", ids.new()), "int_x", "", "\u00e9"]
    replies = [await door.ask(body(supersedes=named)) for named in wrong]

    assert {(reply.status, reply.raw) for reply in replies} == {(422, replies[0].raw)}
    assert replies[0].pointers == ["/supersedes"]
    assert await door.rows() == 1


@pytest.mark.parametrize("answered", [False, True])
async def test_a_replay_stays_a_replay(door: Door, *, answered: bool) -> None:
    older = (await door.ask()).json["id"]
    first = await door.ask(body(supersedes=older), idempotency="again")
    if answered:
        await door.click(first.id)

    again = await door.ask(body(supersedes=older), idempotency="again")
    other = await door.ask(body(supersedes=older, title="Another?"), idempotency="again")

    assert (again.status, again.json["id"]) == (200, first.json["id"])
    assert (other.status, other.slug) == (422, "idempotency_mismatch")
    assert await door.rows() == 2
