import pytest

from bridge.card import prose, texts
from bridge.card.prose import Part, Shape
from bridge.card.spans import Span


def part(words: str, shape: Shape = Shape.PARAGRAPH, *, indent: int = 0, number: int | None = None) -> Part:
    return Part(shape=shape, spans=(Span(text=words, bold=True),), indent=indent, number=number)


def test_plain_is_the_same_text_without_style() -> None:
    parts = [
        part("Head"),
        part("a l"),
        part("x", Shape.ITEM, number=1),
        part("y", Shape.ITEM, indent=1),
        part("q\nr", Shape.QUOTE),
        part("code", Shape.CODE),
    ]

    assert prose.plain(parts) == "Head\n\na l\n\n1. x\n  • y\n\n> q\n> r\n\ncode"
    assert prose.plain([]) == ""


def test_items_numbered_without_a_gap_are_one_list() -> None:
    numbered = [part("x", Shape.ITEM, number=number) for number in (3, 4, 7)]

    assert [(element["offset"], len(element["elements"])) for element in prose.rich(numbered, 9_000).elements] == [
        (2, 2),
        (6, 1),
    ]


def test_a_text_too_heavy_for_its_style_is_shown_without_it() -> None:
    spans = tuple(span for _ in range(1_000) for span in (Span(text="a", italic=True), Span(text="b ")))
    shown = prose.rich([Part(shape=Shape.PARAGRAPH, spans=spans)], 9_000)

    assert shown.hidden == 0
    assert all("style" not in element for element in shown.elements[0]["elements"])
    assert "".join(element["text"] for element in shown.elements[0]["elements"]) == "ab " * 1_000


@pytest.mark.parametrize("most", [0, 1, 50, 200, 2_999, 3_200, 8_000])
def test_a_text_too_long_is_cut_and_says_by_how_much(most: int) -> None:
    shown = prose.rich([part("😀x" * 4_000)], most)
    kept = "".join(element["text"] for made in shown.elements for element in made["elements"]).removesuffix("…")

    assert texts.weight(shown.elements) <= max(most, 2)
    assert len(kept) + shown.hidden == 8_000
