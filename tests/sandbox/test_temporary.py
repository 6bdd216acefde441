"""Temporary folders: gone at the end; what a killed process left goes at the next start, and nothing else does."""

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
def room(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where this test's temporary folders are, here and in the processes it starts."""
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr(tempfile, "tempdir", None)
    return tmp_path


@pytest.fixture
def owner(room: Path) -> Iterator[tuple[subprocess.Popen[bytes], Path]]:
    """A process that has such a folder, and the folder."""
    with subprocess.Popen([sys.executable, "-c", OWNER], stdout=subprocess.PIPE) as process:
        try:
            assert process.stdout is not None
            yield process, Path(process.stdout.readline().decode().strip())
        finally:
            process.kill()


def test_a_folder_is_gone_at_the_end(room: Path) -> None:
    with temporary.folder() as path:
        (path / "postgres").mkdir()
        assert path.parent == room

    assert list(room.iterdir()) == []


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


def test_what_was_not_made_here_is_left_alone(room: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    """Neither a folder of that name without our lock, nor one behind a link, nor a lock that is a link."""
    (room / "askbridge-notes").mkdir()
    (room / "askbridge-notes" / "thesis.txt").write_text("mine")
    elsewhere = tmp_path_factory.mktemp("elsewhere")
    (elsewhere / "alive.lock").touch()
    (room / "askbridge-link").symlink_to(elsewhere)
    (room / "askbridge-file").touch()
    (room / "askbridge-lock").mkdir()
    (room / "askbridge-lock" / "alive.lock").symlink_to(elsewhere / "alive.lock")

    assert temporary.remove_leftovers() == []
    assert sorted(path.name for path in room.iterdir()) == [
        f"askbridge-{name}" for name in ("file", "link", "lock", "notes")
    ]
    assert (elsewhere / "alive.lock").exists()


@pytest.mark.root
def test_what_belongs_to_another_account_is_left_alone(room: Path) -> None:
    theirs = room / "askbridge-theirs"
    theirs.mkdir()
    (theirs / "alive.lock").touch()
    os.chown(theirs, 65534, 65534)

    assert temporary.remove_leftovers() == []
    assert theirs.exists()
