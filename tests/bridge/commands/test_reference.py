"""Every command explains itself, and docs/commands.md says of each what it says itself."""

import re
from collections.abc import Iterator
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from bridge.__main__ import main

DOCS = Path(__file__).parents[3] / "docs" / "commands.md"


def walk(command: click.Command, name: str = "askbridge") -> Iterator[tuple[str, click.Command]]:
    """Every command with its whole name, groups before what is in them."""
    yield name, command
    if isinstance(command, click.Group):
        for inner in command.commands.values():
            yield from walk(inner, f"{name} {inner.name}")


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


def test_the_docs_have_no_command_that_is_gone() -> None:
    headings = [line for line in DOCS.read_text("utf-8").splitlines() if line.startswith("## `")]

    assert headings == [heading(name, command) for name, command in LEAVES.items()]
