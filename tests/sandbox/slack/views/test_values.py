"""What each type of element holds when a modal is submitted, and what the client does not submit."""

from typing import Any

import aiohttp
import pytest
from slack_sdk.web.async_client import AsyncWebClient

from sandbox.slack.views.checks import REQUIRED
from tests.sandbox.slack.conftest import ClickListener, Control
from tests.sandbox.slack.views.modals import modal, opened, plain

OPTIONS = [{"text": {**plain(f"Option {n}"), "emoji": True}, "value": str(n)} for n in range(3)]
RICH_TEXT = {
    "type": "rich_text",
    "elements": [{"type": "rich_text_section", "elements": [{"type": "text", "text": "*x*"}]}],
}


def asked(kind: str, *, optional: bool = False, **more: Any) -> dict[str, Any]:
    element = {"type": kind, "action_id": "a", **more}
    return {"type": "input", "block_id": "b", "label": plain("?"), "element": element, "optional": optional}


async def submitted(control: Control, view: dict[str, Any], value: Any, **more: Any) -> tuple[int, Any]:
    return await control.try_post(f"views/{view['id']}/submit", user="U0ANA", values={"b": {"a": value}}, **more)


ENTERED: list[tuple[str, dict[str, Any], Any, dict[str, Any], dict[str, Any]]] = [
    ("plain_text_input", {}, "x\ny", {"value": "x\ny"}, {"value": None}),
    ("email_text_input", {}, "ana@example.com", {"value": "ana@example.com"}, {"value": None}),
    ("url_text_input", {}, "https://x.com/?a=b", {"value": "https://x.com/?a=b"}, {"value": None}),
    ("number_input", {"is_decimal_allowed": True}, "1.50", {"value": "1.50"}, {"value": None}),
    ("static_select", {"options": OPTIONS}, "1", {"selected_option": OPTIONS[1]}, {"selected_option": None}),
    ("radio_buttons", {"options": OPTIONS}, "2", {"selected_option": OPTIONS[2]}, {"selected_option": None}),
    (
        "checkboxes",
        {"options": OPTIONS},
        ["2", "0"],
        {"selected_options": [OPTIONS[0], OPTIONS[2]]},
        {"selected_options": []},
    ),
    ("multi_static_select", {"options": OPTIONS}, ["1"], {"selected_options": [OPTIONS[1]]}, {"selected_options": []}),
    ("users_select", {}, "U0BOB", {"selected_user": "U0BOB"}, {"selected_user": None}),
    ("multi_users_select", {}, ["U0BOB", "U0ANA"], {"selected_users": ["U0BOB", "U0ANA"]}, {"selected_users": []}),
    ("channels_select", {}, "C0GENERAL", {"selected_channel": "C0GENERAL"}, {"selected_channel": None}),
    ("multi_channels_select", {}, ["C0GENERAL"], {"selected_channels": ["C0GENERAL"]}, {"selected_channels": []}),
    ("conversations_select", {}, "C0GENERAL", {"selected_conversation": "C0GENERAL"}, {"selected_conversation": None}),
    (
        "multi_conversations_select",
        {},
        ["C0GENERAL"],
        {"selected_conversations": ["C0GENERAL"]},
        {"selected_conversations": []},
    ),
    ("datepicker", {}, "2026-02-28", {"selected_date": "2026-02-28"}, {"selected_date": None}),
    ("timepicker", {}, "23:59", {"selected_time": "23:59"}, {"selected_time": None}),
    (
        "timepicker",
        {"timezone": "Europe/Rome"},
        "07:00",
        {"selected_time": "07:00", "timezone": "Europe/Rome"},
        {"selected_time": None, "timezone": "Europe/Rome"},
    ),
    ("datetimepicker", {}, "1800000000", {"selected_date_time": 1_800_000_000}, {"selected_date_time": None}),
    ("rich_text_input", {}, "*x*", {"rich_text_value": RICH_TEXT}, {"rich_text_value": None}),
]


