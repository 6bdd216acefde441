"""Incidents: opened, told about, moved from any status to any other, and changed."""

import itertools
from typing import Any

import pytest

from bridge import ids
from bridge.things.event_schemas import EventPage
from bridge.things.incident import NOUN
from bridge.things.incident.examples import EXAMPLES
from storage.interactions import MAX_PAGE_BYTES
from storage.model import Json, Verdict
from storage.pool import Database
from tests.bridge.agents import door as doors
from tests.bridge.agents.door import Door
from tests.bridge.agents.things import incidents
from tests.bridge.agents.things.incidents import TO
from tests.storage import build

STATUSES = NOUN.statuses


async def changes(door: Door) -> list[Json]:
    """What each event of the feed says that happened."""
    reply = await door.call("GET", "/v1/events", params={"types": "incident.*"})
    EventPage.model_validate_json(reply.raw)
    return [{"type": event["type"], **event["change"]} for event in reply.json["items"]]


async def test_an_incident_is_opened(door: Door) -> None:
    reply = await incidents.create(door, to=TO, initial_message="It began at 9.", description="p99 is 4 s.")

    assert (reply.status, reply.headers["Location"]) == (201, f"/v1/incidents/{reply.json['id']}")
    assert (reply.json["status"], reply.json["severity"], reply.json["reused"]) == ("investigating", "minor", False)
    assert reply.json["systems"] == ["checkout", "payments"] and len(reply.json["cards"]) == 1
    assert [each["message"] for each in reply.json["updates"]] == ["It began at 9."]
    assert reply.json["status_by"] == {"key": "deploy-bot"} and reply.json["notes"] is True
    without = {name: value for name, value in reply.json.items() if name != "reused"}
    assert (await incidents.get(door, reply.json["id"])).json == {**without, "reached": None}
    assert await incidents.told(door) == ["created"]


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: example.name)
async def test_every_example_is_taken(door: Door, example: Any) -> None:
    assert (await door.call("POST", "/v1/incidents", json=example.request)).status == 201


async def test_a_comment_is_kept_and_no_event_tells_it(door: Door) -> None:
    id = (await incidents.create(door, to=TO)).json["id"]

    reply = await incidents.update(door, id, message="Rolled back.")

    assert reply.status == 201 and "Location" not in reply.headers
    assert reply.json["update"] == reply.json["updates"][0]
    assert (reply.json["update"]["message"], reply.json["update"]["status"]) == ("Rolled back.", None)
    assert reply.json["update"]["by"] == {"key": "deploy-bot"} and reply.json["update"]["id"].startswith("upd_")
    assert reply.json["update_count"] == 1 and await incidents.told(door) == ["created"]
    assert len(await door.db.fetch("select from history")) == 1


async def test_from_any_status_any_other_can_be_set_and_is_told_once(door: Door) -> None:
    id = (await incidents.create(door, to=TO)).json["id"]
    for before, after in itertools.permutations(STATUSES, 2):
        await incidents.status(door, id, status=before)
        count = len(await incidents.told(door))

        reply = await incidents.status(door, id, status=after)

        assert (reply.status, reply.json["status"]) == (200, after)
        assert (reply.json["resolved_at"] is None) == (reply.json["ended_at"] is None) == (after != "resolved")
        assert reply.json["updates"][0]["message"] == f"Status changed from {before} to {after}."
        assert reply.json["updates"][0]["status"] == after
        assert (await incidents.told(door))[count:] == ["resolved" if after == "resolved" else "updated"]


async def test_an_event_says_what_changed(door: Door) -> None:
    id = (await incidents.create(door)).json["id"]
    await incidents.status(door, id, status="fixing", message="Found it.")
    await incidents.patch(door, id, severity="major", systems=["checkout"])
    await incidents.update(door, id, message="Done.", status="resolved")

    created, fixing, worse, resolved = await changes(door)
    assert created["type"] == "incident.created" and created["status_change"] is None
    assert (fixing["type"], fixing["from"], fixing["to"], fixing["reason"]) == (
        "incident.updated",
        "investigating",
        "fixing",
        "Found it.",
    )
    assert fixing["status_change"] == {"from": "investigating", "to": "fixing"}
    assert worse["status_change"] is None and (worse["from"], worse["to"]) == ("fixing", "fixing")
    assert worse["changes"] == {
        "severity": {"from": "minor", "to": "major"},
        "systems": {"from": ["checkout", "payments"], "to": ["checkout"]},
    }
    assert (worse["severity"], worse["systems"], worse["status"]) == ("major", ["checkout"], "fixing")
    assert (resolved["type"], resolved["reason"]) == ("incident.resolved", "Done.")


