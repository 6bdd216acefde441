import pytest

from bridge.card import texts


@pytest.mark.parametrize("steering", ["\u202a", "\u202e", "\u2066", "\u2069", "\u2028", "\x00", "\x85", "\ud800"])
def test_what_steers_or_hides_text_is_made_visible_one_for_one(steering: str) -> None:
    assert texts.visible(f"a{steering}b") == "a\ufffdb"


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("הרץ \u2066npm run\u2069 עכשיו", None),
        ("user \u2067ד\u05d5ד לוי\u2069 asked", None),
        ("\u2068شركة\u2069: \u2068x \u2068y\u2069\u2069", None),
        ("\u2066100 - 50\u2069", None),
        ("\u2067staging → prod\u2069", "\ufffdstaging → prod\ufffd"),
        ("\u2067100 - 50\u2069", "\ufffd100 - 50\ufffd"),
        ("\u2066ד\u05d5ד לוי\u2069", "\ufffdד\u05d5ד לוי\ufffd"),
        ("a\u2069b\u2066c", "a\ufffdb\ufffdc"),
        ("\u2066a\nb\u2069", "\ufffda\nb\ufffd"),
        ("\u2066a\u2069\u2069", "\u2066a\u2069\ufffd"),
        ("\u2068" * 9 + "a" + "\u2069" * 9, "\ufffd" * 9 + "a" + "\ufffd" * 9),
    ],
    ids=ascii,
)
def test_isolates_stay_if_they_are_closed_and_agree_with_their_text(given: str, expected: str | None) -> None:
    """Programs put them around words of another direction; forced on other text they would reverse it."""
    assert texts.visible(given) == (expected or given)


def test_text_in_any_script_is_left_alone() -> None:
    scripts = "line\n\ttab é 漢 עברית \u200fعربي 👩\u200d💻 <&>"

    assert texts.visible(scripts) == scripts


@pytest.mark.parametrize("mark", ["\u0336", "\u0489", "\u20dd", "\u0e47", "\u0fb2"])
def test_marks_piled_on_one_character_end_where_no_script_goes(mark: str) -> None:
    assert texts.visible(f"a{mark * 8}b") == f"a{mark * 8}b"
    assert texts.visible(f"a{mark * 10}b{mark}") == f"a{mark * 8}\ufffd\ufffdb{mark}"


@pytest.mark.parametrize(("given", "length"), [("", 0), ("é", 1), ("😀", 2), ("a😀b", 4)])
def test_length_is_counted_in_the_longest_way(given: str, length: int) -> None:
    assert texts.units(given) == length


@pytest.mark.parametrize(
    ("given", "most", "expected"),
    [("abc", 3, "abc"), ("abcd", 3, "ab…"), ("😀😀", 4, "😀😀"), ("😀😀", 3, "😀…"), ("a😀b", 2, "a…"), ("", 5, "")],
)
def test_a_cut_says_that_there_was_more_and_halves_no_character(given: str, most: int, expected: str) -> None:
    assert texts.cut(given, most) == expected
    assert texts.units(expected) <= most


def test_pieces_are_the_whole_text() -> None:
    given = "a😀" * 1_000
    pieces = list(texts.pieces(given, 1_000))

    assert "".join(pieces) == given
    assert max(texts.units(piece) for piece in pieces) <= 1_000


def test_wrapping_weighs_too() -> None:
    many = [{"type": "text", "text": "a"} for _ in range(100)]
    one = [{"type": "text", "text": "a" * 100}]

    assert texts.weight(many) > 10 * texts.weight(one)
    assert texts.weight({"a": "b"}) == len('{"a":"b",}')
