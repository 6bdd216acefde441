"""The settings of one replica, read once from the environment; all other code gets values."""

import os
import re
from typing import Annotated, Any, Literal, TypeAlias, TypeVar
from urllib.parse import urlsplit

from pydantic import AfterValidator, BeforeValidator, Field, SecretStr, ValidationError, field_validator
from pydantic_core import ErrorDetails
from pydantic_settings import BaseSettings, SettingsConfigDict

from bridge.agents.limits.limit_values import USUAL, Limits
from bridge.server import misspelt
from bridge.server.setting_text import each_unwrapped, unwrapped
from bridge.slack.verify import SigningSecrets
from bridge.webhooks.guard import Guard
from bridge.webhooks.signature import WebhookKeys


class Misconfigured(Exception):
    """The settings cannot be used as they are; the message says which and what to do."""


def _signing_secrets(value: SecretStr) -> SecretStr:
    secrets = each_unwrapped(value.get_secret_value())
    SigningSecrets.read(secrets)
    return SecretStr(secrets)


def _webhook_key(value: SecretStr) -> SecretStr:
    keys = each_unwrapped(value.get_secret_value())
    WebhookKeys.read(keys)
    return SecretStr(keys)


def _networks(value: str) -> str:
    if not Guard.read(value).allowed:
        raise ValueError("must name a network, such as 10.0.0.0/8")
    return value


def _database_url(value: SecretStr) -> SecretStr:
    # A blank URL would not fail: asyncpg would use its defaults and might reach another database.
    if not value.get_secret_value().startswith(("postgresql://", "postgres://")):
        raise ValueError("must be an address like postgresql://user:password@host:5432/database")
    return value


def _bot_token(value: SecretStr) -> SecretStr:
    secret = value.get_secret_value()
    if not secret.startswith(("xoxb-", "xoxe.xoxb-")) or not secret.isprintable() or " " in secret:
        raise ValueError("must be a bot token, which starts with xoxb- (the app's page OAuth & Permissions shows it)")
    return value


def _api_url(value: str) -> str:
    try:
        parts = urlsplit(value)
        usable = parts.scheme in {"https", "http"} and bool(parts.hostname) and not parts.query and not parts.fragment
    except ValueError:
        usable = False
    if not usable or not value.isprintable() or " " in value:
        raise ValueError("must be an address that starts with https:// (or http:// for the sandbox)")
    return value if value.endswith("/") else value + "/"


def _words(value: str) -> str:
    if not value.strip() or not value.isprintable():
        raise ValueError("must not be blank and must not contain invisible characters")
    return value


def _port(value: object) -> object:
    if isinstance(value, str) and value.startswith("tcp://"):
        raise ValueError(
            "must be a number; Kubernetes sets this variable itself for a Service of such a name (askbridge…): "
            "set enableServiceLinks: false in the pod, or give the Service another name"
        )
    return value


_Words: TypeAlias = Annotated[str, AfterValidator(_words)]


class _Part(BaseSettings):
    model_config = SettingsConfigDict(env_prefix="ASKBRIDGE_", env_ignore_empty=False, extra="ignore", frozen=True)

    @field_validator("*", mode="before")
    @classmethod
    def _unwrapped(cls, value: object) -> object:
        return unwrapped(value) if isinstance(value, str) else value


class DatabaseSettings(_Part):
    """The settings of commands that use only the database."""

    database_url: Annotated[SecretStr, AfterValidator(_database_url)] = Field(
        description="The URL of PostgreSQL 15 or newer: `postgresql://user:password@host/db`."
    )
    database_direct_url: Annotated[SecretStr, AfterValidator(_database_url)] | None = Field(
        default=None,
        description="The same database without a pooler; required only if the other URL goes through one.",
    )

    @property
    def direct_url(self) -> str:
        """The URL that reaches the database without a pooler."""
        return (self.database_direct_url or self.database_url).get_secret_value()


class Signing(_Part):
    """The settings that verify Slack's signatures."""

    slack_signing_secret: Annotated[SecretStr, AfterValidator(_signing_secrets)] = Field(
        description="The app's signing secret; a comma list of two while it is being rotated."
    )

    @property
    def signing_secrets(self) -> SigningSecrets:
        """The accepted signing secrets."""
        return SigningSecrets.read(self.slack_signing_secret.get_secret_value())

    @property
    def signing_secrets_usual(self) -> bool:
        """Whether each has the form of Slack's: 32 hexadecimal digits in lower case."""
        secrets = self.slack_signing_secret.get_secret_value().split(",")
        return all(re.fullmatch("[0-9a-f]{32}", secret.strip()) for secret in secrets)


class Workspace(_Part):
    """The settings of calls to Slack's Web API."""

    slack_bot_token: Annotated[SecretStr, AfterValidator(_bot_token)] | None = Field(
        default=None, description="The bot token (`xoxb-…`) of the one workspace this bridge serves."
    )
    slack_app_id: Annotated[str, Field(pattern="^A[A-Z0-9]{1,30}$")] | None = Field(
        default=None, description="The app's id (`A…`); required only if Slack does not return it for the token."
    )
    slack_api_url: Annotated[str, AfterValidator(_api_url)] = Field(
        default="https://slack.com/api/", description="The address of Slack's Web API; change it for the sandbox."
    )


