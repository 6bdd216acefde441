"""What a form must not become: an answer with less than was entered, or a closed form that did not count."""

import json
from typing import Any

import pytest

from bridge.forms import codec
from storage.model import Status
from tests.bridge.replica import Replica
from tests.bridge.slack.forms import asking

ASKED = {"kind": "approval", "title": "Deploy?", "comment": {"deny": "required"}}
EDIT = {"decision": "approve", "approved": True, "option": None, "label": "Approve"}


async def test_a_choice_of_a_later_release_is_not_won_by_a_form_that_this_one_cannot_read(replica: Replica) -> None:
    plain, _ = await asking.ask(replica, ASKED)
    question, handle = await asking.ask(replica, ASKED, forms={**plain.forms, "edit": EDIT})
    sent = asking.payload(await asking.opened(replica, question, handle), "changed")
    target = json.loads(sent["view"]["private_metadata"])
    sent["view"]["private_metadata"] = json.dumps(target | {"choice": "edit"})

    body = await asking.send(replica, sent)

    assert body is not None, "the form stays open"
    assert (await asking.read(replica, question)).status is Status.PENDING
    assert (await replica.verdicts())[-1] == "mistaken"


async def test_an_input_of_a_later_release_is_not_dropped(replica: Replica) -> None:
    question, handle = await asking.ask(replica, ASKED)
    sent = asking.payload(await asking.opened(replica, question, handle), "ok")
    element = {"type": "plain_text_input", "action_id": codec.INPUT}
    sent["view"]["blocks"].append({"type": "input", "block_id": "f1_argument", "element": element})
    values = sent["view"]["state"]["values"]
    values["f1_argument"] = {codec.INPUT: {"type": "plain_text_input", "value": "99"}}

    assert await asking.send(replica, sent) is not None
    assert (await asking.read(replica, question)).status is Status.PENDING


LATER: dict[str, Any] = {"f2_comment": {codec.INPUT: {"type": "plain_text_input", "value": "other words"}}}


@pytest.mark.parametrize("spoiled", ["x" * 3_500, "no\x00t on my watch", LATER], ids=["too long", "NUL", "later"])
async def test_a_winner_who_submits_other_words_with_a_mistake_sees_them_again(
    replica: Replica, spoiled: str | dict[str, Any]
) -> None:
    question, handle = await asking.ask(replica, ASKED)
    first, second = [asking.payload(await asking.opened(replica, question, handle)) for _ in range(2)]
    assert await asking.send(replica, first) is None
    if isinstance(spoiled, str):
        second = asking.payload(second["view"], spoiled)
    else:
        second["view"]["state"]["values"] = spoiled

    body = await asking.send(replica, second)

    assert body is not None and body["response_action"] == "update", "the form does not close as if these words counted"
    assert (await replica.verdicts())[-1] == "decided"
