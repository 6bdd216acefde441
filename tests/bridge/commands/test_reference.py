"""Every command has help with examples, and docs/commands.md repeats the help."""

import itertools
import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from bench import generated
from bridge.__main__ import main
from storage import migrate
from tests.docs.programs import COMMANDS, LEAVES, inside

ROOT = Path(__file__).parents[3]
DOCS = ROOT / "docs" / "commands.md"
PAGES = [ROOT / "README.md", DOCS, ROOT / "docs" / "slack-setup.md"]


SECTIONS = generated.sections(DOCS.read_text("utf-8"))


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_explains_itself_with_examples_and_its_exit_statuses(name: str) -> None:
    ended = CliRunner().invoke(main, [*name.split()[1:], "--help"], prog_name="askbridge")

    assert (ended.exit_code, ended.stderr) == (0, "")
    assert ended.stdout.startswith(f"Usage: {name} ")
    if name != "askbridge":
        assert re.search(rf"\n +(ASKBRIDGE\S+ )*{name}\b", ended.stdout), "it has no example"
        assert "Exit status:" in ended.stdout


def test_the_docs_have_every_command_and_none_that_is_gone() -> None:
    told = [name.removeprefix("command ") for name in SECTIONS if name.startswith("command ")]
    headings = re.findall(r"^## `(askbridge.*)`$", DOCS.read_text("utf-8"), re.MULTILINE)

    assert sorted(told) == sorted(LEAVES) and len(headings) == len(told)


@pytest.mark.parametrize("name", LEAVES)
def test_the_docs_have_an_example_of_every_command(name: str) -> None:
    _, _, after = DOCS.read_text("utf-8").partition(f"<!-- generated: command {name} -->")
    told, _, _ = after.partition("<!-- generated: command ")

    assert re.search(rf"\n\$ (ASKBRIDGE_\S+ )*{name}\b", told), "it has no example"


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
    shown = re.findall(r"schema(?:=|: migrated to )(\d+)", DOCS.read_text("utf-8"))

    assert set(shown) == {str(migrate.ours()[-1].version)}
