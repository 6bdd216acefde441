"""The log lines of a replica's start: release, address, database, connections, and settings that are missing."""

import os
import re

import bridge
from bridge import ids
from bridge.logs import Log
from bridge.server import misspelt
from bridge.server.config import Settings
from bridge.server.fd_limit import FEW, Allotment
from storage import connections, errors, migrate, organizations, server
from storage.pool import Database

_log = Log("app")

_MAX_ORGANIZATIONS = 10  # whose connections are logged one by one
_HOST = r"(\[[^\]/]*\]|[^\[\]:,/]*)(:[0-9]{1,5})?"
_LOCATION = re.compile(rf"{_HOST}(,{_HOST})*(/.*)?")


def starting(settings: Settings, allotment: Allotment) -> None:
    """Log what starts and which optional settings are missing; before the database is used."""
    _log.info(
        "replica_starting",
        version=bridge.__version__,
        listen=f"{settings.host}:{settings.port}",
        database=whereabouts(settings.database_url.get_secret_value()),
        slack_api=settings.slack_api_url,
    )
    for name, intended in misspelt.find(os.environ, Settings.model_fields):
        _log.warning(
            "setting_misspelt",
            setting=name,
            means="no setting has this name, so it has no effect",
            fix=f"if {intended} was meant, write it so and start again",
        )
    if not settings.signing_secrets_usual:
        _log.warning(
            "signing_secret_unusual",
            setting="ASKBRIDGE_SLACK_SIGNING_SECRET",
            means="it is not 32 hexadecimal digits as Slack's are; with a wrong one every click is refused",
            fix="copy it from the app's page Basic Information: neither the client secret nor the verification token",
        )
    if settings.slack_bot_token is None:
        _log.warning(
            "token_missing",
            setting="ASKBRIDGE_SLACK_BOT_TOKEN",
            means="this replica posts and changes no cards and opens no forms; it accepts questions and other clicks",
            fix="set it to the bot token (xoxb-…) of the app's page OAuth & Permissions and start again",
        )
    if allotment.number < FEW:
        _log.warning(
            "descriptors_few",
            number=allotment.number,
            connections=allotment.connections,
            means=f"at most {allotment.open_requests} agents can wait here or stream, of one organization half as many",
            fix=f"raise the hard limit of open files (ulimit -Hn, LimitNOFILE=) to {FEW} or more",
        )


async def log_database(db: Database) -> None:
    """Log the database, its schema and the connections it has; an unavailable database is logged, not waited for."""
    try:
        facts = await server.look(db)
        _log.info("database_reached", server=f"PostgreSQL {facts.release}", schema=await migrate.version(db))
        if facts.forgetful:
            _log.warning(
                "database_not_durable",
                off=", ".join(facts.forgetful),
                means="a crash of the database's machine can lose answers that were confirmed",
                fix="askbridge doctor names the command",
            )
        active = [organization for organization in await organizations.every(db) if organization.disabled_at is None]
        for organization in active[:_MAX_ORGANIZATIONS]:
            for connection in await connections.of_organization(db, organization.organization_id):
                _log.info(
                    "connection_known",
                    connection=ids.encode("con", connection.id),
                    workspace=connection.name,
                    team=connection.team_id or connection.enterprise_id,
                    app=connection.app_id,
                    organization=organization.name,
                )
        if len(active) > _MAX_ORGANIZATIONS:
            _log.info("organizations_known", number=len(active), shown=_MAX_ORGANIZATIONS)
    except errors.Unavailable as error:
        _log.warning("database_awaited", cause=error.cause, advice=error.advice)


def whereabouts(url: str) -> str | None:
    """Host, port and name of a database URL, nothing else; None when the URL may hold a password among them."""
    before, _, after = url.partition("://")[2].rpartition("@")
    if re.search("[?#]", before):  # the @ is within the parameters, which may hold a password
        return None
    location = re.split("[?#]", after)[0]
    return location if _LOCATION.fullmatch(location) else None  # not for user:password/database, without a host