@pytest.mark.parametrize(("kind", "fields", "entry", "full", "empty"), ENTERED)
async def test_an_element_holds_what_is_entered_or_nothing(
    client: AsyncWebClient,
    control: Control,
    kind: str,
    fields: dict[str, Any],
    entry: Any,
    full: dict[str, Any],
    empty: dict[str, Any],
) -> None:
    view = await opened(client, control, view=modal(asked(kind, **fields)))

    assert view["state"]["values"]["b"]["a"] == {"type": kind, **empty}
    status, answer = await control.try_post(f"views/{view['id']}/submit", user="U0ANA")
    assert (status, answer["fields"]) == (422, {"b": REQUIRED})
    _, answer = await submitted(control, view, entry)
    assert answer["payload"]["view"]["state"]["values"]["b"]["a"] == {"type": kind, **full}
    _, answer = await submitted(control, view, None, unchecked=True)
    assert answer["payload"]["view"]["state"]["values"]["b"]["a"] == {"type": kind, **empty}


@pytest.mark.parametrize(("kind", "fields", "empty"), [(kind, fields, empty) for kind, fields, _, _, empty in ENTERED])
async def test_an_empty_optional_element_is_submitted(
    client: AsyncWebClient, control: Control, kind: str, fields: dict[str, Any], empty: dict[str, Any]
) -> None:
    view = await opened(client, control, view=modal(asked(kind, optional=True, **fields)))

    status, answer = await control.try_post(f"views/{view['id']}/submit", user="U0ANA")

    assert (status, answer["payload"]["view"]["state"]["values"]["b"]["a"]) == (200, {"type": kind, **empty})


@pytest.mark.parametrize(
    ("kind", "fields", "held"),
    [
        ("plain_text_input", {"initial_value": "x"}, {"value": "x"}),
        ("number_input", {"is_decimal_allowed": False, "initial_value": "7"}, {"value": "7"}),
        ("static_select", {"options": OPTIONS, "initial_option": OPTIONS[1]}, {"selected_option": OPTIONS[1]}),
        ("checkboxes", {"options": OPTIONS, "initial_options": OPTIONS[:2]}, {"selected_options": OPTIONS[:2]}),
        (
            "multi_static_select",
            {"options": OPTIONS, "initial_options": OPTIONS[1:]},
            {"selected_options": OPTIONS[1:]},
        ),
        ("users_select", {"initial_user": "U0BOB"}, {"selected_user": "U0BOB"}),
        ("multi_channels_select", {"initial_channels": ["C0GENERAL"]}, {"selected_channels": ["C0GENERAL"]}),
        ("datepicker", {"initial_date": "2026-02-28"}, {"selected_date": "2026-02-28"}),
        ("timepicker", {"initial_time": "07:30"}, {"selected_time": "07:30"}),
        ("datetimepicker", {"initial_date_time": 1_800_000_000}, {"selected_date_time": 1_800_000_000}),
        ("rich_text_input", {"initial_value": RICH_TEXT}, {"rich_text_value": RICH_TEXT}),
        ("conversations_select", {"default_to_current_conversation": True}, {"selected_conversation": "C0APPROVALS"}),
        (
            "conversations_select",
            {"default_to_current_conversation": True, "initial_conversation": "C0GENERAL"},
            {"selected_conversation": "C0GENERAL"},
        ),
        (
            "multi_conversations_select",
            {"default_to_current_conversation": True},
            {"selected_conversations": ["C0APPROVALS"]},
        ),
    ],
)
async def test_an_untouched_element_holds_what_it_starts_with(
    client: AsyncWebClient, control: Control, kind: str, fields: dict[str, Any], held: dict[str, Any]
) -> None:
    view = await opened(client, control, view=modal(asked(kind, **fields)))

    answer = await control.post(f"views/{view['id']}/submit", user="U0ANA")

    assert answer["payload"]["view"]["state"]["values"]["b"]["a"] == {"type": kind, **held}


