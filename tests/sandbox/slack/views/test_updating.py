from typing import Any

import pytest
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from tests.sandbox.slack.conftest import Control, refusal
from tests.sandbox.slack.views.modals import MORE, modal, opened, plain, pushed, text_input, views_of


def held(view: dict[str, Any], block_id: str = "why", action_id: str = "text") -> Any:
    return view["state"]["values"][block_id][action_id]["value"]


async def typed(control: Control, view: dict[str, Any], text: str) -> None:
    """Type into the form without submitting it: the button's payload has all that was entered."""
    await control.post(f"views/{view['id']}/actions", user="U0ANA", action_id="more", values={"why": {"text": text}})


async def test_a_view_is_updated_by_either_id(client: AsyncWebClient, control: Control) -> None:
    view = await opened(client, control, view=modal(external_id="e1"))

    first = (await client.views_update(view_id=view["id"], view=modal(external_id="e1", title=plain("1"))))["view"]
    second = (await client.views_update(external_id="e1", view=modal(external_id="e1", title=plain("2"))))["view"]

    assert {one["id"] for one in (view, first, second)} == {view["id"]}
    assert len({one["hash"] for one in (view, first, second)}) == 3
    assert [one["title"]["text"] for one in await views_of(control)] == ["2"]


async def test_an_update_of_an_older_version_is_a_conflict(client: AsyncWebClient, control: Control) -> None:
    view = await opened(client, control)
    now = (await client.views_update(view_id=view["id"], hash=view["hash"], view=modal(title=plain("1"))))["view"]

    call = client.views_update(view_id=view["id"], hash=view["hash"], view=modal(title=plain("2")))

    assert await refusal(call) == "hash_conflict"
    assert (await views_of(control))[0]["title"]["text"] == "1"
    assert (await client.views_update(view_id=view["id"], hash=now["hash"], view=modal()))["ok"]


async def test_what_was_typed_stays_while_block_id_and_action_id_do(client: AsyncWebClient, control: Control) -> None:
    view = await opened(client, control, view=modal(text_input(), MORE))
    await typed(control, view, "because")

    same = await client.views_update(view_id=view["id"], view=modal(text_input(initial_value="other"), MORE))
    assert held(same["view"]) == "because"
    moved = await client.views_update(view_id=view["id"], view=modal(MORE, text_input(multiline=True)))
    assert held(moved["view"]) == "because"
    renamed = await client.views_update(view_id=view["id"], view=modal(text_input("f2", initial_value="other"), MORE))
    assert held(renamed["view"], "f2") == "other"
    back = await client.views_update(view_id=view["id"], view=modal(text_input(), MORE))
    assert held(back["view"]) is None, "what is no longer shown is forgotten"


async def test_a_new_initial_value_is_ignored_even_where_nothing_was_typed(
    client: AsyncWebClient, control: Control
) -> None:
    view = await opened(client, control, view=modal(text_input(initial_value="first")))

    answer = await client.views_update(view_id=view["id"], view=modal(text_input(initial_value="second")))

    assert held(answer["view"]) == "first"


async def test_another_element_under_the_same_ids_starts_anew(client: AsyncWebClient, control: Control) -> None:
    view = await opened(client, control, view=modal(text_input(initial_value="first")))
    other = text_input()
    other["element"] = {"type": "email_text_input", "action_id": "text"}

    answer = await client.views_update(view_id=view["id"], view=modal(other))

    assert held(answer["view"]) is None


async def test_an_update_reaches_a_covered_view(client: AsyncWebClient, control: Control) -> None:
    first = await opened(client, control, view=modal(MORE))
    await pushed(client, control, first, view=modal())

    await client.views_update(view_id=first["id"], view=modal(MORE, title=plain("Below")))

    below, above = await views_of(control)
    assert (below["title"]["text"], above["title"]["text"]) == ("Below", "A form")


async def test_what_is_not_open_is_not_found(client: AsyncWebClient, control: Control) -> None:
    view = await opened(client, control)
    await control.post(f"views/{view['id']}/close", user="U0ANA")

    assert await refusal(client.views_update(view_id=view["id"], view=modal())) == "not_found"
    assert await refusal(client.views_update(view_id="V0NOWHERE", view=modal())) == "not_found"
    assert await refusal(client.views_update(external_id="e1", view=modal())) == "not_found"


@pytest.mark.parametrize(
    ("ids", "message"),
    [
        ({}, "must provide `view_id` or `external_id`"),
        ({"view_id": "V1", "external_id": ""}, "Cannot provide both `view_id` and `external_id`"),
    ],
)
async def test_exactly_one_id_names_the_view(client: AsyncWebClient, ids: dict[str, str], message: str) -> None:
    with pytest.raises(SlackApiError) as refused:
        await client.api_call("views.update", json={**ids, "view": modal()})

    assert refused.value.response["error"] == "invalid_arguments"
    assert refused.value.response["response_metadata"]["messages"] == [f"[ERROR] {message}"]


async def test_an_external_id_in_use_is_refused(client: AsyncWebClient, control: Control) -> None:
    await opened(client, control, user="U0BOB", view=modal(external_id="e1"))
    view = await opened(client, control, view=modal(external_id="e2"))

    call = client.views_update(view_id=view["id"], view=modal(external_id="e1"))

    assert await refusal(call) == "duplicate_external_id"
