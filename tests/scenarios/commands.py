"""Runs commands, each as a process with the given settings and none of the environment's."""

import asyncio
import json
import os
import signal
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

import bridge.dev
from bridge.__main__ import main
from bridge.dev import ChildFailed, Options
from tests import canaries
from tests.draining import AT_ONCE
from tests.scenarios import program


async def run(*arguments: str | Path, **settings: str) -> tuple[int, str, str]:
    """Exit status, stdout and stderr of one command; fails on a traceback."""
    process = await start(*arguments, **settings)
    out, err = await asyncio.wait_for(process.communicate(), program.READY_SECONDS)
    assert process.returncode is not None
    assert b"Traceback" not in err, err.decode()
    return _without_secrets(arguments, settings, status=process.returncode, out=out.decode(), err=err.decode())


def invoke(*arguments: str, **settings: str) -> tuple[int, str, str]:
    """The same inside this process, which is faster, for wrong arguments."""
    settings_only = {name: None for name in os.environ if name.startswith("ASKBRIDGE_")} | settings
    ended = CliRunner().invoke(main, list(arguments), env=settings_only, prog_name="askbridge")
    assert ended.exception is None or isinstance(ended.exception, SystemExit), repr(ended.exception)
    return _without_secrets(arguments, settings, status=ended.exit_code, out=ended.stdout, err=ended.stderr)


async def typed(*arguments: str, **settings: str) -> tuple[int, str, str]:
    """`invoke` for tests with a running event loop."""
    return await asyncio.to_thread(invoke, *arguments, **settings)


async def refusal(data: Path) -> str:
    """What `askbridge dev --data` says before it ends with 1, from a start inside this process, which is faster."""
    handlers = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    options = Options(replicas=1, port=None, slack_port=None, data=data)
    try:
        with pytest.raises(ChildFailed) as told:
            await bridge.dev.run(options, on_ready=lambda _: None)
    finally:
        for number, handler in handlers.items():
            signal.signal(number, handler)
    return str(told.value)


def _without_secrets(
    arguments: Sequence[str | Path], settings: Mapping[str, str], *, status: int, out: str, err: str
) -> tuple[int, str, str]:
    """The output of a command, checked to contain no secret of its settings; a new key may be on stdout."""
    known = canaries.of_settings(settings)
    belongs = canaries.API_KEY if list(arguments[:2]) == ["keys", "create"] else None
    canaries.none_in(out, known, where=f"stdout of {arguments}", but=belongs)
    canaries.none_in(err, known, where=f"stderr of {arguments}")
    return status, out, err


async def start(*arguments: str | Path, **settings: str) -> asyncio.subprocess.Process:
    """Start one command."""
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("ASKBRIDGE_")}
    return await asyncio.create_subprocess_exec(
        *(program.COMMAND, *arguments),
        env={**inherited, **AT_ONCE, **settings},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        start_new_session=True,
    )


async def run_json(*arguments: str | Path, **settings: str) -> Any:
    """The JSON that a successful command prints with --json."""
    status, out, err = await run(*arguments, "--json", **settings)
    assert status == 0, err
    return json.loads(out)
