"""Forms of the whole program: races of submissions, and replicas that are killed while a form is open."""

import os
from pathlib import Path

import pytest

from storage.model import Verdict
from tests.scenarios import checks, form_races, form_verdicts, program, restart, verdicts
from tests.scenarios.form_verdicts import COMMENTED, WORDS, FormCase
from tests.scenarios.program import Program
from tests.scenarios.verdicts import Case

pytestmark = pytest.mark.processes

ROUNDS = int(os.environ.get("ASKBRIDGE_RACE_ROUNDS", "10"))


@pytest.mark.asyncio(loop_scope="session")
async def test_of_submissions_and_clicks_at_once_one_wins_and_each_is_told_its_verdict(shared: Program) -> None:
    seen = await form_races.race(shared, rounds=ROUNDS)

    assert seen[Verdict.WON] >= ROUNDS and seen[Verdict.TAKEN] > 0


async def test_a_form_outlives_the_replica_that_opened_it_and_the_one_that_decided_it(tmp_path: Path) -> None:
    """Killed between the click and the submission, and again right after the acknowledgement."""
    async with (
        program.running(tmp_path) as dev,
        restart.reviving(dev, tmp_path) as revive,
        restart.restarting(dev, tmp_path) as restart_all,
    ):
        scene = await verdicts.scene(dev, Case(name="killed", verdict=Verdict.WON, direct=True), COMMENTED)
        view = await form_verdicts.opened(scene, replica=0)
        dev.kill(0)
        await program.gone(*dev.killed)

        report = await form_verdicts.submit(scene, view, replica=1)
        dev.kill(1)

        assert (report["status"], report["response"], report["trouble"]) == (200, None, None)
        await revive()
        answered = await dev.get(scene.asked["id"])
        assert answered["answer"]["comment"] == WORDS
        await dev.settled(scene.asked)
        again = [await dev.deliver(report["payload"], replica=number % 2) for number in range(4)]
        assert again == [(200, None)] * 4
        await restart_all()
        other = form_verdicts.payload(view, FormCase(name="late", verdict=Verdict.DECIDED, entered="Never."))
        status, body = await dev.deliver(other, replica=0)
        assert status == 200 and "that answer is final" in str(body)
        seen = await checks.look(scene, replica=1)
        assert [verdict for _, verdict in seen.verdicts] == ["opened", "won", "decided"]