class Settings(Workspace, Signing, DatabaseSettings):
    """Every setting with its default and purpose. The table in docs/configuration.md is generated from this class."""

    organization: _Words = Field(
        default="Default",
        max_length=200,
        description="The name of the organization that is created at the first start.",
    )
    # Blank would listen on every address.
    host: _Words = Field(default="127.0.0.1", description="The address to listen on; `0.0.0.0` for all.")
    port: Annotated[int, BeforeValidator(_port)] = Field(
        default=8080, ge=0, le=65535, description="The port to listen on; 0 takes any free one."
    )
    metrics_host: _Words = Field(
        default="127.0.0.1",
        description="The address to listen on for metrics, which need no password.",
    )
    metrics_port: Annotated[int, BeforeValidator(_port)] | None = Field(
        default=None,
        ge=0,
        le=65535,
        description="The port of `/metrics`, for Prometheus; 0 takes any free one. Default: no metrics.",
    )
    drain_seconds: int = Field(
        default=8,
        ge=0,
        le=3600,
        description="How many seconds a replica continues to serve after SIGTERM, while `/readyz` returns 503.",
    )
    database_connections: int = Field(
        default=10, ge=2, le=500, description="Maximum database connections of this replica, besides those for clicks."
    )
    claim_connections: int = Field(
        default=4, ge=1, le=100, description="Database connections that are reserved for clicks."
    )
    requests_per_second: int = Field(
        default=int(USUAL.requests_per_second),
        ge=1,
        le=1_000_000,
        description="Requests per second for each organization's agents, over all replicas.",
    )
    request_burst: int = Field(
        default=USUAL.request_burst,
        ge=1,
        le=1_000_000,
        description="Burst size: requests at once after a pause.",
    )
    pending_questions: int = Field(
        default=USUAL.pending_questions,
        ge=1,
        le=1_000_000,
        description="Maximum pending questions of an organization.",
    )
    open_things: int = Field(
        default=USUAL.open_things,
        ge=1,
        le=10_000_000,
        description="Maximum open things of an organization, such as recoveries.",
    )
    open_requests: int = Field(
        default=USUAL.open_requests,
        ge=1,
        le=1_000_000,
        description="How many streams of an organization may be open on a replica, and how many of its requests wait.",
    )
    retention_days: int = Field(
        default=90,
        ge=0,
        le=36_500,
        description="How many days an ended question and its clicks are kept; 0 keeps everything.",
    )
    webhook_key: Annotated[SecretStr, AfterValidator(_webhook_key)] | None = Field(
        default=None,
        description="The key from which webhook secrets are derived, 32 characters or more; a comma list of two while "
        "it is being rotated. Without it, webhooks are off.",
    )
    webhook_allow_nets: Annotated[str, AfterValidator(_networks)] | None = Field(
        default=None,
        description="Private networks that webhooks may reach, such as `10.0.0.0/8,fd00::/8`; all others are refused.",
    )
    log: Literal["readable", "json"] = Field(
        default="readable", description="The format of the log on stderr: `readable` or `json`."
    )

    @property
    def limits(self) -> Limits:
        """The limits of each organization."""
        return Limits(
            requests_per_second=self.requests_per_second,
            request_burst=self.request_burst,
            pending_questions=self.pending_questions,
            open_requests=self.open_requests,
            open_things=self.open_things,
        )

    @property
    def webhook_keys(self) -> WebhookKeys | None:
        """The keys that sign webhooks; None: webhooks are off."""
        return WebhookKeys.read(self.webhook_key.get_secret_value()) if self.webhook_key else None

    @property
    def webhook_guard(self) -> Guard:
        """The rule that decides which addresses webhooks may reach."""
        return Guard.read(self.webhook_allow_nets or "")


S = TypeVar("S", bound=BaseSettings)


def read(settings: type[S]) -> S:
    """Read the environment; raises Misconfigured with a line per setting that is missing or wrong."""
    try:
        return settings()
    except ValidationError as error:
        lines = [
            f"  ASKBRIDGE_{str(problem['loc'][0]).upper()}: {_explain(problem)}"
            for problem in error.errors(include_url=False)
        ]
        lines += [f"  {line}" for line in misspelt_lines(settings)]
        raise Misconfigured("\n".join(["These settings are missing or wrong:", *lines])) from None


def misspelt_lines(settings: type[BaseSettings]) -> list[str]:
    """A line for each variable of the environment that is named nearly like one of these settings."""
    return [
        f"{name}: no setting has this name, so it has no effect; if {intended} was meant, write it so"
        for name, intended in misspelt.find(os.environ, Settings.model_fields)
        if intended.removeprefix(misspelt.PREFIX).lower() in settings.model_fields
    ]


def _explain(problem: ErrorDetails) -> str:
    """What is wrong with a setting, as the rest of a sentence; never contains the value."""
    if problem["type"] == "missing":
        return "is not set"
    given: Any = problem["input"]
    if not str(given.get_secret_value() if isinstance(given, SecretStr) else given).strip():
        return "is set, but blank; give it a value or unset it"
    if problem["type"] == "string_pattern_mismatch":
        return "must be an app's id, which starts with A"
    return problem["msg"].removeprefix("Value error, ").replace("Input should ", "must ")
