"""A form: the fields that a person fills in before a choice counts, and the limits of what can be given.

Slack shows a form as a modal with one input block for each field (https://docs.slack.dev/surfaces/modals).
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Literal, TypeAlias

from storage.model import Json

MAX_TEXT = 3_000  # units: Slack's limit for a plain-text input
MAX_LABEL = 150  # units of a field's label; Slack allows more than a phone shows
MAX_PLACEHOLDER = 150  # units: Slack's limit
MAX_TITLE = 24  # units: Slack's limit for the title and the button of a modal
MAX_CHECKBOXES = 10  # Slack's limit, also for radio buttons; a field with more options is a menu
MAX_OPTIONS = 100  # Slack's limit for a menu
MAX_THING_ID = 75  # characters
MAX_ON_PAGE = 12  # fields of one page of a form; more make people scroll, and lose more when Slack loses a form
_MAX_WEIGHT = 225_000  # bytes of one page; Slack refuses a view of more than 250,000
MAX_HINT = 500  # units of the text below an input; Slack allows more than a phone shows
MAX_NUMBER = 50  # characters of a number that a person enters


@dataclass(frozen=True, slots=True, kw_only=True)
class TextField:
    """A text of `min_length` to `max_length` characters, counted in UTF-16 units as Slack counts them.

    With a `format` it is one line, and Slack's client checks that it is an email address or a URL.
    """

    id: str
    label: str
    is_required: bool = True
    is_multiline: bool = True
    min_length: int = 0
    max_length: int = MAX_TEXT
    placeholder: str | None = None
    initial: str | None = None
    hint: str | None = None
    format: Literal["email", "url"] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class NumberField:
    """A number from `minimum` to `maximum`, as the person writes it: at most MAX_NUMBER characters."""

    id: str
    label: str
    is_required: bool = True
    is_whole: bool = False
    minimum: Decimal | None = None
    maximum: Decimal | None = None
    initial: Decimal | None = None
    hint: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PickerField:
    """A day (`2026-01-31`), a time of the day in UTC (`09:30`), or a moment in whole seconds since 1970 (`1769850600`).

    Slack shows and takes a moment in the person's own time zone.
    """

    id: str
    label: str
    picks: Literal["date", "time", "datetime"]
    is_required: bool = True
    initial: str | None = None
    hint: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class OptionsField:
    """`min_selected` to `max_selected` of the `options`, which map an id to its label.

    Slack gets the position of an option, never its id: a position is short, whatever the id is. At most one option is
    selected from a menu (`is_menu`) or with radio buttons (`is_radio`, for at most MAX_CHECKBOXES).
    """

    id: str
    label: str
    options: dict[str, str]
    min_selected: int
    max_selected: int
    is_menu: bool = False
    is_radio: bool = False
    initial: Sequence[str] = ()
    hint: str | None = None

    @property
    def is_required(self) -> bool:
        """Whether the form cannot be submitted without a selection."""
        return self.min_selected > 0


@dataclass(frozen=True, slots=True, kw_only=True)
class ThingField:
    """At most one of `things`, which map an id of at most MAX_THING_ID characters to its label.

    Slack gets the ids, because the list may be another one when the form is sent; what was selected is checked when it
    is used. Without things to offer there is no input, and nothing is selected.
    """

    id: str
    label: str
    things: dict[str, str]

    @property
    def is_required(self) -> bool:
        """Whether the form cannot be submitted without a selection."""
        return False


FormField: TypeAlias = TextField | NumberField | PickerField | OptionsField | ThingField


@dataclass(frozen=True, slots=True, kw_only=True)
class Form:
    """The fields that complete one choice. `title` names the choice; `submit` is the text of the button."""

    title: str
    fields: Sequence[FormField]
    submit: str = "Submit"
    whole_label: str | None = None  # of the choice, where the title can show only its beginning

    @property
    def pages(self) -> Sequence[Sequence[FormField]]:
        """The fields of each page, within what one view of Slack holds; a form that is not too long has one page."""
        count = max(1, -(-len(self.fields) // MAX_ON_PAGE))
        size = -(-len(self.fields) // count)
        pages: list[list[FormField]] = [[]]
        weight = 0
        for each in self.fields:
            added = _weight(each)
            if len(pages[-1]) == size or (pages[-1] and weight + added > _MAX_WEIGHT):
                pages, weight = [*pages, []], 0
            pages[-1].append(each)
            weight += added
        return pages

    def on_page(self, page: int) -> "Form":
        """The form of one page, counted from 0; the last one if there are fewer."""
        pages = self.pages
        return replace(self, fields=pages[min(page, len(pages) - 1)])


def _weight(field: FormField) -> int:
    """The bytes of a field in a view, with whatever is entered: JSON may write six for each unit of a text."""
    shown = [field.label, getattr(field, "hint", None) or "", getattr(field, "placeholder", None) or ""]
    texts_of = sum(len(text.encode("utf-16-le", "surrogatepass")) // 2 for text in shown)
    match field:
        case TextField():
            return 6 * (texts_of + field.max_length) + 400
        case OptionsField(options=options) | ThingField(things=options):
            offered = sum(6 * len(label.encode("utf-16-le", "surrogatepass")) // 2 + 120 for label in options.values())
            is_several = isinstance(field, OptionsField) and not (field.is_menu or field.is_radio)
            return 6 * texts_of + 400 + offered * (2 if is_several else 1)  # those that are selected stand there twice
    return 6 * texts_of + 400


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldErrors:
    """The messages that refuse a submitted form, by the id of the field to correct."""

    messages: dict[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Submitted:
    """What a person gave in a form: by the id of its field, a text, or the ids of the selected options or thing.

    A number and what was picked are texts too; "" stands for an empty input.
    """

    texts: dict[str, str] = field(default_factory=dict)
    selected: dict[str, list[str]] = field(default_factory=dict)

    def with_more(self, other: "Submitted") -> "Submitted":
        """This and the other one, which counts where both have a value."""
        return Submitted(texts=self.texts | other.texts, selected=self.selected | other.selected)

    def without(self, fields: Collection[str]) -> "Submitted":
        """This without the values of these fields."""
        texts = {id: text for id, text in self.texts.items() if id not in fields}
        return Submitted(texts=texts, selected={id: one for id, one in self.selected.items() if id not in fields})


Accepted: TypeAlias = Json | FieldErrors  # what a form adds to the answer, or what must be corrected
