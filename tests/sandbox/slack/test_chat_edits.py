from dataclasses import replace

from slack_sdk.web.async_client import AsyncWebClient

from sandbox.slack.server import Sandbox
from tests.sandbox.slack.conftest import Control, card, refusal


async def test_a_long_text_is_cut_when_posted_and_refused_when_edited(client: AsyncWebClient) -> None:
    posted = await client.chat_postMessage(channel="C0GENERAL", text="x" * 40_001)

    assert len(posted["message"]["text"]) == 40_000
    edit = client.chat_update(channel="C0GENERAL", ts=posted["ts"], text="x" * 4_001)
    assert await refusal(edit) == "msg_too_long"


async def test_an_edit_with_text_alone_removes_the_blocks_and_shows(client: AsyncWebClient) -> None:
    posted = await client.chat_postMessage(channel="C0GENERAL", text="Deploy?", blocks=card())

    edited = await client.chat_update(channel="C0GENERAL", ts=posted["ts"], text="Approved")

    assert edited["message"]["text"] == edited["text"] == "Approved"
    assert "blocks" not in edited["message"]
    assert edited["message"]["edited"]["user"] == "U0ASKBRIDGE"


async def test_an_edit_with_blocks_alone_keeps_the_text_and_shows_no_mark(client: AsyncWebClient) -> None:
    posted = await client.chat_postMessage(channel="C0GENERAL", text="Deploy?", blocks=card())

    blocks = [{"type": "divider"}]
    edited = await client.api_call("chat.update", json={"channel": "C0GENERAL", "ts": posted["ts"], "blocks": blocks})

    assert edited["message"]["text"] == "Deploy?"
    assert [block["type"] for block in edited["message"]["blocks"]] == ["divider"]
    assert "edited" not in edited["message"]


async def test_an_edit_cannot_leave_nothing(client: AsyncWebClient) -> None:
    posted = await client.chat_postMessage(channel="C0GENERAL", text="one")
    where = {"channel": "C0GENERAL", "ts": posted["ts"]}

    assert await refusal(client.api_call("chat.update", json=where)) == "no_text"
    assert await refusal(client.api_call("chat.update", json={**where, "text": ""})) == "no_text"


async def test_an_edit_keeps_the_metadata_unless_it_clears_it(client: AsyncWebClient) -> None:
    metadata = {"event_type": "ask", "event_payload": {"id": "1"}}
    posted = await client.chat_postMessage(channel="C0GENERAL", text="one", metadata=metadata)

    kept = await client.chat_update(channel="C0GENERAL", ts=posted["ts"], text="two")
    cleared = await client.chat_update(channel="C0GENERAL", ts=posted["ts"], text="three", metadata={})

    assert kept["message"]["metadata"] == metadata
    assert "metadata" not in cleared["message"]


async def test_only_its_own_lasting_messages_can_be_edited_or_deleted(client: AsyncWebClient, control: Control) -> None:
    anas = await control.post("messages", user="U0ANA", channel="C0GENERAL", text="mine")
    secret = await client.chat_postEphemeral(channel="C0GENERAL", user="U0ANA", text="psst")

    where = {"channel": "C0GENERAL", "ts": anas["ts"]}
    assert await refusal(client.chat_update(**where, text="ours")) == "cant_update_message"
    assert await refusal(client.chat_delete(**where)) == "cant_delete_message"
    hidden = {"channel": "C0GENERAL", "ts": secret["message_ts"]}
    assert await refusal(client.chat_update(**hidden, text="x")) == "message_not_found"
    assert await refusal(client.chat_delete(channel="C0GENERAL", ts="1.000001")) == "message_not_found"


async def test_a_direct_message_is_edited_by_its_own_id_not_the_persons(client: AsyncWebClient) -> None:
    posted = await client.chat_postMessage(channel="U0ANA", text="one")

    by_person = client.chat_update(channel="U0ANA", ts=posted["ts"], text="two")

    assert await refusal(by_person) == "channel_not_found"
    assert (await client.chat_update(channel=posted["channel"], ts=posted["ts"], text="two"))["ok"] is True


async def test_an_archived_channels_cards_cannot_be_edited(client: AsyncWebClient, slack: Sandbox) -> None:
    posted = await client.chat_postMessage(channel="C0GENERAL", text="one")
    slack.world.add_channel(replace(slack.world.channels["C0GENERAL"], is_archived=True))

    edit = client.chat_update(channel="C0GENERAL", ts=posted["ts"], text="two")

    assert await refusal(edit) == "is_inactive"


async def test_a_deleted_message_is_gone(client: AsyncWebClient, control: Control) -> None:
    posted = await client.chat_postMessage(channel="C0GENERAL", text="one")

    await client.chat_delete(channel="C0GENERAL", ts=posted["ts"])

    assert await control.texts("C0GENERAL", as_="U0ANA") == []
