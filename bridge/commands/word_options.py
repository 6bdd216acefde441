"""The options of `askbridge ask` for answers in words, and the fields of the request that they make."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final, TypeVar

import click

from bridge.commands.addresses import Unknown
from bridge.commands.file_options import FileOptions, file_options
from bridge.commands.terminal import WholeNumber
from storage import json_text
from storage.model import Json

C = TypeVar("C", bound=Callable[..., Any])

_ANY: Final = "1-"  # of --multiple without a value
_LIMITS: Final = re.compile(r"(\d{1,3})(-(\d{1,3})?)?")
_INPUT: Final = ("label", "placeholder", "initial", "min_length", "max_length")  # names here and in the request
_OF_COMMENTS: Final = ("label", "placeholder", "max_length")


@dataclass(frozen=True, slots=True, kw_only=True)
class WordOptions(FileOptions):
    """The options about words; each is empty or None where it was not given."""

    options: tuple[tuple[str, str], ...] = ()  # names and labels
    text: bool = False
    comments: tuple[tuple[str, bool], ...] = ()  # decisions or names of options, and whether the comment is required
    respond: bool = False
    multiple: tuple[int, int | None] | None = None
    suggestions: tuple[str, ...] = ()
    decline: bool = False
    label: str | None = None
    placeholder: str | None = None
    initial: str | None = None
    one_line: bool = False
    min_length: int | None = None
    max_length: int | None = None

    @property
    def kind(self) -> str:
        """The kind of the question: text, questions, form, choice or approval."""
        if self.text:
            return "text"
        if self.questions is not None:
            return "questions"
        if self.form is not None:
            return "form"
        return "choice" if self.options else "approval"

    def words(self) -> Json:
        """The fields of the request about words, without the comments of options; raises Unknown."""
        self._check()
        fields = self.from_files()
        if self.form is not None and self.initial is not None:
            fields["initial"] = _values(self.initial)
        if self.kind == "approval" and self.comments:
            fields["comment"] = {name: self._comment(required) for name, required in self.comments}
        if self.respond:
            fields["respond"] = True
        if self.multiple is not None:
            least, most = self.multiple
            fields["multiple"] = {"min": least} | ({} if most is None else {"max": most})
        if self.text and (asked := self._input()):
            fields["input"] = asked
        if self.suggestions:
            fields["suggestions"] = list(self.suggestions)
        if self.decline:
            fields["decline"] = True
        return fields

    def option_comments(self) -> Json:
        """The comment of each option that has one."""
        return {name: self._comment(required) for name, required in self.comments}

    def default(self, name: str) -> Json:
        """The default answer with this name, as the request has it."""
        if self.kind in ("questions", "form"):
            return {"decision": name}
        if self.kind == "text":
            return {"decision": name} if name == "decline" and name not in self.suggestions else {"text": name}
        return {"option" if self.options else "decision": name}

    def _check(self) -> None:
        """Refuse options that do not belong to the kind of the question."""
        known = {"approve", "deny"} if self.kind == "approval" else {name for name, _ in self.options}
        for name, _ in self.comments:
            if self.kind not in ("approval", "choice"):
                what = "a text is" if self.text else "these are"
                raise Unknown(f"--comment requires --approve or --option: {what} an answer in words already.")
            if name not in known:
                what = "is neither approve nor deny" if self.kind == "approval" else "names no --option"
                raise Unknown(f"--comment {name} {what}.")
        _require(self.respond, "--respond", "--approve", given=self.kind == "approval")
        _require(self.edit is not None, "--edit", "--approve", given=self.kind == "approval")
        _require(self.submit is not None, "--submit", "--form FILE", given=self.kind == "form")
        can_refuse = self.kind in ("text", "questions", "form")
        _require(self.decline, "--decline", "--text, --questions or --form", given=can_refuse)
        can_begin = self.kind in ("text", "form")
        _require(self.initial is not None, "--initial", "--text or --form FILE", given=can_begin)
        _require(self.multiple is not None, "--multiple", "--option NAME", given=self.kind == "choice")
        for is_used, option in (
            (self.suggestions, "--suggest"),
            (self.one_line, "--one-line"),
            (self.min_length is not None, "--min-length"),
        ):
            _require(bool(is_used), option, "--text", given=self.text)
        for name in _OF_COMMENTS:
            option = f"--{name.replace('_', '-')}"
            is_given = self.text or bool(self.comments)
            _require(getattr(self, name) is not None, option, "--text or --comment NAME", given=is_given)

    def _comment(self, required: bool) -> Json | str:  # noqa: FBT001  -- a value, not a switch
        """A comment in its short form, or with what the input is like."""
        asked = {name: value for name in _OF_COMMENTS if (value := getattr(self, name)) is not None}
        if not asked:
            return "required" if required else "optional"
        return {"required": required, **asked}

    def _input(self) -> Json:
        asked = {name: value for name in _INPUT if (value := getattr(self, name)) is not None}
        return asked | ({"multiline": False} if self.one_line else {})


def _values(text: str) -> Json:
    try:
        values = json_text.loads(text)
    except ValueError:
        values = None
    if not isinstance(values, dict):
        raise Unknown("--initial must be a JSON object here: the values that the form starts with.")
    return values


def _require(is_used: bool, option: str, other: str, *, given: bool) -> None:  # noqa: FBT001  -- a value, not a switch
    if is_used and not given:
        raise Unknown(f"{option} requires {other}.")


def _comments(_: click.Context, __: click.Parameter, texts: tuple[str, ...]) -> tuple[tuple[str, bool], ...]:
    """Each comment as a name and whether it is required."""
    comments = []
    for text in texts:
        name, separator, rule = text.partition("=")
        if not name or (separator and rule not in {"required", "optional"}):
            raise click.BadParameter(f"{text!r} must be a name, or have the form NAME=optional or NAME=required.")
        comments.append((name, rule != "optional"))
    return tuple(comments)


def _limits(_: click.Context, __: click.Parameter, text: str | None) -> tuple[int, int | None] | None:
    """How many options can be selected: at least and at most; None at the end for all of them."""
    if text is None:
        return None
    found = _LIMITS.fullmatch(text)
    if not found:
        raise click.BadParameter(f"{text!r} must have the form MIN-MAX, such as 1-3; or 2- for at least 2; or 2.")
    least = int(found[1])
    if found[2] is None:
        return least, least
    return least, int(found[3]) if found[3] else None


_OPTIONS: Final = (
    click.option("--text", is_flag=True, help="Ask for a text that a person writes."),
    click.option(
        "--comment",
        "comments",
        callback=_comments,
        multiple=True,
        metavar="NAME[=optional|required]",
        help="Ask for a comment with approve, deny or the option NAME; required unless =optional; may be repeated.",
    ),
    click.option("--respond", is_flag=True, help="With --approve: people can reply in words instead. Ends with 2."),
    click.option(
        "--multiple",
        callback=_limits,
        is_flag=False,
        flag_value=_ANY,
        metavar="[MIN-MAX]",
        help="With --option: people can select several; --multiple=1-3 limits how many, --multiple=0- allows none.",
    ),
    click.option(
        "--suggest",
        "suggestions",
        multiple=True,
        metavar="TEXT",
        help="With --text: a text that one click answers with; up to five.",
    ),
    click.option("--decline", is_flag=True, help="With --text, --questions or --form: people can refuse. Ends with 1."),
    click.option("--label", metavar="TEXT", help="The label above the input of a text or of the comments."),
    click.option("--placeholder", metavar="TEXT", help="Shown in that input while it is empty."),
    click.option("--max-length", type=WholeNumber(1, 3_000), metavar="NUMBER", help="The most characters it takes."),
    click.option("--min-length", type=WholeNumber(1, 3_000), metavar="NUMBER", help="With --text: the fewest."),
    click.option(
        "--initial", metavar="TEXT", help="With --text: the text to start from; with --form: the values, as JSON."
    ),
    click.option("--one-line", is_flag=True, help="With --text: the input has one line."),
)


def word_options(command: C) -> C:
    """Add the options to a command, in this order."""
    for option in reversed(_OPTIONS):
        command = option(command)
    return file_options(command)
