"""What a program says on stdout, which may be closed, or take nothing; what it may leave in a buffer at its end."""

import contextlib
import os
import sys
from collections.abc import Iterator
from typing import NoReturn, TextIO


class Unwritten(Exception):
    """Stdout could not be written; the message is the operating system's."""


def say(text: str) -> None:
    """Write a line to stdout, unless the program was started without one; raises Unwritten."""
    if sys.stdout is None:
        return
    try:
        sys.stdout.write(f"{text}\n")
        sys.stdout.flush()
    except OSError as error:
        raise Unwritten(error.strerror) from None


@contextlib.contextmanager
def in_order(program: str) -> Iterator[None]:
    """Let the process end with 1 and a message when stdout could not be written, as behind `| head` or on a full disk.

    What a broken stream leaves in its buffer is dropped: a flush that fails as the interpreter ends prints an error and
    makes the status 120. What belongs on a stderr that was closed goes nowhere, where argparse would use stdout.
    """
    if sys.stderr is None:
        sys.stderr = open(os.devnull, "w", encoding="utf-8")  # noqa: PTH123, SIM115  -- stays open until the process ends
    try:
        try:
            yield
        finally:
            _flush(sys.stdout)
    except Unwritten as failed:
        _fail(f"What {program} has to say cannot be written: {failed}.")
    except SystemExit as ended:
        if isinstance(ended.code, str):
            _fail(ended.code)
        raise
    finally:
        for stream in (sys.stdout, sys.stderr):
            _drop(stream)


def _fail(message: str) -> NoReturn:
    with contextlib.suppress(OSError):
        sys.stderr.write(f"{message}\n")
        sys.stderr.flush()
    sys.exit(1)


def _flush(stream: TextIO | None) -> None:
    try:
        if stream is not None:
            stream.flush()
    except OSError as error:
        raise Unwritten(error.strerror) from None


def _drop(stream: TextIO | None) -> None:
    try:
        _flush(stream)
    except Unwritten:
        if stream is not None:
            null = os.open(os.devnull, os.O_WRONLY)
            os.dup2(null, stream.fileno())
            os.close(null)
            stream.flush()
