"""The program as a whole: every failure ends with a message and with an exit status that the help documents."""

import contextlib
import importlib
import io
import os
import sys
from collections.abc import Mapping
from typing import Any, NoReturn

import click

from bridge.commands.importing import program_imports


class Program(click.Group):
    """All commands, each imported when it runs: `keys create` takes half the time if no server is imported for it.

    A closed stdout and Ctrl-C end the program in order too.
    """

    def __init__(self, *arguments: Any, commands_by_name: Mapping[str, str], **extra: Any) -> None:
        super().__init__(*arguments, **extra)
        self._commands_by_name = commands_by_name

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002  -- click's signature
        return sorted(self._commands_by_name)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002  -- as above
        if cmd_name not in self._commands_by_name:
            return None
        module, name = self._commands_by_name[cmd_name].split(":")
        with program_imports():
            command: click.Command = getattr(importlib.import_module(f"bridge.commands.{module}"), name)
        return command

    def main(self, args: Any = None, *more: Any, **extra: Any) -> NoReturn:
        """Run the command and end the process; raises nothing but SystemExit, except where this program has a bug."""
        typed = list(sys.argv[1:] if args is None else args)
        # Python's own status for all of this is 1, which from these two would mean that a person denied.
        failure_status = 2 if typed and typed[0] in {"ask", "wait"} else 1
        stdout, stderr = sys.stdout, sys.stderr
        streams = [stream for stream in (stdout, stderr) if isinstance(stream, io.TextIOWrapper)]
        for stream in streams:
            stream.reconfigure(errors="replace")  # a terminal that cannot show a character gets `?`
        try:
            status = super().main(typed, *more, **{**extra, "standalone_mode": False})
            if stdout is not None:  # None: the process was started with stdout closed
                stdout.flush()
        except click.ClickException as wrong:
            _print_error(wrong)
            sys.exit(wrong.exit_code)
        except click.Abort:
            _print_error("Stopped before it was done.")
            sys.exit(failure_status)
        except OSError as error:  # every other OSError is handled where it may occur
            what = error.filename or "What this command has to say cannot be written"
            _print_error(f"{what}: {error.strerror}.")
            sys.exit(failure_status)
        except SystemExit:
            if sys.stdout is not stdout:  # click replaces a stdout whose reader has gone, and ends with 1
                sys.exit(failure_status)
            raise
        finally:
            # click wraps both, also one that is None, where the interpreter's last flush would fail with status 120.
            sys.stdout, sys.stderr = stdout, stderr
            for stream in streams:
                _empty(stream)
        sys.exit(status if isinstance(status, int) else 0)


def _empty(stream: io.TextIOWrapper) -> None:
    """Flush or discard a stream's buffer: a flush that fails at interpreter exit prints an error and sets status 120.

    A failed write was already reported where the text was written.
    """
    try:
        stream.flush()
    except OSError:
        null = os.open(os.devnull, os.O_WRONLY)
        os.dup2(null, stream.fileno())
        os.close(null)
        stream.flush()


def _print_error(message: str | click.ClickException) -> None:
    """Print to stderr; a stderr that cannot be written is ignored."""
    if sys.stderr is None:  # started with stderr closed; click would print to stdout
        return
    with contextlib.suppress(OSError):
        if isinstance(message, str):
            click.echo(message, err=True)
        else:
            message.show()
