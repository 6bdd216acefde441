"""The search for leaked secrets finds them, and fails the test that leaked one."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests import canaries
from tests.canaries import Leaked

TESTS = Path(__file__).parent

LEAKING = """
import logging
from collections.abc import Iterator
import pytest
from bridge.logs import Log
from tests.canaries import Canaries
from tests.conftest import canaries, nothing_leaks

log = Log("slack")

@pytest.fixture
def known(canaries: Canaries) -> None:
    canaries.known.add("0123456789abcdef0123456789abcdef")

def test_says_nothing():
    log.info("slack_connected", workspace="Acme", key="askb_wxyz")

def test_leaks_a_token():
    log.info("slack_connected", token="xoxb-sandbox-0123456789abcdef")

def test_leaks_a_response_url_as_a_warning_inside_a_list():
    log.warning("reply_failed", sent=["http://127.0.0.1:1/actions/T0SANDBOX/1/abcdefghijklmnopqrstuvwx"])

def test_leaks_the_signing_secret(known):
    log.info("click_decided", secret="0123456789abcdef0123456789abcdef")

def test_leaks_through_a_library():
    logging.getLogger("aiohttp.server").error("Error handling %s", "askb_0123456789abcdefghijklmnopqrstuv")

def test_leaks_a_password():
    log.warning("database_awaited", cause="postgresql://askbridge:hush@127.0.0.1:5432/askbridge")

def test_says_nothing_either(known):
    log.info("replica_starting", database="127.0.0.1:5432/askbridge")
"""


def test_a_line_that_leaks_fails_its_test_and_no_other(tmp_path: Path) -> None:
    (tmp_path / "test_leaking.py").write_text(LEAKING)
    ended = subprocess.run(
        [
            *(sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "-p", "no:schemathesis", "-q", "-rA"),
            *("--rootdir", tmp_path, "--confcutdir", tmp_path, tmp_path / "test_leaking.py"),
        ],
        cwd=TESTS.parent,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    failed = set(re.findall(r"^ERROR \S+::(\w+)", ended.stdout, re.MULTILINE))

    assert failed == set(re.findall(r"def (test_leaks\w+)", LEAKING)), ended.stdout
    assert "Leaked: a bot token in a line of askbridge.slack: 'slack_connected'" in ended.stdout


@pytest.mark.parametrize(
    ("text", "sort"),
    [
        ("Authorization: Bearer askb_JNZV0123456789abcdefghijklmnopqrstuv", "an API key"),
        ('{"token": "xoxe.xoxb-1-Mi0yLTk5"}', "a bot token"),
        ("https://hooks.slack.com/actions/T012AB3CD/4711/Ab0Ab0Ab0Ab0Ab0Ab0Ab0Ab0", "a response URL"),
        (f"x-slack-signature: v0={'0a' * 32}", "a signature"),
        ("postgresql://askbridge:hush@db.example:5432/askbridge", "a database's address with its password"),
        ('{"secret": "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"}', "a webhook secret"),
    ],
)
def test_a_secret_is_known_by_its_shape(text: str, sort: str) -> None:
    with pytest.raises(Leaked) as leaked:
        canaries.none_in(text.encode(), where="an answer")

    assert str(leaked.value) == f"{sort} in an answer"
    canaries.none_in(text, where="the one place that prints it", but=sort)


@pytest.mark.parametrize(
    "text",
    [
        "set it to the bot token (xoxb-…) of the app's page",
        "askb_JNZV…",
        "must be an address like postgresql://user:password@host:5432/database",
        "sha256:" + "0a" * 32,
        "http://127.0.0.1:39899/slack/events",
    ],
)
def test_what_is_no_secret_is_left_alone(text: str) -> None:
    canaries.none_in(text, where="a line")


def test_what_a_process_was_given_is_known() -> None:
    settings = {
        "ASKBRIDGE_DATABASE_URL": "postgresql://askbridge:correct%20horse@db.example/askbridge",
        "ASKBRIDGE_SLACK_SIGNING_SECRET": "battery staple",
        "ASKBRIDGE_HOST": "db.example",
    }

    assert canaries.of_settings(settings) == {"correct horse", "battery staple"}
    with pytest.raises(Leaked, match="a known secret"):
        canaries.none_in("it said battery staple", canaries.of_settings(settings), where="stderr")
