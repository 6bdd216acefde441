"""Temporary folders are removed at the end; the next start removes those of killed processes, and nothing else."""

import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from sandbox import temporary

pytestmark = pytest.mark.processes

OWNER = (
    "import time\n"
    "from sandbox import temporary\n"
    "with temporary.folder() as path:\n"
    "    (path / 'postgres').mkdir()\n"
    "    print(path, flush=True)\n"
    "    time.sleep(60)\n"
)


@pytest.fixture
def temp_root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder that holds the temporary folders of this test and of the processes that it starts."""
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr(tempfile, "tempdir", None)
    return tmp_path


@pytest.fixture
def owner(temp_root: Path) -> Iterator[tuple[subprocess.Popen[bytes], Path]]:
    """A process that holds a temporary folder, and this folder."""
    with subprocess.Popen([sys.executable, "-c", OWNER], stdout=subprocess.PIPE) as process:
        try:
            assert process.stdout is not None
            yield process, Path(process.stdout.readline().decode().strip())
        finally:
            process.kill()


def test_a_folder_is_gone_at_the_end(temp_root: Path) -> None:
    with temporary.folder() as path:
        (path / "postgres").mkdir()
        assert path.parent == temp_root

    assert list(temp_root.iterdir()) == []


def test_a_folder_in_use_is_left_alone_and_removed_once_its_owner_was_killed(
    owner: tuple[subprocess.Popen[bytes], Path],
) -> None:
    process, path = owner

    assert temporary.remove_leftovers() == []
    assert (path / "postgres").is_dir()

    process.send_signal(signal.SIGKILL)
    process.wait()
    assert temporary.remove_leftovers() == [path]
    assert not path.exists()


def test_what_was_not_made_here_is_left_alone(temp_root: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    """A folder with such a name but without our lock, one behind a symlink, and one whose lock is a symlink."""
    (temp_root / "askbridge-notes").mkdir()
    (temp_root / "askbridge-notes" / "thesis.txt").write_text("mine")
    elsewhere = tmp_path_factory.mktemp("elsewhere")
    (elsewhere / "alive.lock").touch()
    (temp_root / "askbridge-link").symlink_to(elsewhere)
    (temp_root / "askbridge-file").touch()
    (temp_root / "askbridge-lock").mkdir()
    (temp_root / "askbridge-lock" / "alive.lock").symlink_to(elsewhere / "alive.lock")

    assert temporary.remove_leftovers() == []
    assert sorted(path.name for path in temp_root.iterdir()) == [
        f"askbridge-{name}" for name in ("file", "link", "lock", "notes")
    ]
    assert (elsewhere / "alive.lock").exists()


@pytest.mark.root
def test_what_belongs_to_another_account_is_left_alone(temp_root: Path) -> None:
    theirs = temp_root / "askbridge-theirs"
    theirs.mkdir()
    (theirs / "alive.lock").touch()
    os.chown(theirs, 65534, 65534)

    assert temporary.remove_leftovers() == []
    assert theirs.exists()
