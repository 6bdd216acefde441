"""Bolt as we use it: every click reaches the one listener, nothing unsigned does, and its own mistakes stay in it."""

import asyncio
import io
import json

import pytest

from bridge.slack import bolt
from tests import payloads


async def nothing() -> None:
    """Decide nothing."""


@pytest.mark.parametrize("name", [name for name in payloads.names() if name.startswith("block_actions")])
async def test_every_action_reaches_the_listener(name: str) -> None:
    asked = []

    async def decide() -> None:
        asked.append(name)

    answer = await bolt.dispatch(bolt.build(), payloads.body(name), decide=decide)

    assert (answer.status, asked) == (200, [name])


@pytest.mark.parametrize("action_id", ["", "approve_v0", "v9:whatever", "line\nbreak", "x" * 255])
async def test_no_button_is_left_without_an_answer(action_id: str) -> None:
    payload = payloads.load("block_actions_message")
    payload["actions"][0]["action_id"] = action_id

    assert (await bolt.dispatch(bolt.build(), payloads.form(payload), decide=nothing)).status == 200


async def test_an_acknowledgement_is_empty_because_slack_would_show_anything_else() -> None:
    answer = await bolt.dispatch(bolt.build(), payloads.body("block_actions_message"), decide=nothing)

    assert (answer.status, answer.body) == (200, "")


async def test_a_challenge_is_answered() -> None:
    answer = await bolt.dispatch(bolt.build(), payloads.body("url_verification"))

    assert json.loads(answer.body)["challenge"] == payloads.load("url_verification")["challenge"]


@pytest.mark.parametrize(
    "body",
    [b"", b"payload=%7Bbad", b"\xff\xfe", b"payload=null", b"payload=%22%22", b"{", b"[]", b'{"team": 1}'],
)
async def test_what_bolt_cannot_read_does_not_raise(body: bytes, log: io.StringIO) -> None:
    answer = await bolt.dispatch(bolt.build(), body, decide=nothing)

    assert answer.status != 200 or body == b"[]"


async def test_nobody_s_bytes_reach_the_log_when_bolt_fails(log: io.StringIO) -> None:
    await bolt.dispatch(bolt.build(), b"payload=%7B%22canary", decide=nothing)

    assert "bolt_failed" in log.getvalue()
    assert "canary" not in log.getvalue()


async def test_many_at_once_do_not_mix_up_their_deciders() -> None:
    app = bolt.build()

    async def one(number: int) -> list[int]:
        decided: list[int] = []

        async def decide() -> None:
            await asyncio.sleep(0)
            decided.append(number)

        await bolt.dispatch(app, payloads.body("block_actions_message"), decide=decide)
        return decided

    assert await asyncio.gather(*(one(number) for number in range(100))) == [[number] for number in range(100)]
