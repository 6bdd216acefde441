"""Names and arguments: whatever is different looks different."""

import json
import random
import unicodedata

import pytest
from hypothesis import given

from bridge import exact_text, question
from bridge.card import texts
from tests.generated import hostile
from tests.generated.scale import chances, generated


@pytest.mark.parametrize(
    "unseen",
    [
        *("\u200b", "\u202e", "\u00a0", "\u3164", "\u2003", "\ufe0f", "\ufe00", "\u115f", "\u2800", "\u180b", "\u034f"),
        "\U000e0041",
        "\U000e0100",
        "\u2067",
        "\u2010",
        "\u0435",
        "\ue000",
        "\u0378",
        "\ufffc",
    ],
    ids=ascii,
)
def test_what_cannot_be_told_from_something_else_is_spelled_out(unseen: str) -> None:
    """A name or an argument that only looks like another one must not look like it."""
    escape = json.dumps(unseen)[1:-1]

    assert exact_text.name(f"de{unseen}ploy") == f"de{escape}ploy"
    assert question.pretty({"a": unseen}) == f'{{\n  "a": "{escape}"\n}}'


@pytest.mark.parametrize(
    "honest",
    [
        "us_east_1",
        "Привет, мир",
        "東京、タワー",
        "naïve café",
        "שלום",
        "مرحبا",
        "क्षत्रिय",
        "ปี่",
        "가나",
        "😀",
        "“it\u2019s” – 3×4",
    ],
)
def test_honest_text_of_any_script_stays_as_it_is(honest: str) -> None:
    assert exact_text.name(honest) == honest
    assert question.pretty({honest: honest}) == f'{{\n  "{honest}": "{honest}"\n}}'


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("de\u200bploy", "de\\u200bploy"),
        ("a\\", "a\\\\"),
        ("deploy", "deploy "),
        ("a b", "a  b"),
        ("é", "e\u0301"),
        ("\u0336a", "\u0335a"),
        ("a" + "\u0336" * 9, "a" + "\u0336" * 10),
        ("a" + "\u0301\u0302" * 6, "a" + "\u0301\u0302" * 5 + "\u0302\u0301"),
        ("가", "\u1100\u1161"),
        ("Привет", "Прив\u0065т"),
        ("copy", "\u0441\u043e\u0440\u0443"),
        ("\u2764", "\u2764\ufe0f"),
    ],
    ids=ascii,
)
def test_different_names_and_arguments_look_different(one: str, other: str) -> None:
    assert seen(exact_text.name(one)) != seen(exact_text.name(other))
    assert seen(question.pretty({"a": one})) != seen(question.pretty({"a": other}))


def seen(shown: str) -> str:
    """What a screen shows: nothing of what is invisible, one mark for a repeated one, one form of equivalent texts."""
    visible = texts.visible(shown)
    kept: list[str] = []
    marks = 0
    for character in unicodedata.normalize("NFC", visible):
        marks = marks + 1 if unicodedata.category(character) in ("Mn", "Me") else 0
        hidden = unicodedata.category(character) in ("Cf", "Cn", "Co") or character in "\u3164\u115f\u1160\uffa0\u2800"
        hidden |= unicodedata.category(character) == "Mn" and unicodedata.name(character, "").startswith("VARIATION")
        if hidden or character == "\u034f" or marks > exact_text.MAX_MARKS or (marks and kept[-1:] == [character]):
            continue
        kept.append(" " if unicodedata.category(character) == "Zs" else character)
    return "".join(kept)


_PARTS = [
    *(*hostile.UNSEEN, *hostile.STEERING, *hostile.LOOKALIKE, *hostile.MARKS, *hostile.WORDS),
    *("\\u200b", "\\\\", "\\", "\u0301", "\u0323", "\u0336", "\u0489", "e\u0301", "é", "\u1100\u1161", "가", "\ufe00"),
    *("\u212b", "\u0430", "a", '"', "\n", "\\n", "\u180b", "\U000e0100", "\ufffd", "\ufffc", "p", "\u0440", "\u03bf"),
    *("1", "\u0967"),
]


def _pair(chance: random.Random) -> tuple[str, str]:
    """A text, and the same with one part added, removed or replaced."""
    parts = chance.choices(_PARTS, k=chance.randint(1, 6))
    changed = list(parts)
    at = chance.randrange(len(parts))
    changed[at : at + chance.randint(0, 1)] = chance.choices(_PARTS, k=chance.randint(0, 2))
    return "".join(parts), "".join(changed)


@generated(2_000)
@given(chances())
def test_no_two_different_texts_look_the_same(chance: random.Random) -> None:
    one, other = _pair(chance)
    shown = [question.pretty({"a": text}) for text in (one, other)]

    assert one == other or seen(shown[0]) != seen(shown[1]), (ascii(one), ascii(other))
    assert one == other or seen(exact_text.name(one)) != seen(exact_text.name(other)), (ascii(one), ascii(other))
    for text, written in zip((one, other), shown, strict=True):
        assert json.loads(written) == {"a": text}, "it is still the JSON that runs"
        assert texts.visible(written) == written, "nothing is left that a card would have to replace"
