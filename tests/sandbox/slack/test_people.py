"""People as Slack's API shows them: deactivated ones, bots, ids that begin with W, and members of an enterprise."""

import aiohttp
import pytest
from slack_sdk.web.async_client import AsyncWebClient

from tests.sandbox.slack import elsewhere
from tests.sandbox.slack.conftest import Control, card_to_click, refusal


async def test_a_deactivated_person_is_told_as_deleted(client: AsyncWebClient, control: Control) -> None:
    response = await control.post("people/U0BOB", is_deleted=True)

    assert response["person"]["is_deleted"] is True
    bob = (await client.users_info(user="U0BOB"))["user"]
    assert (bob["deleted"], bob["is_bot"], bob["profile"]["real_name"]) == (True, False, "Bob Okafor")
    assert {"real_name", "color", "tz", "is_admin", "is_restricted"}.isdisjoint(bob), "Slack leaves these out"
    members = {member["id"]: member["deleted"] for member in (await client.users_list())["members"]}
    assert (members["U0BOB"], members["U0ANA"]) == (True, False)


async def test_a_deactivated_person_can_be_posted_to_but_opened_no_more(
    client: AsyncWebClient, control: Control
) -> None:
    await control.post("people/U0BOB", is_deleted=True)

    posted = await client.chat_postMessage(channel="U0BOB", text="hi")

    assert await refusal(client.conversations_open(users="U0BOB")) == "user_disabled"
    ephemeral = client.chat_postEphemeral(channel="C0GENERAL", user="U0BOB", text="hi")
    assert await refusal(ephemeral) == "user_not_in_channel"
    im = (await client.conversations_info(channel=posted["channel"]))["channel"]
    assert im["is_user_deleted"] is True
    general = await client.conversations_info(channel="C0GENERAL", include_num_members=True)
    assert general["channel"]["num_members"] == 4


async def test_a_deactivated_person_acts_no_more_until_active_again(client: AsyncWebClient, control: Control) -> None:
    click = await card_to_click(client)
    await control.post("people/U0ANA", is_deleted=True)

    tries = [
        await control.try_post("clicks", **click),
        await control.try_post("messages", user="U0ANA", channel="C0GENERAL", text="hi"),
        await control.try_get("channels", as_="U0ANA"),
    ]

    assert [(status, answer["error"]) for status, answer in tries] == [(409, "user_is_deleted")] * 3
    await control.post("people/U0ANA", is_deleted=False)
    assert (await control.try_post("clicks", **click))[0] == 200


@pytest.mark.parametrize(
    ("user", "fields", "status", "error"),
    [
        ("U0NOBODY", {"is_deleted": True}, 404, "user_not_found"),
        ("U0ASKBRIDGE", {"is_deleted": True}, 409, "user_is_bot"),
        ("U0ANA", {"is_deleted": "yes"}, 400, "invalid_arguments"),
        ("U0ANA", {"deleted": True}, 400, "invalid_arguments"),
    ],
)
async def test_only_people_can_be_deactivated(
    control: Control, user: str, fields: dict[str, object], status: int, error: str
) -> None:
    answer = await control.try_post(f"people/{user}", **fields)

    assert (answer[0], answer[1]["error"]) == (status, error)


async def test_a_bot_is_told_with_its_app(client: AsyncWebClient) -> None:
    bot = (await client.users_info(user="U0ASKBRIDGE"))["user"]

    assert (bot["is_bot"], bot["deleted"]) == (True, False)
    assert (bot["profile"]["api_app_id"], bot["profile"]["bot_id"]) == ("A0ASKBRIDGE", "B0ASKBRIDGE")


async def test_members_of_an_enterprise_say_so_and_may_have_ids_with_a_w(
    control: Control, http: aiohttp.ClientSession
) -> None:
    people = [{"id": "W0WIM", "name": "wim"}, {"id": "U0OLD", "name": "old", "is_deleted": True}]
    channels = [{"id": "G0SECRET", "name": "secret", "members": ["W0WIM"], "is_private": True}]
    sister = {"id": "T0SISTER", "name": "Sister", "enterprise": elsewhere.ORG, "people": people, "channels": channels}
    await control.post("workspaces", **sister)
    bot = await elsewhere.install(control, http, team_id="T0SISTER", channels=["G0SECRET"])

    wim = (await bot.client.users_info(user="W0WIM"))["user"]
    posted = await bot.client.chat_postMessage(channel="W0WIM", text="hi")

    assert (wim["team_id"], wim["enterprise_user"]["enterprise_id"]) == ("T0SISTER", "E0ORG")
    assert (wim["enterprise_user"]["id"], wim["enterprise_user"]["teams"]) == ("W0WIM", ["T0SISTER"])
    assert await control.texts(posted["channel"], as_="W0WIM") == ["hi"]
    assert (await bot.client.chat_postMessage(channel="G0SECRET", text="hi"))["channel"] == "G0SECRET"
    assert (await bot.client.users_info(user="U0OLD"))["user"]["deleted"] is True


async def test_people_come_with_their_channels_as_of_one_moment(control: Control) -> None:
    await control.post("people/U0BOB", is_deleted=True)

    people = (await control.get("people", channels="true"))["people"]

    assert {person["id"] for person in people if "channels" not in person} == {"U0BOB"}
    for person in people:
        if "channels" in person:
            assert person["channels"] == (await control.get("channels", as_=person["id"]))["channels"]
