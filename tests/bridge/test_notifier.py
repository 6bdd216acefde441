"""Hints between the parts of one replica: who is woken, who is not, and that nothing is left behind."""

import pytest

from bridge import ids
from bridge.notifier import Notifier

ORGANIZATION, QUESTION = ids.new(), ids.new()


def test_whoever_waits_for_a_question_is_woken_by_its_change() -> None:
    notifier = Notifier()

    with notifier.watching(ORGANIZATION, QUESTION) as one, notifier.watching(ORGANIZATION, QUESTION) as two:
        notifier.interaction_changed(ORGANIZATION, QUESTION)

        assert one.is_set() and two.is_set()


def test_nobody_is_woken_by_another_question_or_by_the_same_id_elsewhere() -> None:
    notifier = Notifier()

    with notifier.watching(ORGANIZATION, QUESTION) as signal:
        notifier.interaction_changed(ORGANIZATION, ids.new())
        notifier.interaction_changed(ids.new(), QUESTION)

        assert not signal.is_set()


def test_a_question_is_watched_until_the_last_who_waits_has_gone() -> None:
    notifier = Notifier()

    with notifier.watching(ORGANIZATION, QUESTION):
        with notifier.watching(ORGANIZATION, QUESTION):
            assert notifier.watched() == [(ORGANIZATION, QUESTION)]
        assert notifier.watched() == [(ORGANIZATION, QUESTION)]

    assert notifier.watched() == []


def test_who_stops_waiting_because_of_an_error_is_forgotten_too() -> None:
    notifier = Notifier()
    with pytest.raises(ConnectionResetError), notifier.watching(ORGANIZATION, QUESTION):
        raise ConnectionResetError

    assert notifier.watched() == []


def test_a_change_that_nobody_waits_for_leaves_nothing_behind() -> None:
    notifier = Notifier()

    for _ in range(100):
        notifier.interaction_changed(ORGANIZATION, ids.new())

    assert notifier.watched() == []


def test_closing_lets_everybody_go() -> None:
    notifier = Notifier()

    with notifier.watching(ORGANIZATION, QUESTION) as signal:
        notifier.close()

        assert signal.is_set() and notifier.closing.is_set()
        assert notifier.cards.is_set() and notifier.expiry.is_set() and notifier.deliveries.is_set()


def test_what_changed_here_is_told_once_and_what_was_heard_never() -> None:
    notifier = Notifier()
    notifier.interaction_changed(ORGANIZATION, QUESTION)
    notifier.interaction_changed(ORGANIZATION, QUESTION)
    notifier.on_remote_change(ORGANIZATION, ids.new())

    assert notifier.fanout.is_set()
    assert notifier.drain() == [(ORGANIZATION, QUESTION)]
    assert notifier.drain() == []


def test_when_anything_may_have_changed_everybody_looks() -> None:
    notifier = Notifier()

    with notifier.watching(ORGANIZATION, QUESTION) as one, notifier.watching(ids.new(), ids.new()) as two:
        notifier.wake_all()

        assert one.is_set() and two.is_set()


def test_who_follows_a_feed_is_woken_when_it_grew_here_or_elsewhere() -> None:
    notifier, other = Notifier(), ids.new()
    with notifier.following(ORGANIZATION) as signal, notifier.following(other) as stranger:
        notifier.events_numbered([ORGANIZATION], deliveries=0)
        assert not notifier.deliveries.is_set()
        assert signal.is_set() and notifier.drain() == [(ORGANIZATION, ORGANIZATION)]
        signal.clear()
        notifier.on_remote_change(ORGANIZATION, ORGANIZATION)
        assert signal.is_set() and notifier.drain() == [], "what was heard is not told again"
        signal.clear()
        notifier.interaction_changed(ORGANIZATION, QUESTION)
        assert not signal.is_set() and notifier.numbering.is_set(), "it is not numbered yet"
        assert not stranger.is_set()
        notifier.wake_all()
        assert signal.is_set() and stranger.is_set()

    assert not notifier._followers
