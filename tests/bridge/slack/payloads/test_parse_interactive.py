"""Forms, shortcuts and menus as named values: whose installation, who, and the ids that later work goes by."""

import json
from typing import Any

import pytest

from bridge.slack.payloads.incoming import (
    Closing,
    FormValues,
    Incoming,
    Shortcut,
    Submission,
    Suggestion,
    Unreadable,
    ViewAction,
)
from bridge.slack.verify import claim_id
from tests import payloads
from tests.bridge.slack.changes import Change, put, without
from tests.bridge.slack.parsing import parsed

ANA: dict[str, Any] = {
    "app_id": "A0ASKBRIDGE",
    "enterprise_id": None,
    "team_id": "T0SANDBOX",
    "is_enterprise_install": False,
    "user_id": "U0ANA",
    "user_name": "ana",
    "user_team": "T0SANDBOX",
}
FORM: dict[str, Any] = {"view_id": "V0SANDBOX1", "callback_id": "form", "target": None}
TRIGGER = "9970000000000.9960000000000.5c7e0a8f3b1d42e6"
VIEWS = ["block_actions_modal", "view_closed", "view_submission"]
ALL = [*VIEWS, "block_actions_message", "block_suggestion", "message_action", "shortcut"]


def changed(name: str, *changes: Change) -> Any:
    payload = payloads.load(name)
    for change in changes:
        change(payload)
    return payload


def submission(*changes: Change) -> Submission:
    found = parsed(payloads.form(changed("view_submission", *changes)))
    assert isinstance(found, Submission), found
    return found


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("view_closed", Closing(**(ANA | FORM), is_cleared=False)),
        (
            "block_actions_modal",
            ViewAction(
                **(ANA | FORM),
                claim_id=claim_id(json.dumps(payloads.load("block_actions_modal")).encode()),
                action_id="text",
                trigger_id=TRIGGER,
                hash="1763719300.aBcDeF12",
                inputs=[],
            ),
        ),
        ("shortcut", Shortcut(**ANA, type="shortcut", callback_id="ask", channel=None, ts=None)),
        (
            "message_action",
            Shortcut(
                **ANA, type="message_action", callback_id="ask-about", channel="C0APPROVALS", ts="1763719200.000100"
            ),
        ),
        ("block_suggestion", Suggestion(**ANA, action_id="pick", block_id="bQ4", value="eu")),
    ],
)
def test_each_is_a_value_of_its_own(name: str, expected: Incoming) -> None:
    assert expected == parsed(payloads.body(name))


def test_a_submission_has_the_claim_id_of_what_was_signed() -> None:
    signed = json.dumps(payloads.load("view_submission"))

    assert submission() == Submission(**(ANA | FORM), claim_id=claim_id(signed), values=FormValues(), inputs=[])


def test_a_cleared_stack_of_forms_is_told() -> None:
    found = parsed(changed("view_closed", put("is_cleared", True)))

    assert isinstance(found, Closing) and found.is_cleared


def test_a_form_sent_from_another_organization_belongs_to_the_workspace_that_has_the_app() -> None:
    found = submission(
        put("team", {"id": "T0OTHER", "domain": "other", "enterprise_id": "E0OTHER"}),
        put("user", "team_id", "T0OTHER"),
        put("view", "team_id", "T0OTHER"),
    )

    assert (found.installed_team, found.user_team) == ("T0SANDBOX", "T0OTHER")


def test_a_form_of_an_organization_wide_app_names_the_organization() -> None:
    found = submission(
        put("team", None), put("is_enterprise_install", True), put("view", "app_installed_team_id", "E0SANDBOX")
    )

    assert (found.enterprise_id, found.installed_team) == ("E0SANDBOX", None)


def test_a_form_that_does_not_say_where_its_app_is_installed_belongs_to_the_payload_s_workspace() -> None:
    assert submission(without("view", "app_installed_team_id")).installed_team == "T0SANDBOX"


@pytest.mark.parametrize("name", ALL)
@pytest.mark.parametrize(
    ("change", "why"),
    [
        (without("api_app_id"), "api_app_id is missing"),
        (put("api_app_id", 7), "api_app_id is not a Slack id"),
        (without("user"), "user.id is missing"),
        (put("user", "U0ANA"), "user.id is missing"),
        (put("user", "id", []), "user.id is not a Slack id"),
        (put("team", "id", 7), "team.id is not a Slack id"),
        (put("enterprise", {"id": 7}), "enterprise.id is not a Slack id"),
    ],
)
def test_without_a_sound_identity_nothing_is_taken(name: str, change: Change, why: str) -> None:
    assert parsed(changed(name, change)) == Unreadable(why=why)


@pytest.mark.parametrize("name", [name for name in ALL if name not in VIEWS])
def test_what_names_no_installation_is_not_taken(name: str) -> None:
    assert parsed(changed(name, put("team", None))) == Unreadable(why="the payload names no installation")


@pytest.mark.parametrize("name", VIEWS)
@pytest.mark.parametrize("view", [None, {}, [], "V0SANDBOX1", 7, {"id": None}, {"id": ""}, {"id": 7}])
def test_a_form_that_is_none_is_not_taken(name: str, view: object) -> None:
    found = parsed(changed(name, put("view", view)))

    assert isinstance(found, Unreadable) and found.why.startswith("view.id is ")


@pytest.mark.parametrize("name", VIEWS)
@pytest.mark.parametrize("installed", ["", "t0sandbox", 7, {}, []])
def test_a_form_of_an_absurd_place_is_not_taken(name: str, installed: object) -> None:
    found = parsed(changed(name, put("view", "app_installed_team_id", installed)))

    assert found == Unreadable(why="view.app_installed_team_id is not a Slack id")


@pytest.mark.parametrize("absurd", [None, 7, [], {}, "", "x" * 256, "\x00", "\ud800"])
def test_an_absurd_name_is_left_out(absurd: object) -> None:
    sent = submission(put("view", "callback_id", absurd))
    found = [
        parsed(changed("shortcut", put("callback_id", absurd))),
        parsed(changed("block_suggestion", put("action_id", absurd), put("block_id", absurd), put("value", absurd))),
    ]

    assert (sent.view_id, sent.callback_id) == ("V0SANDBOX1", None)
    assert found == [
        Shortcut(**ANA, type="shortcut", callback_id=None, channel=None, ts=None),
        Suggestion(**ANA, action_id=None, block_id=None, value=None),
    ]


def test_a_socket_s_payload_is_the_same_value_under_a_claim_id_of_its_own() -> None:
    payload = payloads.load("view_submission")

    found = parsed(payload)

    assert isinstance(found, Submission)
    assert found.claim_id not in {submission().claim_id, claim_id("")}
