"""Pages of forms that no person saw like this: forged, of another release, of another person, or slower than others."""

import copy
import json
from typing import Any

import pytest

from bridge.forms import codec
from bridge.forms.form import MAX_TEXT
from storage import forms
from storage.model import Handle, Interaction, Json, Status
from tests import payloads
from tests.bridge.replica import Replica
from tests.bridge.slack.forms import asking
from tests.bridge.slack.forms.test_pages_of_forms import EXPECTED, LONG, back, labels, opened, starts, values

LAST: Json = {"v20": "4", "v28": "1", "v29": "ana@example.com"}
PAGES: list[Json] = [{"v0": "1", "v1": "2"}, {"v10": "3"}, LAST]
GONE = "What was entered on this page is no longer there."


async def last_page(replica: Replica, **other: Any) -> tuple[Interaction, Json]:
    """A question, and the last page of its form, whose other pages were filled in."""
    question, handle = await asking.ask(replica, LONG, **other)
    await asking.opened(replica, question, handle, choice="fill")
    for page in PAGES[:-1]:
        await asking.submit(replica, await asking.view(replica), values=values(**page))
    return question, await asking.view(replica)


def sent(view: Json, *, user: str = "U0ANA", target: Json | None = None, **entered: Any) -> Any:
    """A submission of this page with these values, empty inputs beside them, and another target."""
    made = asking.payload(view, user=user)
    made["view"]["private_metadata"] = json.dumps(json.loads(view["private_metadata"]) | (target or {}))
    made["view"]["state"]["values"] = {
        block["block_id"]: {codec.INPUT: _state(block["element"], entered.get(codec.field_of(block["block_id"]) or ""))}
        for block in view["blocks"]
        if block["type"] == "input"
    }
    return made


def _state(element: Json, entered: str | None) -> Json:
    if element["type"] == "static_select":
        option = next((one for one in element["options"] if one["value"] == entered), None)
        return {"type": "static_select", "selected_option": option}
    return {"type": element["type"], "value": entered}


@pytest.mark.parametrize("forged", ["row is gone", "nothing kept", "other form", "no form"])
async def test_a_last_page_without_what_was_kept_shows_the_first_page_and_decides_nothing(
    replica: Replica, forged: str
) -> None:
    question, view = await last_page(replica)
    targets: dict[str, Json] = {"nothing kept": {"turned": None}, "other form": {"form": "ab" * 32}, "no form": {}}
    if forged == "row is gone":
        await replica.db.fetch("delete from form_pages")
    payload = sent(view, target=targets.get(forged), **LAST)
    if forged == "no form":
        target = json.loads(payload["view"]["private_metadata"])
        del target["form"]
        payload["view"]["private_metadata"] = json.dumps(target)

    body = await asking.send(replica, payload) or {}

    assert body["response_action"] == "update" and GONE in asking.shown(body["view"])
    assert labels(body["view"])[0] == "Number 0"
    assert (await asking.read(replica, question)).status is Status.PENDING
    assert (await replica.verdicts())[-1] == "mistaken"


async def test_a_person_whose_pages_are_lost_fills_them_in_again_and_loses_the_last_one_not(replica: Replica) -> None:
    question, view = await last_page(replica)
    await replica.db.fetch("delete from form_pages")

    await asking.submit(replica, view, values=values(**LAST))
    for page in PAGES[:-1]:
        await asking.submit(replica, await asking.view(replica), values=values(**page))
    last = await asking.view(replica)
    assert starts(last) == {"v20": "4", "v29": "ana@example.com"}
    await asking.submit(replica, last, values=values())

    assert ((await asking.read(replica, question)).answer or {})["values"] == EXPECTED


async def test_only_the_lost_page_is_asked_for_again(replica: Replica) -> None:
    question, view = await last_page(replica)
    await replica.db.fetch("update form_pages set entered = entered #- '{texts,v12}'")

    body = await asking.send(replica, sent(view, **LAST)) or {}

    assert GONE in asking.shown(body["view"]) and starts(body["view"]) == {"v10": "3"}
    assert (await asking.read(replica, question)).status is Status.PENDING


async def test_pages_of_another_person_are_neither_read_nor_replaced(replica: Replica) -> None:
    question, view = await last_page(replica, responders=["U0ANA", "U0BOB"])

    target = json.loads(view["private_metadata"])
    body = await asking.send(replica, sent(view, user="U0BOB", **LAST)) or {}

    assert GONE in asking.shown(body["view"]) and not starts(body["view"])
    assert (await asking.read(replica, question)).status is Status.PENDING
    card = Handle(channel=target["channel"], ts=target["ts"])
    found = await forms.opened(replica.db, question.organization_id, question.id, card, seconds=60, limit=20)
    assert [(form.user_id, form.page) for form in found if form.page is not None] == [("U0ANA", 2)]
    rows = await replica.db.fetch("select user_id, entered->'texts'->>'v10' as v10 from form_pages order by user_id")
    assert [tuple(row) for row in rows] == [("U0ANA", "3"), ("U0BOB", None)]


