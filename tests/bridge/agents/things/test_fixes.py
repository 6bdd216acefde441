"""Fixes by the API: proposed, judged, superseded, waited for, listed, counted and handed over."""

import asyncio
from typing import Any
from uuid import UUID

import pytest

from bridge.things.event_schemas import EventPage
from bridge.things.fix import NOUN
from bridge.things.fix.examples import EXAMPLES
from bridge.things.fix.schemas import FixHandover, FixStats
from storage.model import Json, Verdict
from storage.statements import Runs
from tests.bridge.agents import door as doors
from tests.bridge.agents.door import Door
from tests.bridge.agents.things import fixes
from tests.storage import build


async def test_a_fix_is_proposed(door: Door) -> None:
    reply = await fixes.propose(door, script="restart", parameters={"force": True})

    assert (reply.status, reply.headers["Location"]) == (201, f"/v1/fixes/{reply.json['id']}")
    found = reply.json
    assert (found["status"], found["outcome"], found["decision"]) == ("proposed", "proposed", None)
    assert (found["script"], found["parameters"], found["confidence"]) == ("restart", {"force": True}, 80)
    assert found["opened_by"] == "deploy-bot" and len(found["cards"]) == 1
    assert (await fixes.get(door, found["id"])).json == {**found, "reached": None}
    assert await fixes.told(door) == ["proposed"]


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: example.name)
async def test_every_example_is_taken(door: Door, example: Any) -> None:
    assert (await door.call("POST", "/v1/fixes", json=example.request)).status == 201


async def test_proposing_another_supersedes_it_and_both_are_told(door: Door) -> None:
    old = (await fixes.propose(door)).json["id"]
    new = (await fixes.propose(door, title="Another")).json["id"]

    was = (await fixes.get(door, old)).json
    assert was["superseded_by"] == new and was["superseded_at"] and was["ended_at"]
    assert "Superseded" in was["message"] and was["status"] == "proposed"
    reply = await door.call("GET", "/v1/events", params={"types": "fix.*"})
    EventPage.model_validate_json(reply.raw)
    told = [
        (event["type"], event["change"].get("superseded_by"), event["change"].get("supersedes"))
        for event in reply.json["items"]
    ]
    assert sorted(told, key=str) == sorted(
        [("fix.proposed", None, None), ("fix.superseded", new, None), ("fix.proposed", None, old)], key=str
    )


async def test_an_outcome_is_recorded_with_its_words(door: Door) -> None:
    id = (await fixes.propose(door)).json["id"]

    pending = await fixes.judge(door, id, outcome="applied_pending", reason="The nightly run.", remind_in=3_600)
    failed = await fixes.judge(door, id, outcome="applied_failed", reason="It hangs.")

    assert (pending.json["waiting_on"], pending.json["verified_at"]) == ("The nightly run.", None)
    assert pending.json["remind_at"] and "Provisional" in pending.json["message"]
    assert (failed.json["failure_reason"], failed.json["waiting_on"]) == ("It hangs.", "The nightly run.")
    assert failed.json["applied_at"] == pending.json["applied_at"] and failed.json["verified_at"]
    assert failed.json["outcome_by"] == {"key": "deploy-bot"} and failed.json["decision"] is None
    assert await fixes.told(door) == ["proposed", "outcome", "outcome"]


