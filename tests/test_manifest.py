"""The Slack app's manifest conforms to Slack's documented schema version 2: types, limits, and known keys only."""

import copy
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, TypeAlias
from urllib.parse import urlsplit

import pytest
import yaml

from bridge.__main__ import COMMANDS
from bridge.server.config import Settings
from bridge.slack.inbound import PATH

ROOT = Path(__file__).parent.parent
GUIDE = (ROOT / "docs" / "slack-setup.md").read_text(encoding="utf-8")
SCOPES = ["chat:write", "im:write", "users:read"]

Rule: TypeAlias = "dict[str, Rule] | Callable[[Any], bool]"


def string(minimum: int, maximum: int, form: str = r"(?s).*") -> Rule:
    return lambda value: isinstance(value, str) and minimum <= len(value) <= maximum and bool(re.fullmatch(form, value))


def flag(value: Any) -> bool:
    return isinstance(value, bool)


def listed(*one_of: str) -> Rule:
    return lambda value: isinstance(value, list) and len(set(value)) == len(value) and set(value) <= set(one_of)


def exactly(expected: object) -> Rule:
    return lambda value: type(value) is type(expected) and value == expected


# The part of the schema that this app may use. It handles no event subscriptions, commands or Socket Mode yet.
SCHEMA: Rule = {
    "_metadata": {"major_version": exactly(2), "minor_version": exactly(1)},
    "display_information": {
        "name": string(1, 35),
        "description": string(1, 140),
        "background_color": string(7, 7, "#[0-9a-fA-F]{6}"),
        "long_description": string(175, 4_000),
    },
    "features": {
        "app_home": {
            "home_tab_enabled": flag,
            "messages_tab_enabled": exactly(True),
            "messages_tab_read_only_enabled": flag,
        },
        "bot_user": {"display_name": string(1, 80, r"[A-Za-z0-9\-_. ]+"), "always_online": flag},
    },
    "oauth_config": {"scopes": {"bot": listed(*SCOPES)}},
    "settings": {
        "interactivity": {"is_enabled": exactly(True), "request_url": string(1, 3_000, r"https://[^\s?#]+")},
        "org_deploy_enabled": exactly(False),
        "socket_mode_enabled": exactly(False),
        "token_rotation_enabled": exactly(False),
    },
}


def broken(rule: Rule, value: Any, at: str = "") -> Iterator[str]:
    """The path of every part of the value that violates the rule."""
    if not isinstance(rule, dict):
        if not rule(value):
            yield at
    elif not isinstance(value, dict):
        yield at
    else:
        for name, inner in value.items():
            if name in rule:
                yield from broken(rule[name], inner, f"{at}/{name}")
            else:
                yield f"{at}/{name}"


def manifest() -> Any:
    return yaml.safe_load((ROOT / "manifest.yml").read_text(encoding="utf-8"))


def test_slack_takes_the_manifest() -> None:
    assert list(broken(SCHEMA, manifest())) == []
    assert manifest()["display_information"]["name"]


def test_slack_sends_clicks_to_where_we_listen() -> None:
    interactivity = manifest()["settings"]["interactivity"]
    address = urlsplit(interactivity["request_url"])

    assert interactivity["is_enabled"] is True
    assert (address.scheme, address.path) == ("https", PATH)
    assert address.hostname == "askbridge.example.com"


def test_people_can_be_asked_in_direct_messages() -> None:
    assert manifest()["features"]["app_home"]["messages_tab_enabled"] is True
    assert manifest()["oauth_config"]["scopes"] == {"bot": SCOPES}


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("/display_information/name", "x" * 36),
        ("/display_information/name", ""),
        ("/display_information/description", "x" * 141),
        ("/display_information/background_color", "blue"),
        ("/display_information/long_description", "too short"),
        ("/display_information/icon", "bell"),
        ("/features/slash_commands", []),
        ("/features/bot_user", "askbridge"),
        ("/features/app_home/messages_tab_enabled", "yes"),
        ("/oauth_config/scopes/bot", ["chat:write", "chat:write"]),
        ("/oauth_config/scopes/bot", ["channels:history"]),
        ("/oauth_config/scopes/user", ["chat:write"]),
        ("/settings/interactivity/request_url", "http://askbridge.example.com/slack/events"),
        ("/settings/event_subscriptions", {}),
        ("/settings/socket_mode_enabled", True),
        ("/settings/org_deploy_enabled", 0),
        ("/_metadata/major_version", "2"),
    ],
)
def test_a_manifest_that_slack_or_we_would_not_take_is_noticed(path: str, value: Any) -> None:
    wrong = copy.deepcopy(manifest())
    *way, last = path.split("/")[1:]
    at = wrong
    for step in way:
        at = at[step]
    at[last] = value

    assert list(broken(SCHEMA, wrong)) == [path]


def test_the_setup_page_names_what_exists() -> None:
    of_ask = {"URL", "KEY"}
    assert set(re.findall(r"ASKBRIDGE_(\w+)", GUIDE)) <= {name.upper() for name in Settings.model_fields} | of_ask
    assert set(re.findall(r"askbridge (\w+)(?= *[`\n#])", GUIDE)) <= set(COMMANDS)
    assert all(f"`{scope}`" in GUIDE for scope in SCOPES)
    logged = (ROOT / "bridge" / "slack" / "installation.py").read_text(encoding="utf-8")
    assert all(f'"{event}"' in logged for event in re.findall(r"`(slack_\w+)`", GUIDE))
    assert manifest()["settings"]["interactivity"]["request_url"] in GUIDE
