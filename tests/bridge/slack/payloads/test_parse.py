"""From bytes to one of a closed set: every shape Slack sends, and everything it never would."""

import json
from collections.abc import Callable
from typing import Any, get_args
from uuid import UUID

import pytest

from bridge import ids
from bridge.slack.payloads import fields
from bridge.slack.payloads.incoming import (
    Click,
    Command,
    Incoming,
    NothingToDecide,
    SlackEvent,
    SslCheck,
    Unreadable,
    Unsupported,
    UrlVerification,
)
from bridge.slack.verify import claim_id
from tests import payloads
from tests.bridge.slack.changes import put
from tests.bridge.slack.parsing import parsed

INTERACTION = ids.decode("int", payloads.INTERACTION)
RESPONSE_URL = "https://hooks.slack.com/actions/T0SANDBOX/9980000000000/made-up-and-secret"


def click(name: str = "block_actions_message", change: Callable[[Any], object] = lambda _: None) -> Click:
    """Parse a shape that is, or is still after a change, a click."""
    payload = payloads.load(name)
    change(payload)
    found = parsed(payloads.form(payload))
    assert isinstance(found, Click), found
    return found


def why(change: Callable[[Any], object]) -> str:
    """Say why a changed click is no longer readable."""
    payload = payloads.load("block_actions_message")
    change(payload)
    found = parsed(payloads.form(payload))
    assert isinstance(found, Unreadable), found
    return found.why


def test_a_click_says_whose_installation_who_where_and_what() -> None:
    assert click() == Click(
        claim_id=claim_id(json.dumps(payloads.load("block_actions_message"))),
        app_id="A0ASKBRIDGE",
        enterprise_id=None,
        team_id="T0SANDBOX",
        is_enterprise_install=False,
        user_id="U0ANA",
        user_name="ana",
        user_team="T0SANDBOX",
        channel="C0APPROVALS",
        ts="1763719200.000100",
        thread_ts=None,
        is_ephemeral=False,
        interaction=INTERACTION,
        choice="approve",
        opens=False,
        trigger_id="9970000000000.9960000000000.5c7e0a8f3b1d42e6",
        response_url=RESPONSE_URL,
    )
    assert isinstance(INTERACTION, UUID)


def test_an_element_that_opens_a_form_says_so_and_which_choice_it_completes() -> None:
    found = click(change=lambda payload: payload["actions"][0].update(action_id="v1:open:deny"))

    assert (found.opens, found.choice) == (True, "deny")


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("block_actions_direct_message", {"channel": "D0ANA"}),
        ("block_actions_thread", {"ts": "1763719200.000100", "thread_ts": "1763719100.000900"}),
        ("block_actions_ephemeral", {"is_ephemeral": True, "ts": "1763719200.000100", "channel": "C0APPROVALS"}),
        (
            "block_actions_org_wide",
            {
                "team_id": None,
                "enterprise_id": "E0SANDBOX",
                "is_enterprise_install": True,
                "user_team": "T0SECOND",
                "installed_team": None,
                "response_url": RESPONSE_URL.replace("T0", "E0"),
            },
        ),
        (
            "block_actions_enterprise_workspace",
            {"team_id": "T0SANDBOX", "enterprise_id": "E0SANDBOX", "installed_team": "T0SANDBOX"},
        ),
        ("block_actions_outsider", {"user_id": "U0SAM", "user_team": "T0OTHER", "team_id": "T0SANDBOX"}),
        ("block_actions_select", {"choice": "eu-central"}),
        ("block_actions_attachment", {"channel": "C0APPROVALS", "ts": "1763719200.000100"}),
    ],
)
def test_each_kind_of_place_and_person_is_told_apart(name: str, expected: dict[str, Any]) -> None:
    found = click(name)

    assert expected == {key: getattr(found, key) for key in expected}
    assert found.interaction == INTERACTION and found.choice


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("block_actions_link", NothingToDecide()),
        ("slash_command", Command(command="/askbridge")),
        ("ssl_check", SslCheck()),
        ("url_verification", UrlVerification(challenge="3eZbrw1aBm2rZgRNFdxV2595E9CY3gmdALWMmHkvFXO7tYXAYM8P")),
        ("event_callback", SlackEvent(type="app_uninstalled", event_id="Ev0SANDBOX1")),
    ],
)
def test_what_is_no_click_has_its_own_name(name: str, expected: Incoming) -> None:
    assert expected == parsed(payloads.body(name))


def test_every_recorded_shape_is_readable_and_every_readable_value_is_recorded() -> None:
    found = {type(parsed(payloads.body(name))) for name in payloads.names()}

    assert found == set(get_args(Incoming)).difference([Unreadable, Unsupported]), "no shape is of a type unknown to us"


def test_a_response_url_is_not_shown() -> None:
    assert "hooks.slack.com" not in repr(click())


