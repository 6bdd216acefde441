"""The sandbox's own documents are exact: every table in them lists exactly what the code supports."""

import re
from pathlib import Path

from sandbox.slack import faults, server
from sandbox.slack.fault_classes import CLASSES
from sandbox.slack.methods import scopes
from sandbox.slack.methods.table import METHODS
from sandbox.slack.validator import blocks, elements, view
from tests.sandbox.slack.test_payloads import IMITATED, NOT_IMITATED

HERE = Path(server.__file__).parent
TEXT = (HERE / "DIFFERENCES.md").read_text(encoding="utf-8")
CONTROL = (HERE / "CONTROL.md").read_text(encoding="utf-8")


def row(name: str) -> set[str]:
    (line,) = [line for line in TEXT.splitlines() if line.startswith(f"| {name} |")]
    return set(re.findall(r"`([^`]+)`", line))


def test_every_method_is_listed_with_its_scopes() -> None:
    listed = {
        method: tuple(re.findall(r"`([^`]+)`", scopes_))
        for method, scopes_ in re.findall(r"^\| `([a-zA-Z.]+)` \|(.*)\|$", TEXT, re.MULTILINE)
    }

    assert listed == {method: scopes.of_method(method) for method in METHODS}


def test_what_is_not_here_is_not_here() -> None:
    assert row("Methods").isdisjoint(METHODS)


def test_every_payload_is_listed_as_sent_or_not_sent() -> None:
    assert row("Payloads sent") == IMITATED
    assert row("Payloads not sent") == NOT_IMITATED


def test_every_block_element_and_view_is_listed() -> None:
    assert row("Blocks") == set(blocks.IN_MESSAGES)
    assert row("Elements") == {*elements.IN_ACTIONS, *elements.IN_ACCESSORY, *elements.IN_INPUT}
    assert row("Views judged") == set(view.KINDS)


def test_every_fault_is_listed() -> None:
    assert row("Faults of answers") == set(faults.OF_ANSWERS)
    assert row("Faults of clicks") == set(faults.OF_CLICKS)
    assert row("Faults of answers") | row("Faults of clicks") == set(faults.Kind)
    assert row("Classes of failure") == set(CLASSES)


def test_every_route_of_the_control_api_is_listed() -> None:
    routes = {
        f"{route.method} {route.resource.canonical}"
        for route in server.Sandbox()._app().router.routes()
        if route.resource is not None and route.method != "HEAD" and route.resource.canonical.startswith("/sandbox/")
    }

    assert set(re.findall(r"^\| `([A-Z]+ /sandbox/[^`]*)` \|", CONTROL, re.MULTILINE)) == routes
