"""The commands as docs/commands.md repeats them, each as it describes itself."""

from collections.abc import Iterator

import click

from bridge.__main__ import main
from storage import migrate
from tests.docs.tables import Section, Table


def walk(command: click.Command, name: str = "askbridge") -> Iterator[tuple[str, click.Command]]:
    """Every command with its whole name, groups before what is in them."""
    yield name, command
    if isinstance(command, click.Group):
        for word in command.list_commands(click.Context(command)):
            yield from walk(inside(command, word), f"{name} {word}")


def inside(group: click.Group, word: str) -> click.Command:
    """The command of this name."""
    found = group.get_command(click.Context(group), word)
    assert found is not None, f"there is no command {word}"
    assert found.name == word
    return found


COMMANDS = dict(walk(main))
LEAVES = {name: command for name, command in COMMANDS.items() if not isinstance(command, click.Group)}


def command(name: str) -> Section:
    """Its heading, its purpose, and its options but for --help, which all have."""
    found = COMMANDS[name]
    arguments = [str(one.name).upper() for one in found.params if isinstance(one, click.Argument)]
    options = [[f"`{one.opts[0]}`", one.help or ""] for one in found.params if isinstance(one, click.Option)]
    purpose = (found.help or "").split("\n\n")[0]
    table = [Table(head=("Option", "Meaning"), rows=options)] if options else []
    return [f"## `{' '.join([name, *arguments])}`", purpose, *table]


def migrations() -> Section:
    """What `askbridge migrate` prints for an empty database, and after that."""
    applied = [f"applied {one.version:04} {one.name}" for one in migrate.ours()]
    sample = ["$ askbridge migrate", *applied, "$ askbridge migrate", "nothing to do: the schema is up to date"]
    return ["\n".join(["```", *sample, "```"])]
