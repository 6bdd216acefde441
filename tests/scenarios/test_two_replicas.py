"""The main case on two real replicas: opened on one, clicked on the other, through kills and replays."""

import asyncio
import os
import signal
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from tests.scenarios import program, restart
from tests.scenarios.program import Program
from tests.scenarios.restart import Step
from tests.waiting import until

pytestmark = pytest.mark.processes


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def mortal(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[tuple[Program, Step]]:
    """A program whose killed replicas can be started again."""
    folder = tmp_path_factory.mktemp("mortal")
    async with program.running(folder) as running, restart.reviving(running, folder) as revive:
        yield running, revive


@pytest_asyncio.fixture(loop_scope="session")
async def dev(mortal: tuple[Program, Step]) -> AsyncIterator[Program]:
    """That program, with both replicas running."""
    running, revive = mortal
    yield running
    await revive()


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
async def test_a_replica_killed_between_question_and_click_changes_nothing(dev: Program, killed: int) -> None:
    asked = await dev.ask(replica=0)
    left = 1 - killed
    waiting = asyncio.create_task(dev.get(asked["id"], replica=left, wait=30))

    dev.kill(killed)
    await program.gone(dev.facts["pids"]["replicas"][killed])
    clicked = await dev.click(asked, "U0ANA", replica=left)

    assert clicked["status"] == 200
    assert (await waiting)["answer"]["decision"] == "approve"
    assert "*Approved*" in (await dev.settled(asked))["text"]
    await dev.click(asked, "U0BOB", replica=left)
    (reply,) = await until(lambda: dev.whispers("U0BOB", since=asked), bool)
    assert "<@U0ANA> already answered" in reply


@pytest.mark.asyncio(loop_scope="session")
async def test_a_replica_killed_right_after_its_200_leaves_nothing_owed(dev: Program) -> None:
    asked = await dev.ask(replica=0)
    waiting = asyncio.create_task(dev.get(asked["id"], replica=0, wait=30))

    clicked = await dev.click(asked, "U0ANA", replica=1)
    dev.kill(1)

    assert clicked["status"] == 200
    assert (await waiting)["status"] == "answered"
    assert "*Approved*" in (await dev.settled(asked))["text"]


@pytest.mark.asyncio(loop_scope="session")
async def test_one_envelope_a_hundred_times_over_both_replicas_has_one_effect(dev: Program) -> None:
    asked = await dev.ask()

    first = await dev.click(asked, "U0ANA", replica=0, repeat=50)
    dev.kill(0)
    again = await dev.click(asked, "U0BOB", replica=1, repeat=50)

    assert first["statuses"] == [200] * 50 and again["statuses"] == [200] * 50
    clicks = [line for line in await dev.timeline(asked["id"], replica=1) if line["verdict"]]
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


async def test_both_replicas_restarted_since_the_card_was_posted(tmp_path: Path, reachable_path: Path) -> None:
    """A card outlives every process that knew it: the database is kept, everything else is new."""
    data = str(reachable_path / "data")
    (tmp_path / "one").mkdir()
    (tmp_path / "two").mkdir()
    async with program.running(tmp_path / "one", "--data", data) as dev:
        asked = await dev.ask()
    async with program.running(tmp_path / "two", "--data", data) as dev:
        # The sandbox forgot the message, as if it had been deleted; the row and the buttons' meaning live on.
        pending = await dev.ask()
        stale = {"block_id": f"v1:{asked['id']}:1", "action_id": program.APPROVE, "value": None, "type": "button"}
        clicked = await dev.click(pending, "U0ANA", replica=1, stale=stale, action_id=None)
        answered = await dev.get(asked["id"], replica=0, wait=30)

        assert clicked["status"] == 200
        assert answered["answer"]["by"]["user"] == "U0ANA"
        assert (await dev.get(pending["id"]))["status"] == "pending"


@pytest.mark.asyncio(loop_scope="session")
async def test_no_request_waits_for_a_replica_that_is_told_to_stop(dev: Program) -> None:
    asked = await dev.ask()
    waiting = asyncio.create_task(dev.get(asked["id"], replica=0, wait=60))
    await asyncio.sleep(0)

    dev.kill(0, signal.SIGTERM)

    assert (await asyncio.wait_for(waiting, 10))["status"] == "pending"
    await program.gone(dev.facts["pids"]["replicas"][0])
    assert (await dev.click(asked, "U0ANA", replica=1))["status"] == 200


async def test_without_its_database_the_bridge_says_so_and_takes_nothing(tmp_path: Path) -> None:
    async with program.running(tmp_path) as dev:
        await without_its_database(dev)


async def without_its_database(dev: Program) -> None:
    asked = await dev.ask()
    os.kill(dev.facts["pids"]["postgres"], signal.SIGQUIT)
    await program.gone(dev.facts["pids"]["postgres"])

    clicked = await dev.click(asked, "U0ANA", replica=0)
    status, problem = await dev.call(
        "POST",
        f"{dev.bridge(1)}/v1/interactions",
        {
            "kind": "approval",
            "title": "Anyone?",
            "to": {"user": "U0ANA"},
        },
    )

    assert clicked["status"] == 503 and clicked["ack_ms"] < 3000
    assert status == 503 and problem["type"] == "urn:askbridge:problem:unavailable"
    (whisper,) = await until(lambda: dev.whispers("U0ANA"), bool)
    assert "could not be confirmed" in whisper
