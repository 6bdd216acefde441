"""Threads whose first message is gone."""

import pytest
from slack_sdk.web.async_client import AsyncWebClient
from slack_sdk.webhook.async_client import AsyncWebhookClient

from tests.sandbox.slack.conftest import Control, card, refusal

CHANNEL = "C0GENERAL"


async def thread(client: AsyncWebClient) -> tuple[str, str]:
    """A card with one reply."""
    first = await client.chat_postMessage(channel=CHANNEL, text="first", blocks=card())
    reply = await client.chat_postMessage(channel=CHANNEL, text="reply", thread_ts=first["ts"])
    return first["ts"], reply["ts"]


async def test_a_tombstone_stands_where_the_first_message_was(client: AsyncWebClient, control: Control) -> None:
    first, reply = await thread(client)

    await client.chat_delete(channel=CHANNEL, ts=first)

    (tombstone,) = (await client.conversations_history(channel=CHANNEL))["messages"]
    assert (tombstone["subtype"], tombstone["user"], tombstone["hidden"]) == ("tombstone", "USLACKBOT", True)
    assert (tombstone["ts"], tombstone["thread_ts"], tombstone["reply_count"]) == (first, first, 1)
    assert (tombstone["text"], "blocks" in tombstone) == ("This message was deleted.", False)
    messages = (await client.conversations_replies(channel=CHANNEL, ts=first))["messages"]
    assert [message["ts"] for message in messages] == [first, reply]
    assert await control.texts(CHANNEL, as_="U0ANA") == ["This message was deleted.", "reply"]


async def test_its_thread_goes_on(client: AsyncWebClient, control: Control) -> None:
    first, reply = await thread(client)
    await client.chat_delete(channel=CHANNEL, ts=first)

    more = await client.chat_postMessage(channel=CHANNEL, text="more", thread_ts=first)
    inner = await client.chat_postMessage(channel=CHANNEL, text="inner", thread_ts=reply)
    written = await control.post("messages", user="U0ANA", channel=CHANNEL, text="mine", thread_ts=first)

    assert more["message"]["thread_ts"] == inner["message"]["thread_ts"] == first
    messages = (await client.conversations_replies(channel=CHANNEL, ts=reply))["messages"]
    assert [message["ts"] for message in messages] == [first, reply, more["ts"], inner["ts"], written["ts"]]


async def test_a_tombstone_goes_with_the_last_reply(client: AsyncWebClient, control: Control) -> None:
    first, reply = await thread(client)
    await client.chat_delete(channel=CHANNEL, ts=first)

    await client.chat_delete(channel=CHANNEL, ts=reply)

    assert await control.texts(CHANNEL, as_="U0ANA") == []
    again = client.chat_postMessage(channel=CHANNEL, text="again", thread_ts=first)
    assert await refusal(again) == "thread_not_found"


async def test_a_deleted_card_takes_no_click_and_no_reply_in_its_place(
    client: AsyncWebClient, control: Control
) -> None:
    first, _ = await thread(client)
    click = {"user": "U0ANA", "channel": CHANNEL, "ts": first, "action_id": "approve"}
    url = (await control.post("clicks", **click))["payload"]["response_url"]
    webhook = AsyncWebhookClient(url, retry_handlers=[])
    await client.chat_delete(channel=CHANNEL, ts=first)

    assert (await control.try_post("clicks", **click))[1]["error"] == "message_not_found"
    assert (await webhook.send(text="Approved", replace_original=True)).status_code == 404
    assert (await webhook.send(text="private")).status_code == 200


async def test_people_delete_what_they_wrote_and_operators_everything(client: AsyncWebClient, control: Control) -> None:
    wrote = await control.post("messages", user="U0ANA", channel=CHANNEL, text="first")
    await client.chat_postMessage(channel=CHANNEL, text="reply", thread_ts=wrote["ts"])
    url = f"{control.url}/sandbox/messages"

    async def delete(**query: str) -> tuple[int, str | None]:
        params = {"channel": CHANNEL, "ts": wrote["ts"], **{name.rstrip("_"): value for name, value in query.items()}}
        async with control.http.delete(url, params=params) as answer:
            return answer.status, (await answer.json()).get("error")

    assert await delete(as_="U0BOB") == (409, "cant_delete_message")
    assert await delete(as_="U0ANA", ts="1.000001") == (404, "message_not_found")
    assert await delete(as_="U0ANA") == (200, None)
    assert await delete(as_="U0ANA") == (404, "message_not_found")
    assert await control.texts(CHANNEL, as_="U0BOB") == ["This message was deleted.", "reply"]


async def test_only_its_reader_dismisses_an_ephemeral(client: AsyncWebClient, control: Control) -> None:
    posted = await client.chat_postEphemeral(channel=CHANNEL, user="U0ANA", text="psst")
    url = f"{control.url}/sandbox/messages"

    async def dismiss(user: str) -> int:
        params = {"channel": CHANNEL, "ts": str(posted["message_ts"]), "as": user}
        async with control.http.delete(url, params=params) as answer:
            return answer.status

    assert [await dismiss(user) for user in ("U0BOB", "U0ANA", "U0ANA")] == [404, 200, 404]


@pytest.mark.parametrize("subtype", [None, "tombstone"])
async def test_a_broadcast_reply_shows_its_thread(client: AsyncWebClient, subtype: str | None) -> None:
    first, _ = await thread(client)
    if subtype is not None:
        await client.chat_delete(channel=CHANNEL, ts=first)

    reply = await client.chat_postMessage(channel=CHANNEL, text="all", thread_ts=first, reply_broadcast=True)

    assert reply["message"]["subtype"] == "thread_broadcast"
    root = reply["message"]["root"]
    assert (root["ts"], root.get("subtype")) == (first, subtype)
