"""What the sandbox does not have says whose limit it is: in the response, and in the log."""

from typing import Any

import pytest
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from tests.sandbox.slack.conftest import card


async def refused(call: Any) -> Any:
    with pytest.raises(SlackApiError) as error:
        await call
    return error.value.response


def messages(response: Any) -> list[str]:
    return [str(message) for message in response["response_metadata"]["messages"]]


async def test_a_method_that_is_missing_says_so(client: AsyncWebClient, caplog: pytest.LogCaptureFixture) -> None:
    response = await refused(client.views_publish(user_id="U0ANA", view={"type": "home"}))

    assert (response["error"], response["req_method"]) == ("unknown_method", "views.publish")
    (message,) = messages(response)
    assert message.startswith('[WARN] This sandbox has no method "views.publish".')
    assert "limit of the sandbox" in message
    assert "sandbox_limit" in caplog.text and "views.publish" in caplog.text


@pytest.mark.parametrize(
    ("blocks", "kind", "pointer"),
    [
        ([{"type": "table", "rows": []}], "table", "/blocks/0/type"),
        ([{"type": "actions", "elements": [{"type": "icon_button"}]}], "icon_button", "/blocks/0/elements/0/type"),
        (
            [{"type": "input", "label": {"type": "plain_text", "text": "x"}, "element": {"type": "external_select"}}],
            "external_select",
            "/blocks/0/element/type",
        ),
    ],
)
async def test_a_block_or_element_that_is_missing_says_so(
    client: AsyncWebClient, caplog: pytest.LogCaptureFixture, blocks: list[Any], kind: str, pointer: str
) -> None:
    posted = await refused(client.chat_postMessage(channel="C0GENERAL", text="x", blocks=blocks))
    judged = await refused(client.blocks_validate(blocks=blocks))

    assert posted["error"] == judged["error"] == "invalid_blocks"
    error, note = messages(posted)
    assert error == f"[ERROR] unsupported type: {kind} [json-pointer:{pointer}]"
    assert note.startswith(f"[WARN] This sandbox does not have `{kind}`.") and note.endswith(
        f"[json-pointer:{pointer}]"
    )
    assert len(messages(judged)) == 1
    assert caplog.text.count("sandbox_limit") == 2


async def test_a_group_direct_message_says_so(client: AsyncWebClient) -> None:
    response = await refused(client.conversations_open(users=["U0ANA", "U0BOB"]))

    assert "group direct messages" in messages(response)[0]


async def test_a_mistake_is_the_apps_own(client: AsyncWebClient, caplog: pytest.LogCaptureFixture) -> None:
    typo = await refused(client.chat_postMessage(channel="C0GENERAL", text="x", blocks=[{"type": "sectoin"}]))
    double = await refused(client.chat_postMessage(channel="C0GENERAL", text="x", blocks=card() * 2))

    assert [len(messages(response)) for response in (typo, double)] == [1, 1]
    assert "sandbox_limit" not in caplog.text
