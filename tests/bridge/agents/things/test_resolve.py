"""How recoveries end by the API: by id, by source, blocked by other things."""

from typing import Any

import pytest

from bridge import ids
from bridge.things.recovery import NOUN
from storage.model import Json
from storage.pool import Database
from tests.bridge.agents import door as doors
from tests.bridge.agents.door import Door
from tests.bridge.agents.things import recoveries
from tests.storage import build

SECOND = {"type": "build", "id": "2"}


@pytest.mark.parametrize(
    ("outcome", "status"),
    [("restored", "resolved"), ("false_positive", "resolved"), ("cancelled", "cancelled")],
)
@pytest.mark.parametrize("by_source", [False, True])
async def test_each_outcome_has_its_status(door: Door, outcome: str, status: str, *, by_source: bool) -> None:
    id = (await recoveries.report(door, to={"channel": "C0OPS"})).json["id"]

    ended = await recoveries.resolve(door, "" if by_source else id, outcome=outcome, note="As told.")

    assert (ended.status, ended.json["id"], ended.json["status"], ended.json["outcome"]) == (200, id, status, outcome)
    assert ended.json["resolved_by"] == {"key": "deploy-bot"} and ended.json["note"] == "As told."
    assert ended.json["ended_at"] is not None
    (last,) = (await door.call("GET", f"/v1/interactions?thing={id}")).json["items"]
    assert (last["status"], last["reason"]["code"]) == ("cancelled", status)


async def test_the_same_outcome_again_changes_nothing_and_another_is_refused(door: Door) -> None:
    id = (await recoveries.report(door)).json["id"]
    ended = await recoveries.resolve(door, id, note="First.")

    again = await recoveries.resolve(door, id, note="Second.")
    sent = {"source": recoveries.body()["source"], "id": id, "outcome": "restored"}
    by_source = await door.call("POST", "/v1/recoveries/resolve", json=sent)
    other = await recoveries.resolve(door, id, outcome="cancelled")

    assert again.status == 200 and again.json == ended.json and by_source.json == ended.json
    assert (other.status, other.slug, other.json["thing"]) == (409, "illegal_move", ended.json)
    assert "resolved" in other.json["detail"] and "no more moves" in other.json["detail"]
    assert [entry["type"] for entry in (await recoveries.timeline(door, id))["items"]] == [
        "recovery.opened",
        "recovery.resolved",
    ]


async def test_a_source_without_an_open_one_says_how_the_last_one_ended(door: Door) -> None:
    never = await recoveries.resolve(door)
    id = (await recoveries.report(door)).json["id"]
    await recoveries.resolve(door, outcome="false_positive")

    ended = await recoveries.resolve(door, outcome="false_positive")

    assert (never.status, never.slug) == (ended.status, ended.slug) == (404, "not_found")
    assert "never had one" in never.json["detail"]
    assert id in ended.json["detail"] and "ended as false_positive" in ended.json["detail"]


async def test_an_id_of_another_source_is_not_resolved(door: Door) -> None:
    id = (await recoveries.report(door)).json["id"]
    await recoveries.report(door, source=SECOND)

    for wrong in (id, "x", NOUN.public_id(ids.new())):
        reply = await door.call(
            "POST", "/v1/recoveries/resolve", json={"source": SECOND, "id": wrong, "outcome": "restored"}
        )
        assert (reply.status, reply.json["detail"]) == (
            404,
            "No recovery of this source in your organization has this id.",
        )
    assert len(await recoveries.listed(door, open="true")) == 2


async def test_a_click_that_came_first_is_told(door: Door) -> None:
    id = (await recoveries.report(door, to={"channel": "C0OPS"})).json["id"]
    await recoveries.click(door, id, choice="restored")

    same, other = await recoveries.resolve(door, id), await recoveries.resolve(door, id, outcome="cancelled")
    by_source = await recoveries.resolve(door)

    assert same.status == 200 and same.json["resolved_by"]["user"] == "U0ANA"
    assert other.status == 409 and other.json["thing"]["outcome"] == "restored"
    assert by_source.status == 404 and '"ana" (U0ANA)' in by_source.json["detail"]


