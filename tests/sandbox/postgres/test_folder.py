import os
import stat
from pathlib import Path

import pytest

from sandbox.postgres.cluster import Cluster
from sandbox.postgres.errors import FolderRefused
from sandbox.postgres.folder import open_folder
from sandbox.postgres.programs import find_programs


@pytest.mark.processes
def test_no_other_account_can_read_what_is_in_it(folder: Path) -> None:
    data = folder / "data"
    with Cluster(data, programs=find_programs(prefer="installed"), durable=False):
        pass

    assert stat.filemode(data.stat().st_mode) == ("drwx--x--x" if os.geteuid() == 0 else "drwx------")
    assert {path.name: stat.filemode(path.stat().st_mode) for path in data.iterdir()} == {
        "cluster": "drwx------",
        "owner.lock": "-rw-------",
        "password": "-rw-------",
        "postgres.log": "-rw-------",
        "server.lock": "-rw-------",
    }
    ours = {path.name for path in data.iterdir() if path.stat().st_uid == os.geteuid()}
    assert ours >= {"owner.lock", "password", "postgres.log", "server.lock"}


def test_a_folder_with_other_things_in_it_is_left_alone(folder: Path) -> None:
    (folder / "thesis.txt").write_text("do not touch")
    folder.chmod(0o755)

    with pytest.raises(FolderRefused, match="not made here"):
        open_folder(folder)

    assert [path.name for path in folder.iterdir()] == ["thesis.txt"]
    assert stat.S_IMODE(folder.stat().st_mode) == 0o755


@pytest.mark.root
def test_a_folder_of_another_account_is_left_alone(folder: Path) -> None:
    os.chown(folder, 65534, 65534)

    with pytest.raises(FolderRefused, match="belongs to somebody else"):
        open_folder(folder)

    assert folder.stat().st_uid == 65534


@pytest.mark.root
def test_a_folder_that_the_account_cannot_reach_is_refused_by_name(folder: Path) -> None:
    home = folder / "home"
    home.mkdir(mode=0o700)

    with pytest.raises(FolderRefused, match=f"cannot pass through {home} to the data folder"):
        open_folder(home / "data")

    assert stat.S_IMODE(home.stat().st_mode) == 0o700
