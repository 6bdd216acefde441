import pytest

from bridge import lookalikes


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Delete", "D\u0435lete"),
        ("copy", "\u0441\u043e\u0440\u0443"),
        ("Plan I", "Plan l"),
        ("a|b", "alb"),
        ("B\u041e", "B0"),
        ("m", "\u217f"),
        ("Approve", "\U0001d400pprove"),
        ("a-b", "a\u2010b"),
        ("10", "1\u09e6"),
        ("Å", "\u212b"),
    ],
)
def test_texts_that_people_take_for_one_another_are_alike(one: str, other: str) -> None:
    assert lookalikes.alike(one, other) and lookalikes.alike(other, one)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Delete", "Keep"),
        ("delete", "DELETE"),
        ("modern", "modem"),
        ("Queue 0", "Queue O"),
        ("Plan 1", "Plan l"),
        ("naïve", "naive"),
        ("Да", "Нет"),
        ("東京", "京都"),
    ],
)
def test_honest_texts_are_not(one: str, other: str) -> None:
    assert not lookalikes.alike(one, other)


def test_a_skeleton_is_the_same_for_all_of_a_group_and_stays() -> None:
    assert len({lookalikes.skeleton(text) for text in ("a", "\u0430", "\uff41", "\U0001d41a", "\u237a")}) == 1
    for text in ("D\u0435lete", "modem", "ﬁ", "Åé", "١٢٣", "क्षत्रिय"):
        assert lookalikes.skeleton(lookalikes.skeleton(text)) == lookalikes.skeleton(text)


@pytest.mark.parametrize(("word", "mixed"), [("Приве\u0442", False), ("Прив\u0065т", True), ("東京タワーx", False)])
def test_a_word_of_two_alphabets_is_found(word: str, *, mixed: bool) -> None:
    assert lookalikes.mixed(word) is mixed
