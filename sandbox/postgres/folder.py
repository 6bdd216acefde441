"""The data folder: its files, and the locks that show which process owns it and whether a server still runs in it.

    owner.lock    held by the one process that owns the folder
    server.lock   held by the server: each of its processes inherits the open file, so the kernel releases the lock
                  when the last one has ended. A pid is never used to decide whether a server runs.
    password      of the database's superuser, made once
    cluster/      PostgreSQL's data directory; belongs to the account that PostgreSQL runs as
    programs/     a copy of the programs, if that account cannot run the originals
    postgres.log

If we run as root, the folder belongs to root and has mode 0711, so that the account can pass through it but change
nothing. Otherwise its mode is 0700.
"""

import fcntl
import os
import secrets
import shutil
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from sandbox.postgres import account as accounts
from sandbox.postgres.account import Account
from sandbox.postgres.errors import FolderInUse, FolderRefused, PostgresError


@dataclass(frozen=True, kw_only=True)
class Folder:
    """A data folder that this process owns until it closes `owner_lock`, an open file."""

    path: Path
    account: Account
    owner_lock: int

    @property
    def cluster(self) -> Path:
        return self.path / "cluster"

    @property
    def copies(self) -> Path:
        return self.path / "programs"

    @property
    def log(self) -> Path:
        return self.path / "postgres.log"

    @property
    def password_file(self) -> Path:
        return self.path / "password"

    def password(self) -> str:
        """The superuser's password: made once for this folder, and kept in a file that only its owner can read."""
        try:
            kept = self.password_file.read_text("utf-8").strip()
        except ValueError:
            kept = ""
        except FileNotFoundError:
            password = secrets.token_urlsafe(24)
            partial = self.path / "password.partial"
            partial.touch(mode=0o600)
            partial.write_text(password)
            partial.rename(self.password_file)
            return password
        if not kept:
            raise PostgresError(f"{self.password_file} is damaged: it does not hold the password of the database.")
        return kept

    def take_server_lock(self) -> int | None:
        """The locked file to pass to the server, or None while an earlier server still runs in this folder."""
        return _take(self.path / "server.lock")

    def give_to_account(self, path: Path) -> None:
        if self.account.user is not None and self.account.group is not None:
            os.chown(path, self.account.user, self.account.group, follow_symlinks=False)

    def take_back(self, path: Path) -> None:
        os.chown(path, os.geteuid(), os.getegid(), follow_symlinks=False)

    def make_partial_cluster(self) -> Path:
        """Create an empty folder for a new cluster, to be renamed when complete; removes that of a killed start."""
        partial = self.path / "cluster.partial"
        shutil.rmtree(partial, ignore_errors=True)
        partial.mkdir(mode=0o700)
        self.give_to_account(partial)
        return partial

    def close(self) -> None:
        os.close(self.owner_lock)


def address(*, port: int, password: str, database: str) -> str:
    return f"postgresql://askbridge:{password}@127.0.0.1:{port}/{quote(database, safe='')}"


def open_folder(path: Path, *, account: str | None = None) -> Folder:
    """Lock the folder for this process. The folder must be new, empty, or made by this function.

    Raises FolderRefused, FolderInUse or PostgresError.
    """
    path = path.expanduser().resolve()
    path.mkdir(mode=0o700, parents=True, exist_ok=True)
    if path.stat().st_uid != os.geteuid():
        raise FolderRefused(f"The data folder {path} belongs to somebody else. Choose another one.")
    if not (path / "owner.lock").exists() and any(path.iterdir()):
        raise FolderRefused(
            f"The data folder {path} holds something that was not made here. Choose a new or an empty one."
        )
    runner = accounts.choose(account, cluster=path / "cluster")
    path.chmod(0o711 if runner.is_another else 0o700)
    if runner.is_another:
        _require_reach(path, runner)
    lock = _take(path / "owner.lock")
    if lock is None:
        raise FolderInUse(
            f"The data folder {path} is in use by another process. Stop that one, or choose another folder."
        )
    return Folder(path=path, account=runner, owner_lock=lock)


def _require_reach(path: Path, runner: Account) -> None:
    blocked = runner.first_blocked([*reversed(path.parents), path])
    if blocked is not None:
        raise FolderRefused(
            f"PostgreSQL refuses to run as root, so it runs as the account {runner.name}, which cannot pass "
            f"through {blocked} to the data folder {path}. The modes of folders that are not its own are left "
            f"alone: choose a data folder that every account can reach."
        )


def _take(path: Path) -> int | None:
    lock = os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(lock)
        return None
    return lock
