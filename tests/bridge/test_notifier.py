"""Hints between the parts of one replica: which requests wake, which do not, and that none leaves a trace."""

import pytest

from bridge import ids
from bridge.notifier import Notifier

ORGANIZATION, INTERACTION = ids.new(), ids.new()


def test_a_change_wakes_every_request_that_waits_for_the_question() -> None:
    notifier = Notifier()

    with notifier.watching(ORGANIZATION, INTERACTION) as one, notifier.watching(ORGANIZATION, INTERACTION) as two:
        notifier.interaction_changed(ORGANIZATION, INTERACTION)

        assert one.is_set() and two.is_set()


def test_another_question_or_the_same_id_elsewhere_wakes_no_request() -> None:
    notifier = Notifier()

    with notifier.watching(ORGANIZATION, INTERACTION) as signal:
        notifier.interaction_changed(ORGANIZATION, ids.new())
        notifier.interaction_changed(ids.new(), INTERACTION)

        assert not signal.is_set()


def test_a_question_is_watched_until_the_last_who_waits_has_gone() -> None:
    notifier = Notifier()

    with notifier.watching(ORGANIZATION, INTERACTION):
        with notifier.watching(ORGANIZATION, INTERACTION):
            assert notifier.watched() == [(ORGANIZATION, INTERACTION)]
        assert notifier.watched() == [(ORGANIZATION, INTERACTION)]

    assert notifier.watched() == []


def test_who_stops_waiting_because_of_an_error_is_forgotten_too() -> None:
    notifier = Notifier()
    with pytest.raises(ConnectionResetError), notifier.watching(ORGANIZATION, INTERACTION):
        raise ConnectionResetError

    assert notifier.watched() == []


def test_a_change_that_no_request_waits_for_leaves_nothing_behind() -> None:
    notifier = Notifier()

    for _ in range(100):
        notifier.interaction_changed(ORGANIZATION, ids.new())

    assert notifier.watched() == []


def test_closing_lets_everybody_go() -> None:
    notifier = Notifier()

    with notifier.watching(ORGANIZATION, INTERACTION) as signal:
        notifier.close()

        assert signal.is_set() and notifier.closing.is_set()
        assert notifier.cards.is_set() and notifier.expiry.is_set() and notifier.deliveries.is_set()


def test_what_changed_here_is_told_once_and_what_was_heard_never() -> None:
    notifier = Notifier()
    notifier.interaction_changed(ORGANIZATION, INTERACTION)
    notifier.interaction_changed(ORGANIZATION, INTERACTION)
    notifier.on_remote_change(ORGANIZATION, ids.new())

    assert notifier.fanout.is_set()
    assert notifier.drain() == [(ORGANIZATION, INTERACTION)]
    assert notifier.drain() == []


def test_when_anything_may_have_changed_everybody_looks() -> None:
    notifier = Notifier()

    with notifier.watching(ORGANIZATION, INTERACTION) as one, notifier.watching(ids.new(), ids.new()) as two:
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
        assert signal.is_set() and notifier.drain() == [], "a change reported by another replica is not reported again"
        signal.clear()
        notifier.interaction_changed(ORGANIZATION, INTERACTION)
        assert not signal.is_set() and notifier.numbering.is_set(), "it is not numbered yet"
        assert not stranger.is_set()
        notifier.wake_all()
        assert signal.is_set() and stranger.is_set()

    assert notifier.followed() == []
