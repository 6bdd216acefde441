"""Every verdict of a page of a full text, as docs/verdicts.md promises it: opened on one replica, turned on another."""

import pytest

from storage.model import Verdict
from tests.scenarios import checks, page_verdicts, verdicts
from tests.scenarios.form_verdicts import FormCase
from tests.scenarios.page_verdicts import CASES, LONG, ROWS
from tests.scenarios.program import Program
from tests.scenarios.verdicts import ANA

pytestmark = [pytest.mark.processes, pytest.mark.asyncio(loop_scope="session")]


async def test_the_document_has_every_verdict_of_a_page_in_the_order_of_these_cases() -> None:
    assert [row.verdict for row in ROWS.values()] == [case.verdict.value for case in CASES]
    taking = {Verdict.WON, Verdict.RECORDED, Verdict.MISTAKEN}
    of_things = {Verdict.REFUSED, Verdict.ADDED}  # see test_thing_verdicts.py
    assert {case.verdict for case in CASES} == set(Verdict) - taking - of_things


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
async def test_a_page_becomes_what_its_verdict_says(shared: Program, case: FormCase) -> None:
    row = ROWS[case.name]
    scene = await verdicts.scene(shared, case, LONG)
    view = await page_verdicts.opened(scene)
    await case.arrange(scene)
    since, before = await checks.newest(scene), await checks.look(scene, replica=0)
    sent = page_verdicts.payload(view, case)

    async with case.during(scene):
        status, body = await shared.deliver(sent, replica=1)
        after = await checks.look(scene, replica=0)

    assert body is None, "Slack ignores the body of this acknowledgement"
    assert await page_verdicts.becomes(shared, view, status) == row.becomes
    assert (before.status, after.status) == (row.before, row.after)
    assert after.answer == before.answer
    assert before.verdicts[:1] == ([(ANA, "opened")] if case.whole else [])
    new = [(case.user, case.verdict.value)] if case.audited and case.whole else []
    assert after.verdicts == before.verdicts + new
    assert await checks.replies_since(scene, since) == [], "the page has said it"
