"""A private PostgreSQL server: start it, connect to it, and stop it reliably.

The server is a direct child process that dies with its parent. It listens on 127.0.0.1 only, accepts only clients
with the password from its data folder, and changes nothing outside that folder. A folder whose server or owner was
killed can simply be started again.
"""

import asyncio
import contextlib
import os
import signal
import socket
import subprocess
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from types import TracebackType
from typing import Self, TypeVar

from sandbox import processes
from sandbox.postgres import commands, probe, stale_server
from sandbox.postgres.account import environment
from sandbox.postgres.errors import PostgresError
from sandbox.postgres.folder import Folder, address, open_folder
from sandbox.postgres.programs import Programs, find_programs

T = TypeVar("T")

_MAX_LAUNCHES = 5  # another process may take the free port before the server binds it
_READY_WITHIN = 60.0  # seconds; a start takes 0.1 s, the recovery after a crash may take much longer
_STOPPING = ((signal.SIGINT, 20.0), (signal.SIGQUIT, 5.0))  # fast shutdown, then an immediate one


def free_port() -> int:
    """Return a port that is free at this moment."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port


class Cluster:
    """A PostgreSQL server with its own data folder.

    `start()` returns when the server accepts connections, `stop()` when its processes have ended. Both block; use
    `run` in a coroutine. A start has three steps: `prepare` and `is_ready` may run in any thread, `launch` only in
    the main thread (see `processes.dies_with_parent`).

    `port` returns the port to try; it is called for each launch.
    """

    def __init__(
        self,
        data: Path,
        *,
        programs: Programs | None = None,
        durable: bool = True,
        log: Path | None = None,
        account: str | None = None,
        port: Callable[[], int] = free_port,
    ) -> None:
        self._data = data
        self._programs = programs
        self._durable = durable
        self._log = log
        self._account = account
        self._choose_port = port
        self._folder: Folder | None = None
        self._server_lock: int | None = None
        self._child: subprocess.Popen[bytes] | None = None
        self._password = ""
        self._port = 0
        self._launches = 0
        self._logged_before = 0

    @property
    def dsn(self) -> str:
        return self.database("postgres")

    @property
    def pid(self) -> int:
        return self._running().pid

    @property
    def port(self) -> int:
        return self._port

    def database(self, name: str) -> str:
        """The DSN of another database of this server; the database need not exist yet."""
        return address(port=self._port, password=self._password, database=name)

    def start(self) -> None:
        try:
            self.prepare()
            self.launch()
            while not self.is_ready():
                self.launch()
        except BaseException:
            self.stop()
            raise

    def stop(self) -> None:
        """Stop the server; when this returns, none of its processes runs. Safe to repeat, and after a failed start."""
        if self._child is not None:
            processes.stop(self._child, *_STOPPING)
            self._child = None
        if self._server_lock is not None:
            os.close(self._server_lock)
            self._server_lock = None
        if self._folder is not None:
            self._folder.close()
            self._folder = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def prepare(self) -> None:
        """Lock the data folder, stop a stale server in it, find programs the account can run, and create the cluster.

        Raises PostgresError.
        """
        found = self._programs or find_programs(prefer="wheel")
        self._folder = folder = open_folder(self._data, account=self._account)
        self._log = self._log or folder.log
        self._server_lock = stale_server.stop(folder)
        self._programs = programs = found.within_reach_of(folder.account, copies=folder.copies)
        self._password = folder.password()
        self._launches = 0
        if not folder.cluster.exists():
            self._initialise(folder, programs)
        try:
            made_by = (folder.cluster / "PG_VERSION").read_text("ascii").strip()
        except (OSError, ValueError):
            raise PostgresError(f"{folder.cluster} is damaged: it has no readable file PG_VERSION.") from None
        if made_by != programs.major:
            raise PostgresError(
                f"The data folder {folder.path} was made by PostgreSQL {made_by} and cannot be opened by "
                f"{programs.version} from {programs.bin}. Choose another folder, or that version."
            )
        # We hold the server lock, so no server runs in this folder, even if some process has the pid in this file.
        (folder.cluster / "postmaster.pid").unlink(missing_ok=True)

    def launch(self) -> None:
        """Start the server process on a port that was free a moment ago; raises PostgresError after too many tries."""
        folder, programs = self._folder, self._programs
        if folder is None or programs is None:
            raise RuntimeError("The cluster was not prepared.")
        if self._launches == _MAX_LAUNCHES:
            raise PostgresError("No free port stayed free long enough for PostgreSQL to take it.")
        self._launches += 1
        self._port = self._choose_port()
        command = commands.postgres(programs, cluster=folder.cluster, port=self._port, durable=self._durable)
        self._child = self._spawn(command, in_child=processes.dies_with_parent(signal.SIGINT))

    def is_ready(self) -> bool:
        """Wait until the server accepts connections. False when it ended because its port was taken meanwhile.

        Raises PostgresError when the server ends for another reason, or is not ready in time.
        """
        child = self._running()
        deadline = time.monotonic() + _READY_WITHIN
        while not processes.ended(child, within=0.02):  # first: a probe of another program on our port may time out
            if probe.server_at(self.dsn):
                return True
            if time.monotonic() > deadline:
                raise PostgresError(f"PostgreSQL did not answer in {_READY_WITHIN:.0f} s:\n{self._new_log_output()}")
        if "could not bind" in self._new_log_output():
            return False
        raise PostgresError(f"PostgreSQL ended while starting:\n{self._new_log_output()}")

    def _initialise(self, folder: Folder, programs: Programs) -> None:
        partial = folder.make_partial_cluster()
        folder.give_to_account(folder.password_file)  # initdb, run as the account, reads it; nothing reads it later
        try:
            command = commands.initdb(
                programs, cluster=partial, password_file=folder.password_file, durable=self._durable
            )
            status = self._spawn(command).wait()  # initdb ends by itself, within about a second
        finally:
            folder.take_back(folder.password_file)
        if status != 0:
            raise PostgresError(f"PostgreSQL could not make its data folder:\n{self._new_log_output()}")
        partial.rename(folder.cluster)

    def _spawn(
        self, command: list[str | Path], *, in_child: Callable[[], None] | None = None
    ) -> subprocess.Popen[bytes]:
        folder, log, server_lock = self._folder, self._log, self._server_lock
        if folder is None or log is None or server_lock is None:
            raise RuntimeError("The cluster was not prepared.")
        with open(log, "ab", opener=_private) as output:
            self._logged_before = output.tell()
            return subprocess.Popen(  # noqa: S603  -- programs found by us, arguments of ours
                command,
                user=folder.account.user,
                group=folder.account.group,
                extra_groups=folder.account.extra_groups,
                env=environment(),
                cwd=folder.path,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                pass_fds=(server_lock,),  # keeps the lock held as long as any process of the server lives
                start_new_session=True,  # so that Ctrl-C in the terminal reaches only us, and we stop it in order
                preexec_fn=in_child,  # noqa: PLW1509  -- a single C call, looked up before the fork
            )

    def _running(self) -> subprocess.Popen[bytes]:
        if self._child is None:
            raise PostgresError("This PostgreSQL is not running.")
        return self._child

    def _new_log_output(self) -> str:
        if self._log is None:
            return ""
        with self._log.open("rb") as log:
            log.seek(self._logged_before)
            return log.read()[-4000:].decode(errors="replace").strip()


@asynccontextmanager
async def run(
    data: Path,
    *,
    programs: Programs | None = None,
    durable: bool = True,
    log: Path | None = None,
    account: str | None = None,
    port: Callable[[], int] = free_port,
) -> AsyncIterator[Cluster]:
    """Run a cluster for the duration of the `async with`; it is also stopped on cancellation at any point.

    The event loop must be the main thread's, and is not blocked while the cluster starts and stops.
    """
    cluster = Cluster(data, programs=programs, durable=durable, log=log, account=account, port=port)
    try:
        await to_its_end(cluster.prepare)
        cluster.launch()
        while not await asyncio.to_thread(cluster.is_ready):  # this thread ends when stop() ends the server
            cluster.launch()
        yield cluster
    finally:
        await to_its_end(cluster.stop)


async def to_its_end(step: Callable[[], T]) -> T:
    """Run a blocking step in a thread. A cancellation waits for its end, so that the next step finds a known state."""
    task = asyncio.ensure_future(asyncio.to_thread(step))
    try:
        return await asyncio.shield(task)
    except asyncio.CancelledError:
        while not task.done():
            with contextlib.suppress(asyncio.CancelledError):
                await asyncio.wait([task])
        raise


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)
