"""Collects the facts for `askbridge doctor` and runs its checks, in the order in which a bridge needs them."""

import os
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack
from datetime import datetime

import aiohttp

from bridge import ids
from bridge.commands import button_check, checks, clicks_check, terminal
from bridge.commands.button_check import ButtonCheck
from bridge.commands.checks import PSQL, Check, State, failed, ok, skipped
from bridge.server import config, misspelt
from bridge.slack import client
from bridge.slack.client import Client, Identity
from bridge.slack.errors import RetryAfter, SlackFailure
from storage import connections, errors, migrate, organizations, pool, server
from storage.pool import Database
from storage.server import Server

_SECONDS = 5.0  # for one HTTP request; a bridge or a Slack that needs longer has a problem
_AGAIN = "run it again: askbridge doctor"
_SET_URL = "export ASKBRIDGE_DATABASE_URL=postgresql://user:password@host:port/database"
_UNUSABLE = "the database cannot be used"


async def examine(
    *, url: str | None, channels: Sequence[str], button: ButtonCheck | None = None
) -> AsyncIterator[Check]:
    """Yield a finding for each check, in the order in which a bridge needs them; `url` is where Slack sends clicks.

    Ends without a database or network too, each of which may delay it for some seconds.
    """
    async with AsyncExitStack() as stack:
        yield checks.settings(misspelt.find(os.environ, config.Settings.model_fields))
        http = await stack.enter_async_context(client.session(seconds=_SECONDS))
        opened = await _open(stack)
        db = opened if isinstance(opened, Database) else None
        facts: Server | None = None
        if isinstance(opened, Check):
            yield opened
        else:
            try:
                facts = await server.look(opened)
            except errors.Unavailable as error:
                yield _no_database(error)
                db = None
            else:
                yield checks.database(facts)
        schema = await _schema(db)
        yield schema
        yield checks.durability(facts) if facts else skipped("durability", _UNUSABLE)
        secret = _signing_secret()
        secrets = None if isinstance(secret, Check) else secret.signing_secrets
        yield secret if isinstance(secret, Check) else checks.signing_secret(usual=secret.signing_secrets_usual)
        migrated = db if schema.state is State.OK else None
        workspace = _workspace()
        slack_time: datetime | None = None
        slack = None if isinstance(workspace, Check) else _client(workspace, http)
        identity = await slack.identity() if slack else None
        if isinstance(workspace, Check):
            yield workspace
            for name in ("scopes", "channel", "workspace", "Slack API"):
                yield skipped(name, "the settings for Slack cannot be used")
        else:
            async for check in _slack(workspace, slack, identity, db=migrated, http=http, channels=channels):
                yield check
                if check.name == "Slack API" and check.state is State.OK:
                    slack_time = await client.now(workspace.slack_api_url, http=http)
        yield await _cards(migrated)
        yield await clicks_check.examine(url, secrets, http)
        yield await _button(migrated, workspace, identity, button)
        yield checks.clock(facts, ours=time.time(), slack=slack_time.timestamp() if slack_time else None)


async def _open(stack: AsyncExitStack) -> Database | Check:
    try:
        dsn = config.read(config.DatabaseSettings).direct_url
        return await stack.enter_async_context(pool.connect(dsn, name="doctor", size=1))
    except config.Misconfigured as error:
        return failed("database", _lines(error), fix=_SET_URL)
    except errors.WrongEncoding as error:
        return failed("database", f"its encoding is {error.encoding}, and must be UTF8", fix=error.fix)
    except errors.BadDatabaseUrl as error:
        return failed("database", str(error), fix=_SET_URL)
    except errors.Unavailable as error:
        return _no_database(error)


def _no_database(error: errors.Unavailable) -> Check:
    return failed(
        "database",
        f"{error.problem} ({error.cause})",
        fix=f"{error.fix}. To see whether it works now: {PSQL} -c 'select 1'",
    )


async def _schema(db: Database | None) -> Check:
    if db is None:
        return skipped("schema", _UNUSABLE)
    try:
        await migrate.check(db)
        return ok("schema", f"migrated to {await migrate.version(db)}")
    except errors.NotMigrated as error:
        return failed("schema", str(error), fix="askbridge migrate")
    except errors.SchemaTooNew as error:
        return failed("schema", str(error), fix="install the newer release: pip install --upgrade askbridge")
    except errors.Unavailable as error:
        return failed("schema", f"the database stopped answering ({error.cause})", fix=_AGAIN)


def _signing_secret() -> config.Signing | Check:
    try:
        return config.read(config.Signing)
    except config.Misconfigured as error:
        return failed(
            "signing secret",
            _lines(error),
            fix="copy the Signing Secret from the app's page Basic Information: "
            "export ASKBRIDGE_SLACK_SIGNING_SECRET=…",
        )


def _workspace() -> config.Workspace | Check:
    try:
        return config.read(config.Workspace)
    except config.Misconfigured as error:
        return failed(
            "token",
            _lines(error),
            fix="correct this setting; the bot token is on the app's page OAuth & Permissions: "
            "export ASKBRIDGE_SLACK_BOT_TOKEN=xoxb-…",
        )


