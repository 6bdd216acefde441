"""Temporary data folders, removed when they are closed, or after a SIGKILL by the next start.

    askbridge-…/alive.lock   held by the process that made the folder; the kernel releases it when that process ends

Neither an age nor a pid decides whether a folder is in use: it is unused exactly when its lock can be taken.
"""

import contextlib
import fcntl
import os
import shutil
import stat
import tempfile
from collections.abc import Iterator
from pathlib import Path

from sandbox.postgres import stale_server
from sandbox.postgres.errors import PostgresError
from sandbox.postgres.folder import open_folder

_PREFIX = "askbridge-"
_LOCK = "alive.lock"


@contextlib.contextmanager
def folder() -> Iterator[Path]:
    """Create a folder, and remove it at the end.

    If we run as root, its mode lets every account pass through: PostgreSQL then runs as another account.
    """
    with contextlib.ExitStack() as stack:
        path, lock = _made()
        stack.callback(os.close, lock)
        # Runs before the lock is released, so that no other process removes the folder too.
        stack.callback(shutil.rmtree, path, ignore_errors=True)
        yield path


def remove_leftovers() -> list[Path]:
    """Remove the folders that killed processes of this account left; returns their paths. Skips folders in use."""
    return [path for path in sorted(Path(tempfile.gettempdir()).glob(f"{_PREFIX}*")) if _removed(path)]


def _made() -> tuple[Path, int]:
    while True:
        path = Path(tempfile.mkdtemp(prefix=_PREFIX))
        if os.geteuid() == 0:
            path.chmod(0o711)
        lock = os.open(path / _LOCK, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        if _taken(lock) and (path / _LOCK).exists():
            return path, lock
        os.close(lock)  # a process that was starting took the new folder for a leftover and is removing it


def _removed(path: Path) -> bool:
    try:
        found = path.lstat()
        if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.geteuid():
            return False
        # Not created here (no O_CREAT): a folder without a lock file is not ours, or was made a moment ago.
        lock = os.open(path / _LOCK, os.O_RDWR | os.O_NOFOLLOW | os.O_CLOEXEC)
    except OSError:
        return False
    try:
        if not _taken(lock):
            return False
        _end_server(path / "postgres")
        shutil.rmtree(path, ignore_errors=True)
        return not path.exists()
    finally:
        os.close(lock)


def _end_server(data: Path) -> None:
    """Stop a PostgreSQL that still runs in this folder, as on systems that do not signal it when its owner dies."""
    if not data.is_dir():
        return
    with contextlib.suppress(PostgresError, OSError):
        opened = open_folder(data)
        try:
            os.close(stale_server.stop(opened))
        finally:
            opened.close()


def _taken(lock: int) -> bool:
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