@pytest.mark.parametrize(
    ("kind", "fields", "entry"),
    [
        ("plain_text_input", {}, ["x"]),
        ("static_select", {"options": OPTIONS}, "9"),
        ("checkboxes", {"options": OPTIONS}, "1"),
        ("multi_static_select", {"options": OPTIONS}, ["1", "9"]),
        ("users_select", {}, "ana"),
        ("users_select", {}, "U0NOBODY"),
        ("multi_users_select", {}, ["U0BOB", "bob"]),
        ("channels_select", {}, "C0NOWHERE"),
        ("conversations_select", {}, "U0ANA"),
        ("datepicker", {}, "2026-02-30"),
        ("timepicker", {}, "7:30"),
        ("datetimepicker", {}, "soon"),
        ("file_input", {}, ["a.pdf"]),
    ],
)
async def test_what_an_element_cannot_hold_cannot_be_entered(
    client: AsyncWebClient, control: Control, kind: str, fields: dict[str, Any], entry: Any
) -> None:
    view = await opened(client, control, view=modal(asked(kind, **fields)))

    status, answer = await submitted(control, view, entry)

    assert (status, answer["error"]) == (409, "no_such_entry")


@pytest.mark.parametrize(
    ("kind", "fields", "good", "bad"),
    [
        ("plain_text_input", {"min_length": 2}, "xy", "x"),
        ("plain_text_input", {"max_length": 2}, "xy", "xyz"),
        ("number_input", {"is_decimal_allowed": False}, "-7", "1.5"),
        ("number_input", {"is_decimal_allowed": True}, "1.5", "many"),
        ("number_input", {"is_decimal_allowed": True, "min_value": "0.5"}, "0.5", "0.49"),
        ("number_input", {"is_decimal_allowed": True, "max_value": "10"}, "10.0", "10.01"),
        ("email_text_input", {}, "ana@example.com", "ana"),
        ("url_text_input", {}, "http://localhost:3000", "example.com"),
        ("multi_static_select", {"options": OPTIONS, "max_selected_items": 1}, ["1"], ["1", "2"]),
        ("multi_users_select", {"max_selected_items": 1}, ["U0ANA"], ["U0ANA", "U0BOB"]),
    ],
)
async def test_a_mistake_stays_in_the_client_and_is_told_with_its_field(
    client: AsyncWebClient,
    control: Control,
    app: ClickListener,
    kind: str,
    fields: dict[str, Any],
    good: Any,
    bad: Any,
) -> None:
    app.json = {"response_action": "errors", "errors": {"b": "Once more."}}  # so that the view stays open
    view = await opened(client, control, view=modal(asked(kind, **fields)))

    status, answer = await submitted(control, view, bad)

    assert (status, answer["error"], list(answer["fields"])) == (422, "invalid_input", ["b"])
    assert app.payloads("view_submission") == []
    assert (await submitted(control, view, good))[0] == 200
    _, forced = await submitted(control, view, bad, unchecked=True)
    assert forced["status"] == 200


async def test_unchecked_sends_what_no_client_would(client: AsyncWebClient, control: Control) -> None:
    view = await opened(client, control, view=modal(asked("static_select", options=OPTIONS)))
    forged = {"type": "static_select", "selected_option": {"text": plain("Other"), "value": "9"}}
    values = {"b": {"a": forged}, "elsewhere": {"x": {"type": "plain_text_input", "value": "y" * 5000}}}

    answer = await control.post(f"views/{view['id']}/submit", user="U0ANA", values=values, unchecked=True)

    assert answer["payload"]["view"]["state"]["values"] == values
    assert (await control.try_post(f"views/{view['id']}/submit", user="U0ANA", values=values))[0] == 400


@pytest.mark.parametrize("kind", ["conversations_select", "channels_select"])
async def test_a_chosen_conversation_gets_a_response_url(
    client: AsyncWebClient, control: Control, http: aiohttp.ClientSession, kind: str
) -> None:
    view = await opened(client, control, view=modal(asked(kind, response_url_enabled=True)))

    _, answer = await submitted(control, view, "C0GENERAL")

    (url,) = answer["payload"]["response_urls"]
    assert (url["block_id"], url["action_id"], url["channel_id"]) == ("b", "a", "C0GENERAL")
    async with http.post(url["response_url"], json={"text": "Done", "response_type": "in_channel"}) as posted:
        assert posted.status == 200
    assert await control.texts("C0GENERAL", as_="U0ANA") == ["Done"]
    async with http.post(url["response_url"], json={"text": "x", "replace_original": True}) as refused:
        assert refused.status == 404
