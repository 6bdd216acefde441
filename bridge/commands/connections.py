"""`askbridge connections`: lists, sets up, disables and enables the Slack workspaces of an organization."""

import re
from typing import NoReturn
from uuid import UUID

import click

from bridge import fields, ids
from bridge.commands import terminal
from bridge.commands.terminal import CommandRefused
from storage import connections
from storage.connections import ConnectionDisabled, OwnedElsewhere
from storage.model import Connection, Json, Organization
from storage.pool import Database


@click.group(
    "connections",
    epilog=f"""\b
Examples:
  askbridge connections list
  askbridge connections set con_01kb2n… --default-channel C012AB3CD
  askbridge connections disable con_01kb2n…
  askbridge connections enable con_01kb2n…

{terminal.EXIT}""",
)
def group() -> None:
    """List, set up, disable and enable the Slack workspaces of an organization.

    A replica with a bot token in its settings makes its connection by itself when it first starts.
    """


@group.command(
    "list",
    epilog=f"""\b
Example:
  askbridge connections list

{terminal.EXIT}""",
)
@terminal.organization_option
@terminal.json_option
def list_(*, organization_id: UUID | None, as_json: bool) -> None:
    """List the connections, oldest first, also the disabled ones."""

    async def work(db: Database) -> list[Connection]:
        owner = await terminal.organization(db, organization_id)
        return await connections.all_of_organization(db, owner.organization_id)

    listed = terminal.with_database(work)
    if as_json:
        terminal.print_json({"items": [_resource(connection) for connection in listed]})
        return
    rows = [
        [
            ids.encode("con", connection.id),
            connection.name,
            connection.team_id or connection.enterprise_id or "",
            connection.app_id,
            connection.default_channel or "",
            terminal.moment(connection.created_at),
            terminal.moment(connection.disabled_at, never="no"),
        ]
        for connection in listed
    ]
    click.echo(terminal.table([["ID", "WORKSPACE", "TEAM", "APP", "DEFAULT CHANNEL", "CREATED", "DISABLED"], *rows]))


def _channel(_: click.Context, __: click.Parameter, given: str) -> str:
    if given and not re.fullmatch(fields.CHANNEL, given):
        raise click.BadParameter(f"{given!r} is not the id of a Slack conversation, such as C012AB3CD; a name is none.")
    return given


@group.command(
    "set",
    epilog=f"""\b
Examples:
  askbridge connections set con_01kb2n… --default-channel C012AB3CD
  askbridge connections set con_01kb2n… --default-channel ""

{terminal.EXIT}""",
)
@click.argument("con_id", type=terminal.an_id("con"))
@click.option(
    "--default-channel",
    metavar="C…",
    required=True,
    callback=_channel,
    help="The conversation for cards that are addressed to no one; the app must be in it. Empty: none.",
)
@terminal.organization_option
@terminal.json_option
def set_(*, con_id: UUID, default_channel: str, organization_id: UUID | None, as_json: bool) -> None:
    """Say where cards go that are addressed to no one, such as those of recoveries that the board owns.

    Recoveries that are open already get their card there with their next change.
    """
    channel = default_channel or None

    async def work(db: Database) -> Connection:
        owner = await terminal.organization(db, organization_id)
        changed = await connections.set_default_channel(
            db, organization_id=owner.organization_id, id=con_id, channel=channel
        )
        return changed or _refuse(owner, con_id)

    changed = terminal.with_database(work)
    if as_json:
        terminal.print_json(_resource(changed))
        return
    where = f"go to {channel}" if channel else "are not posted"
    click.echo(f"{_named(changed)}: cards that are addressed to no one {where}")


@group.command(
    epilog=f"""\b
Example:
  askbridge connections disable con_01kb2n…

{terminal.EXIT}"""
)
@click.argument("con_id", type=terminal.an_id("con"))
@terminal.organization_option
@terminal.json_option
def disable(*, con_id: UUID, organization_id: UUID | None, as_json: bool) -> None:
    """Cancel a workspace's open questions, and accept no further questions or clicks from it.

    Once this has ended, nothing there can be answered. Running replicas change the cards to say so.
    """

    async def work(db: Database) -> ConnectionDisabled:
        owner = await terminal.organization(db, organization_id)
        done = await connections.disable(db, organization_id=owner.organization_id, id=con_id, new_id=ids.new)
        return done or _refuse(owner, con_id)

    done = terminal.with_database(work)
    if as_json:
        terminal.print_json({**_resource(done.connection), "cancelled": done.cancelled})
        return
    click.echo(
        f"{_named(done.connection)} is disabled since {terminal.moment(done.connection.disabled_at)}; "
        f"{terminal.count(done.cancelled, 'open question')} cancelled"
    )


@group.command(
    epilog=f"""\b
Example:
  askbridge connections enable con_01kb2n…

{terminal.EXIT}"""
)
@click.argument("con_id", type=terminal.an_id("con"))
@terminal.organization_option
@terminal.json_option
def enable(*, con_id: UUID, organization_id: UUID | None, as_json: bool) -> None:
    """Accept questions and clicks of a workspace again. Cancelled questions stay cancelled."""

    async def work(db: Database) -> Connection:
        owner = await terminal.organization(db, organization_id)
        if owner.disabled_at is not None:
            raise CommandRefused(
                f"{owner.name} is disabled as a whole; first: "
                f"askbridge organizations enable {ids.encode('org', owner.organization_id)}"
            )
        try:
            enabled = await connections.enable(db, organization_id=owner.organization_id, id=con_id)
        except OwnedElsewhere as error:
            raise CommandRefused(f"{ids.encode('con', con_id)} cannot be enabled. {error}") from None
        return enabled or _refuse(owner, con_id)

    enabled = terminal.with_database(work)
    if as_json:
        terminal.print_json(_resource(enabled))
        return
    click.echo(f"{_named(enabled)} is enabled")


def _refuse(owner: Organization, id: UUID) -> NoReturn:
    raise CommandRefused(
        f"{owner.name} has no connection {ids.encode('con', id)}; `askbridge connections list` shows those it has."
    )


def _named(connection: Connection) -> str:
    return f"{ids.encode('con', connection.id)} ({connection.name})"


def _resource(connection: Connection) -> Json:
    return {
        "id": ids.encode("con", connection.id),
        "organization": ids.encode("org", connection.organization_id),
        "workspace": connection.name,
        "app_id": connection.app_id,
        "enterprise_id": connection.enterprise_id,
        "team_id": connection.team_id,
        "default_channel": connection.default_channel,
        "created_at": terminal.moment(connection.created_at),
        "disabled_at": terminal.moment(connection.disabled_at) or None,
    }
