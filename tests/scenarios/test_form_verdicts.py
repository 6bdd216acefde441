"""Every verdict of a form, as docs/verdicts.md promises it: opened on one replica, sent to the other."""

import pytest

from bridge.card import action_ids
from storage.model import Verdict
from tests.scenarios import checks, form_verdicts, verdicts, written
from tests.scenarios.form_verdicts import CASES, COMMENTED, ROWS, WORDS, FormCase
from tests.scenarios.program import Program
from tests.scenarios.verdicts import ANA, BOB, Case
from tests.waiting import until

pytestmark = [pytest.mark.processes, pytest.mark.asyncio(loop_scope="session")]


async def test_the_document_has_every_verdict_of_a_form_in_the_order_of_these_cases() -> None:
    assert [row.verdict for row in ROWS.values()] == [case.verdict.value for case in CASES]
    of_things = {Verdict.REFUSED, Verdict.ADDED}  # see test_thing_verdicts.py
    assert {case.verdict for case in CASES} == set(Verdict) - {Verdict.OPENED} - of_things


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
async def test_a_form_becomes_what_its_verdict_says(shared: Program, case: FormCase) -> None:
    row = ROWS[case.name]
    scene = await verdicts.scene(shared, case, COMMENTED)
    view = await form_verdicts.opened(scene)
    await case.arrange(scene)
    since, before = await checks.newest(scene), await checks.look(scene, replica=0)
    sent = form_verdicts.payload(view, case)

    async with case.during(scene):
        status, body = await shared.deliver(sent, replica=1)
        after = await checks.look(scene, replica=0)

    assert form_verdicts.becomes(status, body) == row.becomes
    assert (before.status, after.status) == (row.before, row.after)
    new = [(case.user, case.verdict.value)] if case.audited and case.whole else []
    assert after.verdicts == before.verdicts + new
    assert await checks.replies_since(scene, since) == [], "the form has said it"
    if row.becomes.startswith("Replaced"):
        assert case.entered in str(body["view"]["blocks"]), "nothing that was typed is lost"
    if case.verdict is Verdict.UNAVAILABLE:
        return  # the claim that waited for the row may still be made: the person is told that it is not confirmed
    assert after == await checks.look(scene, replica=1)
    assert await checks.audited(scene, sent) == ([(case.verdict.value, case.whole, 0)] if case.audited else [])
    if case.verdict is Verdict.WON:
        assert after.answer["comment"] == WORDS and after.answer["via"] == "form"
        await shared.settled(scene.asked)
    else:
        assert after.answer == before.answer


async def test_a_form_that_slack_does_not_open_is_told_as_the_document_says(shared: Program) -> None:
    scene = await verdicts.scene(shared, Case(name="opened", verdict=Verdict.OPENED, direct=True), COMMENTED)
    since = await checks.newest(scene)
    fault = {"on": "views.open", "fault": "error", "error": "expired_trigger_id"}
    await shared.call("POST", f"{shared.facts['slack_url']}/sandbox/faults", fault)

    await shared.click(scene.asked, ANA, replica=1, action_id=action_ids.open_form("deny"))

    [(to, text, _)] = await until(lambda: checks.replies_since(scene, since), bool)
    page = " ".join(written.DOCS.read_text("utf-8").split())
    assert to == ANA and f"“{text}”" in page
    assert (await checks.look(scene, replica=0)).verdicts == [(ANA, "opened")]


async def test_an_open_form_is_told_that_another_answered_as_the_document_says(shared: Program) -> None:
    both = {"responders": {"users": [ANA, BOB]}}
    scene = await verdicts.scene(shared, Case(name="told", verdict=Verdict.WON, ask=lambda _: both), COMMENTED)
    view = await form_verdicts.opened(scene)
    case = FormCase(name="won", verdict=Verdict.WON, user=BOB)

    assert await shared.deliver(form_verdicts.payload(view, case), replica=1) == (200, None)

    notice = await form_verdicts.told(scene, view)
    assert f"“{notice}”" in " ".join(written.DOCS.read_text("utf-8").split())
