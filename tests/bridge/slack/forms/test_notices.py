"""Open forms whose question ends otherwise: they are told, wherever they were opened and whichever replica sees it."""

import io
from datetime import timedelta
from typing import Any

import pytest

from bridge import ids
from sandbox.slack.faults import Kind
from storage.model import Json
from tests.bridge.logged import events
from tests.bridge.replica import Replica
from tests.bridge.slack.forms import asking
from tests.bridge.slack.forms.asking import WORDS
from tests.storage import elapse

FUTILE = "What you enter here can no longer be recorded."


def inputs(view: Json) -> list[str]:
    return [block["block_id"] for block in view["blocks"] if block["type"] == "input"]


async def test_forms_of_others_are_told_and_keep_what_was_typed(replica: Replica, second: Replica) -> None:
    question, handle = await asking.ask(replica, responders=None)
    mine = await asking.opened(replica, question, handle)
    typed = await asking.submit(replica, mine, "x" * 3_001, unchecked=True)  # refused, and so still in the form
    assert typed["response"]["response_action"] == "errors"
    bobs = await asking.opened(replica, question, handle, user="U0BOB")
    await asking.submit(replica, bobs, user="U0BOB")

    await asking.settled(second)

    told = await asking.view(replica)
    assert f"<@U0BOB> already answered “Deny” just now. {FUTILE}" in asking.shown(told)
    assert inputs(told) == inputs(mine) == ["f1_comment"]
    assert told["state"]["values"]["f1_comment"]["v1:input"]["value"] == "x" * 3_001
    assert told["hash"] != mine["hash"]
    assert await asking.views(replica, "U0BOB") == []


async def test_every_end_is_told_also_after_a_restart(replica: Replica, second: Replica) -> None:
    question, handle = await asking.ask(replica)
    await asking.opened(replica, question, handle)
    await asking.cancel(replica, question)

    await asking.settled(second)  # knows nothing but the rows

    told = asking.shown(await asking.view(replica))
    assert f"This question was cancelled just now: “The release was called off.” {FUTILE}" in told


async def test_a_form_that_was_told_still_gets_the_truth_when_it_is_sent(replica: Replica) -> None:
    question, handle = await asking.ask(replica)
    await asking.opened(replica, question, handle)
    await asking.cancel(replica, question)
    await asking.settled(replica)

    await asking.submit(replica, await asking.view(replica))

    page = asking.shown(await asking.view(replica))
    assert "What you entered was not recorded." in page and WORDS in page


async def test_a_second_form_of_the_winner_is_told(replica: Replica) -> None:
    question, handle = await asking.ask(replica)
    await asking.opened(replica, question, handle, choice="respond")
    await asking.submit(replica, await asking.opened(replica, question, handle))

    await asking.settled(replica)

    assert f"You already answered “Deny” just now, and that answer is final. {FUTILE}" in asking.shown(
        await asking.view(replica)
    )


async def test_a_closed_form_is_no_failure_and_an_old_one_is_left_alone(replica: Replica, log: io.StringIO) -> None:
    question, handle = await asking.ask(replica, responders=None)
    closed = await asking.opened(replica, question, handle)
    old = await asking.opened(replica, question, handle, user="U0BOB")
    await elapse.elapse(replica.db, "clicks", timedelta(hours=1), where="user_id = 'U0BOB'")
    await asking.close(replica, closed)
    await asking.cancel(replica, question)

    await asking.settled(replica)

    assert len(replica.called("views.update")) == 1
    assert (await asking.view(replica, "U0BOB"))["hash"] == old["hash"]
    assert not [event for event in events(log) if event["level"] != "info"]


async def test_a_card_tells_the_forms_that_were_opened_from_it_and_each_once(replica: Replica) -> None:
    where: dict[str, Any] = {
        "addresses": [{"channel": "C0APPROVALS"}, {"user": "U0ANA"}],
        "card_ids": [ids.new(), ids.new()],
    }
    question, handle = await asking.ask(replica, responders=None, **where)
    await asking.opened(replica, question, handle)
    (direct,) = [copy.handle for copy in await replica.copies(question) if copy.handle != handle]
    assert direct is not None
    await asking.opened(replica, question, direct)
    await asking.cancel(replica, question)

    await asking.settled(replica)
    await replica.db.fetch("update cards set wanted = wanted + 1")  # as a report of the agent does
    await asking.settled(replica)

    assert len(replica.called("views.update")) == 2
    assert all(FUTILE in asking.shown(view) for view in await asking.views(replica))


async def test_a_question_without_forms_costs_no_look(replica: Replica) -> None:
    question, handle = await asking.ask(replica, {"kind": "approval", "title": "Restart?"})
    await replica.click(question, handle)

    await replica.settle()

    assert not replica.parts.form_notices._running  # noqa: SLF001  -- nothing was started
    assert replica.called("views.update") == []


@pytest.mark.parametrize(
    ("fault", "code"), [({"kind": Kind.RATELIMITED}, "rate_limited"), ({"kind": Kind.STATUS}, "slack_unavailable")]
)
async def test_slack_is_not_asked_on_when_it_refuses_and_the_card_is_settled_all_the_same(
    replica: Replica, log: io.StringIO, fault: dict[str, Any], code: str
) -> None:
    question, handle = await asking.ask(replica, responders=None)
    for user in ("U0ANA", "U0BOB"):
        await asking.opened(replica, question, handle, user=user)
    await asking.cancel(replica, question)
    replica.fault("views.update", **fault)

    await asking.settled(replica)

    assert len(replica.called("views.update")) == 1
    (event,) = [event for event in events(log) if event["event"] == "forms_not_told"]
    assert event["code"] == code
    assert not replica.has_buttons(handle)