async def test_what_stands_already_changes_nothing_and_a_message_is_a_comment(door: Door) -> None:
    id = (await incidents.create(door, to=TO, description="x")).json["id"]
    before = (await incidents.get(door, id)).json

    for reply in (
        await incidents.status(door, id, status="investigating"),
        await incidents.patch(door, id, systems=["payments", "checkout"], severity="minor", title=before["title"]),
        await incidents.patch(door, id),
    ):
        assert reply.status == 200 and reply.json == {name: before[name] for name in reply.json}
    await incidents.status(door, id, status="investigating", message="Still looking.")
    await incidents.resolve(door, id)
    await incidents.resolve(door, id)
    last = await incidents.resolve(door, id, message="It was the disk.")

    assert [each["message"] for each in last.json["updates"]] == [
        "It was the disk.",
        "Status changed from investigating to resolved.",
        "Still looking.",
    ]
    assert await incidents.told(door) == ["created", "resolved"]


async def test_another_title_or_description_is_not_told(door: Door) -> None:
    id = (await incidents.create(door, to=TO)).json["id"]
    shown = await door.db.fetch("select wanted from cards")

    reply = await incidents.patch(door, id, title="Checkout is down", description="No card payments.")

    assert (reply.json["title"], reply.json["description"]) == ("Checkout is down", "No card payments.")
    assert reply.json["update_count"] == 0 and await incidents.told(door) == ["created"]
    assert (await door.db.fetch("select wanted from cards"))[0]["wanted"] == shown[0]["wanted"] + 1


async def test_one_patch_is_one_transition(door: Door) -> None:
    id = (await incidents.create(door)).json["id"]

    reply = await incidents.patch(door, id, severity="critical", systems=["db"], title="Down")

    assert await incidents.told(door) == ["created", "updated"]
    [only] = reply.json["updates"]
    assert only["message"] == (
        "Severity changed from minor to critical. Systems changed from checkout, payments to db."
    )
    assert only["status"] is None


async def test_a_resolved_one_takes_changes_and_tells_them_as_updates(door: Door) -> None:
    id = (await incidents.create(door, to=TO)).json["id"]
    resolved = (await incidents.resolve(door, id)).json

    worse = (await incidents.patch(door, id, severity="critical")).json
    comment = await incidents.update(door, id, message="The report is written.")

    assert (worse["status"], worse["resolved_at"], worse["ended_at"]) == (
        "resolved",
        resolved["resolved_at"],
        resolved["ended_at"],
    )
    assert comment.status == 201 and await incidents.told(door) == ["created", "resolved", "updated"]


async def test_reopening_takes_its_cards_back(door: Door) -> None:
    id = (await incidents.create(door, to=TO)).json["id"]
    await incidents.resolve(door, id)
    assert await door.db.fetch("select from interactions where status = 'pending'") == []

    again = await incidents.status(door, id, status="monitoring")

    assert (again.json["resolved_at"], again.json["ended_at"], len(again.json["cards"])) == (None, None, 1)
    assert len(await door.db.fetch("select from interactions where status = 'pending'")) == 1
    assert (await incidents.click(door, id, "fixing")).verdict is Verdict.WON


async def test_people_move_it_and_add_to_it(door: Door) -> None:
    id = (await incidents.create(door, to=TO)).json["id"]

    assert (await incidents.click(door, id, "identified")).verdict is Verdict.WON
    for words in ("One.", "Two."):
        added = await incidents.click(door, id, "update", given={"message": words}, user="U0BOB")
        assert added.verdict is Verdict.ADDED
    assert (await incidents.click(door, id, "severity", given={"severity": "critical"})).verdict is Verdict.WON
    assert (await incidents.click(door, id, "resolved", given={"message": "Over."})).verdict is Verdict.WON

    now = (await incidents.get(door, id)).json
    assert (now["status"], now["severity"], now["status_by"]["user"]) == ("resolved", "critical", "U0ANA")
    assert [each["message"] for each in now["updates"]] == [
        "Over.",
        "Severity changed from minor to critical.",
        "Two.",
        "One.",
        "Status changed from investigating to identified.",
    ]
    assert await incidents.told(door) == ["created", "updated", "updated", "resolved"]


async def test_the_severity_a_person_sets_is_one_that_stands(door: Door) -> None:
    id = (await incidents.create(door, to=TO)).json["id"]

    assert (await incidents.click(door, id, "severity", given={"severity": "minor"})).verdict is Verdict.WON

    assert await incidents.told(door) == ["created"]
    assert (await incidents.click(door, id, "fixing")).verdict is Verdict.WON, "a round is open again"


