"""Bolt as we use it: everything reaches a listener, once, and Bolt's own mistakes stay in it."""

import asyncio
import io
import json
from typing import Any

import pytest

from bridge.slack import bolt
from bridge.slack.ack import Ack
from tests import payloads
from tests.bridge.slack.changes import Change, put, without

NOT_FOR_LISTENERS = {"ssl_check", "url_verification"}


async def routed(body: dict[str, Any], ack: Ack | None = None) -> tuple[int, int, str]:
    """Give how often a listener was reached, and the status and body of Bolt's answer."""
    asked = []

    async def handle() -> Ack:
        asked.append(body)
        return ack or Ack()

    answer = await bolt.dispatch(bolt.build(), body, handle=handle)
    return len(asked), answer.status, answer.body


@pytest.mark.parametrize("name", sorted({*payloads.names()} - NOT_FOR_LISTENERS))
async def test_everything_that_slack_sends_an_app_reaches_one_listener_once(name: str) -> None:
    assert await routed(payloads.load(name)) == (1, 200, "")


@pytest.mark.parametrize(
    ("type_", "more"),
    [
        ("message", {"subtype": "message_changed", "hidden": True}),
        ("message", {"subtype": "channel_join"}),
        ("app_home_opened", {"tab": "home"}),
        ("tokens_revoked", {"tokens": {"bot": ["U0ASKBRIDGE"]}}),
        ("function_executed", {"function": {"callback_id": "ask"}, "function_execution_id": "Fx0"}),
        ("workflow_step_execute", {"workflow_step": {}, "callback_id": "ask"}),
    ],
)
async def test_every_sort_of_event_reaches_a_listener_because_slack_counts_a_404_as_a_failure(
    type_: str, more: dict[str, Any]
) -> None:
    event = payloads.load("event_callback") | {"event": {"type": type_, **more}}

    assert await routed(event) == (1, 200, "")


@pytest.mark.parametrize("action_id", ["", "approve_v0", "v9:whatever", "line\nbreak", "x" * 255])
async def test_no_button_is_left_without_an_answer(action_id: str) -> None:
    payload = payloads.load("block_actions_message")
    payload["actions"][0]["action_id"] = action_id

    assert await routed(payload) == (1, 200, "")


@pytest.mark.parametrize("status", [200, 503])
async def test_an_acknowledgement_is_empty_because_slack_would_show_anything_else(status: int) -> None:
    assert await routed(payloads.load("block_actions_message"), Ack(status=status)) == (1, status, "")


async def test_an_answer_with_a_body_is_json() -> None:
    reached, status, body = await routed(payloads.load("block_suggestion"), Ack(body={"options": []}))

    assert (reached, status, json.loads(body)) == (1, 200, {"options": []})


async def test_a_challenge_is_answered_without_a_listener() -> None:
    reached, status, body = await routed(payloads.load("url_verification"))

    assert (reached, status) == (0, 200)
    assert json.loads(body) == {"challenge": payloads.load("url_verification")["challenge"]}


UNROUTABLE: list[tuple[str, str, Change]] = [
    ("no action_id", "block_actions_message", without("actions", 0, "action_id")),
    (
        "an action_id that is null",
        "block_actions_message",
        put("actions", 0, "action_id", None),
    ),
    (
        "an action_id that is a number",
        "block_actions_message",
        put("actions", 0, "action_id", 7),
    ),
    ("no actions", "block_actions_message", put("actions", [])),
    ("an enterprise that is a number", "block_actions_message", put("enterprise", 7)),
    ("response_urls that are null", "view_submission", put("response_urls", None)),
    ("a view that is null", "view_submission", put("view", None)),
    ("a view without a callback_id", "view_closed", without("view", "callback_id")),
    ("a view that is a workflow's", "view_submission", put("view", "type", "workflow_step")),
    ("a shortcut without a callback_id", "shortcut", without("callback_id")),
    ("a menu without an action_id", "block_suggestion", without("action_id")),
    ("an event without a type", "event_callback", put("event", {})),
    ("an event that is a number", "event_callback", put("event", 7)),
    ("authorizations that are a number", "event_callback", put("authorizations", 7)),
    ("an unknown type", "shortcut", put("type", "telepathy")),
    ("a look at the certificate", "ssl_check", lambda _: None),
]


@pytest.mark.parametrize(
    ("name", "change"), [case[1:] for case in UNROUTABLE], ids=[description for description, *_ in UNROUTABLE]
)
async def test_what_bolt_cannot_route_does_not_raise_and_says_nothing(
    name: str, change: Change, log: io.StringIO
) -> None:
    payload = payloads.load(name)
    change(payload)

    reached, status, _ = await routed(payload)

    assert reached == 0 and status in {404, 500}
    assert log.getvalue() == ""


async def test_many_at_once_do_not_mix_up_their_handlers() -> None:
    app = bolt.build()

    async def one(number: int) -> list[int]:
        handled: list[int] = []

        async def handle() -> Ack:
            await asyncio.sleep(0)
            handled.append(number)
            return Ack()

        await bolt.dispatch(app, payloads.load("block_actions_message"), handle=handle)
        return handled

    assert await asyncio.gather(*(one(number) for number in range(100))) == [[number] for number in range(100)]
