"""Hints between the parts of one replica: who is woken, who is not, and that nothing is left behind."""

import pytest

from bridge import ids
from bridge.notifier import Wake

ORGANIZATION, QUESTION = ids.new(), ids.new()


def test_whoever_waits_for_a_question_is_woken_by_its_change() -> None:
    wake = Wake()

    with wake.watching(ORGANIZATION, QUESTION) as one, wake.watching(ORGANIZATION, QUESTION) as two:
        wake.changed(ORGANIZATION, QUESTION)

        assert one.is_set() and two.is_set()


def test_nobody_is_woken_by_another_question_or_by_the_same_id_elsewhere() -> None:
    wake = Wake()

    with wake.watching(ORGANIZATION, QUESTION) as signal:
        wake.changed(ORGANIZATION, ids.new())
        wake.changed(ids.new(), QUESTION)

        assert not signal.is_set()


def test_a_question_is_watched_until_the_last_who_waits_has_gone() -> None:
    wake = Wake()

    with wake.watching(ORGANIZATION, QUESTION):
        with wake.watching(ORGANIZATION, QUESTION):
            assert wake.watched() == [(ORGANIZATION, QUESTION)]
        assert wake.watched() == [(ORGANIZATION, QUESTION)]

    assert wake.watched() == []


def test_who_stops_waiting_because_of_an_error_is_forgotten_too() -> None:
    wake = Wake()
    with pytest.raises(ConnectionResetError), wake.watching(ORGANIZATION, QUESTION):
        raise ConnectionResetError

    assert wake.watched() == []


def test_a_change_that_nobody_waits_for_leaves_nothing_behind() -> None:
    wake = Wake()

    for _ in range(100):
        wake.changed(ORGANIZATION, ids.new())

    assert wake.watched() == []


def test_closing_lets_everybody_go() -> None:
    wake = Wake()

    with wake.watching(ORGANIZATION, QUESTION) as signal:
        wake.close()

        assert signal.is_set() and wake.closing.is_set()
        assert wake.cards.is_set() and wake.expiry.is_set() and wake.deliveries.is_set()


def test_what_changed_here_is_told_once_and_what_was_heard_never() -> None:
    wake = Wake()
    wake.changed(ORGANIZATION, QUESTION)
    wake.changed(ORGANIZATION, QUESTION)
    wake.heard(ORGANIZATION, ids.new())

    assert wake.fanout.is_set()
    assert wake.take_untold() == [(ORGANIZATION, QUESTION)]
    assert wake.take_untold() == []


def test_when_anything_may_have_changed_everybody_looks() -> None:
    wake = Wake()

    with wake.watching(ORGANIZATION, QUESTION) as one, wake.watching(ids.new(), ids.new()) as two:
        wake.missed()

        assert one.is_set() and two.is_set()


def test_who_follows_a_feed_is_woken_when_it_grew_here_or_elsewhere() -> None:
    wake, other = Wake(), ids.new()
    with wake.following(ORGANIZATION) as signal, wake.following(other) as stranger:
        wake.grown([ORGANIZATION], deliveries=0)
        assert not wake.deliveries.is_set()
        assert signal.is_set() and wake.take_untold() == [(ORGANIZATION, ORGANIZATION)]
        signal.clear()
        wake.heard(ORGANIZATION, ORGANIZATION)
        assert signal.is_set() and wake.take_untold() == [], "what was heard is not told again"
        signal.clear()
        wake.changed(ORGANIZATION, QUESTION)
        assert not signal.is_set() and wake.numbering.is_set(), "it is not numbered yet"
        assert not stranger.is_set()
        wake.missed()
        assert signal.is_set() and stranger.is_set()

    assert not wake._followers
