"""Every command has help with examples, and docs/commands.md repeats the help."""

import itertools
import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from bridge.__main__ import main
from storage import migrate

ROOT = Path(__file__).parents[3]
DOCS = ROOT / "docs" / "commands.md"
PAGES = [ROOT / "README.md", DOCS, ROOT / "docs" / "slack-setup.md"]


def walk(command: click.Command, name: str = "askbridge") -> Iterator[tuple[str, click.Command]]:
    """Every command with its whole name, groups before what is in them."""
    yield name, command
    if isinstance(command, click.Group):
        for word in command.list_commands(click.Context(command)):
            yield from walk(inside(command, word), f"{name} {word}")


def inside(group: click.Group, word: str) -> click.Command:
    found = group.get_command(click.Context(group), word)
    assert found is not None, f"there is no command {word}"
    assert found.name == word
    return found


COMMANDS = dict(walk(main))
LEAVES = {name: command for name, command in COMMANDS.items() if not isinstance(command, click.Group)}


def heading(name: str, command: click.Command) -> str:
    arguments = [str(one.name).upper() for one in command.params if isinstance(one, click.Argument)]
    return f"## `{' '.join([name, *arguments])}`"


def options(command: click.Command) -> list[str]:
    """The table of its options, without --help, which all have."""
    rows = [f"| `{option.opts[0]}` | {option.help} |" for option in command.params if isinstance(option, click.Option)]
    return ["| Option | Meaning |", "| --- | --- |", *rows] if rows else []


def purpose(command: click.Command) -> str:
    return (command.help or "").split("\n\n")[0]


def section(name: str, command: click.Command) -> str:
    after = DOCS.read_text("utf-8").split(heading(name, command) + "\n")
    assert len(after) == 2, f"docs/commands.md has no section {heading(name, command)}"
    return after[1].split("\n## ")[0]


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_explains_itself_with_examples_and_its_exit_statuses(name: str) -> None:
    ended = CliRunner().invoke(main, [*name.split()[1:], "--help"], prog_name="askbridge")

    assert (ended.exit_code, ended.stderr) == (0, "")
    assert ended.stdout.startswith(f"Usage: {name} ")
    if name != "askbridge":
        assert re.search(rf"\n +(ASKBRIDGE\S+ )*{name}\b", ended.stdout), "it has no example"
        assert "Exit status:" in ended.stdout


@pytest.mark.parametrize("name", LEAVES)
def test_the_docs_say_of_a_command_what_it_says_itself(name: str) -> None:
    command = LEAVES[name]
    text = section(name, command)

    assert purpose(command) in text
    assert [line for line in text.splitlines() if line.startswith("|")] == options(command)
    assert re.search(rf"\n\$ (ASKBRIDGE_\S+ )*{name}\b", text), "it has no example"


def typed(page: Path) -> Iterator[list[str]]:
    """The commands that a page has people type, but for those that take values from a shell."""
    for block in page.read_text("utf-8").split("```")[1::2]:
        for line in block.splitlines():
            words = (
                shlex.split(line.removeprefix("$ "), comments=True)
                if "askbridge " in line and "$" not in line[2:]
                else []
            )
            if words[:1] == ["askbridge"]:
                yield list(itertools.takewhile(lambda word: word not in {"&&", "||", "|"}, words[1:]))


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_what_the_docs_have_people_type_is_understood(page: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ASKBRIDGE_URL", "http://127.0.0.1:8080")
    monkeypatch.setenv("ASKBRIDGE_KEY", "askb_1")
    commands = list(typed(page))

    for words in commands:
        command: click.Command = main
        while isinstance(command, click.Group):
            command = inside(command, words.pop(0))
        command.make_context(command.name, words)
    assert commands, "it has none"


def test_the_samples_are_of_this_releases_schema() -> None:
    page = DOCS.read_text("utf-8")
    known = migrate.ours()

    assert re.findall(r"^applied (.*)$", page, re.MULTILINE) == [f"{one.version:04} {one.name}" for one in known]
    assert set(re.findall(r"schema(?:=|: migrated to )(\d+)", page)) == {str(known[-1].version)}


def test_the_docs_have_no_command_that_is_gone() -> None:
    headings = [line for line in DOCS.read_text("utf-8").splitlines() if line.startswith("## `")]

    assert sorted(headings) == sorted(heading(name, command) for name, command in LEAVES.items())
