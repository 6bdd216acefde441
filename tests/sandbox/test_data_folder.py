"""Where `make dev` keeps its data, as root and as another account."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from sandbox import data_folder

as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root runs PostgreSQL as another account")


def test_a_folder_that_can_be_reached_is_used(tmp_path: Path) -> None:
    for folder in reversed(tmp_path.parents[:-1]):
        if folder.stat().st_uid == os.geteuid() and folder != Path("/tmp"):
            folder.chmod(0o755)
    tmp_path.chmod(0o755)

    assert data_folder.choose(tmp_path / "new") == tmp_path / "new"


@as_root
def test_a_folder_that_only_root_can_pass_through_is_replaced_by_one_of_its_own(tmp_path: Path) -> None:
    tmp_path.chmod(0o700)

    one, other = data_folder.choose(tmp_path / "one"), data_folder.choose(tmp_path / "other")

    assert one.parent == other.parent == Path("/var/tmp") and one != other
    assert data_folder.choose(tmp_path / "one") == one
    printed = subprocess.run(
        [sys.executable, "-m", "sandbox.data_folder", tmp_path / "one"], capture_output=True, check=True
    )
    assert printed.stdout.decode() == f"{one}\n"