def _client(settings: config.Workspace, http: aiohttp.ClientSession) -> Client | None:
    """A client with the bot token; None if that is not set."""
    if settings.slack_bot_token is None:
        return None
    return Client(token=settings.slack_bot_token.get_secret_value(), api_url=settings.slack_api_url, http=http)


async def _slack(
    settings: config.Workspace,
    slack: Client | None,
    identity: Identity | SlackFailure | None,
    *,
    db: Database | None,
    http: aiohttp.ClientSession,
    channels: Sequence[str],
) -> AsyncIterator[Check]:
    """The checks of the token, its workspace and the channels; the last one is whether Slack answers at all."""
    if slack is None or identity is None:
        for name in ("token", "scopes", "channel", "workspace"):
            yield skipped(name, "ASKBRIDGE_SLACK_BOT_TOKEN is not set")
    elif isinstance(identity, Identity):
        team = identity.team_id or identity.enterprise_id
        yield ok("token", f"belongs to the workspace {terminal.printable(identity.name)} ({team})")
        granted = await slack.scopes()
        if granted is None:
            yield skipped("scopes", "Slack did not say which the token has")
        elif isinstance(granted, frozenset):
            yield checks.scopes(granted)
        else:
            yield _slack_failed("scopes", granted)
        for channel in channels:
            yield checks.channel(channel, await slack.channel(channel))
        if not channels:
            yield skipped("channel", "to check this, name a channel: askbridge doctor --channel C…")
        yield await _connected(db, identity, app_id=identity.app_id or settings.slack_app_id)
    else:
        yield _slack_failed("token", identity)
        for name in ("scopes", "channel", "workspace"):
            yield skipped(name, "the bot token cannot be used")
    failure = await client.reach(settings.slack_api_url, http=http)
    if failure is None:
        yield ok("Slack API", f"{settings.slack_api_url} answers")
    else:
        command = f"curl -i {settings.slack_api_url}api.test"
        yield failed(
            "Slack API",
            failure.detail,
            fix=f"check ASKBRIDGE_SLACK_API_URL, and whether a firewall or proxy keeps this machine from it: {command}",
        )


def _slack_failed(name: str, failure: SlackFailure) -> Check:
    if isinstance(failure, RetryAfter):
        return failed(
            name, failure.detail, fix="if the line of the Slack API failed too, fix that first. Then: askbridge doctor"
        )
    return failed(name, failure.detail, fix=f"{failure.fix} Then: askbridge doctor")


async def _cards(db: Database | None) -> Check:
    if db is None:
        return skipped("cards", _UNUSABLE)
    try:
        return checks.cards(await connections.degraded(db))
    except errors.Unavailable as error:
        return failed("cards", f"the database stopped answering ({error.cause})", fix=_AGAIN)


async def _button(
    db: Database | None,
    settings: config.Workspace | Check,
    identity: Identity | SlackFailure | None,
    button: ButtonCheck | None,
) -> Check:
    name = button_check.NAME
    if button is None:
        return skipped(name, "to check this, name a channel for a test card: askbridge doctor --click C…")
    if db is None or isinstance(settings, Check) or identity is None:
        return skipped(name, "the database or the bot token cannot be used")
    app_id = (isinstance(identity, Identity) and identity.app_id) or settings.slack_app_id
    if not isinstance(identity, Identity) or app_id is None:
        return skipped(name, "Slack did not accept the token, or did not name its app")
    try:
        connection = await connections.of_installation(
            db, app_id=app_id, enterprise_id=identity.enterprise_id, team_id=identity.team_id
        )
        if connection is None:
            return skipped(name, "the workspace is not connected")
        return await button_check.examine(db, connection, button)
    except errors.Unavailable as error:
        return failed(name, f"the database stopped answering ({error.cause})", fix=_AGAIN)


async def _connected(db: Database | None, identity: Identity, *, app_id: str | None) -> Check:
    """Which organization the token's workspace is connected to."""
    name = "workspace"
    if db is None:
        return skipped(name, _UNUSABLE)
    if app_id is None:
        return failed(
            name,
            "Slack did not say which app the token belongs to",
            fix="set the App ID of the app's page Basic Information: export ASKBRIDGE_SLACK_APP_ID=A…",
        )
    try:
        active = await connections.of_installation(
            db, app_id=app_id, enterprise_id=identity.enterprise_id, team_id=identity.team_id
        )
        disabled = await connections.disabled_of_installation(
            db, app_id=app_id, enterprise_id=identity.enterprise_id, team_id=identity.team_id
        )
        organization = await organizations.get(db, active.organization_id) if active else None
    except errors.Unavailable as error:
        return failed(name, f"the database stopped answering ({error.cause})", fix=_AGAIN)
    if active and organization:
        owner = f"{terminal.printable(organization.name)} ({ids.encode('org', organization.organization_id)})"
        return ok(name, f"connected to {owner} as {ids.encode('con', active.id)}")
    if disabled:
        id, org = ids.encode("con", disabled[0].id), ids.encode("org", disabled[0].organization_id)
        return failed(
            name, f"its connection {id} is disabled", fix=f"askbridge connections enable {id} --organization {org}"
        )
    return failed(
        name, "it is not connected to an organization yet", fix="start a replica, which connects it: askbridge serve"
    )


def _lines(error: config.Misconfigured) -> str:
    return "; ".join(line.strip() for line in str(error).splitlines()[1:])
