"""Every verdict on a thing, as docs/verdicts.md promises it: opened on one replica, clicked on the other."""

import pytest

from storage.model import Verdict
from tests.scenarios import program, thing_verdicts
from tests.scenarios.program import Program
from tests.scenarios.thing_verdicts import CLICK_ROWS, CLICKS, FORM_ROWS, FORMS, Case, FormCase
from tests.waiting import until

pytestmark = [pytest.mark.processes, pytest.mark.asyncio(loop_scope="session")]

# A round has no deadline and is never unreachable; no move of a recovery only adds, as one of an incident does.
NEVER = {Verdict.EXPIRED, Verdict.UNREACHABLE, Verdict.ADDED}


async def test_the_document_has_every_verdict_on_a_thing_in_the_order_of_these_cases() -> None:
    assert [row.verdict for row in CLICK_ROWS.values()] == [case.verdict.value for case in CLICKS]
    assert [row.verdict for row in FORM_ROWS.values()] == [case.verdict.value for case in FORMS]
    assert {case.verdict for case in [*CLICKS, *FORMS]} == set(Verdict) - NEVER


@pytest.mark.parametrize("case", CLICKS, ids=lambda case: case.name)
async def test_a_click_on_a_thing_is_told_what_became_of_it(shared: Program, case: Case) -> None:
    row, at = CLICK_ROWS[case.name], await thing_verdicts.scene(shared)
    await case.arrange(at)
    before, clicks = await at.status(), await at.verdicts()

    async with case.during(at):
        clicked = await at.of.click(case.user, case.action_id, wait_view=3, **case.claims)
        replies = [] if row.reply == "nothing" else [(case.user, row.reply)]
        await until(lambda: thing_verdicts.told(at), lambda told: told == replies)

    assert clicked["status"] == case.status
    assert (before, await at.status()) == (row.before, row.after)
    assert (clicked["view"] is not None) == (case.verdict is Verdict.OPENED)
    if case.verdict is Verdict.UNAVAILABLE:
        return  # the claim that waited for the lock may still be made: the person is told that it is not confirmed
    assert await at.verdicts() == clicks + ([(case.user, case.verdict.value)] if case.is_audited else [])
    await thing_verdicts.settled(at, row.card)
    assert program.has_buttons(await at.of.message()) == (row.after == "active")
    assert await thing_verdicts.told(at) == replies, "nothing more was said by then"
    assert await shared.send(clicked["payload"], replica=0) == case.status
    assert await at.verdicts() == clicks + ([(case.user, case.verdict.value)] if case.is_audited else [])


@pytest.mark.parametrize("case", FORMS, ids=lambda case: case.name)
async def test_a_form_of_a_thing_becomes_what_its_verdict_says(shared: Program, case: FormCase) -> None:
    row, at = FORM_ROWS[case.name], await thing_verdicts.scene(shared)
    other = await thing_verdicts.scene(shared)  # so that the form has something to choose from
    view = await thing_verdicts.opened(at)
    await case.arrange(at)
    before, clicks = await at.status(), await at.verdicts()
    selected = at.of.id if case.is_of_itself else None
    sent = thing_verdicts.submission(view, case.user, case.link, selected=selected)

    async with case.during(at):
        status, body = await shared.deliver(sent, replica=1)

    assert thing_verdicts.becomes(status, body) == row.becomes
    assert (before, await at.status()) == (row.before, row.after)
    assert await thing_verdicts.told(at) == [], "the form has said it"
    if row.becomes.startswith("Replaced"):
        assert case.link in str(body["view"]["blocks"]), "nothing that was typed is lost"
    if case.verdict is not Verdict.UNAVAILABLE:
        assert await at.verdicts() == [*clicks, (case.user, case.verdict.value)]
    assert await other.status() == "active"
