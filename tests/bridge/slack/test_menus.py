"""A menu with a Submit button: what the clicker sees selected is the answer, and a selection alone is none."""

import pytest

from bridge.card.action_ids import PICK, SELECT, SUBMIT, block_id
from bridge.kinds.choice import KIND
from bridge.kinds.choice.request import Request
from storage.model import Handle, Interaction, Status
from tests.bridge.replica import Replica
from tests.storage import build

CHANNEL = "C0APPROVALS"
REQUEST = {
    "kind": "choice",
    "title": "Which region?",
    "options": [{"id": f"o{n}", "label": f"Option {n}"} for n in range(6)],
}


@pytest.fixture
async def question(replica: Replica) -> Interaction:
    accepted = Request.model_validate(REQUEST)
    return await build.question(
        replica.db,
        replica.tenant,
        kind="choice",
        request=KIND.stored(accepted),
        answers=KIND.answers(accepted),
        responders=None,
    )


async def select(replica: Replica, question: Interaction, handle: Handle, option: str, *, user: str = "U0ANA") -> None:
    told = await replica.click(question, handle, user=user, action_id=PICK, selected_option=option)
    assert told["status"] == 200


async def submit(replica: Replica, question: Interaction, handle: Handle, *, user: str = "U0ANA") -> None:
    told = await replica.click(question, handle, user=user, action_id=SUBMIT)
    assert told["status"] == 200


async def chosen(replica: Replica, question: Interaction) -> str | None:
    return (await build.read(replica.db, replica.tenant, question.id)).choice


async def test_a_selection_answers_nothing_and_its_button_answers_with_the_last_one(
    replica: Replica, question: Interaction, handle: Handle
) -> None:
    for option in ("o1", "o4", "o2"):
        await select(replica, question, handle, option)
    assert await replica.verdicts() == [] and replica.whispers(CHANNEL) == []

    await submit(replica, question, handle)
    await replica.settle()

    assert await replica.verdicts() == ["won"] and await chosen(replica, question) == "o2"
    assert not replica.has_buttons(handle) and "Option 2\\u201d by <@U0ANA>" in replica.shown(handle)


async def test_without_a_selection_the_clicker_is_told_to_make_one_and_nothing_is_taken(
    replica: Replica, question: Interaction, handle: Handle
) -> None:
    await submit(replica, question, handle)

    [(to, text, _)] = replica.whispers(CHANNEL)
    assert to == "U0ANA" and "No option is selected" in text and "select one in the menu first" in text
    assert await replica.verdicts() == ["mistaken"]
    assert (await build.read(replica.db, replica.tenant, question.id)).status is Status.PENDING
    await select(replica, question, handle, "o3")
    await submit(replica, question, handle)
    assert await replica.verdicts() == ["mistaken", "won"] and await chosen(replica, question) == "o3"


async def test_each_person_submits_what_that_person_selected(
    replica: Replica, question: Interaction, handle: Handle
) -> None:
    await select(replica, question, handle, "o1", user="U0ANA")
    await submit(replica, question, handle, user="U0CHO")
    await select(replica, question, handle, "o5", user="U0BOB")

    await submit(replica, question, handle, user="U0BOB")
    await submit(replica, question, handle, user="U0ANA")

    assert await replica.verdicts() == ["mistaken", "won", "taken"] and await chosen(replica, question) == "o5"
    assert [to for to, _, _ in replica.whispers(CHANNEL)] == ["U0CHO", "U0ANA"]
    assert "<@U0BOB> already answered “Option 5”" in replica.whispers(CHANNEL)[1][1]


async def test_a_card_that_was_edited_has_nothing_selected_any_more_and_takes_a_new_selection(
    replica: Replica, question: Interaction, handle: Handle
) -> None:
    await select(replica, question, handle, "o1")
    await replica.db.fetch("update cards set wanted = wanted + 1")
    await replica.settle()
    assert block_id(question.id, 2) in replica.shown(handle)

    await submit(replica, question, handle)
    await select(replica, question, handle, "o2")
    await submit(replica, question, handle)

    assert await replica.verdicts() == ["mistaken", "won"] and await chosen(replica, question) == "o2"


@pytest.mark.parametrize("forged", ["o6", "approve", "O1", " o1"])
async def test_a_selection_that_the_question_does_not_offer_is_gone(
    replica: Replica, question: Interaction, handle: Handle, forged: str
) -> None:
    payload = replica.payload(question)
    payload["actions"][0]["action_id"] = SUBMIT
    selected = {"type": "static_select", "selected_option": {"value": forged}}
    payload["state"] = {"values": {block_id(question.id, 1): {PICK: selected}}}

    assert (await replica.send_click(payload)).status == 200

    assert await replica.verdicts() == ["gone"] and await chosen(replica, question) is None


@pytest.mark.parametrize("version", [2, 10])
async def test_a_selection_in_another_block_than_the_button_s_does_not_count(
    replica: Replica, question: Interaction, handle: Handle, version: int
) -> None:
    """It was made in another version of the card, and the clicker does not see it any more."""
    payload = replica.payload(question)
    payload["actions"][0]["action_id"] = SUBMIT
    selected = {"type": "static_select", "selected_option": {"value": "o1"}}
    payload["state"] = {"values": {block_id(question.id, version): {PICK: selected}}}

    assert (await replica.send_click(payload)).status == 200

    assert await replica.verdicts() == ["mistaken"] and await chosen(replica, question) is None


async def test_a_menu_drawn_by_an_earlier_release_answers_at_once(
    replica: Replica, question: Interaction, handle: Handle
) -> None:
    stale = {"block_id": block_id(question.id, 1), "action_id": SELECT, "type": "static_select", "value": "o2"}

    await replica.click(question, handle, stale=stale)

    assert await replica.verdicts() == ["won"] and await chosen(replica, question) == "o2"
