"""The account PostgreSQL runs as: ourselves, or, because it refuses to be root, one that exists already."""

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
    """Whom to become, in the words of `subprocess`; all None means to stay who we are."""

    name: str
    user: int | None = None
    group: int | None = None
    extra_groups: tuple[int, ...] | None = None

    @property
    def is_another(self) -> bool:
        return self.user is not None

    def can_run(self, *command: str | Path) -> bool:
        """Whether the account can run this, judged by running it: modes alone do not tell (ACLs, noexec)."""
        try:
            return self._run(*command).returncode == 0
        except (OSError, subprocess.SubprocessError):
            return False

    def first_blocked(self, folders: Sequence[Path]) -> Path | None:
        """The first of these folders that the account may not pass through, judged by the account itself."""
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


def choose(wish: str | None, *, cluster: Path) -> Account:
    """Nothing to choose unless we are root; then the owner of an existing cluster, the wish, or a usual one."""
    if os.geteuid() != 0:
        return Account(name=str(os.geteuid()))
    names = (wish,) if wish else _CANDIDATES
    if cluster.exists():
        names = (_owner(cluster),)
        if wish not in {None, *names}:
            raise PostgresError(f"{cluster} was made for the account {names[0]}, not for {wish}.")
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
    """What PostgreSQL is told of our environment: none of our secrets, no PG… variable, no locale."""
    kept = ("PATH", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH", "DYLD_FALLBACK_LIBRARY_PATH")
    return {name: os.environ[name] for name in kept if name in os.environ} | {"LC_ALL": "C", "TZ": "UTC"}


def _owner(path: Path) -> str:
    uid = path.stat().st_uid
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        raise PostgresError(f"{path} belongs to the user id {uid}, which has no account here.") from None
