"""Arguments that a person changes before approving: from the click to the answer in the database."""

from bridge.forms import codec
from bridge.kinds.approval import KIND
from storage.model import Json, Status
from tests.bridge.kinds.test_edit import ARGUMENTS, ASKED, NAMED, digest_of
from tests.bridge.replica import Replica
from tests.bridge.slack.forms import asking

AMOUNT = KIND.form(KIND.request.model_validate(NAMED), "edit").fields[0].id


async def test_what_is_submitted_is_approved_with_its_own_digest(replica: Replica) -> None:
    question, handle = await asking.ask(replica, ASKED)
    view = await asking.opened(replica, question, handle, choice="edit")
    assert (await asking.read(replica, question)).status is Status.PENDING

    report = await asking.submit(replica, view, "50.00", field=AMOUNT)
    await asking.settled(replica)

    assert (report["status"], report["response"], report["trouble"]) == (200, None, None)
    answer = (await asking.read(replica, question)).answer or {}
    assert (answer["decision"], answer["approved"], answer["edited"]) == ("approve", True, True)
    assert answer["arguments"] == ARGUMENTS | {"amount": "50.00"}
    assert answer["changes"] == [{"pointer": "/amount", "from": "89.00", "to": "50.00"}]
    assert answer["digest"] == digest_of(answer["arguments"]) != question.digest
    assert "Approved with changes" in replica.shown(handle) and "50.00" in replica.shown(handle)


async def test_an_input_that_the_form_does_not_have_changes_nothing(replica: Replica) -> None:
    """A signed submission with one more input, or with a value of one, is never taken for less than it is."""
    question, handle = await asking.ask(replica, NAMED)
    view = await asking.opened(replica, question, handle, choice="edit")

    sent = asking.payload(view)
    sent["view"]["state"] = {"values": _state(**{AMOUNT: "1", "v1": "", "v7": "stolen", "order": "1"})}
    await asking.send(replica, sent)
    answer = (await asking.read(replica, question)).answer or {}
    assert answer["arguments"] == ARGUMENTS | {"amount": "1"}

    question, handle = await asking.ask(replica, NAMED)
    view = await asking.opened(replica, question, handle, choice="edit")
    sent = asking.payload(view)
    sent["view"]["state"] = {"values": _state(**{AMOUNT: "1", "v1": "", "v7": "stolen"})}
    sent["view"]["blocks"].append(sent["view"]["blocks"][-1] | {"block_id": codec.block_id("v7")})
    body = await asking.send(replica, sent)
    assert body is not None and body["response_action"] == "errors"
    assert (await asking.read(replica, question)).status is Status.PENDING


async def test_the_same_changes_again_are_recorded_and_others_decide_nothing(replica: Replica) -> None:
    question, handle = await asking.ask(replica, NAMED)
    view = await asking.opened(replica, question, handle, choice="edit")
    for amount in ("1", "1", "2"):
        sent = asking.payload(view)
        sent["view"]["state"] = {"values": _state(**{AMOUNT: amount, "v1": None})}
        await asking.send(replica, sent)

    assert await replica.verdicts() == ["opened", "won", "recorded", "decided"]


async def test_many_arguments_are_changed_page_by_page_on_any_replica(replica: Replica, second: Replica) -> None:
    arguments: Json = {f"a{number:02}": number for number in range(20)} | {"hidden": [{"x": 1}]}
    request = ASKED | {"action": {"name": "scale", "arguments": arguments}}
    question, handle = await asking.ask(replica, request)
    first = await asking.opened(replica, question, handle, choice="edit")

    report = await asking.submit(second, first, "100", field="v0")
    assert report["response"]["response_action"] == "update"
    assert (await asking.read(replica, question)).status is Status.PENDING
    await asking.submit(replica, await asking.view(replica), "119", field="v19")

    answer = (await asking.read(replica, question)).answer or {}
    assert answer["arguments"] == arguments | {"a00": 100, "a19": 119}
    assert [change["pointer"] for change in answer["changes"]] == ["/a00", "/a19"]


async def test_the_button_beside_it_approves_what_was_asked(replica: Replica) -> None:
    question, handle = await asking.ask(replica, ASKED)

    await replica.click(question, handle, choice="approve")

    answer = (await asking.read(replica, question)).answer or {}
    assert answer["approved"] is True and not answer.keys() & {"arguments", "changes", "edited", "digest"}


def _state(**values: str | None) -> Json:
    """The state of the form as Slack sends it."""
    entered = {field: {"type": "plain_text_input", "value": value} for field, value in values.items()}
    return {codec.block_id(field): {codec.INPUT: value} for field, value in entered.items()}