async def test_all_updates_are_listed_newest_first_and_the_resource_has_the_last_20(door: Door) -> None:
    id = (await incidents.create(door)).json["id"]
    for number in range(25):
        await incidents.update(door, id, message=f"{number}")

    seen: list[str] = []
    cursor: str | None = None
    for _ in range(3):
        items, cursor = await incidents.updates(door, id, limit=10, **({"cursor": cursor} if cursor else {}))
        seen += [item["message"] for item in items]
        await incidents.update(door, id, message="later")

    assert seen == [f"{number}" for number in range(24, -1, -1)] and cursor is None
    now = (await incidents.get(door, id)).json
    assert now["update_count"] == 28 and len(now["updates"]) == 20
    assert now["updates"] == (await incidents.updates(door, id, limit=20))[0]


async def large(door: Door, *, updates: int) -> str:
    """An incident with so many updates of 8 KB each."""
    id: str = (await incidents.create(door)).json["id"]
    await door.db.fetch(
        "with made as (insert into incident_updates select organization_id, id, number, gen_random_uuid(), "
        """repeat('😀', 2000), null, '{"key": "deploy-bot"}', clock_timestamp() """
        "from incidents, generate_series(1, $2) as number where id = $1 returning *) "
        "update incidents set update_count = $2, recent_updates = (select jsonb_agg(made order by number) from made "
        "where number > $2 - 20) where id = $1",
        ids.decode(NOUN.prefix, id),
        updates,
    )
    return id


async def test_large_pages_of_updates_end_early_and_go_on(door: Door) -> None:
    id = await large(door, updates=180)

    first, cursor = await incidents.updates(door, id, limit=200)
    assert cursor is not None and 0 < len(first) < 180
    items = list(first)
    while cursor is not None:
        more, cursor = await incidents.updates(door, id, limit=200, cursor=cursor)
        items += more
    assert len({item["id"] for item in items}) == len(items) == 180
    now = (await incidents.get(door, id)).json
    assert now["update_count"] == 180 and now["updates"] == items[:20]


async def test_large_pages_of_incidents_and_of_their_events_end_early_and_go_on(door: Door) -> None:
    made = [await large(door, updates=30) for _ in range(9)]

    first = await door.call("GET", "/v1/incidents?limit=200")
    rest = await door.call("GET", f"/v1/incidents?limit=200&cursor={first.json['next_cursor']}")
    feed = await door.call("GET", "/v1/events?after=beginning")

    for page in (first, feed):
        assert MAX_PAGE_BYTES < len(page.raw) < MAX_PAGE_BYTES + 200_000
    assert rest.json["next_cursor"] is None and len(feed.json["items"]) < len(made)
    items = [*first.json["items"], *rest.json["items"]]
    assert [(item["id"], len(item["updates"])) for item in items] == [(id, 20) for id in made[::-1]]


async def test_a_repeated_update_adds_no_second_line_and_returns_the_same(door: Door) -> None:
    id = (await incidents.create(door)).json["id"]
    first = await incidents.update(door, id, message="Once.", idempotency="k")
    await incidents.update(door, id, message="Later.")

    again = await incidents.update(door, id, message="Once.", idempotency="k")

    assert (first.status, again.status, again.headers["Idempotency-Replayed"]) == (201, 200, "true")
    assert again.json["update"] == first.json["update"] and again.json["update_count"] == 2
    assert (await incidents.update(door, id, message="Other.", idempotency="k")).slug == "idempotency_mismatch"


async def test_of_a_run_the_latest_incident_is_meant(door: Door) -> None:
    agent = {"name": "hook", "run": "r1"}
    first = (await incidents.create(door, agent=agent)).json["id"]
    second = (await incidents.create(door, agent=agent, systems=["db"])).json["id"]

    assert (await incidents.update(door, run="r1", message="x")).json["id"] == second
    assert (await incidents.update(door, run="r1", id=first, message="x")).json["id"] == first
    assert (await incidents.update(door, run="other", id=first, message="x")).json["id"] == first
    assert (await incidents.status(door, run="r1", id=" ", status="fixing")).json["id"] == second
    assert (await incidents.resolve(door, run="r1", id="")).json["id"] == second

    reused = await incidents.create(door, agent=agent, dedupe_open_for_system=True)
    assert (reused.status, reused.json["id"], reused.json["reused"]) == (200, first, True)
    assert (await incidents.resolve(door, run="r1")).json["id"] == first
    assert await incidents.listed(door, run="r1") == [second, first]


