"""Each class of failure reaches Slack's unmodified SDK as Slack would send it, and has the effect that it claims."""

import asyncio
from collections.abc import Mapping
from typing import Any

import aiohttp
import pytest
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from sandbox.slack.fault_classes import CLASSES
from sandbox.slack.faults import Fault, Kind
from sandbox.slack.server import Sandbox
from tests.sandbox.slack.conftest import Control

CHANNEL = "C0GENERAL"
WORDED = [(name, word) for name, one in CLASSES.items() for word in one.words]
OTHERS = [
    pytest.param(name, fault, id=f"{name}-{fault.kind}-{fault.status}-{number}")
    for name, one in CLASSES.items()
    for number, fault in enumerate(one.faults(on="chat.postMessage"))
    if fault.kind is not Kind.ERROR
]


async def posted(client: AsyncWebClient) -> Any:
    """Post a message; returns Slack's response, a refusal included, or the exception if there was no response."""
    try:
        return await client.chat_postMessage(channel=CHANNEL, text="hi")
    except SlackApiError as refused:
        return refused.response
    except (aiohttp.ClientError, TimeoutError, AttributeError) as lost:
        return lost


@pytest.mark.parametrize(("name", "word"), WORDED)
async def test_a_word_is_said_before_or_after_the_deed(
    client: AsyncWebClient, control: Control, name: str, word: str
) -> None:
    (fault,) = [
        one for one in CLASSES[name].as_json()["faults"] if one.get("error") == word and one["fault"] == "error"
    ]
    await control.post("faults", on="chat.postMessage", **fault)

    answer = await posted(client)

    assert (answer.status_code, answer["ok"], answer["error"]) == (200, False, word)
    assert await control.texts(CHANNEL, as_="U0ANA") == (["hi"] if CLASSES[name].applied else [])


@pytest.mark.parametrize(("name", "fault"), OTHERS)
async def test_what_has_no_word_is_done_or_not_as_its_class_says(
    client: AsyncWebClient, slack: Sandbox, control: Control, name: str, fault: Fault
) -> None:
    slack.faults.add(fault)

    before = slack.changes.version
    asking = asyncio.create_task(posted(client))
    if fault.kind is Kind.SLOW:
        await slack.changes.wait(after=before, timeout=10)
        assert not asking.done()
        asking.cancel()
    else:
        answer = await asking
        assert isinstance(answer, Exception) or not is_success(answer)

    assert await control.texts(CHANNEL, as_="U0ANA") == (["hi"] if name == "ambiguous, applied" else [])
    assert slack.faults.left() == []


def is_success(answer: Any) -> bool:
    data = getattr(answer, "data", None)
    return isinstance(data, Mapping) and data.get("ok") is True


async def test_the_classes_are_told_as_they_can_be_asked_for(control: Control) -> None:
    classes = (await control.get("faults/classes"))["classes"]

    assert set(classes) == set(CLASSES)
    for one in classes.values():
        assert one["says"]
        for fault in one["faults"]:
            assert (await control.post("faults", on="chat.postMessage", **fault))["fault_id"]


def test_no_class_lists_a_word_twice() -> None:
    for one in CLASSES.values():
        assert len(set(one.words)) == len(one.words)
