"""The options of `askbridge ask` that take JSON from a file: several questions, a form, and what may be edited."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import IO, Any, BinaryIO, Final, TypeVar

import click

from storage import json_text
from storage.model import Json

C = TypeVar("C", bound=Callable[..., Any])

_ARGUMENTS: Final = ""  # in place of a file: the schema is that of the arguments


@dataclass(frozen=True, slots=True, kw_only=True)
class FileOptions:
    """What the files contain; each is None where no file was given."""

    questions: list[Any] | None = None
    form: Json | None = None  # a JSON Schema
    edit: bool | Json | None = None  # true, or a JSON Schema
    submit: str | None = None

    def from_files(self) -> Json:
        """The fields of the request that the files make, without the initial values of a form."""
        edit = {"schema": self.edit} if isinstance(self.edit, dict) else self.edit
        fields = {"questions": self.questions, "schema": self.form, "edit": edit, "submit": self.submit}
        return {name: value for name, value in fields.items() if value is not None}


def _list(_: click.Context, __: click.Parameter, file: BinaryIO | None) -> list[Any] | None:
    value = None if file is None else _json(file)
    if value is not None and not isinstance(value, list):
        raise click.BadParameter('must contain a JSON list, such as [{"id": "region", "title": "Which region?"}].')
    return value


def _schema(_: click.Context, __: click.Parameter, file: BinaryIO | None) -> Json | None:
    return None if file is None else _object(file)


def _editable(context: click.Context, option: click.Parameter, name: str | None) -> bool | Json | None:
    """True without a file, else the schema in it."""
    if name is None or name == _ARGUMENTS:
        return None if name is None else True
    with click.File("rb").convert(name, option, context) as file:
        return _object(file)


def _object(file: IO[bytes]) -> Json:
    value = _json(file)
    if not isinstance(value, dict):
        raise click.BadParameter("must contain a JSON object: a JSON Schema.")
    return value


def _json(file: IO[bytes]) -> Any:
    try:
        return json_text.loads(file.read().decode())
    except ValueError:
        raise click.BadParameter(f"{file.name!r} is not JSON in UTF-8.") from None


_OPTIONS: Final = (
    click.option(
        "--questions",
        type=click.File("rb"),
        callback=_list,
        metavar="FILE",
        help="Ask one to four questions at once: a JSON list of them; - for stdin.",
    ),
    click.option(
        "--form",
        type=click.File("rb"),
        callback=_schema,
        metavar="FILE",
        help="Ask for values: a JSON Schema of them, for which people get a form; - for stdin.",
    ),
    click.option("--submit", metavar="TEXT", help="With --form: the text of the form's button."),
    click.option(
        "--edit",
        callback=_editable,
        is_flag=False,
        flag_value=_ARGUMENTS,
        metavar="[FILE]",
        help="With --approve: people can change the arguments; --edit=FILE has a JSON Schema of those they can change.",
    ),
)


def file_options(command: C) -> C:
    """Add the options to a command, in this order."""
    for option in reversed(_OPTIONS):
        command = option(command)
    return command
