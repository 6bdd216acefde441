"""The commands that `askbridge dev` prints work in a shell as printed, and so do the requests in the docs."""

import json
import re
import subprocess

import pytest

from bridge.commands import dev
from bridge.things.recovery.request import Report
from tests.bridge.agents.reference import DOCS

READY = {
    "bridge_urls": ["http://127.0.0.1:8080", "http://127.0.0.1:8081"],
    "slack_url": "http://127.0.0.1:4000",
    "api_key": "askb_known",
    "database_url": "postgresql://127.0.0.1/x",
    "views": [{"user": "U0ANA", "name": "ana", "real_name": "Ana Lima", "url": "http://127.0.0.1:4000/#as=U0ANA"}],
    "notes": [],
}
CURL = "curl() { printf '%s\\n' \"$@\"; }\n"
"""Prints its arguments instead of sending a request."""


def in_a_shell(*lines: str) -> list[str]:
    script = CURL + "\n".join(lines)
    return subprocess.run(["sh", "-euc", script], env={}, capture_output=True, text=True, check=True).stdout.split("\n")


def printed(capsys: pytest.CaptureFixture[str]) -> tuple[str, str]:
    """The line that exports, and the request."""
    dev.print_ready(READY, as_json=False)
    out = capsys.readouterr().out
    export = re.search(r"^ *export .*$", out, re.MULTILINE)
    request = re.search(r"^ *curl .*?\n\n", out, re.MULTILINE | re.DOTALL)
    assert export and request, out
    return export[0], request[0]


def test_the_printed_lines_can_be_pasted(capsys: pytest.CaptureFixture[str]) -> None:
    sent = in_a_shell(*printed(capsys))

    assert f"{READY['bridge_urls'][0]}/v1/interactions?wait=50" in sent
    assert f"Authorization: Bearer {READY['api_key']}" in sent
    assert json.loads(sent[sent.index("-d") + 1])["kind"] == "approval"


def test_the_printed_report_is_one_of_a_recovery(capsys: pytest.CaptureFixture[str]) -> None:
    dev.print_ready(READY, as_json=False)
    _, report = re.findall(r"^ *curl .*?\n\n", capsys.readouterr().out, re.MULTILINE | re.DOTALL)

    sent = in_a_shell("ASKBRIDGE_URL=http://127.0.0.1:8080 ASKBRIDGE_KEY=x", report)

    assert "http://127.0.0.1:8080/v1/recoveries" in sent
    Report.model_validate_json(sent[sent.index("-d") + 1])


@pytest.mark.parametrize("page", ["../README.md", "api.md", "webhooks.md"])
def test_every_request_of_the_pages_works_with_the_printed_names(page: str, capsys: pytest.CaptureFixture[str]) -> None:
    export, _ = printed(capsys)
    every = re.findall(r"^curl (?:.*\\\n)*.*$", (DOCS / page).read_text("utf-8"), re.MULTILINE)
    requests = [request for request in every if "$ASKBRIDGE_URL" in request]  # others are to a program of the reader's

    assert requests
    for request in requests:
        sent = in_a_shell(export, request)
        assert f"Authorization: Bearer {READY['api_key']}" in sent, request
        assert any(word.startswith(f"{READY['bridge_urls'][0]}/v1/") for word in sent), request