async def test_the_same_outcome_changes_nothing_and_an_illegal_one_is_refused(door: Door) -> None:
    id = (await fixes.propose(door)).json["id"]
    await fixes.judge(door, id, outcome="applied_failed", reason="It hangs.")
    before = (await fixes.get(door, id)).json

    again = await fixes.judge(door, id, outcome="applied_failed", reason="It hangs.")
    assert again.status == 200 and again.json == {name: before[name] for name in again.json}
    other = await fixes.judge(door, id, outcome="applied_failed", reason="It leaks.")
    assert other.json["failure_reason"] == "It leaks." and other.json["verified_at"] == before["verified_at"]
    assert await fixes.told(door) == ["proposed", "outcome", "outcome"]
    refused = await fixes.judge(door, id, outcome="dismissed")
    assert refused.status == 409 and refused.json["type"].endswith("illegal_move")
    assert "follow: applied_partial, applied_pending, applied_success." in refused.json["detail"]
    undue = await fixes.judge(door, id, remind_in=60)
    assert (undue.status, undue.json["detail"]) == (
        409,
        f"{id}: It is applied_failed: no verdict is missing of which people could be reminded.",
    )
    assert (await fixes.judge(door, id, outcome="applied_partial")).status == 422


async def test_what_people_would_have_to_do_is_refused_for_a_superseded_fix_and_what_became_of_it_is_taken(
    door: Door,
) -> None:
    id = (await fixes.propose(door)).json["id"]
    await fixes.propose(door)

    refused = [
        await fixes.judge(door, id, remind_in=60),
        await fixes.judge(door, id, outcome="applied_pending", reason="The run.", remind_in=60),
        await fixes.propose_outcome(door, id, outcome="applied_success"),
    ]

    why = (
        f"{id}: It is proposed and superseded: people no longer act on it. They are not reminded of it and confirm no "
        "outcome; PATCH still records what became of it."
    )
    assert {(reply.status, reply.json["detail"]) for reply in refused} == {(409, why)}
    assert (await fixes.judge(door, id, outcome="applied_pending", reason="The run.")).status == 200


async def test_patch_to_dismissed_sets_the_outcome_only(door: Door) -> None:
    id = (await fixes.propose(door)).json["id"]
    await fixes.click(door, id, "apply")

    reply = await fixes.judge(door, id, outcome="dismissed", reason="The alert is over.")

    assert (reply.json["decision"], reply.json["outcome"], reply.json["status"]) == (
        "one_off",
        "dismissed",
        "dismissed",
    )
    assert (reply.json["applied_at"], reply.json["remind_at"]) == (None, None)
    assert (await fixes.judge(door, id, outcome="applied_success")).status == 409


async def test_a_wait_for_the_decision_is_met_by_it_and_from_then_on(door: Door) -> None:
    id = (await fixes.propose(door)).json["id"]
    waiting = asyncio.create_task(fixes.get(door, id, wait=20, until="decided,dismissed,superseded"))
    await door.waiting()
    await fixes.click(door, id, "apply")
    door.notifier.wake_all()

    reply = await waiting
    assert (reply.json["reached"], reply.json["decision"]) == ("decided", "one_off")
    await fixes.judge(door, id, outcome="applied_success")
    later = await fixes.get(door, id, wait=20, until="decided")
    assert (later.json["reached"], later.json["status"]) == ("decided", "applied_success")
    assert (await fixes.get(door, id, wait=20)).json["reached"] == "applied_success"
    assert (await fixes.get(door, id, wait=0.01, until="applied_pending")).json["reached"] is None


async def test_a_wait_ends_when_it_is_superseded(door: Door) -> None:
    id = (await fixes.propose(door)).json["id"]
    await fixes.propose(door)

    assert (await fixes.get(door, id, wait=20)).json["reached"] == "superseded"
    reply = await fixes.get(door, id, wait=0, until="resolved")
    assert reply.status == 400 and "superseded" in reply.json["detail"]


async def test_who_waits_for_the_older_fix_is_woken_by_the_newer_one(door: Door) -> None:
    id = (await fixes.propose(door)).json["id"]
    waiting = asyncio.create_task(fixes.get(door, id, wait=50))
    await door.waiting()

    await fixes.propose(door)

    async with asyncio.timeout(20):
        assert (await waiting).json["reached"] == "superseded"


