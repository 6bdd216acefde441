import pytest

from bridge.agents import message
from storage.model import Status
from tests.bridge.interactions import interaction


@pytest.mark.parametrize("status", [each for each in Status if each is not Status.ANSWERED])
def test_silence_is_never_a_no_and_never_a_yes(status: Status) -> None:
    said = message.sentence(interaction(status=status))

    assert "do not go ahead" in said
    assert "neither a yes nor a no" in said or "nobody has decided" in said
    assert not any(word in said.lower() for word in ("denied", "approved", "refused", "rejected"))


@pytest.mark.parametrize("status", list(Status))
def test_every_status_is_one_line_and_different(status: Status) -> None:
    said = message.sentence(interaction(status=status))
    others = [message.sentence(interaction(status=each)) for each in Status if each is not status]

    assert said not in others
    assert "\n" not in said and len(said) < 1_000


def test_an_approval_says_who_and_when() -> None:
    assert message.sentence(interaction(status=Status.ANSWERED)) == (
        "Approved by ana (U0ANA) at 2026-11-21T10:05:00Z: go ahead with exactly what was asked."
    )


def test_a_denial_says_so() -> None:
    asked = interaction()
    answer = asked.answers["deny"] | {"by": {"user": "U0BOB", "name": None, "team": None}, "via": "button"}
    denied = interaction(status=Status.ANSWERED, choice="deny", answer=answer)

    assert message.sentence(denied) == "Denied by U0BOB at 2026-11-21T10:05:00Z: do not do what was asked."


def test_an_answer_by_default_is_not_blamed_on_anybody() -> None:
    asked = interaction()
    answer = asked.answers["deny"] | {"by": None, "via": "default"}
    denied = interaction(status=Status.ANSWERED, choice="deny", answer=answer)

    assert "by the default asked for, because nobody answered in time" in message.sentence(denied)


def test_another_answer_is_told_by_its_label() -> None:
    answer = {"decision": None, "approved": False, "option": "eu", "label": "Europe\n\u202e", "by": {"user": "U0ANA"}}

    said = message.sentence(interaction(status=Status.ANSWERED, answer=answer))
    assert said == (
        'Answered "Europe \ufffd" (option eu) by U0ANA at 2026-11-21T10:05:00Z: '
        "go on with exactly that, and nothing else."
    )


def test_a_card_nobody_can_see_yet_is_told_apart() -> None:
    assert "no card on a screen yet" in message.sentence(interaction(cards_shown=0))


def test_the_newer_question_and_the_fix_are_named() -> None:
    assert "wait for int_01jehb8000e008000000000002" in message.sentence(interaction(status=Status.SUPERSEDED))

    lost = interaction(status=Status.UNREACHABLE, reason={"code": "c", "detail": "no bot", "fix": "invite it"})
    assert message.sentence(lost) == (
        "Nobody could be asked (no bot); this is neither a yes nor a no: do not go ahead, and to fix it: invite it"
    )