def test_the_same_envelope_has_the_same_claim_id_and_another_has_another() -> None:
    assert click().claim_id == click().claim_id
    assert click().claim_id != click(change=put("actions", 0, "action_ts", "1763719301.000000")).claim_id


def test_a_claim_id_does_not_depend_on_how_the_form_was_written() -> None:
    text = json.dumps(payloads.load("block_actions_message"))
    spelled = b"payload=" + b"".join(b"%%%02x" % byte for byte in text.encode())

    assert parsed(spelled) == parsed(payloads.form_text(text))


@pytest.mark.parametrize(
    ("change", "choice", "interaction"),
    [
        (put("actions", 0, "action_id", "v1:choose:"), None, INTERACTION),
        (put("actions", 0, "action_id", "approve"), None, INTERACTION),
        (put("actions", 0, "action_id", "v9:choose:approve"), None, INTERACTION),
        (put("actions", 0, "action_id", ["v1:choose:approve"]), None, INTERACTION),
        (put("actions", 0, "action_id", "v1:select"), None, INTERACTION),
        (put("actions", 0, "action_id", "v1:choose:\x00"), None, INTERACTION),
        (put("actions", 0, "action_id", "v1:choose:\ud800"), None, INTERACTION),
        (put("actions", 0, "action_id", "v1:choose:" + "x" * 256), None, INTERACTION),
        (put("actions", 0, "action_id", "v1:choose:\N{MAN}\N{ZERO WIDTH JOINER}\N{ROCKET}"), "👨‍🚀", INTERACTION),
        (put("actions", 0, "block_id", "bQ2"), "approve", None),
        (put("actions", 0, "block_id", None), "approve", None),
        (put("actions", 0, "block_id", f"v1:{payloads.INTERACTION}:1\n"), "approve", None),
    ],
)
def test_what_is_not_ours_is_a_click_without_it(
    change: Callable[[Any], None], choice: str | None, interaction: UUID | None
) -> None:
    found = click(change=change)

    assert (found.choice, found.interaction) == (choice, interaction)


def menu(selected: object, *, submit: str = "v1:submit") -> Callable[[Any], None]:
    def change(payload: Any) -> None:
        payload["actions"][0]["action_id"] = submit
        block = payload["actions"][0]["block_id"]
        payload["state"] = {"values": {block: {"v1:pick": {"type": "static_select", "selected_option": selected}}}}

    return change


def test_a_button_submits_what_is_selected_in_the_menu_beside_it() -> None:
    found = click(change=menu({"text": {"type": "plain_text", "text": "Blue"}, "value": "blue"}))

    assert (found.choice, found.is_unselected, found.interaction) == ("blue", False, INTERACTION)


@pytest.mark.parametrize("selected", [None, {}, "blue", {"value": ""}, {"value": 7}, {"value": "x" * 256}, []])
def test_a_button_without_a_selection_beside_it_submits_nothing(selected: object) -> None:
    found = click(change=menu(selected))

    assert (found.choice, found.is_unselected) == (None, True)


@pytest.mark.parametrize("state", [None, [], {"values": None}, {"values": {"other": {"v1:pick": {}}}}])
def test_a_button_with_something_odd_for_a_state_submits_nothing(state: object) -> None:
    def change(payload: Any) -> None:
        payload["actions"][0]["action_id"] = "v1:submit"
        payload["state"] = state

    assert (click(change=change).choice, click(change=change).is_unselected) == (None, True)


def test_a_selection_that_waits_for_its_button_decides_nothing() -> None:
    payload = payloads.load("block_actions_message")
    menu({"value": "approve"}, submit="v1:pick")(payload)

    assert parsed(payloads.form(payload)) == NothingToDecide()


def test_a_choice_that_is_also_a_link_is_a_choice() -> None:
    assert click(change=put("actions", 0, "url", "https://example.com/")).choice == "approve"


@pytest.mark.parametrize("view", [None, {}, [], "V0SANDBOX1", 7])
def test_a_click_on_a_message_with_something_odd_for_a_view_is_a_click(view: object) -> None:
    assert click(change=put("view", view)).choice == "approve"


@pytest.mark.parametrize("enterprise", [None, 7, [], "E0SANDBOX", {}, {"id": None}])
def test_a_click_with_something_odd_for_an_enterprise_is_a_workspace_s(enterprise: object) -> None:
    found = click(change=put("enterprise", enterprise))

    assert (found.enterprise_id, found.installed_team) == (None, "T0SANDBOX")


def test_an_ephemeral_card_in_a_thread_knows_its_thread_without_a_message() -> None:
    found = click("block_actions_ephemeral", put("container", "thread_ts", "1763719100.000900"))

    assert (found.is_ephemeral, found.thread_ts) == (True, "1763719100.000900")


