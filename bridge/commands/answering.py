"""What `ask` and `wait` share: follow one interaction to its end, and turn it into output and exit status."""

import asyncio
import contextlib
import signal
import sys
from collections.abc import Awaitable, Callable, Coroutine, Iterator
from typing import Any, NoReturn

import aiohttp

from bridge.commands import outcome, terminal
from bridge.commands.addresses import Unknown
from bridge.commands.answers import ExitStatus
from bridge.commands.client import Bridge, NoAnswer
from storage import json_text
from storage.model import Json


class Interrupted(Exception):
    """Ctrl-C or SIGTERM before anything was known of the interaction."""


def end_with(following: Coroutine[Any, Any, ExitStatus], *, interrupted: str) -> NoReturn:
    """End the command with the exit status of the answer; `interrupted` is the message when nothing is known of it.

    Every failure ends with NO_ANSWER: Python's own status for a crash is 1, which would mean that a person denied.
    """
    try:
        status = asyncio.run(following)
    except (NoAnswer, Unknown) as error:
        terminal.fail(str(error), status=ExitStatus.NO_ANSWER)
    except (Interrupted, KeyboardInterrupt):
        terminal.fail(interrupted, status=ExitStatus.NO_ANSWER)
    except Exception as error:  # noqa: BLE001  -- see above
        terminal.fail(f"Something unexpected went wrong ({type(error).__name__}).", status=ExitStatus.NO_ANSWER)
    sys.exit(status)


async def follow(
    url: str,
    key: str,
    *,
    begin: Callable[[Bridge], Awaitable[Json]],
    finish: Callable[[Json], ExitStatus],
    within: float | None,
    as_json: bool,
) -> ExitStatus:
    """Wait for the end of the interaction that `begin` returns, or `within` seconds, then `finish` with what is known.

    Raises NoAnswer or Interrupted when nothing is known of it.
    """
    interaction: Json | None = None
    with _cancelled_by_signals() as task:
        try:
            async with aiohttp.ClientSession(json_serialize=json_text.dumps) as http:
                bridge = Bridge(url=url, key=key, http=http, tell=outcome.note)
                interaction = await begin(bridge)
                if not as_json and interaction["status"] == "pending":
                    outcome.note_waiting(interaction)
                interaction = await bridge.end(interaction, within=within)
        except asyncio.CancelledError:
            task.uncancel()
            if interaction is None:
                raise Interrupted from None
        except NoAnswer as error:
            if interaction is None:
                raise
            outcome.note(str(error))
        return finish(interaction)


@contextlib.contextmanager
def _cancelled_by_signals() -> Iterator[asyncio.Task[object]]:
    """Ctrl-C and SIGTERM cancel the current task, which can then still print the id of the interaction."""
    loop, task = asyncio.get_running_loop(), asyncio.current_task()
    if task is None:
        raise RuntimeError("no task runs this")
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, task.cancel)
    try:
        yield task
    finally:
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.remove_signal_handler(number)