class TestBlocked:
    async def test_needs_an_open_thing_or_something_outside(self, door: Door) -> None:
        blocked = (await recoveries.report(door)).json["id"]
        blocker = (await recoveries.report(door, source=SECOND)).json["id"]

        ended = await recoveries.resolve(door, blocked, outcome="blocked", blocker={"id": blocker})

        assert ended.json["blocker"] == {"id": blocker} and ended.json["outcome"] == "blocked"
        third = (await recoveries.report(door, source={"type": "build", "id": "3"})).json["id"]
        outside = {"external": {"type": "issue", "id": "JIRA-7", "url": "https://jira.example.com/7"}}
        ended = await recoveries.resolve(door, third, outcome="blocked", blocker=outside)
        assert ended.json["blocker"] == outside

    async def test_tells_once_when_its_blocker_ends(self, door: Door) -> None:
        blocked = (await recoveries.report(door)).json["id"]
        blocker = (await recoveries.report(door, source=SECOND)).json["id"]
        before = (await recoveries.resolve(door, blocked, outcome="blocked", blocker={"id": blocker})).json

        await recoveries.resolve(door, blocker)
        await recoveries.resolve(door, blocker)

        after = (await recoveries.get(door, blocked)).json
        assert {**before, "reached": "resolved"} == after
        events = (await door.call("GET", "/v1/events?types=recovery.unblocked")).json["items"]
        (event,) = events
        assert event["data"]["id"] == blocked and event["change"]["blocker"] == {"id": blocker}
        assert event["change"]["wakes"] == {"owner": {"board": True}}
        items = (await recoveries.timeline(door, blocked))["items"]
        assert [item["type"] for item in items].count("recovery.unblocked") == 1
        assert [item["message"] for item in items][1:] == [
            f'Ended as blocked by {blocker}, by "deploy-bot", from active to resolved.',
            f"Unblocked: {blocker} has ended.",
        ]

    @pytest.mark.parametrize(
        ("fields", "wakes"),
        [
            ({"owner": {"agent": "a"}}, {"owner": {"agent": "a"}}),
            ({"owner": {"user": "U0ANA"}}, {"owner": {"user": "U0ANA"}}),
            ({"owner": {"user": "U0ANA"}, "return_owner": {"agent": "b"}}, {"return_owner": {"agent": "b"}}),
        ],
    )
    async def test_the_end_of_its_blocker_wakes_who_is_to_go_on(self, door: Door, fields: Json, wakes: Json) -> None:
        blocked = (await recoveries.report(door, **fields)).json["id"]
        blocker = (await recoveries.report(door, source=SECOND)).json["id"]
        await recoveries.resolve(door, blocked, outcome="blocked", blocker={"id": blocker})

        await recoveries.resolve(door, blocker)

        (event,) = (await door.call("GET", "/v1/events?types=recovery.unblocked")).json["items"]
        assert event["change"]["wakes"] == wakes

    @pytest.mark.parametrize(
        ("sent", "pointer"),
        [
            ({}, "/blocker"),
            ({"blocker": {}}, "/blocker"),
            ({"blocker": {"id": "x"}}, "/blocker/id"),
            ({"blocker": {"id": NOUN.public_id(ids.new())}}, "/blocker/id"),
            ({"blocker": {"external": {"type": "issue"}}}, "/blocker/external/id"),
            ({"blocker": {"id": "rec_x", "external": {"type": "issue", "id": "1"}}}, "/blocker"),
        ],
    )
    async def test_a_blocker_that_is_none_is_refused(self, door: Door, sent: dict[str, Any], pointer: str) -> None:
        id = (await recoveries.report(door)).json["id"]

        reply = await recoveries.resolve(door, id, outcome="blocked", **sent)

        assert (reply.status, reply.pointers) == (422, [pointer]), reply.json
        assert (await recoveries.get(door, id)).json["status"] == "active"

    async def test_a_blocker_that_ended_is_foreign_or_is_itself_is_refused(self, db: Database, door: Door) -> None:
        id = (await recoveries.report(door)).json["id"]
        ended = (await recoveries.report(door, source=SECOND)).json["id"]
        await recoveries.resolve(door, ended)
        async with doors.door(db, await build.tenant(db)) as theirs:
            foreign = (await recoveries.report(theirs)).json["id"]

        for blocker in (ended, foreign, id):
            reply = await recoveries.resolve(door, id, outcome="blocked", blocker={"id": blocker})
            assert (reply.status, reply.pointers) == (422, ["/blocker/id"]), reply.json

    async def test_a_blocker_goes_with_no_other_outcome(self, door: Door) -> None:
        id = (await recoveries.report(door)).json["id"]

        reply = await recoveries.resolve(door, id, blocker={"external": {"type": "issue", "id": "1"}})

        assert (reply.status, reply.pointers) == (422, ["/blocker"])
