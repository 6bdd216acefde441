import asyncio
import shutil
import stat
from dataclasses import replace
from pathlib import Path

import psutil
import pytest

from sandbox.postgres import programs
from sandbox.postgres.account import Account
from sandbox.postgres.cluster import Cluster
from sandbox.postgres.errors import PostgresError, PostgresNotFound
from sandbox.postgres.programs import Programs, find_programs
from tests.sandbox.postgres.conftest import ask


def test_who_prefers_the_wheel_gets_it() -> None:
    assert find_programs(prefer="wheel").origin == "wheel"


@pytest.mark.skipif(not list(programs.installed()), reason="there is no installed PostgreSQL here")
def test_who_prefers_an_installed_one_gets_it() -> None:
    assert find_programs(prefer="installed").origin != "wheel"


def test_an_installed_one_is_found_off_the_path_too(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    installed = find_programs(prefer="installed")
    monkeypatch.setenv("PATH", str(tmp_path))

    found = find_programs(prefer="installed", folders=[str(installed.bin)])

    assert found == replace(installed, origin=str(installed.bin.parent))


def test_without_any_the_error_says_what_to_install(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))

    with pytest.raises(PostgresNotFound, match=r"pip install 'askbridge\[sandbox\]'"):
        find_programs(prefer="wheel", folders=[], wheel="no_such_wheel")


@pytest.mark.root
def test_installed_programs_that_the_account_cannot_run_are_named(folder: Path) -> None:
    nowhere = Programs(bin=folder / "nowhere", version="18.4", origin="PATH")
    account = Account(name="nobody", user=65534, group=65534, extra_groups=())

    with pytest.raises(PostgresError, match=f"The account nobody cannot run the PostgreSQL in {nowhere.bin}"):
        nowhere.within_reach_of(account, copies=folder)


@pytest.mark.root
@pytest.mark.processes
def test_a_wheel_under_roots_home_is_copied_once_and_the_home_stays_closed(folder: Path) -> None:
    wheel = find_programs(prefer="wheel")
    install, package = wheel.bin.parent, wheel.bin.parents[1]
    libraries = package.with_name(f"{package.name}.libs")
    home = folder / "home"
    home.mkdir(mode=0o700)
    shutil.copytree(install, home / package.name / install.name)
    shutil.copytree(libraries, home / libraries.name)
    hidden = replace(wheel, bin=home / package.name / install.name / "bin")
    running: list[tuple[Path, int]] = []

    for _ in range(2):
        with Cluster(folder / "data", programs=hidden, durable=False) as cluster:
            assert asyncio.run(ask(cluster.dsn, "SELECT 1")) == 1
            program = Path(psutil.Process(cluster.pid).exe())
            running.append((program, program.stat().st_ino))

    assert running[0] == running[1]
    assert running[0][0].is_relative_to(folder / "data")
    assert running[0][0].stat().st_uid == 0  # the account may run the program, but not change it
    assert stat.S_IMODE(home.stat().st_mode) == 0o700
