"""`askbridge serve`: runs one replica."""

import asyncio
import errno
import os
import signal
import socket

import click

from bridge import logs
from bridge.commands import terminal
from bridge.server import config, lifecycle, listeners
from storage import errors


@click.command(
    epilog="""\b
Examples:
  askbridge serve
  ASKBRIDGE_PORT=0 askbridge serve --json

Settings come from the environment (ASKBRIDGE_…); see docs/configuration.md.

SIGTERM lets it serve for ASKBRIDGE_DRAIN_SECONDS more, so that a balancer can see that it stops;
Ctrl-C or a second SIGTERM ends it sooner.

Exit status: 0 stopped with SIGTERM or Ctrl-C; 1 it could not start, and stderr says why; 2 wrong usage."""
)
@click.option("--json", "as_json", is_flag=True, help="Print one line of JSON with the address on stdout once ready.")
def serve(*, as_json: bool) -> None:
    """Run one replica until SIGTERM or Ctrl-C.

    Run as many as you like on one database, behind any balancer; they are all alike.
    """
    settings = terminal.settings(config.Settings)
    logs.configure(form=settings.log)
    write_error: OSError | None = None

    def ready(addresses: lifecycle.Addresses) -> None:
        nonlocal write_error
        if as_json:
            try:
                metrics = {"metrics_url": addresses.metrics_url} if addresses.metrics_url else {}
                terminal.print_json({"url": addresses.url, **metrics, "pid": os.getpid()})
            except OSError as error:  # the parent process waits for this line and will not get it
                write_error = error
                for number in (signal.SIGTERM, signal.SIGINT):  # the second skips the drain
                    signal.raise_signal(number)

    try:
        asyncio.run(lifecycle.serve(settings, on_ready=ready))
    except (errors.NotMigrated, errors.SchemaTooNew, errors.BadDatabaseUrl) as error:
        terminal.fail(str(error))
    except listeners.CannotListen as error:
        terminal.fail(_cannot_listen(error))
    if write_error:
        raise write_error


def _cannot_listen(error: listeners.CannotListen) -> str:
    cause, host, port = error.__cause__, error.host, error.port
    host_setting, port_setting = f"{error.setting}HOST", f"{error.setting}PORT"
    match cause.errno if isinstance(cause, OSError) else 0:
        case errno.EADDRINUSE:
            return f"Cannot listen on {host}:{port}: it is already in use. Choose another {port_setting}."
        case errno.EACCES:
            return f"Cannot listen on {host}:{port}: this account may not. Choose an {port_setting} from 1024 on."
        case errno.EADDRNOTAVAIL | socket.EAI_NONAME | None:  # since Python 3.13 asyncio sets no errno here
            return f"Cannot listen on {host}: this machine has no such address. Choose another {host_setting}."
        case _:
            reason = cause.strerror if isinstance(cause, OSError) else type(cause).__name__
            return f"Cannot listen on {host}:{port}: {reason}. Check {host_setting} and {port_setting}."
