"""A form of several pages: each is checked, kept for any replica, shown again by Back, and only the last decides."""

from typing import Any

import pytest

from bridge.forms import codec
from storage.model import Handle, Interaction, Json, Status
from tests.bridge.replica import Replica
from tests.bridge.slack.forms import asking
from tests.sandbox.slack.conftest import Control

FIELDS = 30
LONG: Json = {
    "kind": "form",
    "title": "Describe the service",
    "schema": {
        "type": "object",
        "properties": {
            f"p{number:02}": {"type": "integer", "minimum": 0, "title": f"Number {number}"}
            for number in range(FIELDS - 2)
        }
        | {
            "tier": {"enum": ["gold", "silver"], "title": "Tier"},
            "contact": {"type": "string", "format": "email", "title": "Contact"},
        },
        "required": ["p00", "p10", "p20", "contact"],
        "dependentRequired": {"p20": ["p01"]},
    },
}
EXPECTED: Json = {"p00": 1, "p01": 2, "p10": 3, "p20": 4, "tier": "silver", "contact": "ana@example.com"}


def values(**entered: Any) -> Json:
    return {codec.block_id(field): {codec.INPUT: value} for field, value in entered.items()}


async def opened(replica: Replica) -> tuple[Interaction, Handle, Json]:
    question, handle = await asking.ask(replica, LONG)
    return question, handle, await asking.opened(replica, question, handle, choice="fill")


async def back(replica: Replica, view: Json, **entered: Any) -> Any:
    """Click on Back, which goes to this replica; return once the work after it is done."""
    sent = {"user": "U0ANA", "action_id": codec.BACK, "request_url": replica.url, "values": values(**entered)}
    report = await Control(replica.slack.url, replica.http).post(f"views/{view['id']}/actions", **sent)
    await replica.inbound.close()
    return report


def labels(view: Json) -> list[str]:
    return [block["label"]["text"] for block in view["blocks"] if block["type"] == "input"]


def starts(view: Json) -> Json:
    """What the inputs start with, by field."""
    return {
        str(codec.field_of(block["block_id"])): block["element"]["initial_value"]
        for block in view["blocks"]
        if block["type"] == "input" and "initial_value" in block["element"]
    }


async def test_three_pages_on_two_replicas_give_one_answer(replica: Replica, second: Replica) -> None:
    question, handle, first = await opened(replica)
    assert (len(labels(first)), first["submit"]["text"]) == (10, "Next")
    assert "Page 1 of 3" in asking.shown(first)

    report = await asking.submit(second, first, values=values(v0="1", v1="2"))
    assert report["response"]["response_action"] == "update" and report["trouble"] is None
    page_2 = await asking.view(replica)
    assert (labels(page_2)[0], page_2["submit"]["text"]) == ("Number 10", "Next")
    assert (await asking.read(replica, question)).status is Status.PENDING
    await asking.submit(replica, page_2, values=values(v10="3"))
    page_3 = await asking.view(replica)
    assert (labels(page_3)[-1], page_3["submit"]["text"]) == ("Contact", "Submit")
    report = await asking.submit(second, page_3, values=values(v20="4", v28="1", v29="ana@example.com"))
    await asking.settled(second)

    assert (report["response"], report["trouble"]) == (None, None)
    answer = (await asking.read(replica, question)).answer or {}
    assert answer["values"] == EXPECTED
    assert await replica.verdicts() == ["opened", "opened", "opened", "won"]
    assert not replica.has_buttons(handle)


async def test_back_shows_what_was_entered_on_both_pages_again(replica: Replica, second: Replica) -> None:
    _, _, first = await opened(replica)
    await asking.submit(replica, first, values=values(v0="1", v3="33"))

    report = await back(second, await asking.view(replica), v10="77")

    assert report["status"] == 200
    shown = await asking.view(replica)
    assert "Page 1 of 3" in asking.shown(shown) and starts(shown) == {"v0": "1", "v3": "33"}
    await asking.submit(replica, shown, values=values(v0="5", v3=None))
    again = await asking.view(replica)
    assert "Page 2 of 3" in asking.shown(again) and starts(again) == {"v10": "77"}
    assert await replica.verdicts() == ["opened", "opened", "opened", "opened"]


@pytest.mark.parametrize("page", [0, 1, 2])
async def test_a_mistake_on_any_page_is_told_under_its_input(replica: Replica, page: int) -> None:
    question, _, view = await opened(replica)
    right = [{"v0": "1", "v1": "2"}, {"v10": "3"}, {"v20": "4", "v29": "ana@example.com"}]
    for before in range(page):
        await asking.submit(replica, view, values=values(**right[before]))
    wrong = f"v{page}0" if page else "v0"

    report = await asking.submit(
        replica, await asking.view(replica), values=values(**right[page] | {wrong: "-1"}), unchecked=True
    )

    told = {codec.block_id(wrong): "Please enter a number of at least 0."}
    assert report["response"] == {"response_action": "errors", "errors": told}
    for rest in range(page, 3):
        await asking.submit(replica, await asking.view(replica), values=values(**right[rest]))
    assert (await asking.read(replica, question)).status is Status.ANSWERED
    assert (await replica.verdicts()).count("mistaken") == 1


async def test_a_mistake_that_shows_at_the_end_goes_back_to_its_page_and_loses_nothing(replica: Replica) -> None:
    question, _, view = await opened(replica)
    await asking.submit(replica, view, values=values(v0="1"))
    await asking.submit(replica, await asking.view(replica), values=values(v10="3"))

    await asking.submit(replica, await asking.view(replica), values=values(v20="4", v29="ana@example.com"))

    shown = await asking.view(replica)
    assert "“Number 1”: Please fill this in too." in asking.shown(shown) and starts(shown) == {"v0": "1"}
    assert (await asking.read(replica, question)).status is Status.PENDING
    await asking.submit(replica, shown, values=values(v0="1", v1="2"))
    await asking.submit(replica, await asking.view(replica), values=values())
    last = await asking.view(replica)
    assert starts(last) == {"v20": "4", "v29": "ana@example.com"}
    await asking.submit(replica, last, values=values(v28="1"))
    assert ((await asking.read(replica, question)).answer or {})["values"] == EXPECTED


async def test_who_may_not_answer_turns_no_page(replica: Replica) -> None:
    question, _, view = await opened(replica)
    sent = asking.payload(view, user="U0CHO")
    sent["view"]["state"] = {"values": {}}
    await asking.cancel(replica, question)

    report = await asking.submit(replica, view, values=values(v0="1"))

    assert "The release was called off." in str(report["response"])
    rows = await replica.db.fetch("select count(*) as n from form_pages")
    assert rows[0]["n"] == 0


async def test_an_open_page_is_told_that_the_question_has_ended(replica: Replica) -> None:
    question, _, view = await opened(replica)
    await asking.submit(replica, view, values=values(v0="1"))

    await asking.cancel(replica, question)
    await asking.settled(replica)

    shown = await asking.view(replica)
    assert "The release was called off." in asking.shown(shown) and "Page 2 of 3" in asking.shown(shown)


async def test_what_was_entered_is_forgotten_with_the_question(replica: Replica) -> None:
    _, _, view = await opened(replica)
    await asking.submit(replica, view, values=values(v0="1"))

    await asking.purge(replica)

    rows = await replica.db.fetch("select count(*) as n from form_pages")
    assert rows[0]["n"] == 0
    report = await asking.submit(replica, await asking.view(replica), values=values(v10="3"))
    assert report["response"]["response_action"] == "update" and report["trouble"] is None
