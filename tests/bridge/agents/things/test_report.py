"""Reports of recoveries: the first opens the row of its source, later ones refresh it."""

from typing import Any

import pytest

from bridge import ids
from bridge.things.recovery import NOUN
from storage import connections
from storage.pool import Database
from tests.bridge.agents import door as doors
from tests.bridge.agents.door import Door
from tests.bridge.agents.things import recoveries
from tests.storage import build


async def test_a_report_opens_a_recovery(door: Door) -> None:
    reply = await recoveries.report(door, to={"channel": "C0OPS"}, tags=["night"], metadata={"n": 1})

    assert reply.status == 201
    assert reply.headers["Location"] == f"/v1/recoveries/{reply.json['id']}"
    assert (reply.json["status"], reply.json["attempt_count"], reply.json["opened_by"]) == ("active", 1, "deploy-bot")
    assert reply.json["to"] == [{"channel": "C0OPS"}] and len(reply.json["cards"]) == 1
    assert (await recoveries.get(door, reply.json["id"])).json == {**reply.json, "reached": None}


async def test_another_report_refreshes_it_and_counts_an_attempt(door: Door) -> None:
    first = await recoveries.report(door, cause="One", evidence={"n": 1}, recovery_ref="x", owner={"agent": "a"})

    second = await recoveries.report(door, cause="Two", owner={"user": "U0BOB"})

    assert (second.status, second.json["id"], second.json["attempt_count"]) == (200, first.json["id"], 2)
    assert second.json["cause"] == "Two" and second.json["evidence"] == {"n": 1}
    assert second.json["recovery_ref"] is None and second.json["owner"] == {"user": "U0BOB"}
    assert second.json["previous_owner"] == {"agent": "a"} and second.json["to"] == [{"user": "U0BOB"}]
    assert "Location" not in second.headers


async def test_a_report_after_the_end_opens_another_one(door: Door) -> None:
    first = await recoveries.report(door)
    await recoveries.resolve(door, first.json["id"])

    second = await recoveries.report(door)

    assert second.status == 201 and second.json["id"] != first.json["id"]
    assert second.json["attempt_count"] == 1


async def test_what_all_things_have_stays_unless_it_is_given_anew(door: Door) -> None:
    sent: dict[str, Any] = {
        "to": [{"channel": "C0OPS"}],
        "responders": {"users": ["U0ANA"], "outsiders": "allow"},
        "agent": {"name": "watchdog", "run": "7", "url": "https://ci.example.com/7"},
        "tags": ["a"],
        "metadata": {"exact": 1},
        "callback": "https://agent.example.com/told",
    }
    first = (await recoveries.report(door, **sent)).json

    kept = (await recoveries.report(door)).json
    changed = (await recoveries.report(door, tags=["b"], responders={"anyone_in_channel": True})).json

    named = ("to", "responders", "outsiders", "agent", "tags", "metadata", "callback")
    assert {name: first[name] for name in named} == {name: kept[name] for name in named}
    assert first["responders"] == {"users": ["U0ANA"]} and first["outsiders"] == "allow"
    assert changed["responders"] == {"anyone_in_channel": True} and changed["outsiders"] == "refuse"
    assert changed["tags"] == ["b"] and changed["metadata"] == {"exact": 1}


async def test_a_round_ends_when_other_people_may_act(door: Door) -> None:
    id = (await recoveries.report(door, to={"channel": "C0OPS"}, responders={"anyone_in_channel": True})).json["id"]
    for responders in ({"users": ["U0ANA"]}, {"users": ["U0ANA"], "outsiders": "allow"}):
        await recoveries.report(door, responders=responders)

    rounds = (await door.call("GET", f"/v1/interactions?thing={id}")).json["items"]

    assert [each["status"] for each in rounds] == ["pending", "superseded", "superseded"]
    assert [each["outsiders"] for each in rounds] == ["allow", "refuse", "refuse"]


async def test_it_has_no_card_where_no_one_is_addressed(door: Door) -> None:
    reply = await recoveries.report(door)

    assert (reply.status, reply.json["to"], reply.json["cards"]) == (201, [], [])


async def test_the_default_channel_of_its_connection_gets_the_card(door: Door) -> None:
    scope = door.tenant.scope
    await connections.set_default_channel(
        door.db, organization_id=scope.organization_id, id=scope.connection_id, channel="C0DEFAULT"
    )

    assert (await recoveries.report(door)).json["to"] == [{"channel": "C0DEFAULT"}]


async def test_a_new_one_needs_an_active_connection_and_an_open_one_does_not(door: Door) -> None:
    first = await recoveries.report(door)
    scope = door.tenant.scope
    await connections.disable(door.db, organization_id=scope.organization_id, id=scope.connection_id, new_id=ids.new)

    other = await recoveries.report(door, source={"type": "build", "id": "2"})
    same = await recoveries.report(door)

    assert (other.status, other.pointers) == (422, ["/connection"])
    assert (same.status, same.json["id"], same.json["attempt_count"]) == (200, first.json["id"], 2)


async def test_its_connection_cannot_be_changed(door: Door) -> None:
    await recoveries.report(door)
    here = ids.encode("con", door.tenant.connection.id)

    assert (await recoveries.report(door, connection=here)).status == 200
    for wrong in (ids.encode("con", ids.new()), "x"):
        refused = await recoveries.report(door, connection=wrong)
        assert (refused.status, refused.pointers) == (422, ["/connection"]) and here in refused.json["detail"]


