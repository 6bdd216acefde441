"""Labels of buttons and options: how long they may be, and which of them people cannot distinguish."""

import unicodedata
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence

from pydantic_core import PydanticCustomError

from bridge import exact_text, lookalikes
from bridge.card import texts
from bridge.fields import BLANK, INVISIBLE


def at_most(limit: int) -> Callable[[str], str]:
    """A validator that refuses a text of more than `limit` units."""

    def check(text: str) -> str:
        if texts.units(text) > limit:
            raise PydanticCustomError(
                "too_many_units", "must have at most {limit} characters, and an emoji counts as two", {"limit": limit}
            )
        return text

    return check


def visible_form(label: str) -> str:
    """The visible part of a label; people cannot distinguish labels with the same visible form."""
    return " ".join(unicodedata.normalize("NFC", BLANK.sub("", INVISIBLE.sub("", label))).split())


def visible(label: str) -> str:
    """A validator that refuses a label without a visible character."""
    if not visible_form(label):
        raise PydanticCustomError("blank", "must contain a visible character")
    return label


def unlike(labels: Sequence[str], *, what: str, of: str) -> None:
    """Refuse labels that people may take for one another, such as one that has a letter of another script."""
    shown = [visible_form(texts.visible(label)) for label in labels]
    same: defaultdict[str, list[int]] = defaultdict(list)
    for index, label in enumerate(shown):
        group = same[lookalikes.skeleton(label)]
        for earlier in group:
            if lookalikes.alike(shown[earlier], label):
                raise PydanticCustomError(
                    "look_alike",
                    "must have {what} that look different; those of {of} {earlier} and {index}, counted from 0, "
                    "look alike: {one} and {other}",
                    {
                        "what": what,
                        "of": of,
                        "earlier": earlier,
                        "index": index,
                        "one": named(shown[earlier]),
                        "other": named(label),
                    },
                )
        group.append(index)


def is_like(label: str, other: str) -> bool:
    """Whether people may take the label for the other one, also if only the case of its letters differs."""
    return lookalikes.alike(*(visible_form(texts.visible(text)).casefold() for text in (label, other)))


def imitated(label: str, buttons: Iterable[str]) -> str | None:
    """What is wrong with a label that people may take for one of the bridge's buttons beside it; None if nothing is."""
    found = next((button for button in buttons if is_like(label, button)), None)
    return f'must not look like the button "{found}" beside it' if found else None


def named(label: str) -> str:
    """A label for an error, with escapes for what makes it look like another."""
    return f'"{exact_text.name(label)}"'


def unique(values: Sequence[str], *, what: str, of: str, how: str) -> None:
    """Refuse values of which two are the same."""
    first: dict[str, int] = {}
    for index, value in enumerate(values):
        if (earlier := first.setdefault(value, index)) != index:
            raise PydanticCustomError(
                "not_different",
                "must have different {what}; those of {of} {earlier} and {index}, counted from 0, {how}",
                {"what": what, "of": of, "how": how, "earlier": earlier, "index": index},
            )
