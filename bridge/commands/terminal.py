"""What all commands share: arguments, settings, the database, output, and failures as messages."""

import asyncio
import sys
from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime
from typing import NoReturn, TypeVar
from uuid import UUID

import click
from pydantic_settings import BaseSettings

from bridge import ids
from bridge.server import config
from storage import errors, json_text, migrate, organizations, pool
from storage.model import Json, Organization
from storage.pool import Database

S = TypeVar("S", bound=BaseSettings)
T = TypeVar("T")

EXIT = "Exit status: 0 done; 1 failed, and stderr says why; 2 wrong usage."


_JOINERS = "\u200c\u200d"  # emoji and several scripts need them


class CommandRefused(Exception):
    """The command cannot be carried out; the message says why and what to do."""


class WholeNumber(click.IntRange):
    """An integer within limits, which click's messages call a whole number."""

    name = "whole number"


def an_id(prefix: ids.Prefix) -> Callable[[str], UUID]:
    """The reader of an argument that is an id with this prefix."""

    def read(value: str) -> UUID:
        id = ids.decode(prefix, value)
        if id is None:
            raise click.BadParameter(f"{value!r} is not an id such as {prefix}_01kb….")
        return id

    return read


def a_name(*, limit: int) -> Callable[[str], str]:
    """The reader of an argument that is a name: printable, not blank, at most `limit` characters."""

    def read(value: str) -> str:
        text = value.strip()
        if not text or not text.isprintable():
            raise click.BadParameter("a name must not be blank and must not contain invisible characters.")
        if len(text) > limit:
            raise click.BadParameter(f"a name has at most {limit} characters; this one has {len(text)}.")
        return text

    return read


organization_option = click.option(
    "--organization",
    "organization_id",
    type=an_id("org"),
    metavar="ORG_ID",
    help="The organization. Required only if there are several; see `askbridge organizations list`.",
)
json_option = click.option("--json", "as_json", is_flag=True, help="Print one line of JSON on stdout, for scripts.")


def settings(part: type[S]) -> S:
    """Read settings, or end the command with a line for each that is missing or wrong."""
    try:
        read = config.read(part)
    except config.Misconfigured as error:
        fail(f"{error}\nEvery setting is in docs/configuration.md. See what else is missing with: askbridge doctor")
    if part is not config.Settings:  # a replica logs them
        for line in config.misspelt_lines(part):
            click.echo(line, err=True)
    return read


def with_database(work: Callable[[Database], Awaitable[T]]) -> T:
    """Run `work` with the database in the settings, or end the command with a message."""
    dsn = settings(config.DatabaseSettings).direct_url

    async def do() -> T:
        async with pool.connect(dsn, name="command", size=2) as db:
            await migrate.check(db)
            return await work(db)

    try:
        return asyncio.run(do())
    except errors.Unavailable as error:
        fail(unavailable(error))
    except (errors.NotMigrated, errors.SchemaTooNew, errors.BadDatabaseUrl, CommandRefused) as error:
        fail(str(error))


def unavailable(error: errors.Unavailable) -> str:
    """What to say when the database cannot be used."""
    return (
        f"The database cannot be used: {error.problem} ({error.cause}). To fix it: {error.fix}. "
        "The URL is read from ASKBRIDGE_DATABASE_DIRECT_URL, else from ASKBRIDGE_DATABASE_URL."
    )


async def organization(db: Database, organization_id: UUID | None) -> Organization:
    """The organization with this id, or without an id the only one there is; raises CommandRefused."""
    if organization_id is not None:
        named = await organizations.get(db, organization_id)
        if named is None:
            raise CommandRefused(f"There is no organization {ids.encode('org', organization_id)}.")
        return named
    every = await organizations.every(db)
    if not every:
        raise CommandRefused(
            "There is no organization yet. `askbridge serve` creates one at its first start with a bot token; "
            "or: askbridge organizations create NAME"
        )
    if len(every) > 1:
        rows = [[ids.encode("org", organization.organization_id), organization.name] for organization in every]
        raise CommandRefused("There are several organizations; say which with --organization:\n" + table(rows))
    return every[0]


def print_json(value: Json) -> None:
    """Print one line of JSON and flush it."""
    click.echo(json_text.dumps(value))


def print_text(text: str) -> None:
    """Print what a person wrote: unchanged, in UTF-8, into a pipe or a file; on a terminal, only what it shows."""
    if sys.stdout.isatty():
        click.echo("\n".join(printable(line, keep=f"{_JOINERS}\t") for line in text.split("\n")))
    else:
        click.echo(text.encode(errors="replace"))


def table(rows: Sequence[Sequence[str]]) -> str:
    """Rows with aligned columns. Unprintable characters become `?`, since a terminal would obey them."""
    shown = [[printable(cell) for cell in row] for row in rows]
    widths = [max(len(cell) for cell in column) for column in zip(*shown, strict=True)]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in shown
    )


def one_line(text: object) -> str:
    """What a server sent, as one line that a terminal only shows: no control sequence, nothing that reverses text.

    Runs of spaces and line breaks become one space, other invisible characters `?`; those that join letters stay.
    """
    return printable(" ".join(str(text).split()), keep=_JOINERS)


def printable(text: str, *, keep: str = "") -> str:
    """The text with `?` for each character that a terminal would obey instead of print, except those in `keep`."""
    return "".join(char if char.isprintable() or char in keep else "?" for char in text)


def moment(at: datetime | None, *, never: str = "") -> str:
    """A time in UTC, to the second; `never` for None."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ") if at else never


def count(number: int, thing: str) -> str:
    """`1 card`, `2 cards`."""
    return f"{number} {thing}{'' if number == 1 else 's'}"


def fail(message: str, *, status: int = 1) -> NoReturn:
    """End the command with a message on stderr."""
    click.echo(message, err=True)
    sys.exit(status)