@pytest.mark.parametrize(
    ("fields", "pointer"),
    [
        ({"kind": None}, "/kind"),
        ({"source": {"type": "build"}}, "/source/id"),
        ({"source": {"type": "a\nb", "id": "1"}}, "/source/type"),
        ({"fingerprint": "f" * 201}, "/fingerprint"),
        ({"owner": {"agent": "a", "user": "U0ANA"}}, "/owner"),
        ({"owner": {"agent": "a" * 81}}, "/owner/agent"),
        ({"owner": {"board": False}}, "/owner/board"),
        ({"wake_policy": {"x": "y" * 4_100}}, "/wake_policy"),
        ({"monitor_policy": {"x": "y" * 4_100}}, "/monitor_policy"),
        ({"evidence": {"x": "y" * 16_400}}, "/evidence"),
        ({"max_attempts": 0}, "/max_attempts"),
        ({"timeout_at": "tomorrow"}, "/timeout_at"),
        ({"to": {"channel": "#ops"}}, "/to/channel"),
        ({"to": []}, "/to"),
        ({"to": [{"user": "U0ANA"}], "responders": {"users": ["U0BOB"]}}, "/responders"),
        ({"callback": "ftp://example.com"}, "/callback"),
        ({"tags": ["x"] * 21}, "/tags"),
        ({"metadata": {"x": "y" * 17_000}}, "/metadata"),
        ({"expires_in": 600}, "/expires_in"),
        ({"cause": "x\u0000"}, "/cause"),
    ],
)
async def test_a_bad_field_is_named_and_nothing_is_opened(door: Door, fields: dict[str, Any], pointer: str) -> None:
    reply = await recoveries.report(door, **fields)

    named = {each.partition(" ")[0] for each in reply.pointers}
    assert reply.status == 422 and any(each.startswith(pointer) for each in named), reply.json
    assert await recoveries.listed(door) == []


async def test_hostile_bodies_open_nothing(door: Door) -> None:
    headers = {"Content-Type": "application/json"}
    bodies = {
        b"": 400,
        b"[]": 400,
        b'{"a": 1, "a": 2}': 400,
        b"[" * 100_000: 413,
        b'{"source": ' + b"[" * 40 + b"]" * 40 + b"}": 400,
        b"x" * 600_000: 413,
        b'{"source": "\xff"}': 400,
    }
    for path in ("", "/resolve", "/search"):
        for raw, status in bodies.items():
            reply = await door.call("POST", f"/v1/recoveries{path}", data=raw, headers=headers)
            assert reply.status == status, (path, raw[:40], reply.json)
        assert (await door.call("POST", f"/v1/recoveries{path}", data=b"{}")).status == 415

    assert await recoveries.listed(door) == []


async def test_another_organization_has_its_own(db: Database, door: Door) -> None:
    mine = await recoveries.report(door, to={"channel": "C0OPS"})
    other = await build.tenant(db)
    async with doors.door(db, other) as their_door:
        theirs = await recoveries.report(their_door)
        assert theirs.status == 201 and theirs.json["id"] != mine.json["id"]

        for id in (mine.json["id"], "rec_x", NOUN.public_id(ids.new()), ids.encode("int", ids.new())):
            replies = [
                await recoveries.get(their_door, id),
                await recoveries.resolve(their_door, id),
                await their_door.call("GET", f"/v1/recoveries/{id}/timeline"),
                await their_door.call("POST", f"/v1/recoveries/{id}/cards", json={"to": {"channel": "C0X"}}),
            ]
            assert {(reply.status, reply.json["detail"]) for reply in replies} == {
                (404, "No recovery of your organization has this id.")
            }
        assert await recoveries.listed(their_door) == [theirs.json["id"]]
        rounds = await their_door.call("GET", f"/v1/interactions?thing={mine.json['id']}")
        assert rounds.json["items"] == []
    assert (await recoveries.get(door, mine.json["id"])).json["status"] == "active"


async def test_while_an_escalation_stands_reports_leave_its_owner_and_its_cards_where_they_are(door: Door) -> None:
    limits: dict[str, Any] = {"max_attempts": 1, "wake_policy": {"escalate_to": [{"user": "U0BOB"}]}}
    await recoveries.report(door, owner={"agent": "a"}, to=[{"channel": "C0OPS"}], **limits)
    escalated = (await recoveries.report(door, owner={"agent": "a"}, **limits)).json
    assert (escalated["status"], escalated["owner"], escalated["to"]) == (
        "escalated",
        {"user": "U0BOB"},
        [{"channel": "C0OPS"}],
    )

    later = (await recoveries.report(door, owner={"agent": "b"}, to=[{"channel": "C0OTHER"}], **limits)).json

    assert (later["status"], later["owner"], later["to"]) == ("escalated", {"user": "U0BOB"}, [{"channel": "C0OPS"}])
    assert later["attempt_count"] == 3
    freed = (await recoveries.report(door, owner={"agent": "b"}, to=[{"channel": "C0OTHER"}])).json
    assert (freed["status"], freed["owner"], freed["to"]) == ("active", {"agent": "b"}, [{"channel": "C0OTHER"}])
