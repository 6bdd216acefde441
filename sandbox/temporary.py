"""Temporary folders for data that are gone at the end, at the latest at the next start after a SIGKILL.

    askbridge-…/alive.lock   held by the process that made the folder; the kernel lets go when that one is gone

No age and no pid is trusted to tell whether a folder is still in use: only a lock that can be had says that it is not.
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
    """A new folder, removed at the end. As root PostgreSQL runs as another account, which must be able to pass."""
    with contextlib.ExitStack() as stack:
        path, lock = _made()
        stack.callback(os.close, lock)
        stack.callback(shutil.rmtree, path, ignore_errors=True)  # while the lock is held, or another would do it too
        yield path


def remove_leftovers() -> list[Path]:
    """Remove what killed processes of this account left behind, and say what. Folders in use are not touched."""
    return [path for path in sorted(Path(tempfile.gettempdir()).glob(f"{_PREFIX}*")) if _removed(path)]


def _made() -> tuple[Path, int]:
    while True:
        path = Path(tempfile.mkdtemp(prefix=_PREFIX))
        if os.geteuid() == 0:
            path.chmod(0o711)
        lock = os.open(path / _LOCK, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        if _taken(lock) and (path / _LOCK).exists():
            return path, lock
        os.close(lock)  # another process was starting, and took it for a leftover just now


def _removed(path: Path) -> bool:
    try:
        found = path.lstat()
        if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.geteuid():
            return False
        # It is never made here: a folder without it is not ours, or was made a moment ago.
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
    """Where the kernel tells no child that its parent died, a PostgreSQL may still be running there."""
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
