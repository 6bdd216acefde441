"""The account that PostgreSQL runs as: our own, or an existing unprivileged one, because it refuses to run as root."""

import os
import pwd
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from sandbox.postgres.errors import PostgresError

_CANDIDATES = ("postgres", "nobody")


@dataclass(frozen=True, kw_only=True)
class Account:
    """An account to run a process as, in the arguments of `subprocess`; None everywhere means our own account."""

    name: str
    user: int | None = None
    group: int | None = None
    extra_groups: tuple[int, ...] | None = None

    @property
    def is_another(self) -> bool:
        return self.user is not None

    def can_run(self, *command: str | Path) -> bool:
        """Whether the account can run this command. It is run to find out: modes alone do not show ACLs or noexec."""
        try:
            return self._run(*command).returncode == 0
        except (OSError, subprocess.SubprocessError):
            return False

    def first_blocked(self, folders: Sequence[Path]) -> Path | None:
        """The first of these folders that the account cannot pass through, tested by a process of that account."""
        script = 'for folder; do [ -x "$folder" ] || { printf %s "$folder"; exit 0; }; done'
        blocked = os.fsdecode(self._run("/bin/sh", "-c", script, "sh", *folders).stdout)
        return Path(blocked) if blocked else None

    def _run(self, *command: str | Path) -> subprocess.CompletedProcess[bytes]:
        return subprocess.run(  # noqa: S603  -- programs we found, and a script of our own
            command,
            user=self.user,
            group=self.group,
            extra_groups=self.extra_groups,
            cwd="/",
            env=environment(),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            timeout=30,
            check=False,
        )


def choose(requested: str | None, *, cluster: Path) -> Account:
    """Our own account. If we are root: the owner of an existing cluster, the requested account, or a usual one.

    Raises PostgresError when the cluster belongs to another account than requested, or no account can be used.
    """
    if os.geteuid() != 0:
        return Account(name=str(os.geteuid()))
    names = (requested,) if requested else _CANDIDATES
    if cluster.exists():
        names = (_owner(cluster),)
        if requested not in {None, *names}:
            raise PostgresError(f"{cluster} was made for the account {names[0]}, not for {requested}.")
    for name in names:
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        account = Account(name=name, user=entry.pw_uid, group=entry.pw_gid, extra_groups=())
        if entry.pw_uid != 0 and account.can_run("/bin/sh", "-c", ":"):
            return account
    raise PostgresError(
        f"PostgreSQL refuses to run as root, and there is no unprivileged account that we may become (tried "
        f"{', '.join(names)}). Run this as a normal user, or point the bridge at a database of your own."
    )


def environment() -> dict[str, str]:
    """The environment for PostgreSQL's programs: none of our secrets, no PG… variable, the locale C."""
    kept = ("PATH", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH", "DYLD_FALLBACK_LIBRARY_PATH")
    return {name: os.environ[name] for name in kept if name in os.environ} | {"LC_ALL": "C", "TZ": "UTC"}


def _owner(path: Path) -> str:
    uid = path.stat().st_uid
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        raise PostgresError(f"{path} belongs to the user id {uid}, which has no account here.") from None
