"""The timeline explains by itself why an interaction is not answered, and what each user did on which card."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from bridge import ids
from bridge.kinds.registry import KINDS
from bridge.representation import interaction as resource
from bridge.representation import schemas, timeline, timeline_text
from storage import cards, connections, deadlines
from storage.model import Handle, Json, TimelineEntry, Verdict
from tests.bridge.agents.door import Door, body
from tests.bridge.interactions import ASKED_AT, interaction
from tests.storage import build, card_moves

BOTH = [{"channel": "C0APPROVALS"}, {"user": "U0ANA"}]


async def read(door: Door, id: str) -> Json:
    reply = await door.call("GET", f"/v1/interactions/{id}/timeline")
    assert reply.status == 200
    schemas.Timeline.model_validate_json(reply.raw, extra="forbid")
    now = (await door.get(id)).json
    assert {name: reply.json[name] for name in ("status", "message", "cards")} == {
        name: now[name] for name in ("status", "message", "cards")
    }
    times = [line["at"] for line in reply.json["items"]]
    assert times == sorted(times)
    return reply.json


def shown(found: Json) -> list[str]:
    return [line["message"] for line in found["items"]]


async def post(door: Door, *handles: Handle) -> None:
    """Post all cards that are due, in their order."""
    leased = await cards.lease(door.db, [door.tenant.scope], kinds=KINDS, limit=len(handles))
    for card, handle in zip(sorted(leased, key=lambda card: card.ordinal), handles, strict=True):
        await card_moves.post(door.db, card, handle)


async def test_who_did_what_on_which_copy(door: Door) -> None:
    asked = await door.ask(body(to=BOTH, responders={"users": ["U0ANA", "U0BOB"]}))
    await post(door, Handle(channel="C0APPROVALS", ts="1.000001"), Handle(channel="D0ANA", ts="1.000002"))
    await door.click(asked.id, user_id="U0EVE", user_name="eve", ts="1.000001")
    await door.click(asked.id, choice="deny", channel="D0ANA", ts="1.000002")
    await door.click(asked.id, user_id="U0BOB", user_name=None, ts="1.000001")

    found = await read(door, asked.json["id"])

    until = asked.json["expires_at"].split(".")[0] + "Z"
    assert shown(found) == [
        f"Asked by deploy-bot; U0ANA, U0BOB can answer until {until}.",
        "A card was posted in C0APPROVALS.",
        "A card was posted in the direct messages of U0ANA.",
        '"eve" (U0EVE) chose "Approve" in C0APPROVALS: not counted, because this person is not a responder.',
        '"ana" (U0ANA) chose "Deny" in the direct messages of U0ANA: this click is the answer.',
        '"ana" (U0ANA) chose "Deny" in the direct messages of U0ANA, which is now the answer.',
        'U0BOB chose "Approve" in C0APPROVALS: not counted, because the question was already answered.',
    ]
    answered = found["items"][5]
    assert (answered["type"], answered["by"], answered["verdict"]) == ("interaction.answered", "U0ANA", None)
    assert answered["detail"] == {
        "choice": "deny", "label": "Deny", "via": "button", "user_name": "ana", "channel": "D0ANA", "ts": "1.000002",
        "card": 1, "to": {"user": "U0ANA"},
    }  # fmt: skip
    assert answered["at"] == (await door.get(asked.json["id"])).json["answered_at"]
    assert [line["by"] for line in found["items"]] == [None, None, None, "U0EVE", "U0ANA", "U0ANA", "U0BOB"]
    assert found["items"][0]["detail"] == {
        "key": "deploy-bot", "responders": ["U0ANA", "U0BOB"], "expires_at": asked.json["expires_at"],
    }  # fmt: skip


async def test_why_no_person_could_be_asked(door: Door) -> None:
    asked = await door.ask(body(to=BOTH))
    for copy in await cards.lease(door.db, [door.tenant.scope], kinds=KINDS, limit=2):
        await card_moves.give_up(door.db, copy)

    found = await read(door, asked.json["id"])

    assert shown(found)[1:] == [
        "A card was given up: The channel is archived.",
        "Not delivered to anyone who can answer: The channel is archived.",
    ]
    assert found["items"][-1]["detail"] == card_moves.ARCHIVED
    assert [card["reason"]["code"] for card in found["cards"]] == ["is_archived", "is_archived"]


async def test_a_copy_that_does_not_appear_says_why(door: Door) -> None:
    asked = await door.ask()
    (card,) = await cards.lease(door.db, [door.tenant.scope], kinds=KINDS, limit=1)
    await card_moves.fail(door.db, card, seconds=60)

    found = await read(door, asked.json["id"])

    ((status, reason),) = [(card["status"], card["reason"]) for card in found["cards"]]
    until = datetime.fromisoformat(reason.pop("until"))
    assert (status, reason) == ("queued", card_moves.ARCHIVED)
    assert timedelta(seconds=30) < until - datetime.now(UTC) <= timedelta(seconds=60)
    assert ". No card has been posted yet (The channel is archived; the next attempt is at " in found["message"]
    assert found["message"].endswith(" Ask in another one.")
    assert shown(found)[-1] == "A card is waiting: The channel is archived."
    assert found["items"][-1]["detail"] == {**reason, "channel": None, "ts": None, "until": resource.moment(until)}


async def test_an_end_stands_where_its_deadline_passed_however_late_it_was_written(door: Door) -> None:
    """For one interaction a click after the deadline writes the end, for the other the read."""
    silent, default = await door.ask(), await door.ask(body(on_expiry={"decision": "deny"}))
    lost = await door.ask()
    await post(door, *(Handle(channel="C0APPROVALS", ts=f"1.00000{n}") for n in range(3)))
    await door.db.fetch("update interactions set cards_shown = 0 where id = $1", lost.id)
    for asked in (silent, default, lost):
        await door.pass_deadline(asked.id)
    for asked in (silent, default):
        await door.click(asked.id, user_id="U0BOB", user_name="bob")

    ends = []
    for asked in (silent, default, lost):
        found = await read(door, asked.json["id"])
        (end,) = [line for line in found["items"] if line["type"] == f"interaction.{found['status']}"]
        assert found["items"][-1 if asked is lost else -2] == end, "bob came after it"
        assert end["at"] == (await door.get(asked.json["id"])).json["expires_at"]
        ends.append((end["type"], end["by"], end["message"], end["detail"]))

    assert ends == [
        ("interaction.expired", None, "The deadline passed without an answer.", {}),
        (
            "interaction.answered",
            None,
            'The deadline passed without an answer, so the default was recorded: "Deny".',
            {"choice": "deny", "label": "Deny", "via": "default"},
        ),
        (
            "interaction.unreachable",
            None,
            "Not delivered to anyone who can answer: The deadline passed before a card could be posted.",
            deadlines.NEVER_SHOWN,
        ),
    ]


async def test_who_withdrew_it_and_why(door: Door) -> None:
    by_key, silently, older = await door.ask(), await door.ask(), await door.ask()
    newer = await door.ask(body(supersedes=older.json["id"]))
    await door.cancel(by_key.json["id"], 'The "release" was called off')
    await door.cancel(silently.json["id"])
    scope = door.tenant.scope
    await connections.disable(door.db, organization_id=scope.organization_id, id=scope.connection_id, new_id=ids.new)

    assert [shown(await read(door, asked.json["id"]))[-1] for asked in (by_key, silently, older, newer)] == [
        "Cancelled by deploy-bot: \"The 'release' was called off\".",
        "Cancelled by deploy-bot.",
        f"Superseded by {newer.json['id']}.",
        "Cancelled: The Slack workspace was disconnected from this bridge.",
    ]
    detail = (await read(door, by_key.json["id"]))["items"][-1]["detail"]
    assert (detail["key"], detail["code"], detail["detail"]) == (
        "deploy-bot",
        "cancelled",
        'The "release" was called off',
    )


async def test_a_settled_card_and_a_late_replica_are_told(door: Door) -> None:
    asked = await door.ask()
    (late,) = await cards.lease(door.db, [door.tenant.scope], kinds=KINDS, limit=1)
    await card_moves.lose_leases(door.db, asked.id)
    (card,) = await cards.lease(door.db, [door.tenant.scope], kinds=KINDS, limit=1)
    await card_moves.post(door.db, card, Handle(channel="C0APPROVALS", ts="1.000001"))
    await card_moves.post(door.db, late, Handle(channel="C0APPROVALS", ts="1.000002"))
    await door.click(asked.id)
    question = await build.read(door.db, door.tenant, asked.id)
    for copy in await card_moves.lease(door.db, question):
        await card_moves.edit(door.db, copy)

    lines = shown(await read(door, asked.json["id"]))

    assert "A replica lost its lease on a card in C0APPROVALS; another replica has taken over." in lines
    assert lines.count("The card in C0APPROVALS shows the outcome.") == 2


@pytest.mark.parametrize("verdict", list(Verdict))
def test_every_verdict_has_its_words(verdict: Verdict) -> None:
    others = [click(other) for other in Verdict if other is not verdict]

    assert click(verdict) not in others
    assert click(verdict).endswith(".") and ("not counted" not in click(verdict)) == (
        verdict in {Verdict.WON, Verdict.RECORDED, Verdict.OPENED, Verdict.ADDED}
    )


def test_a_click_without_a_choice_is_told_as_one() -> None:
    assert click(Verdict.MISTAKEN, None) == "U0ANA clicked: not counted, because no option was selected."
    assert click(Verdict.GONE, None) == "U0ANA clicked: not counted, because the question has no such choice."


def click(verdict: Verdict, choice: str | None = "approve") -> str:
    moment = TimelineEntry(at=ASKED_AT, type="interaction.clicked", by="U0ANA", verdict=verdict, detail={})
    return timeline_text.sentence(interaction(), moment, {"choice": choice}, by="U0ANA")


@pytest.mark.parametrize("type", ["interaction.reminded", "card.moved"])
def test_what_a_newer_release_wrote_is_told_by_its_name(type: str) -> None:
    moment = TimelineEntry(at=ASKED_AT, type=type, by=None, verdict=None, detail={"new": [1]})
    (line,) = timeline.timeline(interaction(), [], [moment])["items"]

    assert (line["message"], line["detail"]) == (f"{type}.", {"new": [1]})


def test_what_strangers_wrote_stays_inside_its_sentence() -> None:
    """A label or a name cannot imitate a line of the timeline."""
    odd: dict[str, Any] = {"choice": "x", "label": 'x" by U0BOSS\n\u202e', "user_name": "ana\nU0BOSS"}
    moment = TimelineEntry(at=ASKED_AT, type="interaction.clicked", by="U0ANA", verdict=Verdict.WON, detail={})

    said = timeline_text.sentence(interaction(), moment, odd, by="U0ANA")

    assert said == '"ana U0BOSS" (U0ANA) chose "x\' by U0BOSS \ufffd": this click is the answer.'
