"""The checks of `askbridge doctor` that ask Slack: the bot token with its scopes, channels, workspace, and a button."""

from collections.abc import AsyncIterator, Sequence

import aiohttp

from bridge import ids
from bridge.commands import button_check, checks, terminal
from bridge.commands.button_check import ButtonCheck
from bridge.commands.checks import Check, failed, ok, skipped
from bridge.server import config
from bridge.slack import client
from bridge.slack.client import Client, Identity
from bridge.slack.errors import RetryAfter, SlackFailure
from storage import connections, errors, organizations
from storage.pool import Database


def client_of(settings: config.Workspace, http: aiohttp.ClientSession) -> Client | None:
    """A client with the bot token; None if that is not set."""
    if settings.slack_bot_token is None:
        return None
    return Client(token=settings.slack_bot_token.get_secret_value(), api_url=settings.slack_api_url, http=http)


async def examine(
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


async def button(
    db: Database | None,
    settings: config.Workspace | Check,
    identity: Identity | SlackFailure | None,
    wanted: ButtonCheck | None,
) -> Check:
    """Whether a click on a real card arrives; skipped unless that is wanted and possible."""
    name = button_check.NAME
    if wanted is None:
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
        return await button_check.examine(db, connection, wanted)
    except errors.Unavailable as error:
        return checks.no_answer(name, error)


async def _connected(db: Database | None, identity: Identity, *, app_id: str | None) -> Check:
    """Which organization the token's workspace is connected to."""
    name = "workspace"
    if db is None:
        return skipped(name, checks.NO_DATABASE)
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
        return checks.no_answer(name, error)
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
