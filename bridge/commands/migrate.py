"""`askbridge migrate`: migrates the database to the schema of this release."""

import asyncio

import click

from bridge.commands import terminal
from bridge.server import config
from storage import errors
from storage import migrate as migrations


@click.command(
    epilog=f"""\b
Example:
  askbridge migrate

Safe to run any number of times, also while replicas are running.

{terminal.EXIT}"""
)
def migrate() -> None:
    """Migrate the database to this release's schema."""
    settings = terminal.settings(config.DatabaseSettings)
    try:
        applied = asyncio.run(migrations.migrate(settings.direct_url))
    except errors.Unavailable as error:
        terminal.fail(terminal.unavailable(error))
    except (errors.SchemaTooNew, errors.BadDatabaseUrl) as error:
        terminal.fail(str(error))
    for migration in applied:
        click.echo(f"applied {migration.version:04} {migration.name}")
    if not applied:
        click.echo("nothing to do: the schema is up to date")
