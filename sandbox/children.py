"""Child processes: one prints a line of JSON when it is ready, ends when its parent ends, and is stopped in order."""

import asyncio
import contextlib
import json
import os
import signal
import sys
from collections.abc import Mapping, Sequence
from types import TracebackType
from typing import IO, Any, Self

from sandbox import processes

READY_SECONDS = 30.0
STOP_SECONDS = 15.0
_PROXIES = ("http_proxy", "https_proxy", "all_proxy")


class ChildFailed(Exception):
    """A child process, or what it needs, did not start or does not respond any more; the message says which and why."""


class Child:
    """One of our programs as a child process; `ready_info` is the JSON object that it printed when it was ready."""

    def __init__(
        self,
        name: str,
        module: str,
        *arguments: str,
        settings: Mapping[str, str] | None = None,
        unset: str | None = None,
        log: IO[bytes] | None = None,
        stop_signals: Sequence[signal.Signals] = (signal.SIGTERM,),
        pass_fds: Sequence[int] = (),
    ) -> None:
        """Describe the process `python -P -m module *arguments`.

        The process inherits our environment without the variables that begin with `unset`, and with `settings` added.
        It logs to our stderr unless `log` is given. `stop` sends it `stop_signals`: different ones, as two of the same
        could arrive as one. It inherits the open files of `pass_fds`.
        """
        self.name = name
        self.ready_info: dict[str, Any] = {}
        self._command = ["-m", module, *arguments]
        self._environment = _environment(settings or {}, unset=unset)
        self._log = log
        self._stop_signals = stop_signals
        self._pass_fds = pass_fds
        self._process: asyncio.subprocess.Process | None = None

    @property
    def pid(self) -> int:
        """The process id of the child."""
        return self._started().pid

    async def __aenter__(self) -> Self:
        self._process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-P",  # the working directory may hold modules of the user's own with the same names
            *self._command,
            env=self._environment,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=self._log,
            pass_fds=self._pass_fds,
            start_new_session=True,  # so that Ctrl-C in the terminal reaches only us, and we stop the children in order
            preexec_fn=processes.dies_with_parent(signal.SIGTERM),
        )
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.stop()

    async def ready(self) -> None:
        """Wait until the child prints its line of JSON.

        Raises ChildFailed when the child ends first, or prints nothing within READY_SECONDS.
        """
        stdout = self._started().stdout
        if stdout is None:
            raise RuntimeError("the child has no pipe")
        try:
            line = await asyncio.wait_for(stdout.readline(), timeout=READY_SECONDS)
        except TimeoutError:
            raise ChildFailed(
                f"{self.name} was not ready within {READY_SECONDS:.0f} s; its log above may say why."
            ) from None
        if not line:
            raise ChildFailed(f"{self.name} ended instead of starting; its log above says why.")
        self.ready_info = json.loads(line)

    async def ended(self) -> int:
        """Wait until the child ends; returns its exit status."""
        return await self._started().wait()

    async def stop(self) -> None:
        """End the child, with SIGKILL when it still runs after STOP_SECONDS; returns when it ended."""
        process = self._started()
        if process.returncode is None:
            for number in self._stop_signals:
                self._signal(number)
            try:
                await asyncio.wait_for(process.wait(), timeout=STOP_SECONDS)
            except TimeoutError:
                self._signal(signal.SIGKILL)
                await process.wait()

    def _signal(self, number: signal.Signals) -> None:
        # Not through asyncio: its send_signal reads the exit status first, and a task in wait() may then never get it.
        with contextlib.suppress(ProcessLookupError):
            os.kill(self.pid, number)

    def _started(self) -> asyncio.subprocess.Process:
        if self._process is None:
            raise RuntimeError(f"{self.name} was not started")
        return self._process


def _environment(settings: Mapping[str, str], *, unset: str | None) -> dict[str, str]:
    """Our environment with these settings, without proxies: Slack's SDK would use one even for the loopback."""
    inherited = {
        name: value
        for name, value in os.environ.items()
        if name.lower() not in _PROXIES and not (unset and name.startswith(unset))
    }
    return {**inherited, **settings}
