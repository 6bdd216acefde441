"""The main case on two real replicas: opened on one, clicked on the other, through kills and replays."""

import asyncio
import signal
from typing import Any

import pytest

from tests.bridge.webhooks import receivers
from tests.scenarios import program
from tests.scenarios.program import Program
from tests.waiting import until

pytestmark = pytest.mark.processes


@pytest.mark.asyncio(loop_scope="session")
async def test_asked_on_one_replica_and_clicked_on_the_other(shared: Program) -> None:
    asked = await shared.ask(replica=0)
    waiting = asyncio.create_task(shared.get(asked["id"], replica=0, wait=30))

    clicked = await shared.click(asked, "U0ANA", replica=1)

    answered = await waiting
    assert clicked["status"] == 200
    assert answered["status"] == "answered"
    assert answered["answer"]["approved"] is True
    assert answered["answer"]["by"] == {"user": "U0ANA", "name": "ana", "team": "T0SANDBOX"}
    assert answered["message"].startswith("Approved")
    card = await shared.settled(asked)
    assert "*Approved* by <@U0ANA>" in card["text"]

    late = await shared.click(asked, "U0BOB", replica=0)

    assert late["status"] == 200
    (reply,) = await until(lambda: shared.whispers("U0BOB", since=asked), bool)
    assert "<@U0ANA> already answered “Approve”" in reply
    assert await shared.whispers("U0ANA", since=asked) == []
    assert (await shared.get(asked["id"], replica=1))["answer"] == answered["answer"]
    verdicts = [line["verdict"] for line in await shared.timeline(asked["id"], replica=1) if line["verdict"]]
    assert verdicts == ["won", "taken"]


@pytest.mark.asyncio(loop_scope="session")
@pytest.mark.parametrize("killed", [0, 1], ids=["the one that asked", "the one that was to be clicked"])
async def test_a_replica_killed_between_question_and_click_changes_nothing(mortal: Program, killed: int) -> None:
    asked = await mortal.ask(replica=0)
    left = 1 - killed
    waiting = asyncio.create_task(mortal.get(asked["id"], replica=left, wait=30))

    mortal.kill(killed)
    await program.gone(mortal.facts["pids"]["replicas"][killed])
    clicked = await mortal.click(asked, "U0ANA", replica=left)

    assert clicked["status"] == 200
    assert (await waiting)["answer"]["decision"] == "approve"
    assert "*Approved*" in (await mortal.settled(asked))["text"]
    await mortal.click(asked, "U0BOB", replica=left)
    (reply,) = await until(lambda: mortal.whispers("U0BOB", since=asked), bool)
    assert "<@U0ANA> already answered" in reply


@pytest.mark.asyncio(loop_scope="session")
async def test_a_replica_killed_right_after_its_200_leaves_nothing_owed(mortal: Program) -> None:
    """The answer reaches the agent that waits, the card, the organization's endpoint and the question's callback."""
    async with receivers.receiver() as receiver:
        endpoints = f"{mortal.bridge(0)}/v1/webhook_endpoints"
        status, endpoint = await mortal.call("POST", endpoints, {"url": f"{receiver.url}/endpoint"})
        assert status == 201, endpoint
        asked = await mortal.ask(replica=0, callback=f"{receiver.url}/callback")
        waiting = asyncio.create_task(mortal.get(asked["id"], replica=0, wait=30))

        clicked = await mortal.click(asked, "U0ANA", replica=1)
        mortal.kill(1)

        assert clicked["status"] == 200
        answered = await waiting
        assert (answered["status"], answered["answer"]["by"]["user"]) == ("answered", "U0ANA")
        _, body = await mortal.call("GET", endpoints)
        await until(
            lambda: {call.path for call in receiver.calls}, lambda paths: {"/endpoint", "/callback"} <= paths, within=60
        )
        for path, secret in (("/endpoint", endpoint["secret"]), ("/callback", body["callback_secret"])):
            calls = receiver.at(path)
            event = calls[0].verified(secret)
            assert event["type"] == "interaction.answered" and event["data"]["id"] == asked["id"]
            assert event["data"]["answer"]["by"]["user"] == "U0ANA"
            assert {call.id for call in calls} == {event["id"]}, "if it came twice, it says so"
        assert "*Approved*" in (await mortal.settled(asked))["text"]
        await mortal.call("DELETE", f"{endpoints}/{endpoint['id']}")


@pytest.mark.asyncio(loop_scope="session")
async def test_one_envelope_a_hundred_times_over_both_replicas_has_one_effect(mortal: Program) -> None:
    asked = await mortal.ask()

    first = await mortal.click(asked, "U0ANA", replica=0, repeat=50)
    mortal.kill(0)
    again = await mortal.click(asked, "U0BOB", replica=1, repeat=50)

    assert first["statuses"] == [200] * 50 and again["statuses"] == [200] * 50
    clicks = [line for line in await mortal.timeline(asked["id"], replica=1) if line["verdict"]]
    assert [line["verdict"] for line in clicks] == ["won", "taken"]
    # More only when a replica tried again by itself, because the machine was too busy to answer it in time.
    assert all(line["detail"]["repeats"] >= 49 for line in clicks)


@pytest.mark.asyncio(loop_scope="session")
async def test_strangers_never_consume_a_question_and_learn_nothing(shared: Program) -> None:
    asked = await shared.ask(title="Rotate the signing keys?")
    foreign: list[dict[str, Any]] = [
        {"team": "T0OTHER"},
        {"app_id": "A0OTHER"},
        {"team": None, "enterprise": "E0OTHER"},
    ]
    for overrides in foreign:
        clicked = await shared.click(asked, "U0ANA", replica=1, **overrides)
        assert clicked["status"] == 200, overrides
    replies = await until(lambda: shared.whispers("U0ANA", since=asked), lambda whispers: len(whispers) == len(foreign))
    assert set(replies) == {"This card is no longer active. Your click had no effect."}

    await shared.click(asked, "U0BOB", replica=1)
    await shared.click(asked, "U0SAM", replica=1)

    (bob,) = await until(lambda: shared.whispers("U0BOB", since=asked), bool)
    (sam,) = await until(lambda: shared.whispers("U0SAM", since=asked), bool)
    assert bob == "Only <@U0ANA> can answer this question. Your click had no effect."
    assert sam == "People from other organizations cannot answer this question. Your click had no effect."
    assert (await shared.get(asked["id"], replica=1))["status"] == "pending"
    verdicts = [line["verdict"] for line in await shared.timeline(asked["id"]) if line["verdict"]]
    assert verdicts == ["not_yours", "outsider"]
    assert (await shared.click(asked, "U0ANA", replica=0))["status"] == 200
    assert (await shared.get(asked["id"], replica=1, wait=30))["status"] == "answered"


@pytest.mark.asyncio(loop_scope="session")
async def test_no_request_waits_for_a_replica_that_is_told_to_stop(mortal: Program) -> None:
    asked = await mortal.ask()
    waiting = asyncio.create_task(mortal.get(asked["id"], replica=0, wait=60))
    await asyncio.sleep(0)

    mortal.kill(0, signal.SIGTERM)

    assert (await asyncio.wait_for(waiting, 10))["status"] == "pending"
    await program.gone(mortal.facts["pids"]["replicas"][0])
    assert (await mortal.click(asked, "U0ANA", replica=1))["status"] == 200