def test_without_a_container_the_message_says_where() -> None:
    found = click("block_actions_thread", lambda payload: payload.pop("container"))

    assert (found.channel, found.ts, found.thread_ts) == ("C0APPROVALS", "1763719200.000100", "1763719100.000900")


@pytest.mark.parametrize(
    ("change", "field"),
    [
        (put("container", "channel_id", "x" * 65), "channel"),
        (put("container", "message_ts", 1763719200.0001), "ts"),
        (put("container", "thread_ts", "1763719200.0001\x00"), "thread_ts"),
        (put("user", "username", "a\x00na"), "user_name"),
        (put("user", "username", "\ud800"), "user_name"),
        (put("user", "username", "a" * 81), "user_name"),
        (put("user", "team_id", None), "user_team"),
        (put("response_url", "https://hooks.slack.com.example.com/x"), "response_url"),
        (put("response_url", {"url": RESPONSE_URL}), "response_url"),
    ],
)
def test_what_only_helps_is_left_out_when_it_is_absurd(change: Callable[[Any], None], field: str) -> None:
    def alone(payload: Any) -> None:
        del payload["message"], payload["channel"], payload["user"]["name"]
        change(payload)

    assert getattr(click(change=alone), field) is None


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (put("api_app_id", None), "api_app_id is missing"),
        (put("api_app_id", "a0lower"), "api_app_id is not a Slack id"),
        (put("user", None), "user.id is missing"),
        (put("user", "id", "U0ANA "), "user.id is not a Slack id"),
        (put("user", "id", ["U0ANA"]), "user.id is not a Slack id"),
        (put("user", "team_id", "T" * 65), "user.team_id is not a Slack id"),
        (put("team", "id", 5), "team.id is not a Slack id"),
        (put("team", "id", "Т0SANDBOX"), "team.id is not a Slack id"),  # noqa: RUF001  -- a Cyrillic look-alike
        (put("enterprise", {"id": "E'; --"}), "enterprise.id is not a Slack id"),
        (put("team", None), "the payload names no installation"),
        (put("is_enterprise_install", True), "the payload names no installation"),
        (put("actions", []), "actions is not a list with an action in it"),
        (put("actions", None), "actions is not a list with an action in it"),
        (put("actions", {"0": {}}), "actions is not a list with an action in it"),
        (put("actions", ["v1:choose:approve"]), "actions is not a list with an action in it"),
        (lambda payload: payload.pop("actions"), "actions is not a list with an action in it"),
        (put("team", "T0SANDBOX"), "the payload names no installation"),
        (lambda payload: payload.pop("user"), "user.id is missing"),
    ],
)
def test_a_click_without_a_sound_identity_is_refused_and_not_guessed(
    change: Callable[[Any], None], expected: str
) -> None:
    assert expected == why(change)


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (b"", "the form is neither an interaction nor a command"),
        (b"\xff\xfe\x00", "a field's name is not UTF-8"),
        (b"hello=1", "the form is neither an interaction nor a command"),
        (payloads.form_text(b"\xff"), "the payload is not UTF-8"),
        (payloads.form_text(""), "the payload is not JSON"),
        (payloads.form_text("{bad"), "the payload is not JSON"),
        (payloads.form_text("\ufeff{}"), "the payload is not JSON"),
        (payloads.form_text("[" * 100_000), "the payload is not JSON"),
        (payloads.form_text('{"n":' + "9" * 5_000 + "}"), "the payload is not JSON"),
        (payloads.form_text("[]"), "the payload is not an object"),
        (payloads.form_text("null"), "the payload is not an object"),
        (payloads.form_text('"block_actions"'), "the payload is not an object"),
        (payloads.form({"type": "block_actions"}), "actions is not a list with an action in it"),
        (b"payload={}&payload={}", "the form has a field twice"),
        (b"a=1&" * 10_000, "the form has too many fields"),
        (b"{", "the payload is not JSON"),
        (b'{"type":"url_verification"}', "challenge is missing"),
        (b'{"type":"url_verification","challenge":{"a":1}}', "challenge is missing"),
    ],
)
def test_what_slack_never_sends_is_unreadable_and_says_why(body: bytes, expected: str) -> None:
    assert Unreadable(why=expected) == parsed(body)


