"""`askbridge serve` and `askbridge migrate`: a replica, and the database it needs."""

import asyncio
import os

import click

from bridge import app, config, logs
from bridge.commands import terminal
from storage import errors
from storage import migrate as migrations


@click.command(
    epilog="""\b
Examples:
  askbridge serve
  ASKBRIDGE_PORT=0 askbridge serve --json

Settings come from the environment (ASKBRIDGE_…); see docs/configuration.md.

Exit status: 0 stopped with SIGTERM or Ctrl-C; 1 it could not start, and stderr says why; 2 typed wrongly."""
)
@click.option("--json", "as_json", is_flag=True, help="Print one line of JSON with the address on stdout once ready.")
def serve(*, as_json: bool) -> None:
    """Run one replica until SIGTERM or Ctrl-C.

    Run as many as you like on one database, behind any balancer; they are all alike.
    """
    settings = terminal.settings(config.Settings)
    logs.configure(form=settings.log)

    def ready(url: str) -> None:
        if as_json:
            terminal.tell({"url": url, "pid": os.getpid()})

    try:
        asyncio.run(app.serve(settings, on_ready=ready))
    except (errors.NotMigrated, errors.SchemaTooNew, errors.BadDatabaseUrl) as error:
        terminal.fail(str(error))
    except OSError as error:
        terminal.fail(
            f"Cannot listen on {settings.host}:{settings.port}: {error.strerror}. Choose another ASKBRIDGE_PORT."
        )


@click.command(
    epilog=f"""\b
Example:
  askbridge migrate

Safe to run any number of times, also while replicas are running.

{terminal.EXIT}"""
)
def migrate() -> None:
    """Bring the database to this release's schema."""
    settings = terminal.settings(config.DatabaseSettings)
    try:
        applied = asyncio.run(migrations.migrate(settings.database_url.get_secret_value()))
    except errors.Unavailable as error:
        terminal.fail(f"The database cannot be used: {error.advice} ({error.cause}). Check ASKBRIDGE_DATABASE_URL.")
    except (errors.SchemaTooNew, errors.BadDatabaseUrl) as error:
        terminal.fail(str(error))
    for migration in applied:
        click.echo(f"applied {migration.version:04} {migration.name}")
    if not applied:
        click.echo("nothing to do: the schema is up to date")
