"""Follows a page of the docs that adds something to the bridge: writes its files, adds its line, runs its commands."""

import os
import re
import shlex
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
_FOLDERS = ("bench", "bridge", "docs", "sandbox", "sql", "storage", "tests")
_NEEDED = (*_FOLDERS, "Makefile", "README.md", "pyproject.toml")
_FILE = re.compile(r"^`([\w./-]+\.(?:py|sql))`[^`\n]*\n\n```(?:python|sql)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_LINE = re.compile(r"^In `([\w./-]+)`:\n\n```diff\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_COMMAND = re.compile(r"^(\.venv/bin/.*|make (?:docs|schema))$", re.MULTILINE)


@dataclass(frozen=True, kw_only=True)
class Page:
    """What a page tells its reader to do."""

    files: dict[str, str]  # its texts by their paths
    registry: str  # the path of the file that gets a line
    diff: str
    commands: list[str]

    def follow(self, root: Path) -> None:
        """Write the files and apply the diff; the commands are not run."""
        for name, text in self.files.items():
            file = root / _numbered(name, root)
            file.parent.mkdir(exist_ok=True)
            file.write_text(text, "utf-8")
        before = "".join(line[1:] for line in self.diff.splitlines(keepends=True) if line[0] == " ")
        after = "".join(line[1:] for line in self.diff.splitlines(keepends=True) if line[0] in " +")
        registry = (root / self.registry).read_text("utf-8")
        assert registry.count(before) == 1, "the registry does not look as the document says"
        if after not in registry:  # the copy may be of a repository that has what the page adds already
            (root / self.registry).write_text(registry.replace(before, after), "utf-8")

    def output_of_tests(self, root: Path) -> str:
        """Follow the page in a copy of this repository, run its commands, and return the output of its tests."""
        copy(root)
        self.follow(root)
        *checks, tests = self.commands
        for check in checks:
            run(check, root)
        output = run(f"{tests} --verbose -p no:cacheprovider", root)
        assert " failed" not in output and " skipped" not in output
        return output

    def adds_one_line(self) -> bool:
        """Whether the registry gets one line more and keeps the others."""
        return [line[0] for line in self.diff.splitlines()].count("+") == 1 and "\n-" not in self.diff


def page(name: str) -> Page:
    """Read a page of the docs."""
    text = (ROOT / "docs" / name).read_text("utf-8")
    [(registry, diff)] = _LINE.findall(text)
    return Page(
        files=dict(_FILE.findall(text)),
        registry=registry,
        diff=diff,
        commands=_COMMAND.findall(text.replace("\\\n", " ")),
    )


def copy(root: Path) -> None:
    """Copy this repository, without installed and generated files."""
    for name in _NEEDED:
        source = ROOT / name
        if source.is_dir():
            shutil.copytree(source, root / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy2(source, root / name)


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


def _numbered(name: str, root: Path) -> str:
    """The path of a migration with the next number."""
    if "NNNN" not in name:
        return name
    latest = max(int(file.name[:4]) for file in (root / "sql" / "migrations").glob("*.sql"))
    return name.replace("NNNN", f"{latest + 1:04}")
