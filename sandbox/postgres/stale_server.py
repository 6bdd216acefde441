"""A server that outlived its owner: found by the lock it holds, known by its answer, stopped before a new start."""

import contextlib
import os
import signal
import time

from sandbox.postgres import probe
from sandbox.postgres.errors import FolderInUse
from sandbox.postgres.folder import Folder, address

_GONE_WITHIN = 30.0  # seconds; a fast shutdown has to write what is in memory


def stop(folder: Folder) -> int:
    """Return the server lock of this folder, once nothing of an earlier server runs there any more.

    Usually that is at once. A server whose owner was killed is on its way out already where the kernel told
    it so; elsewhere it still answers, with our password and from our folder, and is told now. Orphans of a
    killed postmaster end by themselves.
    """
    deadline = time.monotonic() + _GONE_WITHIN
    while (lock := folder.take_server_lock()) is None:
        if time.monotonic() > deadline:
            raise FolderInUse(
                f"A PostgreSQL left over in {folder.path} does not end. "
                f"Its process id is in {folder.cluster / 'postmaster.pid'}."
            )
        if server := _answering(folder):
            with contextlib.suppress(ProcessLookupError):  # it ended meanwhile
                os.kill(server.pid, signal.SIGINT)
        time.sleep(0.05)  # a lock held by processes that are not our children cannot be waited for with a limit
    return lock


def _answering(folder: Folder) -> probe.Server | None:
    try:
        port = int((folder.cluster / "postmaster.pid").read_text().splitlines()[3])
    except (OSError, ValueError, IndexError):  # none yet, or half written
        return None
    server = probe.who_answers(address(port=port, password=folder.password(), database="postgres"))
    return server if server and server.cluster == folder.cluster else None