async def test_a_proposed_outcome_waits_for_a_person(door: Door) -> None:
    id = (await fixes.propose(door)).json["id"]
    await fixes.click(door, id, "apply")

    reply = await fixes.propose_outcome(door, id, outcome="applied_success", evidence={"rate": 0.1})

    assert reply.status == 200 and reply.json["outcome"] == "proposed" and reply.json["decision"] == "one_off"
    assert reply.json["outcome_proposal"]["by"] == {"key": "deploy-bot"}
    assert reply.json["outcome_proposal"]["evidence"] == {"rate": 0.1}
    assert await fixes.told(door) == ["proposed", "decided"]
    claimed = await fixes.click(door, id, "confirm")
    assert claimed.verdict is Verdict.WON
    found = (await fixes.get(door, id)).json
    assert (found["outcome"], found["outcome_proposal"], found["outcome_by"]["user"]) == (
        "applied_success",
        None,
        "U0ANA",
    )
    assert (await fixes.propose_outcome(door, id, outcome="applied_success")).status == 409
    told = await door.call("GET", "/v1/events", params={"types": "fix.outcome"})
    [event] = told.json["items"]
    kept = event["change"]["confirmed"]
    assert event["change"]["by"]["user"] == "U0ANA" and kept["by"] == {"key": "deploy-bot"}
    assert kept["evidence"] == {"rate": 0.1} and kept["at"] == reply.json["outcome_proposal"]["at"]


async def test_fixes_are_listed_by_session_kind_status_and_whether_they_are_active(door: Door) -> None:
    first = (await fixes.propose(door)).json["id"]
    second = (await fixes.propose(door)).json["id"]
    third = (await fixes.propose(door, session="ticket-1", key="other")).json["id"]
    await fixes.click(door, third, "apply")
    await fixes.judge(door, first, outcome="applied_failed", reason="x")

    assert await fixes.listed(door) == [third, second, first]
    assert await fixes.listed(door, session="alert-8841") == [second, first]
    assert await fixes.listed(door, session="alert-8841", active="true") == [second]
    assert await fixes.listed(door, active="true") == [third, second]
    assert await fixes.listed(door, active="false") == [first]
    assert await fixes.listed(door, status="decided") == [third]
    assert await fixes.listed(door, status="proposed") == [second]
    assert await fixes.listed(door, status="applied_failed", active="true") == []
    assert await fixes.listed(door, key="stuck-workers", status="applied_failed") == [first]


async def test_a_hand_over_leads_with_what_is_pending_also_of_superseded_ones(door: Door) -> None:
    made = []
    for title, outcome in (
        ("Old", {"outcome": "applied_pending", "reason": "The run."}),
        ("Half", {"outcome": "applied_partial", "notes": "Half of it."}),
        ("New", {"outcome": "applied_pending", "reason": "Another run."}),
        ("Bad", {"outcome": "applied_failed", "reason": "It hangs."}),
        ("Good", {"outcome": "applied_success"}),
    ):
        made.append((await fixes.propose(door, title=title)).json["id"])
        await fixes.judge(door, made[-1], **outcome)

    reply = await fixes.report(door, "handover", FixHandover, session="alert-8841")

    found = {name: [item["title"] for item in reply.json[name]] for name in ("pending", "partial", "failed")}
    assert found == {"pending": ["New", "Old"], "partial": ["Half"], "failed": ["Bad"]}
    lines = reply.json["message"].split("\n")
    assert lines[0].startswith('Leading hypothesis (superseded): "New"') and '"Another run."' in lines[0]
    assert [line.split(" ")[0] for line in lines] == ["Leading", "Also", "Works", "Did"]
    assert (await fixes.report(door, "handover", FixHandover)).status == 400
    empty = await fixes.report(door, "handover", FixHandover, session="another")
    assert empty.json["pending"] == [] and "No fix" in empty.json["message"]


