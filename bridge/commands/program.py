"""The program as a whole: whatever becomes of a command, it ends in words and with a status that its help names."""

import contextlib
import importlib
import io
import os
import sys
from collections.abc import Mapping
from typing import Any, NoReturn

import click

from bridge.commands.importing import silently_interrupted


class Program(click.Group):
    """All commands, each imported when it is typed: a key is made in half the time if no server is imported for it.

    Whoever reads stdout may stop reading, and whoever types may stop waiting.
    """

    def __init__(self, *arguments: Any, places: Mapping[str, str], **extra: Any) -> None:
        super().__init__(*arguments, **extra)
        self._places = places

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002  -- click's signature
        return sorted(self._places)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002  -- as above
        if cmd_name not in self._places:
            return None
        module, name = self._places[cmd_name].split(":")
        with silently_interrupted():
            command: click.Command = getattr(importlib.import_module(f"bridge.commands.{module}"), name)
        return command

    def main(self, args: Any = None, *more: Any, **extra: Any) -> NoReturn:
        """Run what was typed and end the process; never returns, and raises nothing but SystemExit and our mistakes."""
        typed = list(sys.argv[1:] if args is None else args)
        # Python's own status for all of this is 1, which from `ask` would read as a person's no.
        unsaid = 2 if typed[:1] == ["ask"] else 1
        stdout = sys.stdout
        streams = [stream for stream in (stdout, sys.stderr) if isinstance(stream, io.TextIOWrapper)]
        for stream in streams:
            stream.reconfigure(errors="replace")  # a terminal that lacks a letter shows `?` for it
        try:
            status = super().main(typed, *more, **{**extra, "standalone_mode": False})
            if stdout is not None:  # it is when the process was started with it closed
                stdout.flush()
        except click.ClickException as wrong:
            _say(wrong)
            sys.exit(wrong.exit_code)
        except click.Abort:
            _say("Stopped before it was done.")
            sys.exit(unsaid)
        except OSError as error:  # every other one is met where it may happen
            what = error.filename or "What this command has to say cannot be written"
            _say(f"{what}: {error.strerror}.")
            sys.exit(unsaid)
        except SystemExit:
            if sys.stdout is not stdout:  # click puts another there when nobody reads any more, and ends with 1
                sys.exit(unsaid)
            raise
        finally:
            for stream in streams:
                _empty(stream)
        sys.exit(status if isinstance(status, int) else 0)


def _empty(stream: io.TextIOWrapper) -> None:
    """Leave nothing in a stream's buffer: the interpreter flushes it last of all, complains, and makes the status 120.

    What cannot be written was met where it was said.
    """
    try:
        stream.flush()
    except OSError:
        null = os.open(os.devnull, os.O_WRONLY)
        os.dup2(null, stream.fileno())
        os.close(null)
        stream.flush()


def _say(words: str | click.ClickException) -> None:
    """Tell stderr, if it takes anything."""
    if sys.stderr is None:  # started with it closed; click would tell stdout
        return
    with contextlib.suppress(OSError):
        if isinstance(words, str):
            click.echo(words, err=True)
        else:
            words.show()
