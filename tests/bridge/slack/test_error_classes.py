"""The bridge's client classifies every failure that the sandbox can produce as that class."""

from typing import Any

import aiohttp
import pytest

from bridge.card.frame import Drawing
from bridge.slack.client import Client
from bridge.slack.errors import BadBlocks, Broken, GiveUp, RetryAfter, SlackFailure
from sandbox.slack.fault_classes import CLASSES
from sandbox.slack.faults import Fault, Kind
from sandbox.slack.server import Sandbox

CARD = Drawing(text="Deploy?", blocks=[{"type": "divider"}])
FAULTS = [
    pytest.param(name, fault, id=f"{name}: {fault.word if fault.kind is Kind.ERROR else fault.kind}-{number}")
    for name, one in CLASSES.items()
    for number, fault in enumerate(one.faults(on="chat.postMessage"))
    if fault.kind is not Kind.SLOW  # the client's timeout is seconds long; it has a test of its own
]
# Slack does not say whether the call was applied, so it is ambiguous: a second card can be repaired, a missing one not.
CAUTIOUS = {"service_unavailable"}


def meaning(name: str, failure: SlackFailure, *, word: str) -> bool:
    match name:
        case "rate limited":
            return isinstance(failure, RetryAfter) and failure.limited
        case "not applied":
            return isinstance(failure, RetryAfter) and (not failure.ambiguous or word in CAUTIOUS)
        case "ambiguous, applied" | "ambiguous, not applied":
            return isinstance(failure, RetryAfter) and failure.ambiguous and not failure.limited
        case "installation dead":
            return isinstance(failure, Broken)
        case "permission":
            return isinstance(failure, Broken | GiveUp)
        case "bad payload":
            return isinstance(failure, BadBlocks)
        case "target gone" | "modal race":
            return isinstance(failure, GiveUp)
    raise AssertionError(f"this test has no expectation for {name}")


@pytest.mark.parametrize(("name", "fault"), FAULTS)
async def test_a_failure_is_understood_as_what_it_is(slack: Sandbox, name: str, fault: Fault) -> None:
    async with aiohttp.ClientSession() as http:
        client = Client(token=slack.world.app.bot_token, api_url=slack.api_url, http=http)
        slack.faults.add(fault)

        told: Any = await client.post({"channel": "C0GENERAL"}, CARD)

    assert meaning(name, told, word=fault.word), told
