"""What goes wrong with modals on demand."""

import asyncio

import pytest
from slack_sdk.web.async_client import AsyncWebClient

from sandbox.slack.faults import Kind
from sandbox.slack.views.acks import TROUBLE
from tests.sandbox.slack.conftest import ClickListener, Control, card_to_click, refusal
from tests.sandbox.slack.views.modals import MORE, modal, opened, submit, text_input, trigger, views_of


async def test_a_slow_opening_is_done_before_it_is_answered(client: AsyncWebClient, control: Control) -> None:
    trigger_id = await trigger(client, control)
    await control.post("faults", on="views.open", fault="slow", seconds=30)
    before = (await control.get("changes"))["version"]

    opening = asyncio.create_task(client.views_open(trigger_id=trigger_id, view=modal()))
    await control.get("changes", after=before)

    assert len(await views_of(control)) == 1
    assert not opening.done()
    opening.cancel()


@pytest.mark.parametrize("word", ["expired_trigger_id", "exchanged_trigger_id", "internal_error", "ratelimited"])
@pytest.mark.parametrize("method", ["views.open", "views.push", "views.update"])
async def test_any_error_can_be_had_and_nothing_is_opened(
    client: AsyncWebClient, control: Control, method: str, word: str
) -> None:
    await control.post("faults", on=method, fault="error", error=word)

    assert await refusal(client.api_call(method, json={"view": modal()})) == word
    assert await views_of(control) == []


async def test_a_lost_submission_never_reaches_the_app(
    client: AsyncWebClient, control: Control, app: ClickListener
) -> None:
    view = await opened(client, control)
    await control.post("faults", on="view_submission", fault="drop_before")

    result = await submit(control, view)

    assert (result["status"], result["trouble"]) == (0, TROUBLE)
    assert app.payloads("view_submission") == []
    assert (await submit(control, view))["trouble"] is None


async def test_a_lost_acknowledgement_leaves_the_view(
    client: AsyncWebClient, control: Control, app: ClickListener
) -> None:
    view = await opened(client, control)
    await control.post("faults", on="view_submission", fault="drop_after")

    assert (await submit(control, view))["trouble"] == TROUBLE
    assert len(app.payloads("view_submission")) == 1
    assert len(await views_of(control)) == 1


async def test_a_doubled_submission_is_the_same_bytes_twice(
    client: AsyncWebClient, control: Control, app: ClickListener
) -> None:
    view = await opened(client, control)
    await control.post("faults", on="view_submission", fault="duplicate")
    before = len(app.got)

    result = await submit(control, view)

    (first, second) = app.got[before:]
    assert first == second
    assert result["statuses"] == [200, 200]
    assert await views_of(control) == []


async def test_a_repeated_submission_has_a_new_trigger_id(
    client: AsyncWebClient, control: Control, app: ClickListener
) -> None:
    view = await opened(client, control)
    await control.post("faults", on="view_submission", fault="repeated")

    result = await submit(control, view)

    first, second = app.payloads("view_submission")
    assert second == result["payload"]
    assert first.pop("trigger_id") != second.pop("trigger_id")
    assert first == second
    assert (result["statuses"], result["trouble"]) == ([200, 200], None)
    assert await views_of(control) == []


async def test_a_stale_submission_has_the_new_blocks_and_the_old_values(
    client: AsyncWebClient, control: Control, app: ClickListener
) -> None:
    view = await opened(client, control, view=modal(text_input("f1_why"), MORE))
    typed = {"f1_why": {"text": "because"}}
    await control.post(f"views/{view['id']}/actions", user="U0ANA", action_id="more", values=typed)
    await client.views_update(view_id=view["id"], view=modal(text_input("f2_why"), MORE))
    await control.post("faults", on="view_submission", fault="stale_state")

    await control.post(f"views/{view['id']}/submit", user="U0ANA", values={"f2_why": {"text": "other"}})

    (payload,) = app.payloads("view_submission")
    assert [block["block_id"] for block in payload["view"]["blocks"]] == ["f2_why", "buttons"]
    assert payload["view"]["state"]["values"] == {"f1_why": {"text": {"type": "plain_text_input", "value": "because"}}}


@pytest.mark.parametrize("on", ["view_submission", "view_closed"])
async def test_a_fault_of_views_spares_clicks(
    client: AsyncWebClient, control: Control, app: ClickListener, on: str
) -> None:
    await control.post("faults", on=on, fault="drop_before")

    assert (await control.post("clicks", **await card_to_click(client)))["status"] == 200
    assert len((await control.get("faults"))["faults"]) == 1


async def test_a_fault_of_interactivity_meets_a_closing(
    client: AsyncWebClient, control: Control, app: ClickListener
) -> None:
    view = await opened(client, control, view=modal(notify_on_close=True))
    await control.post("faults", on="interactivity", fault="bad_signature")

    assert (await control.post(f"views/{view['id']}/close", user="U0ANA"))["sent"] is True
    assert (await control.get("faults"))["faults"] == []


@pytest.mark.parametrize("kind", [Kind.REPEATED, Kind.STALE_STATE])
@pytest.mark.parametrize("on", ["interactivity", "view_closed", "views.open", "response_url", "*"])
async def test_a_fault_of_submissions_happens_to_nothing_else(control: Control, kind: Kind, on: str) -> None:
    status, answer = await control.try_post("faults", on=on, fault=kind)

    assert (status, answer["error"]) == (400, "invalid_fault")