async def test_a_fix_that_is_judged_while_it_is_handed_over_is_told_once(
    door: Door, monkeypatch: pytest.MonkeyPatch
) -> None:
    id = (await fixes.propose(door)).json["id"]
    await fixes.judge(door, id, outcome="applied_pending", reason="The run.")
    original = NOUN.table.ids

    async def ids(statement: str, db: Runs, **values: Any) -> list[UUID]:
        found = await original(statement, db, **values)
        if values["outcome"] == "applied_pending":
            await fixes.judge(door, id, outcome="applied_failed", reason="It hangs.")
        return found

    monkeypatch.setattr(NOUN.table, "ids", ids)
    reply = await fixes.report(door, "handover", FixHandover, session="alert-8841")

    assert [len(reply.json[name]) for name in ("pending", "partial", "failed")] == [0, 0, 1]
    assert reply.json["message"].startswith("Did not work") and "\n" not in reply.json["message"]


async def test_counts_of_a_kind_come_with_rates(door: Door) -> None:
    for number, outcome in enumerate(["applied_success", "applied_success", "applied_failed", "applied_pending", None]):
        id = (await fixes.propose(door, session=f"s{number}")).json["id"]
        if outcome:
            words = {} if outcome == "applied_success" else {"reason": "x"}
            await fixes.judge(door, id, outcome=outcome, **words)

    reply = await fixes.report(door, "stats", FixStats, key="stuck-workers")

    assert reply.json == {
        "key": "stuck-workers",
        "proposed": 5,
        "applied": 4,
        "worked": 2,
        "failed": 1,
        "rates": {
            "applied": {"rate": 0.8, "count": 4, "of": 5},
            "worked": {"rate": 0.6667, "count": 2, "of": 3},
        },
    }
    assert (await fixes.report(door, "stats", FixStats)).status == 400


async def test_other_organizations_see_nothing_of_it(door: Door) -> None:
    id = (await fixes.propose(door)).json["id"]
    async with doors.door(door.db, await build.tenant(door.db)) as other:
        assert (await fixes.get(other, id)).status == 404
        assert (await fixes.judge(other, id, outcome="applied_success")).status == 404
        assert (await fixes.propose_outcome(other, id, outcome="applied_success")).status == 404
        assert await fixes.listed(other, session="alert-8841") == []
        handed = await fixes.report(other, "handover", FixHandover, session="alert-8841")
        counted = await fixes.report(other, "stats", FixStats, key="stuck-workers")
        assert handed.json["pending"] == [] and counted.json["proposed"] == 0
        assert (await fixes.propose(other)).status == 201

    assert (await fixes.get(door, id)).json["superseded_at"] is None


async def test_secrets_are_hidden_in_words_and_refused_where_something_runs(door: Door) -> None:
    secrets = ["hunter2-hunter2"]
    words = "It needs hunter2-hunter2."
    id = (await fixes.propose(door, title=words, description=words, secrets=secrets)).json["id"]
    await fixes.judge(door, id, outcome="applied_pending", reason=words, secrets=secrets)
    await fixes.judge(door, id, outcome="applied_partial", notes=words, secrets=secrets)
    told = await fixes.propose_outcome(
        door, id, outcome="applied_failed", reason=words, evidence={"seen": [words]}, secrets=secrets
    )

    assert "hunter2" not in str(told.json) and str(told.json).count("It needs ••••.") >= 6
    elsewhere: list[Json] = [
        {"script": words},
        {"script": "x", "parameters": {"a": words}},
        {"session": words},
        {"key": words},
    ]
    for fields in elsewhere:
        refused = await fixes.propose(door, **fields, secrets=secrets)
        assert (refused.status, len(refused.pointers)) == (422, 1), fields


async def test_a_repeated_request_proposes_once(door: Door) -> None:
    first = await fixes.propose(door, idempotency="k")
    again = await fixes.propose(door, idempotency="k")

    assert (again.status, again.json["id"], again.headers["Idempotency-Replayed"]) == (200, first.json["id"], "true")
    assert await fixes.told(door) == ["proposed"]
    assert (await fixes.propose(door, idempotency="k", title="Another")).status == 422