async def test_a_run_without_an_incident_or_a_foreign_id_is_not_found_and_nothing_is_written(
    db: Database, door: Door
) -> None:
    mine = (await incidents.create(door, agent={"run": "r1"})).json["id"]
    before = (await incidents.get(door, mine)).json
    async with doors.door(db, await build.tenant(db)) as other:
        for sent in ({"run": "r1"}, {"id": mine}, {"id": NOUN.public_id(ids.new())}, {"id": "inc_x"}, {"id": "rec_1"}):
            replies = [
                await incidents.update(other, message="x", **sent),
                await incidents.status(other, status="fixing", **sent),
                await incidents.resolve(other, **sent),
            ]
            assert [reply.status for reply in replies] == [404] * 3
        for reply in (
            await incidents.patch(other, mine, severity="major"),
            await incidents.update(other, mine, message="x"),
            await other.call("GET", f"/v1/incidents/{mine}/updates"),
            await other.call("GET", f"/v1/incidents/{mine}"),
        ):
            assert (reply.status, reply.json["detail"]) == (404, "No incident of your organization has this id.")
        assert await incidents.listed(other, run="r1") == []

    assert (await incidents.get(door, mine)).json == before


@pytest.mark.parametrize("sent", [{}, {"id": ""}, {"id": " \u200b"}])
async def test_neither_an_id_nor_a_run_is_refused(door: Door, sent: Json) -> None:
    for reply in (
        await incidents.update(door, message="x", **sent),
        await incidents.status(door, status="fixing", **sent),
        await incidents.resolve(door, **sent),
    ):
        assert (reply.status, reply.pointers) == (422, ["/run"])


@pytest.mark.parametrize(
    ("fields", "pointer"),
    [
        ({"title": None}, "/title"),
        ({"title": "a\nb"}, "/title"),
        ({"title": "x" * 151}, "/title"),
        ({"severity": "huge"}, "/severity"),
        ({"systems": None}, "/systems"),
        ({"systems": []}, "/systems"),
        ({"systems": ["a", "b", "a"]}, "/systems"),
        ({"systems": [" "]}, "/systems/0"),
        ({"systems": ["x" * 81]}, "/systems/0"),
        ({"systems": [f"{n}" for n in range(21)]}, "/systems"),
        ({"systems": "checkout"}, "/systems"),
        ({"status": "open"}, "/status"),
        ({"description": ""}, "/description"),
        ({"initial_message": "\u200b"}, "/initial_message"),
        ({"initial_message": "x" * 2_001}, "/initial_message"),
        ({"dedupe_open_for_system": "yes"}, "/dedupe_open_for_system"),
        ({"to": {"channel": "#ops"}}, "/to/channel"),
    ],
)
async def test_a_bad_field_is_named_and_nothing_is_opened(door: Door, fields: Json, pointer: str) -> None:
    reply = await incidents.create(door, **fields)

    assert reply.status == 422 and any(each.startswith(pointer) for each in reply.pointers), reply.json
    assert await incidents.listed(door) == []


async def test_bad_updates_statuses_and_changes_write_nothing(door: Door) -> None:
    id = (await incidents.create(door)).json["id"]
    before = (await incidents.get(door, id)).json
    tried: list[tuple[Any, str]] = [
        (await incidents.update(door, id), "/message"),
        (await incidents.update(door, id, message=" \n"), "/message"),
        (await incidents.update(door, id, message="x" * 100_000), "/message"),
        (await incidents.update(door, id, message="x", status="done"), "/status"),
        (await incidents.status(door, id), "/status"),
        (await incidents.status(door, id, status="open"), "/status"),
        (await incidents.status(door, id, status="fixing", message="\u200b"), "/message"),
        (await incidents.update(door, run="r", message="\n"), "/message"),
        (await incidents.resolve(door, id, message=""), "/message"),
        (await incidents.patch(door, id, status="fixing"), "/status"),
        (await incidents.patch(door, id, systems=[]), "/systems"),
        (await incidents.patch(door, id, systems=["a", "a"]), "/systems"),
        (await incidents.patch(door, id, severity="x"), "/severity"),
    ]

    for reply, pointer in tried:
        assert (reply.status, reply.pointers) == (422, [pointer]), reply.json
    assert (await incidents.get(door, id)).json == before
    assert (await door.call("GET", f"/v1/incidents/{id}/updates?limit=0")).status == 400
    assert (await door.call("GET", f"/v1/incidents/{id}/updates?cursor=x")).status == 400
    assert (await door.call("GET", f"/v1/incidents/{id}/updates?status=fixing")).status == 400


