"""What happens to a view while the acknowledgement of its submission is awaited."""

import asyncio
from typing import Any

from slack_sdk.web.async_client import AsyncWebClient

from tests.sandbox.slack.conftest import ClickListener, Control
from tests.sandbox.slack.views.modals import modal, opened, plain, submit, views_of
from tests.waiting import until


async def submitting(control: Control, app: ClickListener, view: dict[str, Any]) -> "asyncio.Task[Any]":
    """Start a submission that is acknowledged once the test releases the app; returns when it has received it."""
    app.hangs = True
    task = asyncio.create_task(submit(control, view))
    await until(lambda: app.payloads("view_submission"))
    return task


async def test_a_view_is_submitted_once_at_a_time(client: AsyncWebClient, control: Control, app: ClickListener) -> None:
    view = await opened(client, control)
    task = await submitting(control, app, view)

    status, answer = await control.try_post(f"views/{view['id']}/submit", user="U0ANA")

    assert (status, answer["error"]) == (409, "being_submitted")
    app.release.set()
    assert (await task)["trouble"] is None
    assert len(app.payloads("view_submission")) == 1


async def test_an_ack_for_a_view_that_was_closed_meanwhile_does_nothing(
    client: AsyncWebClient, control: Control, app: ClickListener
) -> None:
    view = await opened(client, control)
    app.json = {"response_action": "push", "view": modal()}
    task = await submitting(control, app, view)

    await control.post(f"views/{view['id']}/close", user="U0ANA")
    app.release.set()

    assert (await task)["trouble"] is None
    assert await views_of(control) == []


async def test_an_update_meanwhile_is_kept_when_the_ack_shows_errors(
    client: AsyncWebClient, control: Control, app: ClickListener
) -> None:
    view = await opened(client, control)
    app.json = {"response_action": "errors", "errors": {"why": "Say more."}}
    task = await submitting(control, app, view)

    await client.views_update(view_id=view["id"], view=modal(title=plain("Updated")))
    app.release.set()
    await task

    answer = await control.get("views", as_="U0ANA")
    assert answer["views"][0]["title"]["text"] == "Updated"
    assert answer["shown"][view["id"]]["errors"] == {"why": "Say more."}


async def test_a_view_that_is_pushed_meanwhile_outlives_the_submitted_one(
    client: AsyncWebClient, control: Control, app: ClickListener
) -> None:
    view = await opened(client, control)
    task = await submitting(control, app, view)
    (payload,) = app.payloads("view_submission")

    above = (await client.views_push(trigger_id=payload["trigger_id"], view=modal()))["view"]
    app.release.set()
    await task

    (left,) = await views_of(control)
    assert (left["id"], left["previous_view_id"]) == (above["id"], None)
    assert above["previous_view_id"] == view["id"]


async def test_the_errors_of_before_are_gone_while_a_submission_waits(
    client: AsyncWebClient, control: Control, app: ClickListener
) -> None:
    view = await opened(client, control)
    app.json = {"response_action": "errors", "errors": {"why": "Say more."}}
    await submit(control, view)
    app.got.clear()

    task = await submitting(control, app, view)

    assert (await control.get("views", as_="U0ANA"))["shown"][view["id"]]["errors"] == {}
    app.release.set()
    await task


async def test_an_update_takes_errors_away(client: AsyncWebClient, control: Control, app: ClickListener) -> None:
    view = await opened(client, control)
    app.json = {"response_action": "errors", "errors": {"why": "Say more."}}
    await submit(control, view)

    await client.views_update(view_id=view["id"], view=modal())

    assert (await control.get("views", as_="U0ANA"))["shown"][view["id"]]["errors"] == {}
