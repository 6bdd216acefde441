"""docs/adding-a-kind.md, followed to the letter in a copy of this repository."""

import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
DOCUMENT = (ROOT / "docs" / "adding-a-kind.md").read_text("utf-8")
FILES = dict(re.findall(r"^`([\w./-]+\.py)`\n\n```python\n(.*?)^```$", DOCUMENT, re.MULTILINE | re.DOTALL))
LINE = re.compile(r"^In `([\w./-]+)`:\n\n```diff\n(.*?)^```$", re.MULTILINE | re.DOTALL)
COMMANDS = re.findall(r"^(\.venv/bin/.*|make docs)$", DOCUMENT.replace("\\\n", " "), re.MULTILINE)
FOLDERS = ("bench", "bridge", "docs", "sandbox", "sql", "storage", "tests")
NEEDED = (*FOLDERS, "Makefile", "README.md", "pyproject.toml")


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """A copy of this repository without installed and generated files."""
    for name in NEEDED:
        source = ROOT / name
        if source.is_dir():
            shutil.copytree(source, tmp_path / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy2(source, tmp_path / name)
    return tmp_path


def follow(root: Path) -> None:
    """Apply the document's files and its diff; its commands are not run."""
    for name, text in FILES.items():
        file = root / name
        file.parent.mkdir(exist_ok=True)
        file.write_text(text, "utf-8")
    [(name, diff)] = LINE.findall(DOCUMENT)
    before = "".join(line[1:] for line in diff.splitlines(keepends=True) if line[0] == " ")
    after = "".join(line[1:] for line in diff.splitlines(keepends=True) if line[0] in " +")
    registry = (root / name).read_text("utf-8")
    assert registry.count(before) == 1, "the registry does not look as the document says"
    if after not in registry:  # the copy may be of a repository that has the kind of the page already
        (root / name).write_text(registry.replace(before, after), "utf-8")


def run(command: str, root: Path) -> str:
    """Run a command with the copy's modules, assert that it succeeds, and return its output."""
    program, *arguments = shlex.split(command)
    environment = {
        name: value for name, value in os.environ.items() if not name.startswith(("PYTEST_", "COV_", "ASKBRIDGE_"))
    }
    ended = subprocess.run(
        [*_installed(program), *arguments],
        cwd=root,
        env=environment | {"PYTHONPATH": str(root)},
        capture_output=True,
        text=True,
        timeout=500,
        check=False,
    )
    assert ended.returncode == 0, f"{command}\n{ended.stdout}\n{ended.stderr}"
    return ended.stdout


def _installed(program: str) -> list[str]:
    """How a program is started here: nothing is installed in the copy, so it uses what runs this test."""
    folder = Path(sys.executable).parent
    if program == "make":
        return ["make", f"BIN={folder}", "--old-file=.venv/dev"]  # as if that had been made
    return [str(folder / Path(program).name)]


def test_it_adds_one_folder_and_one_line_beside_a_test_of_its_own() -> None:
    [(registry, diff)] = LINE.findall(DOCUMENT)
    folders = {str(Path(name).parent) for name in FILES}

    assert registry == "bridge/kinds/registry.py"
    assert [line[0] for line in diff.splitlines()].count("+") == 1 and "\n-" not in diff
    assert folders == {"bridge/kinds/rating", "tests/bridge/kinds"}
    assert [name for name in FILES if name.startswith("tests")] == ["tests/bridge/kinds/test_rating.py"]


@pytest.mark.processes
def test_following_it_yields_a_kind_that_passes_every_test_of_kinds(copy: Path) -> None:
    follow(copy)
    *checks, tests = COMMANDS
    for check in checks:
        run(check, copy)
    output = run(f"{tests} --verbose -p no:cacheprovider", copy)

    passed = set(re.findall(r"test_life\.py::(\w+)\[rating: .*?\] PASSED", output))
    lives = (copy / "tests/bridge/kinds/test_life.py").read_text("utf-8")
    assert passed == set(re.findall(r"^async def (test_\w+)\(", lives, re.MULTILINE)) and passed
    assert "test_rating.py::test_the_words_stand_at_both_ends_of_the_scale PASSED" in output
    assert "test_document.py::test_its_examples_are_accepted PASSED" in output
    assert "test_generated.py::test_a_page_is_fresh[api.md] PASSED" in output
    assert " failed" not in output and " skipped" not in output
