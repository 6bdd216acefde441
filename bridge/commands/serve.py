"""`askbridge serve` and `askbridge migrate`: a replica, and the database it needs."""

import asyncio
import errno
import os
import signal
import socket

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
    unheard: OSError | None = None

    def ready(url: str) -> None:
        nonlocal unheard
        if as_json:
            try:
                terminal.tell({"url": url, "pid": os.getpid()})
            except OSError as error:  # whoever started it waits for this line in vain
                unheard = error
                signal.raise_signal(signal.SIGTERM)

    try:
        asyncio.run(app.serve(settings, on_ready=ready))
    except (errors.NotMigrated, errors.SchemaTooNew, errors.BadDatabaseUrl) as error:
        terminal.fail(str(error))
    except OSError as error:
        terminal.fail(_cannot_listen(error, host=settings.host, port=settings.port))
    if unheard:
        raise unheard


def _cannot_listen(error: OSError, *, host: str, port: int) -> str:
    match error.errno:
        case errno.EADDRINUSE:
            return f"Cannot listen on {host}:{port}: it is already in use. Choose another ASKBRIDGE_PORT."
        case errno.EACCES:
            return f"Cannot listen on {host}:{port}: this account may not. Choose an ASKBRIDGE_PORT from 1024 on."
        case errno.EADDRNOTAVAIL | socket.EAI_NONAME:
            return f"Cannot listen on {host}: this machine has no such address. Choose another ASKBRIDGE_HOST."
        case _:
            return f"Cannot listen on {host}:{port}: {error.strerror}. Check ASKBRIDGE_HOST and ASKBRIDGE_PORT."


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
        applied = asyncio.run(migrations.migrate(settings.direct_url))
    except errors.Unavailable as error:
        terminal.fail(f"The database cannot be used: {error.advice} ({error.cause}). Check ASKBRIDGE_DATABASE_URL.")
    except (errors.SchemaTooNew, errors.BadDatabaseUrl) as error:
        terminal.fail(str(error))
    for migration in applied:
        click.echo(f"applied {migration.version:04} {migration.name}")
    if not applied:
        click.echo("nothing to do: the schema is up to date")