async def test_waiting_meets_a_status_that_it_has_or_had(door: Door) -> None:
    id = (await incidents.create(door)).json["id"]
    await incidents.status(door, id, status="monitoring")

    assert (await incidents.get(door, id, wait="1", until="resolved,monitoring")).json["reached"] == "monitoring"
    assert (await incidents.get(door, id, wait="0.05")).json["reached"] is None
    await incidents.resolve(door, id)
    assert (await incidents.get(door, id, wait="1")).json["reached"] == "resolved"


async def test_each_filter_finds_what_it_names(door: Door) -> None:
    made = [
        (await incidents.create(door, severity=severity, systems=systems, agent={"run": run})).json["id"]
        for severity, systems, run in (
            ("minor", ["a"], "1"),
            ("major", ["a", "b"], "2"),
            ("critical", ["b"], "2"),
            ("minor", ["c, a"], "3"),
        )
    ]
    zero, one, two, three = made
    await incidents.status(door, one, status="fixing")
    await incidents.resolve(door, two)

    assert await incidents.listed(door) == made[::-1]
    assert await incidents.listed(door, system="a") == [one, zero]
    assert await incidents.listed(door, system="a", severity="minor") == [zero]
    assert await incidents.listed(door, system="b", open="true") == [one]
    assert await incidents.listed(door, system="c") == []
    assert await incidents.listed(door, severity="minor") == [three, zero]
    assert await incidents.listed(door, severity="critical", open="false") == [two]
    assert await incidents.listed(door, severity="critical", status="fixing") == []
    assert await incidents.listed(door, status="fixing") == [one]
    assert await incidents.listed(door, status="fixing", open="false") == []
    assert await incidents.listed(door, open="true") == [three, one, zero]
    assert await incidents.listed(door, open="false") == [two]
    assert await incidents.listed(door, run="2") == [two, one]
    assert await incidents.listed(door, run="2", system="a", severity="major", open="true") == [one]
    assert (await door.call("GET", "/v1/incidents?severity=x")).status == 400


async def test_pages_follow_each_other_for_every_filter(door: Door) -> None:
    made = [(await incidents.create(door, systems=["a"], agent={"run": "1"})).json["id"] for _ in range(5)]
    for query in ({}, {"system": "a"}, {"severity": "minor"}, {"run": "1"}, {"open": "true"}):
        seen: list[str] = []
        cursor: str | None = None
        for _ in range(3):
            more = {"cursor": cursor} if cursor else {}
            reply = await door.call("GET", "/v1/incidents", params={"limit": 2, **query, **more})
            seen += [item["id"] for item in reply.json["items"]]
            cursor = reply.json["next_cursor"]
        assert (seen, cursor) == (made[::-1], None), query


async def test_an_open_incident_blocks_a_recovery_that_is_told_when_it_is_resolved(door: Door) -> None:
    blocker = (await incidents.create(door)).json["id"]
    report = {"source": {"type": "build", "id": "1"}, "kind": "x", "cause": "x", "fingerprint": "x", "next_action": "x"}
    recovery = (await door.call("POST", "/v1/recoveries", json=report)).json["id"]
    path, blocked = f"/v1/recoveries/{recovery}/resolve", {"outcome": "blocked", "blocker": {"id": blocker}}
    assert (await door.call("POST", path, json=blocked)).status == 200

    await incidents.patch(door, blocker, severity="major")
    assert await door.db.fetch("select from events where type = 'recovery.unblocked'") == []
    for _ in range(2):
        await incidents.resolve(door, blocker)
        await incidents.status(door, blocker, status="fixing")

    assert len(await door.db.fetch("select from events where type = 'recovery.unblocked'")) == 1


async def test_a_secret_that_is_short_or_in_the_name_of_a_system_is_refused_and_nothing_is_written(door: Door) -> None:
    id = (await incidents.create(door)).json["id"]
    before = (await incidents.get(door, id)).json
    secret = "hunter2-hunter2"

    for reply, pointer in (
        (await incidents.create(door, systems=["ok", f"db {secret}"], secrets=[secret]), "/systems/1"),
        (await incidents.patch(door, id, systems=[secret], secrets=[secret]), "/systems/0"),
        (await incidents.update(door, id, message="hunter2", secrets=[secret, "hunter2"]), "/secrets/1"),
    ):
        assert (reply.status, reply.pointers) == (422, [pointer]), reply.json
    assert await incidents.listed(door) == [id] and (await incidents.get(door, id)).json == before
