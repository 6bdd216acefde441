"""Variables that are named nearly like a setting are found; those of other programs are left alone."""

import pytest

from bridge.server import misspelt
from bridge.server.config import Settings


@pytest.mark.parametrize(
    ("name", "intended"),
    [
        ("ASKBRIDGE_PROT", "ASKBRIDGE_PORT"),
        ("ASKBRIDGE_REQUEST_PER_SECOND", "ASKBRIDGE_REQUESTS_PER_SECOND"),
        ("ASKBRIDGE_DATABASE_URI", "ASKBRIDGE_DATABASE_URL"),
        ("ASKBRIDGE_DB_URL", "ASKBRIDGE_DATABASE_URL"),
        ("ASKBRIDGE_POSTGRES_DSN", "ASKBRIDGE_DATABASE_URL"),
        ("ASKBRIDGE_SLACK_TOKEN", "ASKBRIDGE_SLACK_BOT_TOKEN"),
        ("ASKBRIDGE_TOKEN", "ASKBRIDGE_SLACK_BOT_TOKEN"),
        ("ASKBRIDGE_SECRET", "ASKBRIDGE_SLACK_SIGNING_SECRET"),
        ("ASKBRIDGE_RETENTION", "ASKBRIDGE_RETENTION_DAYS"),
        ("ASKBRIDGE_LOG_FORMAT", "ASKBRIDGE_LOG"),
        ("ASKBRIDGE_WEBHOOK_KEYS", "ASKBRIDGE_WEBHOOK_KEY"),
        ("askbridge_prot", "ASKBRIDGE_PORT"),
        ("ASKBRIGDE_PORT", "ASKBRIDGE_PORT"),
        ("ASK_BRIDGE_SLACK_BOT_TOKEN", "ASKBRIDGE_SLACK_BOT_TOKEN"),
        ("askbridge_port", None),
        ("ASKBRIDGE_PORT", None),
        ("ASKBRIDGE_URL", None),
        ("ASKBRIDGE_KEY", None),
        ("ASKBRIDGE_PORT_8080_TCP", None),
        ("ASKBRIDGE_PORT_8080_TCP_PORT", None),
        ("ASKBRIDGE_SERVICE_HOST", None),
        ("ASKBRIDGE_SERVICE_PORT", None),
        ("ASKBRIDGE_SERVICE_PORT_HTTP", None),
        ("ASKBRIDGE_METRICS_SERVICE_HOST", None),
        ("ASKBRIDGE_METRICS_SERVICE_PORT", None),
        ("ASKBRIDGE_METRICS_PORT_9090_TCP_ADDR", None),
        ("ASKBRIDGE_REQUIRE_BROWSER", None),
        ("MY_ASKBRIDGE_PORT", None),
        ("PROT", None),
        ("DATABASE_URL", None),
    ],
)
def test_a_setting_that_is_nearly_spelt_right_is_found(name: str, intended: str | None) -> None:
    assert misspelt.find([name], Settings.model_fields) == ([(name, intended)] if intended else [])


@pytest.mark.parametrize("name", [name.upper() for name in Settings.model_fields])
def test_every_setting_with_one_letter_left_out_or_two_exchanged_is_found(name: str) -> None:
    for at in range(1, len(name)):
        for wrong in (name[:at] + name[at + 1 :], name[: at - 1] + name[at] + name[at - 1] + name[at + 1 :]):
            if wrong != name and len(wrong) > 3:
                assert misspelt.find([f"ASKBRIDGE_{wrong}"], Settings.model_fields) == [
                    (f"ASKBRIDGE_{wrong}", f"ASKBRIDGE_{name}")
                ]
