import asyncio

from slack_sdk.web.async_client import AsyncWebClient

from tests.sandbox.slack.conftest import Control, card


async def test_every_visible_change_wakes_the_page(client: AsyncWebClient, control: Control) -> None:
    async def version() -> int:
        return int((await control.get("changes", after=0))["version"])

    seen = [await version()]
    posted = await client.chat_postMessage(channel="C0GENERAL", text="hi", blocks=card())
    seen.append(await version())
    await client.chat_update(channel="C0GENERAL", ts=posted["ts"], text="ho")
    seen.append(await version())
    await client.chat_postEphemeral(channel="C0GENERAL", user="U0ANA", text="psst")
    seen.append(await version())
    await client.conversations_open(users="U0ANA")
    seen.append(await version())
    await control.post("messages", user="U0ANA", channel="C0GENERAL", text="hello")
    seen.append(await version())
    await client.chat_delete(channel="C0GENERAL", ts=posted["ts"])
    seen.append(await version())

    assert seen == sorted(set(seen))


async def test_a_long_poll_waits_for_the_change(client: AsyncWebClient, control: Control) -> None:
    before = (await control.get("changes"))["version"]
    waiting = asyncio.create_task(control.get("changes", after=before, timeout=30))

    await client.chat_postMessage(channel="C0GENERAL", text="hi")

    assert (await waiting)["version"] > before


async def test_a_long_poll_ends_when_its_time_is_up(control: Control) -> None:
    before = (await control.get("changes"))["version"]

    assert (await control.get("changes", after=before, timeout=0.01))["version"] == before


async def test_requests_are_told_from_where_one_left_off(client: AsyncWebClient, control: Control) -> None:
    await client.auth_test()
    await client.users_info(user="U0ANA")

    (later,) = (await control.get("requests", after=1))["requests"]

    assert set(later) == {"n", "at", "method", "args", "status", "error", "bot_user_id"}
    assert (later["n"], later["method"], later["status"], later["error"]) == (2, "users.info", 200, None)


async def test_request_urls_are_set_and_told(control: Control) -> None:
    urls = ["http://127.0.0.1:1/slack/events", "http://127.0.0.1:2/slack/events"]

    assert await control.post("request_urls", request_urls=urls) == {"request_urls": urls}
    assert await control.get("request_urls") == {"request_urls": urls}
    assert (await control.try_post("request_urls", request_urls="http://127.0.0.1:1"))[0] == 400
