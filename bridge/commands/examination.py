"""Collects the facts for `askbridge doctor` and runs its checks, in the order in which a bridge needs them."""

import os
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack

import aiohttp

from bridge.commands import checks, clicks_check, slack_checks
from bridge.commands.button_check import ButtonCheck
from bridge.commands.checks import PSQL, Check, State, failed, ok, skipped
from bridge.server import config, misspelt
from bridge.slack import client
from storage import connections, errors, migrate, pool, server
from storage.pool import Database
from storage.server import Server

_SECONDS = 5.0  # for one HTTP request; a bridge or a Slack that needs longer has a problem
_SET_URL = "export ASKBRIDGE_DATABASE_URL=postgresql://user:password@host:port/database"


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
        ahead: float | None = None  # of the database, in seconds
        ahead_of_slack: float | None = None
        if isinstance(opened, Check):
            yield opened
        else:
            try:
                facts = await server.look(opened)
                ahead = time.time() - facts.now.timestamp()
            except errors.Unavailable as error:
                yield _no_database(error)
                db = None
            else:
                yield checks.database(facts)
        schema = await _schema(db)
        yield schema
        yield checks.durability(facts) if facts else skipped("durability", checks.NO_DATABASE)
        secret = _signing_secret()
        secrets = None if isinstance(secret, Check) else secret.signing_secrets
        yield secret if isinstance(secret, Check) else checks.signing_secret(usual=secret.signing_secrets_usual)
        migrated = db if schema.state is State.OK else None
        workspace = _workspace()
        slack = None if isinstance(workspace, Check) else slack_checks.client_of(workspace, http)
        identity = await slack.identity() if slack else None
        if isinstance(workspace, Check):
            yield workspace
            for name in ("scopes", "channel", "workspace", "Slack API"):
                yield skipped(name, "the settings for Slack cannot be used")
        else:
            async for check in slack_checks.examine(
                workspace, slack, identity, db=migrated, http=http, channels=channels
            ):
                yield check
                if check.name == "Slack API" and check.state is State.OK:
                    ahead_of_slack = await _ahead_of_slack(workspace, http)
        yield await _cards(migrated)
        yield await clicks_check.examine(url, secrets, http)
        yield await slack_checks.button(migrated, workspace, identity, button)
        yield checks.clock(database=ahead, slack=ahead_of_slack)


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
        return skipped("schema", checks.NO_DATABASE)
    try:
        await migrate.check(db)
        return ok("schema", f"migrated to {await migrate.version(db)}")
    except errors.NotMigrated as error:
        return failed("schema", str(error), fix="askbridge migrate")
    except errors.SchemaTooNew as error:
        return failed("schema", str(error), fix="install the newer release: pip install --upgrade askbridge")
    except errors.Unavailable as error:
        return checks.no_answer("schema", error)


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


async def _ahead_of_slack(workspace: config.Workspace, http: aiohttp.ClientSession) -> float | None:
    """How many seconds this machine's clock is ahead of Slack's; None if Slack does not say its time."""
    theirs = await client.now(workspace.slack_api_url, http=http)
    return time.time() - theirs.timestamp() if theirs else None


async def _cards(db: Database | None) -> Check:
    if db is None:
        return skipped("cards", checks.NO_DATABASE)
    try:
        return checks.cards(await connections.degraded(db))
    except errors.Unavailable as error:
        return checks.no_answer("cards", error)


def _lines(error: config.Misconfigured) -> str:
    return "; ".join(line.strip() for line in str(error).splitlines()[1:])
