"""Stops a server that outlived its owner before a new start: found by its lock, identified by connecting to it."""

import contextlib
import os
import signal
import time

from sandbox.postgres import probe
from sandbox.postgres.errors import FolderInUse
from sandbox.postgres.folder import Folder, address

_GONE_WITHIN = 30.0  # seconds; a fast shutdown has to write everything in memory to disk


def stop(folder: Folder) -> int:
    """Wait until no process of an earlier server runs in this folder; returns the folder's server lock.

    Usually there is none, and this returns at once. On Linux the kernel has already signalled a server whose owner
    was killed, so it is shutting down. Elsewhere such a server still accepts our password and names our folder, and
    is sent SIGINT here. Orphans of a killed postmaster end by themselves. Raises FolderInUse after 30 seconds.
    """
    deadline = time.monotonic() + _GONE_WITHIN
    while (lock := folder.take_server_lock()) is None:
        if time.monotonic() > deadline:
            raise FolderInUse(
                f"A PostgreSQL left over in {folder.path} does not end. "
                f"Its process id is in {folder.cluster / 'postmaster.pid'}."
            )
        if server := _running_server(folder):
            with contextlib.suppress(ProcessLookupError):  # the server ended meanwhile
                os.kill(server.pid, signal.SIGINT)
        time.sleep(0.05)  # flock has no timeout, and the processes that hold the lock are not our children
    return lock


def _running_server(folder: Folder) -> probe.ProbedServer | None:
    try:
        port = int((folder.cluster / "postmaster.pid").read_text().splitlines()[3])
    except (OSError, ValueError, IndexError):  # the file does not exist yet, or is half written
        return None
    server = probe.server_at(address(port=port, password=folder.password(), database="postgres"))
    return server if server and server.cluster == folder.cluster else None
