"""Every verdict of a click, as docs/verdicts.md promises it: asked on one replica, clicked on the other."""

import asyncio
import contextlib
import itertools
from pathlib import Path

import pytest

from storage.model import Verdict
from tests.scenarios import checks, program, restart, verdicts
from tests.scenarios.program import Program
from tests.scenarios.verdicts import APPROVAL, CASES, Case, Variant

pytestmark = pytest.mark.processes

REPLAYS = {"won": 100}
FEWER = 10  # of the other cases, whose envelopes take the same way


def test_the_document_has_every_verdict_in_the_order_of_these_cases() -> None:
    assert [row.verdict for row in checks.ROWS.values()] == [case.verdict.value for case in CASES]
    of_forms = {Verdict.OPENED}  # see test_form_verdicts.py
    of_things = {Verdict.REFUSED, Verdict.ADDED}  # see test_thing_verdicts.py
    assert {case.verdict for case in CASES} == set(Verdict) - of_forms - of_things


@pytest.mark.asyncio(loop_scope="session")
@pytest.mark.parametrize(
    ("case", "variant"),
    [pytest.param(case, variant, id=f"{case.name}: {variant.name}") for case in CASES for variant in case.variants],
)
async def test_a_click_is_told_what_became_of_it(shared: Program, case: Case, variant: Variant) -> None:
    scene = await verdicts.scene(shared, case, variant)
    await case.arrange(scene)
    async with case.during(scene):
        await checks.click(scene, case)


async def test_restarts_and_replays_change_no_verdict(tmp_path: Path, subtests: pytest.Subtests) -> None:
    """Every replica dies after the cards were posted, and again between the first and the last half of the replays."""
    cases = [case for case in CASES if not case.direct]
    async with contextlib.AsyncExitStack() as stack:
        dev = await stack.enter_async_context(program.running(tmp_path))
        restart_all = await stack.enter_async_context(restart.restarting(dev, tmp_path))
        variants = [case.variants[number % len(case.variants)] for number, case in enumerate(cases)]
        scenes = await asyncio.gather(*map(verdicts.scene, itertools.repeat(dev), cases, variants))
        await asyncio.gather(*(case.arrange(scene) for case, scene in zip(cases, scenes, strict=True)))
        clicked = []
        await restart_all()
        for case, scene in zip(cases, scenes, strict=True):
            with subtests.test("clicked after a restart", verdict=case.name):
                await stack.enter_async_context(case.during(scene))
                payload = await checks.click(scene, case)
                await checks.replays(scene, case, payload, times=replays(case) // 2, unreplied=1)
                clicked.append((case, scene, payload))
        await restart_all()
        for case, scene, payload in clicked:
            with subtests.test("replayed after another", verdict=case.name):
                await checks.replays(scene, case, payload, times=replays(case) // 2, unreplied=2)
                await checks.repeated(scene, case, payload, least=replays(case))


def replays(case: Case) -> int:
    return REPLAYS.get(case.name, FEWER)


@pytest.mark.asyncio(loop_scope="session")
async def test_an_unconfirmed_envelope_that_comes_again_can_count_and_counts_once(shared: Program) -> None:
    """A balancer that tries again elsewhere, and a person who does as they were told."""
    case = CASES[-1]
    scene = await verdicts.scene(shared, case, APPROVAL)
    async with case.during(scene):
        unconfirmed = await scene.click("U0ANA", "yes", replica=1)
    assert unconfirmed["status"] == 503

    answers = await asyncio.gather(*(shared.send(unconfirmed["payload"], replica=number % 2) for number in range(4)))
    again = await scene.click("U0ANA", "yes", replica=0)

    assert [*answers, again["status"]] == [200] * 5
    seen = await checks.look(scene, replica=1)
    assert (seen.status, seen.verdicts) == ("answered", [("U0ANA", "won"), ("U0ANA", "recorded")])


@pytest.mark.asyncio(loop_scope="session")
async def test_a_click_heals_a_card_whose_deadline_passed_before_any_sweep_comes(shared: Program) -> None:
    """The expiry loop is kept off this one row, so that nothing but its first click can have ended it."""
    case = next(case for case in CASES if case.name == "expired")
    row = checks.ROWS[case.name]
    scene = await verdicts.scene(shared, case, APPROVAL)
    async with verdicts.unswept(scene):
        await case.arrange(scene)
        since = await checks.newest(scene)
        assert program.has_buttons(await shared.card(scene.asked))

        assert (await scene.click("U0ANA", "yes", replica=1))["status"] == 200

        await checks.healed(scene, row)
        await checks.check_replies(scene, case, since=since, times=1)
        seen = await checks.look(scene, replica=0)
        assert (seen.status, seen.verdicts) == ("expired", [("U0ANA", "expired")])
