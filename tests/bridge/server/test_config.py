"""Settings: errors name the setting that is missing or wrong, and never show a secret."""

import pytest
from pydantic import SecretStr

from bridge.server import config
from bridge.server.config import Misconfigured, Settings
from bridge.server.setting_text import unwrapped
from bridge.webhooks.signature import WebhookKeys
from sandbox.slack import signing

SECRET = "hunter2-9f8e"
GOOD = {
    "DATABASE_URL": f"postgresql://askbridge:{SECRET}@db.example:5432/askbridge",
    "SLACK_SIGNING_SECRET": SECRET,
    "SLACK_BOT_TOKEN": f"xoxb-{SECRET}",
}


@pytest.fixture(autouse=True)
def _clean(monkeypatch: pytest.MonkeyPatch) -> None:
    """Remove the settings of the environment in which the tests run."""
    for name in Settings.model_fields:
        monkeypatch.delenv(f"ASKBRIDGE_{name.upper()}", raising=False)


@pytest.fixture
def good(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    for name, value in GOOD.items():
        monkeypatch.setenv(f"ASKBRIDGE_{name}", value)
    return monkeypatch


def test_the_least_that_must_be_set_is_enough(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ASKBRIDGE_DATABASE_URL", GOOD["DATABASE_URL"])
    monkeypatch.setenv("ASKBRIDGE_SLACK_SIGNING_SECRET", SECRET)
    settings = config.read(config.Settings)

    assert (settings.host, settings.port, settings.log) == ("127.0.0.1", 8080, "readable")
    assert (settings.slack_bot_token, settings.slack_app_id) == (None, None)
    assert settings.slack_api_url == "https://slack.com/api/"
    assert settings.retention_days == 90


def test_all_that_is_missing_is_told_at_once() -> None:
    with pytest.raises(Misconfigured) as refused:
        config.read(config.Settings)

    assert str(refused.value) == (
        "These settings are missing or wrong:\n"
        "  ASKBRIDGE_DATABASE_URL: is not set\n"
        "  ASKBRIDGE_SLACK_SIGNING_SECRET: is not set"
    )


@pytest.mark.parametrize("name", [name.upper() for name in Settings.model_fields])
@pytest.mark.parametrize("blank", ["", "  "])
def test_a_blank_setting_is_refused_by_name(good: pytest.MonkeyPatch, name: str, blank: str) -> None:
    good.setenv(f"ASKBRIDGE_{name}", blank)
    with pytest.raises(Misconfigured, match=f"ASKBRIDGE_{name}: is set, but blank"):
        config.read(config.Settings)


WRONG = [
    ("DATABASE_URL", SECRET, "must be an address like postgresql://"),
    ("DATABASE_URL", f"mysql://u:{SECRET}@h/d", "must be an address like postgresql://"),
    ("SLACK_SIGNING_SECRET", f"{SECRET},,", "a Slack signing secret is blank"),
    ("SLACK_SIGNING_SECRET", f"{SECRET},a\x07b", "an invisible character"),
    ("SLACK_BOT_TOKEN", f"xapp-{SECRET}", "must be a bot token, which starts with xoxb-"),
    ("SLACK_BOT_TOKEN", f"xoxb-{SECRET}\nX-Evil: 1", "must be a bot token"),
    ("SLACK_APP_ID", SECRET, "must be an app's id, which starts with A"),
    ("SLACK_API_URL", f"ftp://{SECRET}", "must be an address that starts with https://"),
    ("SLACK_API_URL", "https://", "must be an address"),
    ("SLACK_API_URL", "https://slack.com/api?x=", "must be an address"),
    ("SLACK_API_URL", "http://[::1", "must be an address"),
    ("ORGANIZATION", "x" * 201, "at most 200"),
    ("ORGANIZATION", "half\udcff", "must be a valid string"),
    ("HOST", "a\nb", "must not contain invisible characters"),
    ("PORT", SECRET, "must be a valid integer"),
    ("PORT", "65536", "must be less than or equal to 65535"),
    ("PORT", "tcp://10.0.0.1:8080", "Kubernetes sets this variable itself"),
    ("METRICS_HOST", "a\nb", "must not contain invisible characters"),
    ("METRICS_PORT", SECRET, "must be a valid integer"),
    ("METRICS_PORT", "tcp://10.0.0.1:9090", "Kubernetes sets this variable itself"),
    ("DATABASE_CONNECTIONS", "1", "must be greater than or equal to 2"),
    ("CLAIM_CONNECTIONS", "0", "must be greater than or equal to 1"),
    ("RETENTION_DAYS", "-1", "must be greater than or equal to 0"),
    ("RETENTION_DAYS", "36501", "must be less than or equal to 36500"),
    ("LOG", SECRET, "must be 'readable' or 'json'"),
]


@pytest.mark.parametrize(("name", "value", "expected"), WRONG)
def test_a_wrong_setting_is_told_by_name_without_what_it_was(
    good: pytest.MonkeyPatch, name: str, value: str, expected: str
) -> None:
    good.setenv(f"ASKBRIDGE_{name}", value)
    with pytest.raises(Misconfigured) as refused:
        config.read(config.Settings)

    lines = str(refused.value).splitlines()
    assert len(lines) == 2
    assert lines[1].startswith(f"  ASKBRIDGE_{name}: ") and expected in lines[1]
    assert SECRET not in lines[1]
    assert refused.value.__suppress_context__  # a printed traceback would show the input


def test_a_setting_of_something_else_is_none_of_ours(good: pytest.MonkeyPatch) -> None:
    """Kubernetes, for example, sets such variables."""
    good.setenv("ASKBRIDGE_SERVICE_HOST", "10.0.0.1")
    good.setenv("DATABASE_URL", "postgresql://elsewhere/")

    assert config.read(config.Settings).database_url.get_secret_value() == GOOD["DATABASE_URL"]


def test_no_secret_is_shown_by_the_settings_themselves(good: pytest.MonkeyPatch) -> None:
    settings = config.read(config.Settings)

    assert SECRET not in f"{settings!r} {settings} {settings.model_dump()} {settings.signing_secrets!r}"
    assert SECRET not in settings.model_dump_json()


def test_while_it_rotates_there_are_two_signing_secrets(good: pytest.MonkeyPatch) -> None:
    good.setenv("ASKBRIDGE_SLACK_SIGNING_SECRET", "new, old")

    secrets = config.read(config.Settings).signing_secrets
    for secret in ("new", "old"):
        assert secrets.made(signing.signature(secret=secret, timestamp=1, body=b"{}"), timestamp="1", body=b"{}")
    assert not secrets.made(signing.signature(secret="other", timestamp=1, body=b"{}"), timestamp="1", body=b"{}")


def test_an_address_may_end_with_a_slash_or_without(good: pytest.MonkeyPatch) -> None:
    for given in ("http://127.0.0.1:9/api", "http://127.0.0.1:9/api/"):
        good.setenv("ASKBRIDGE_SLACK_API_URL", given)
        assert config.read(config.Settings).slack_api_url == "http://127.0.0.1:9/api/"


WRAPPINGS = ["{}\n", "{}\r\n", '"{}"', "'{}'", '"{}"\n', "'{}\n'"]


@pytest.mark.parametrize("wrapping", WRAPPINGS)
@pytest.mark.parametrize("name", [*GOOD, "DATABASE_DIRECT_URL", "WEBHOOK_KEY", "PORT", "LOG", "SLACK_APP_ID"])
def test_trailing_line_breaks_and_one_pair_of_quotes_are_taken_off(
    good: pytest.MonkeyPatch, name: str, wrapping: str
) -> None:
    """Files of secrets end with a line break; `docker run --env-file` passes on quotes."""
    more = {
        "DATABASE_DIRECT_URL": GOOD["DATABASE_URL"],
        "WEBHOOK_KEY": "k" * 32,
        "PORT": "81",
        "LOG": "json",
        "SLACK_APP_ID": "A1",
    }
    value = (GOOD | more)[name]
    good.setenv(f"ASKBRIDGE_{name}", wrapping.format(value))

    found = getattr(config.read(config.Settings), name.lower())

    assert str(found.get_secret_value() if isinstance(found, SecretStr) else found) == value


@pytest.mark.parametrize("text", ["'new','old'", '"new", "old"\n', "'new, old'", "new\n,old\r\n"])
def test_quotes_are_taken_off_each_of_two_secrets_too(good: pytest.MonkeyPatch, text: str) -> None:
    good.setenv("ASKBRIDGE_SLACK_SIGNING_SECRET", text)
    good.setenv("ASKBRIDGE_WEBHOOK_KEY", text.replace("new", "n" * 32).replace("old", "o" * 32))

    settings = config.read(config.Settings)

    assert settings.slack_signing_secret.get_secret_value() == "new,old"
    assert settings.webhook_keys == WebhookKeys((b"n" * 32, b"o" * 32))


@pytest.mark.parametrize("text", ['"secret', "secret'", "\"secret'", "sec\nret"])
def test_what_is_no_pair_of_quotes_stays(text: str) -> None:
    assert unwrapped(text) == text


@pytest.mark.parametrize("blank", ["''", '""\n', "\n"])
def test_nothing_within_quotes_is_blank(good: pytest.MonkeyPatch, blank: str) -> None:
    for name in GOOD:
        good.setenv(f"ASKBRIDGE_{name}", blank)
    with pytest.raises(Misconfigured) as refused:
        config.read(config.Settings)

    assert str(refused.value).count("is set, but blank") == len(GOOD)


def test_a_missing_setting_is_told_of_with_the_variable_that_is_nearly_named_so(good: pytest.MonkeyPatch) -> None:
    good.delenv("ASKBRIDGE_DATABASE_URL")
    good.setenv("ASKBRIDGE_DATABASE_URI", GOOD["DATABASE_URL"])

    with pytest.raises(Misconfigured) as refused:
        config.read(config.Settings)

    missing, near = str(refused.value).splitlines()[1:]
    assert missing == "  ASKBRIDGE_DATABASE_URL: is not set"
    assert near.startswith("  ASKBRIDGE_DATABASE_URI: no setting has this name")
    assert near.endswith("if ASKBRIDGE_DATABASE_URL was meant, write it so")