async def test_arguments_of_a_page_that_is_lost_are_not_approved_as_unchanged(replica: Replica) -> None:
    """An argument that was not sent was not seen by the person: it is neither unchanged nor approved."""
    arguments: Json = {f"a{number:02}": number for number in range(20)}
    request = {"kind": "approval", "title": "Scale?", "action": {"name": "scale", "arguments": arguments}, "edit": True}
    question, handle = await asking.ask(replica, request)
    await asking.submit(replica, await asking.opened(replica, question, handle, choice="edit"), "7", field="v0")
    view = await asking.view(replica)
    await replica.db.fetch("delete from form_pages")
    rest: Json = {f"v{number}": str(number) for number in range(10, 20)}

    body = await asking.send(replica, sent(view, **rest)) or {}

    assert GONE in asking.shown(body["view"]) and starts(body["view"])["v0"] == "0"
    assert (await asking.read(replica, question)).status is Status.PENDING


@pytest.mark.parametrize("more", [True, False])
async def test_a_page_of_a_release_that_divides_the_form_otherwise_decides_nothing(
    replica: Replica, *, more: bool
) -> None:
    """With an input that is on another page now, or without one: what the person entered there would be left out."""
    question, view = await last_page(replica)
    other = copy.deepcopy(view)
    blocks = [block for block in other["blocks"] if block["type"] == "input"]
    if more:
        other["blocks"].append(blocks[0] | {"block_id": codec.block_id("v10")})
    else:
        other["blocks"].remove(blocks[1])
    payload = sent(view, **LAST)
    payload["view"]["blocks"] = other["blocks"]
    if more:
        payload["view"]["state"]["values"] |= values(v10={"type": "number_input", "value": "99"})

    body = await asking.send(replica, payload) or {}

    assert "Slack sent an outdated state" in asking.shown(body["view"])
    assert (labels(body["view"])[0], starts(body["view"])["v20"]) == ("Number 20", "4")
    assert (await asking.read(replica, question)).status is Status.PENDING
    await asking.submit(replica, view, values=values(**LAST))
    assert ((await asking.read(replica, question)).answer or {})["values"] == EXPECTED


async def test_what_is_sent_again_later_replaces_nothing(replica: Replica, second: Replica) -> None:
    question, _, first = await opened(replica)
    early = sent(first, v0="7", v1="7")
    await asking.send(replica, early)
    page = await asking.send(second, sent(first, **PAGES[0])) or {}

    await asking.send(replica, early)
    page = await asking.send(replica, sent(first | page["view"], **PAGES[1])) or {}
    await asking.send(replica, sent(first | page["view"], **PAGES[2]))

    assert ((await asking.read(replica, question)).answer or {})["values"] == EXPECTED


@pytest.mark.parametrize("text", ["9" * (MAX_TEXT + 1), "a\x00b", "\ud800", "one", "1e99"])
async def test_going_back_with_what_no_input_contains_keeps_nothing_of_it(replica: Replica, text: str) -> None:
    _, _, first = await opened(replica)
    await asking.submit(replica, first, values=values(**PAGES[0]))
    page = await asking.view(replica)
    made = sent(page, v10=text, v11="5")
    made |= {
        "type": "block_actions",
        "actions": [{"type": "button", "action_id": codec.BACK, "block_id": "back", "action_ts": "1.1"}],
        "container": {"type": "view", "view_id": page["id"]},
    }

    answer = await replica.send(payloads.form(made))

    assert answer.status == 200
    shown = await asking.view(replica)
    assert "Page 1 of 3" in asking.shown(shown) and starts(shown) == PAGES[0]
    await asking.submit(replica, shown, values=values(**PAGES[0]))
    again = starts(await asking.view(replica))
    assert again["v11"] == "5" and again.get("v10", text) == text


async def test_a_value_left_by_back_is_checked_before_the_form_counts(replica: Replica) -> None:
    question, view = await last_page(replica)
    await back(replica, view, v29="no address")
    await asking.submit(replica, await asking.view(replica), values=values())
    page = await asking.view(replica)

    report = await asking.submit(replica, page, values=values(**LAST | {"v29": "no address"}), unchecked=True)

    assert report["response"]["response_action"] == "errors"
    assert (await asking.read(replica, question)).status is Status.PENDING
    assert LONG["schema"]["properties"]["contact"]["format"] == "email"
