"""Every verdict on an incident, as docs/verdicts.md promises it: opened on one replica, clicked on the other."""

from collections.abc import AsyncIterator

import pytest

from bridge.forms import codec
from storage.model import Verdict
from tests.bridge.agents import door as doors
from tests.bridge.agents.door import Door
from tests.bridge.replica import Replica
from tests.bridge.slack.forms import asking
from tests.bridge.things.incident import verdicts
from tests.bridge.things.incident.verdicts import CLICKS, FORMS
from tests.scenarios import form_verdicts, written
from tests.scenarios.written import FormRow, Row

# A round has no deadline and is never unreachable. No form of an incident is refused, and what cannot be confirmed is
# told in the same words whatever the thing is.
NEVER = {Verdict.EXPIRED, Verdict.UNREACHABLE, Verdict.UNAVAILABLE}


@pytest.fixture
async def door(replica: Replica) -> AsyncIterator[Door]:
    """The API of the first replica."""
    async with doors.door(replica.db, replica.tenant, notifier=replica.notifier, serves=False) as opened:
        yield opened


def test_the_cases_have_every_verdict() -> None:
    assert {case.verdict for case in [*CLICKS, *FORMS]} == set(Verdict) - NEVER


async def test_a_click_on_an_incident_is_told_what_became_of_it(replica: Replica, second: Replica, door: Door) -> None:
    found = []
    for case in CLICKS:
        at = await verdicts.scene(replica, second, door, **case.fields)
        await case.arrange(at)
        before, clicks = await at.status(), await at.verdicts()

        clicked = await at.click(case.user, case.action_id, **case.claims)

        again = await second.send_click(clicked["payload"])
        await replica.settle()
        after, told = await at.status(), at.told()
        assert (clicked["status"], again.status) == (200, 200), case.name
        assert (clicked.get("view") is not None) == (case.verdict is Verdict.OPENED), case.name
        assert await at.verdicts() == clicks + [(case.user, case.verdict.value)] * case.is_audited, case.name
        assert [user for user, _ in told] == [case.user] * len(told), case.name
        assert replica.has_buttons(at.handle) == (after != "resolved"), case.name
        reply = " ".join(text for _, text in told) or written.NOTHING
        found.append(Row(verdict=case.verdict.value, before=before, after=after, reply=reply, card=at.line()))

    assert found == written.incident_rows()


async def test_a_form_of_an_incident_becomes_what_its_verdict_says(
    replica: Replica, second: Replica, door: Door
) -> None:
    found = []
    for case in FORMS:
        at = await verdicts.scene(replica, second, door, **case.fields)
        view = await at.opened(case.action_id)
        await case.arrange(at)
        before, clicks, said = await at.status(), await at.verdicts(), await at.messages()

        status, body = await at.send(view, case.user, case.message)

        becomes = form_verdicts.becomes(status, body, fields=[codec.block_id("message")])
        after, counts = await at.status(), case.verdict in (Verdict.WON, Verdict.ADDED)
        assert at.told() == [], "the form has said it"
        assert await at.verdicts() == [*clicks, (case.user, case.verdict.value)], case.name
        assert await at.messages() == [verdicts.WORDS] * counts + said, case.name
        if becomes.startswith("Replaced"):
            assert verdicts.WORDS in asking.shown(body["view"]), "nothing that was typed is lost"
        row = FormRow(verdict=case.verdict.value, before=before, after=after, becomes=verdicts.as_written(becomes))
        found.append(row)

    assert found == written.incident_form_rows()
