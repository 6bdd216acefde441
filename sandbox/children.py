"""A child process that says in one line of JSON when it is ready, ends when we end, and is stopped in order."""

import asyncio
import contextlib
import json
import os
import signal
import sys
from collections.abc import Mapping
from types import TracebackType
from typing import IO, Any, Self

from sandbox import processes

READY_SECONDS = 30.0
STOP_SECONDS = 15.0
_PROXIES = ("http_proxy", "https_proxy", "all_proxy")


class ChildFailed(Exception):
    """Something did not start; the message says what."""


class Child:
    """One of our programs as a process of its own; `told` is what it said when it was ready."""

    def __init__(
        self,
        name: str,
        module: str,
        *arguments: str,
        settings: Mapping[str, str] | None = None,
        unset: str | None = None,
        log: IO[bytes] | None = None,
    ) -> None:
        """It inherits the environment but for what begins with `unset`; its log goes to ours unless `log` is given."""
        self.name = name
        self.ready_info: dict[str, Any] = {}
        self._command = ["-m", module, *arguments]
        self._environment = _environment(settings or {}, unset=unset)
        self._log = log
        self._process: asyncio.subprocess.Process | None = None

    @property
    def pid(self) -> int:
        """Its process id."""
        return self._started().pid

    async def __aenter__(self) -> Self:
        self._process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-P",  # the folder we were started in holds the user's own modules, not ours
            *self._command,
            env=self._environment,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=self._log,
            start_new_session=True,  # a Ctrl-C in the terminal is ours to answer, in our order
            preexec_fn=processes.dies_with_parent(signal.SIGTERM),
        )
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.stop()

    async def ready(self) -> None:
        """Wait until it says so; raises ChildFailed."""
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
        """Wait for its end, and give its exit status."""
        return await self._started().wait()

    async def stop(self) -> None:
        """Ask it to end, and see that it does."""
        process = self._started()
        if process.returncode is None:
            self._signal(signal.SIGTERM)
            try:
                await asyncio.wait_for(process.wait(), timeout=STOP_SECONDS)
            except TimeoutError:
                self._signal(signal.SIGKILL)
                await process.wait()

    def _signal(self, number: signal.Signals) -> None:
        # Not through asyncio: its way asks for the exit status first, and can take it from whoever waits for it.
        with contextlib.suppress(ProcessLookupError):
            os.kill(self.pid, number)

    def _started(self) -> asyncio.subprocess.Process:
        if self._process is None:
            raise RuntimeError(f"{self.name} was not started")
        return self._process


def _environment(settings: Mapping[str, str], *, unset: str | None) -> dict[str, str]:
    """Ours with these settings; without proxies, which Slack's SDK would use even for this machine itself."""
    inherited = {
        name: value
        for name, value in os.environ.items()
        if name.lower() not in _PROXIES and not (unset and name.startswith(unset))
    }
    return {**inherited, **settings}
