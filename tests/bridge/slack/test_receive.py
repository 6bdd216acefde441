"""The seam that every transport shares: a payload goes in without any HTTP, and an ack comes out."""

import io
import json
from collections.abc import Callable
from typing import Any

import pytest

from bridge.slack.ack import Ack
from bridge.slack.receive import Receiver
from storage.model import Interaction
from tests import payloads
from tests.bridge.logged import events
from tests.bridge.replica import Replica
from tests.bridge.slack.changes import Change, put, without

UNSUPPORTED = {
    "block_actions_modal": "block_actions in a view",
    "block_suggestion": "block_suggestion",
    "event_callback": "app_uninstalled",
    "message_action": "message_action",
    "shortcut": "shortcut",
    "slash_command": "/askbridge",
    "view_closed": "view_closed",
}
QUIET = {"block_actions_link", "ssl_check", "url_verification"}
FORMS = {"view_submission"}
CLICKS = sorted({*payloads.names()} - {*UNSUPPORTED} - QUIET - FORMS)
BODIES = {
    "block_suggestion": {"options": []},
    "url_verification": {"challenge": payloads.load("url_verification")["challenge"]},
}

Way = Callable[[str], bytes | dict[str, Any]]
WAYS: list[Way] = [payloads.body, payloads.load]


@pytest.fixture
def receiver(replica: Replica) -> Receiver:
    return replica.receiver


async def done(ack: Ack) -> Ack:
    """Do what follows, as a transport does."""
    if ack.then is not None:
        await ack.then()
    return ack


@pytest.mark.parametrize("way", WAYS, ids=["request", "socket"])
@pytest.mark.parametrize(("name", "what"), UNSUPPORTED.items())
async def test_what_is_not_supported_yet_is_acked_calmly_and_logged_once(
    receiver: Receiver, log: io.StringIO, name: str, what: str, way: Way
) -> None:
    assert await receiver.receive(way(name)) == Ack(body=BODIES.get(name))
    assert events(log) == [{"level": "info", "part": "slack", "event": "slack_request_unsupported", "what": what}]


@pytest.mark.parametrize("way", WAYS, ids=["request", "socket"])
@pytest.mark.parametrize("name", sorted(QUIET))
async def test_what_wants_nothing_but_an_answer_gets_it(
    receiver: Receiver, log: io.StringIO, name: str, way: Way
) -> None:
    assert await receiver.receive(way(name)) == Ack(body=BODIES.get(name))
    assert events(log) == []


@pytest.mark.parametrize("way", WAYS, ids=["request", "socket"])
@pytest.mark.parametrize("name", CLICKS)
async def test_every_click_is_decided_before_its_ack_and_followed_after(
    receiver: Receiver, replica: Replica, log: io.StringIO, name: str, way: Way
) -> None:
    ack = await receiver.receive(way(name))

    assert (ack.status, ack.body) == (200, None)
    assert events(log) == [], "nothing is told before the ack is written"
    await done(ack)
    event, *others = events(log)
    assert event["event"] in {"click_decided", "click_unroutable"} and event["verdict"] == "gone"
    assert {other["event"] for other in others} <= {"response_url_refused", "reply_failed"}, "there is no such URL here"


@pytest.mark.parametrize("way", WAYS, ids=["request", "socket"])
async def test_a_form_that_is_not_ours_is_told_so_and_is_not_closed(
    receiver: Receiver, replica: Replica, log: io.StringIO, way: Way
) -> None:
    ack = await done(await receiver.receive(way("view_submission")))

    assert ack.status == 200 and ack.body is not None
    assert ack.body["response_action"] == "update"
    assert "no longer active" in json.dumps(ack.body)
    assert [event["event"] for event in events(log)] == ["click_decided"]
    assert await replica.verdicts() == ["gone"]


@pytest.mark.parametrize("way", WAYS, ids=["request", "socket"])
async def test_a_click_wins_once_and_its_repeat_hears_the_same(
    receiver: Receiver, replica: Replica, question: Interaction, way: Callable[[str], Any]
) -> None:
    payload = replica.payload(question)
    sent = payloads.form(payload) if way is payloads.body else payload

    acks = [await receiver.receive(sent), await receiver.receive(sent)]

    assert [ack.status for ack in acks] == [200, 200]
    assert await replica.verdicts() == ["won"], "committed before what follows the ack"
    for ack in acks:
        await done(ack)


async def test_a_click_that_cannot_be_confirmed_is_503_and_still_followed(
    receiver: Receiver, replica: Replica, question: Interaction, log: io.StringIO
) -> None:
    await replica.claims.close()

    ack = await done(await receiver.receive(replica.payload(question, response_url=None)))

    assert (ack.status, ack.body) == (503, None)
    assert [event["event"] for event in events(log)] == ["click_unavailable", "reply_failed"]


UNROUTABLE: list[tuple[str, Change, int]] = [
    ("an action_id that is null", put("actions", 0, "action_id", None), 404),
    ("an action_id that is a number", put("actions", 0, "action_id", 7), 500),
    ("no action_id", without("actions", 0, "action_id"), 500),
    ("an enterprise that is a number", put("enterprise", 7), 500),
    ("authorizations that are a number", put("authorizations", 7), 500),
]


@pytest.mark.parametrize(
    ("change", "status"), [case[1:] for case in UNROUTABLE], ids=[description for description, *_ in UNROUTABLE]
)
async def test_a_click_that_bolt_cannot_route_is_decided_all_the_same(
    receiver: Receiver,
    replica: Replica,
    question: Interaction,
    log: io.StringIO,
    change: Change,
    status: int,
) -> None:
    payload = replica.payload(question)
    change(payload)

    ack = await receiver.receive(payload)

    assert ack.status == 200
    assert len(await replica.verdicts()) == 1
    not_routed = {"level": "warning", "part": "slack", "event": "click_not_routed", "status": status}
    assert events(log) == [not_routed]
    await done(ack)


@pytest.mark.parametrize(
    ("name", "change", "what"),
    [
        ("shortcut", without("callback_id"), "shortcut"),
        ("view_closed", without("view", "callback_id"), "view_closed"),
        ("block_suggestion", without("action_id"), "block_suggestion"),
        ("event_callback", put("event", {}), "?"),
        ("event_callback", put("authorizations", 7), "app_uninstalled"),
        ("shortcut", put("type", "function_executed"), "function_executed"),
    ],
)
async def test_what_bolt_has_no_listener_for_is_handled_by_our_own_reading(
    receiver: Receiver, log: io.StringIO, name: str, change: Change, what: str
) -> None:
    payload = payloads.load(name)
    change(payload)

    assert await receiver.receive(payload) == Ack(body=BODIES.get(name))
    assert events(log) == [{"level": "info", "part": "slack", "event": "slack_request_unsupported", "what": what}]


async def test_a_mistake_of_ours_inside_a_listener_is_not_swallowed_by_bolt(
    receiver: Receiver, replica: Replica, question: Interaction, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def broken(_: object) -> None:
        raise RuntimeError("a mistake")

    monkeypatch.setattr(replica.clicks, "decide", broken)

    with pytest.raises(RuntimeError, match="a mistake"):
        await receiver.receive(replica.payload(question))
