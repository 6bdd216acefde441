"""What a replica says of itself when it starts: what it is, what it stands on, and what it lacks to do its work."""

import difflib
import os
import re
from collections.abc import Iterable

import bridge
from bridge import ids
from bridge.logs import Log
from bridge.server.config import Settings
from bridge.server.fd_limit import FEW, Allotment
from storage import connections, errors, migrate, organizations, server
from storage.pool import Database

_log = Log("app")

_PREFIX = "ASKBRIDGE_"
_NEAR = 0.75  # of two names' letters that are the same, as in PROT and PORT
_KUBERNETES = f"{_PREFIX}SERVICE_"  # what it sets for a service of this name: its SERVICE_PORT is no METRICS_PORT
_MOST = 10  # organizations whose connections are named one by one
_HOST = r"(\[[^\]/]*\]|[^\[\]:,/]*)(:[0-9]{1,5})?"
_PLACE = re.compile(rf"{_HOST}(,{_HOST})*(/.*)?")


def starting(settings: Settings, allotment: Allotment) -> None:
    """Say what starts here, and which settings that it can do without are missing; before the database is asked."""
    _log.info(
        "replica_starting",
        version=bridge.__version__,
        listen=f"{settings.host}:{settings.port}",
        database=whereabouts(settings.database_url.get_secret_value()),
        slack_api=settings.slack_api_url,
    )
    for name, meant in misspelt(os.environ):
        _log.warning(
            "setting_misspelt",
            setting=name,
            means="no setting has this name, so it does nothing",
            fix=f"if {meant} was meant, write it so and start again",
        )
    if settings.slack_bot_token is None:
        _log.warning(
            "token_missing",
            setting="ASKBRIDGE_SLACK_BOT_TOKEN",
            means="no card is posted or changed by this replica; clicks and questions are taken",
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


async def standing(db: Database) -> None:
    """Say which database this is and whom it serves. A database that cannot be asked just now keeps nobody waiting."""
    try:
        seen = await server.look(db)
        _log.info("database_reached", server=f"PostgreSQL {seen.release}", schema=await migrate.version(db))
        if seen.forgetful:
            _log.warning(
                "database_not_durable",
                off=", ".join(seen.forgetful),
                means="a crash of the database's machine can lose answers that were confirmed",
                fix="askbridge doctor names the command",
            )
        active = [one for one in await organizations.every(db) if one.disabled_at is None]
        for owner in active[:_MOST]:
            for one in await connections.of_organization(db, owner.organization_id):
                _log.info(
                    "connection_known",
                    connection=ids.encode("con", one.id),
                    workspace=one.name,
                    team=one.team_id or one.enterprise_id,
                    app=one.app_id,
                    organization=owner.name,
                )
        if len(active) > _MOST:
            _log.info("organizations_known", number=len(active), shown=_MOST)
    except errors.Unavailable as error:
        _log.warning("database_awaited", cause=error.cause, advice=error.advice)


def misspelt(names: Iterable[str]) -> list[tuple[str, str]]:
    """Names that are nearly those of a setting, each with that; any other may be somebody else's."""
    known = [name.upper() for name in Settings.model_fields]
    near = [
        (name, difflib.get_close_matches(name.removeprefix(_PREFIX), known, n=1, cutoff=_NEAR))
        for name in sorted(names)
        if name.startswith(_PREFIX) and not name.startswith(_KUBERNETES) and name.removeprefix(_PREFIX) not in known
    ]
    return [(name, f"{_PREFIX}{found[0]}") for name, found in near if found]


def whereabouts(url: str) -> str | None:
    """Host, port and name of a database's address, and nothing of the rest; None when they cannot be told apart."""
    before, _, place = url.partition("://")[2].rpartition("@")
    if re.search("[?#]", before):  # so the @ is within the parameters, which may hold a password too
        return None
    shown = re.split("[?#]", place)[0]
    return shown if _PLACE.fullmatch(shown) else None  # user:password/database, when the host was forgotten