def test_what_is_nested_without_end_is_no_click() -> None:
    """How deep a reader goes is Python's choice: 3.14 reads what 3.11 does not."""
    body = payloads.form_text('{"a":' * 50_000 + "1" + "}" * 50_000)

    assert parsed(body) in (Unreadable(why="the payload is not JSON"), Unsupported(type="?"))


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (payloads.form({}), Unsupported(type="?")),
        (payloads.form({"type": ["block_actions"]}), Unsupported(type="?")),
        (payloads.form({"type": "x" * 65}), Unsupported(type="?")),
        (payloads.form({"type": "workflow_step_edit\n"}), Unsupported(type="?")),
        (payloads.form({"type": "workflow_step_edit"}), Unsupported(type="workflow_step_edit")),
        (b'{"type":"app_rate_limited"}', Unsupported(type="app_rate_limited")),
        (b' \n{"type":"event_callback","event":[]}', SlackEvent(type="?", event_id=None)),
        (b"command=%FF", Command(command="\ufffd")),
    ],
)
def test_what_is_new_to_us_is_unsupported(body: bytes, expected: Incoming) -> None:
    assert expected == parsed(body)


SANDBOX = "http://127.0.0.1:8081/api/"


@pytest.mark.parametrize(
    ("url", "api_url", "trusted"),
    [
        (RESPONSE_URL, "https://slack.com/api/", True),
        ("https://hooks.slack.com/commands/T0/1/x", "https://slack.com/api/", True),
        ("http://127.0.0.1:8081/actions/T0SANDBOX/1/x", SANDBOX, True),
        ("http://[::1]:8081/actions/T0/1/x", "http://[::1]:8081/api/", True),
        ("http://localhost:8081/actions/T0/1/x", "http://localhost:8081/api/", True),
        # with a sandbox nothing leaves the machine
        (RESPONSE_URL, SANDBOX, False),
        ("http://127.0.0.1:8081/actions/T0SANDBOX/1/x", "https://slack.com/api/", False),
        ("http://127.0.0.1:8082/actions/T0SANDBOX/1/x", SANDBOX, False),
        ("https://127.0.0.1:8081/actions/T0SANDBOX/1/x", SANDBOX, False),
        ("http://127.0.0.1:80811/x", SANDBOX, False),
        # an API elsewhere that is not Slack's has no response URLs of its own
        ("https://slack.example.com/actions/T0/1/x", "https://slack.example.com/api/", False),
        # not Slack's
        ("http://hooks.slack.com/actions/T0/1/x", "https://slack.com/api/", False),
        ("https://hooks.slack.com", "https://slack.com/api/", False),
        ("https://hooks.slack.com.example.com/x", "https://slack.com/api/", False),
        ("https://hooks.slack.com@example.com/x", "https://slack.com/api/", False),
        ("https://hooks.slack.com:443@example.com/x", "https://slack.com/api/", False),
        ("https://user@hooks.slack.com/x", "https://slack.com/api/", False),
        ("https://hooks.slack.com:8443/x", "https://slack.com/api/", False),
        ("https://hooks.slack.com\\@example.com/x", "https://slack.com/api/", False),
        ("https://hooks.slack.com/\\example.com", "https://slack.com/api/", False),
        ("https://hooks.slack.com/x y", "https://slack.com/api/", False),
        ("https://hooks.slack.com/x\r\nHost: example.com", "https://slack.com/api/", False),
        ("https://hooks.slack.com/\x00", "https://slack.com/api/", False),
        ("https://hooks.slack.com/é", "https://slack.com/api/", False),
        (" https://hooks.slack.com/x", "https://slack.com/api/", False),
        ("https://HOOKS.slack.com/x", "https://slack.com/api/", False),
        ("//hooks.slack.com/x", "https://slack.com/api/", False),
        ("https://hooks.slack.com/" + "x" * 2000, "https://slack.com/api/", False),
        ("https://[hooks.slack.com/x", "https://slack.com/api/", False),
        ("", "https://slack.com/api/", False),
        (None, "https://slack.com/api/", False),
        (b"https://hooks.slack.com/x", "https://slack.com/api/", False),
        # a setting that is no URL opens nothing more
        ("http://a@127.0.0.1/x", "http://a@127.0.0.1/api/", False),
        ("http://[/x", "http://[/api/", False),
    ],
)
def test_a_reply_goes_to_slack_or_to_the_sandbox_and_nowhere_else(url: object, api_url: str, *, trusted: bool) -> None:
    assert (url if trusted else None) == fields.response_url(url, api_url=api_url)


def test_a_click_of_the_sandbox_keeps_the_sandbox_s_response_url() -> None:
    payload = payloads.load("block_actions_message") | {"response_url": "http://127.0.0.1:8081/actions/T0/1/x"}

    found = parsed(payloads.form(payload), api_url=SANDBOX)

    assert isinstance(found, Click) and found.response_url == "http://127.0.0.1:8081/actions/T0/1/x"


def test_a_key_given_twice_counts_as_bolt_counts_it_the_last_time() -> None:
    text = json.dumps(payloads.load("block_actions_message"))
    found = parsed(payloads.form_text(text.replace('"id": "U0ANA"', '"id": "U0EVE", "id": "U0ANA"')))

    assert isinstance(found, Click) and found.user_id == "U0ANA"
