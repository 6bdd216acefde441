"""docs/production.md: its settings exist, its unit waits long enough, and its nginx is the tested configuration."""

import configparser
import re

from bridge.server import config, lifecycle
from tests.bridge.agents.reference import DOCS

PAGE = (DOCS / "production.md").read_text("utf-8")


def block(language: str, page: str = PAGE) -> str:
    """The only block of the page in this language."""
    (found,) = re.findall(rf"^```{language}\n(.*?)^```$", page, re.MULTILINE | re.DOTALL)
    return str(found)


def test_every_setting_of_the_page_exists_and_those_that_must_be_set_are_there() -> None:
    settings = {f"ASKBRIDGE_{name.upper()}": field for name, field in config.Settings.model_fields.items()}
    written = {line.split("=")[0] for line in block("env").splitlines()}

    assert {*re.findall(r"ASKBRIDGE_[A-Z_]+", PAGE)} <= {*settings}
    assert {name for name, field in settings.items() if field.is_required()} <= written


def test_the_unit_restarts_a_replica_and_gives_it_the_time_to_stop() -> None:
    unit = configparser.ConfigParser(strict=False, interpolation=None)
    unit.read_string(block("ini"))
    service = unit["Service"]
    drain = config.Settings.model_fields["drain_seconds"].default

    assert service["Restart"] == "always" and unit["Unit"]["StartLimitIntervalSec"] == "0"
    assert int(service["TimeoutStopSec"]) > drain + lifecycle.STOP_SECONDS


def test_nginx_is_configured_as_the_tested_configuration_but_for_addresses_and_tls() -> None:
    ours = re.sub(r"listen 443 ssl;\n.*?\n\n", "listen 80;\n\n", block("nginx"), flags=re.DOTALL)
    ours = ours.replace("127.0.0.1:8080", "10.0.0.11:8080").replace("127.0.0.1:8081", "10.0.0.12:8080")

    assert ours == block("nginx", (DOCS / "operations.md").read_text("utf-8"))
