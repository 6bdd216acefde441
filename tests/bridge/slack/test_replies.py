"""The private words a clicker gets, verdict by verdict."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from bridge import ids
from bridge.slack import replies
from bridge.slack.replies import About
from storage.model import Json, Life, Status, Verdict
from tests import payloads

NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
AGO = NOW - timedelta(minutes=2)
APPROVED: Json = {
    "decision": "approve",
    "approved": True,
    "option": None,
    "label": "Approve",
    "by": {"user": "U0ANA", "name": "ana", "team": "T0SANDBOX"},
    "via": "button",
}
NOTHING = "Your click had no effect."
NEWER = ids.decode("int", payloads.INTERACTION)


def life(**other: Any) -> Life:
    return replace(
        Life(
            status=Status.PENDING,
            responders=["U0ANA", "U0BOB"],
            answer=None,
            choice=None,
            reason=None,
            superseded_by=None,
            expires_at=NOW + timedelta(hours=1),
            ended_at=None,
        ),
        **other,
    )


def answered(**other: Any) -> Life:
    return life(**{"status": Status.ANSWERED, "answer": APPROVED, "choice": "approve", "ended_at": AGO} | other)


def ended(status: Status, **other: Any) -> Life:
    return life(status=status, ended_at=AGO, **other)


def say(verdict: Verdict, about: Life | None, *, user: str = "U0BOB", newer: str | None = None) -> str | None:
    return replies.reply(verdict, about, user=user, now=NOW, newer=newer)


@pytest.mark.parametrize(
    ("verdict", "about", "expected"),
    [
        (Verdict.WON, answered(), None),
        (Verdict.RECORDED, answered(), "Your answer “Approve” was already recorded 2 minutes ago."),
        (
            Verdict.TAKEN,
            answered(),
            "<@U0ANA> already answered “Approve” 2 minutes ago. Your click had no effect.",
        ),
        (
            Verdict.EXPIRED,
            life(status=Status.EXPIRED, expires_at=AGO),
            "This question expired 2 minutes ago and can no longer be answered. Your click had no effect.",
        ),
        (
            Verdict.CANCELLED,
            ended(Status.CANCELLED, reason={"code": "cancelled", "detail": "The build was red.\n", "fix": None}),
            "This question was cancelled 2 minutes ago: “The build was red.” Your click had no effect.",
        ),
        (
            Verdict.CANCELLED,
            ended(Status.CANCELLED, reason={"code": "cancelled", "detail": "red build", "fix": None}),
            "This question was cancelled 2 minutes ago: “red build”. Your click had no effect.",
        ),
        (
            Verdict.CANCELLED,
            ended(Status.CANCELLED, reason={"code": "cancelled", "detail": None}),
            "This question was cancelled 2 minutes ago. Your click had no effect.",
        ),
        (
            Verdict.SUPERSEDED,
            ended(Status.SUPERSEDED, superseded_by=NEWER),
            (
                "This question was replaced by a newer one 2 minutes ago. "
                f"Please answer the newer one (…{payloads.INTERACTION[-6:]}). {NOTHING}"
            ),
        ),
        (
            Verdict.UNREACHABLE,
            ended(Status.UNREACHABLE),
            (
                "This question was closed 2 minutes ago. It could not be delivered to anyone who can answer, "
                f"and the agent was informed. {NOTHING}"
            ),
        ),
        (
            Verdict.OUTSIDER,
            life(),
            "People from other organizations cannot answer this question. Your click had no effect.",
        ),
        (
            Verdict.NOT_YOURS,
            life(),
            "Only <@U0ANA> and <@U0BOB> can answer this question. Your click had no effect.",
        ),
        (Verdict.GONE, None, "This card is no longer active. Your click had no effect."),
        (Verdict.UNAVAILABLE, None, "Your click could not be confirmed. Please click again; it cannot count twice."),
    ],
)
def test_every_verdict_has_its_words(verdict: Verdict, about: Life | None, expected: str | None) -> None:
    assert expected == say(verdict, about)


ENDS = [
    (Verdict.TAKEN, answered()),
    (Verdict.EXPIRED, life(status=Status.EXPIRED, expires_at=AGO)),
    (
        Verdict.CANCELLED,
        ended(Status.CANCELLED, reason={"code": "cancelled", "detail": "The build was red.", "fix": None}),
    ),
    (Verdict.SUPERSEDED, ended(Status.SUPERSEDED, superseded_by=NEWER)),
    (Verdict.UNREACHABLE, ended(Status.UNREACHABLE)),
]
REFUSALS = [(Verdict.OUTSIDER, life()), (Verdict.NOT_YOURS, life())]


@pytest.mark.parametrize(
    ("about", "verdict", "of"),
    [(about, *case) for about in (About.SUBMISSION, About.OPEN_FORM) for case in ENDS]
    + [(About.SUBMISSION, *case) for case in REFUSALS],
)
def test_a_form_is_told_the_same_without_a_word_about_clicks(about: About, verdict: Verdict, of: Life) -> None:
    of_click = say(verdict, of)

    of_form = replies.reply(verdict, of, user="U0BOB", now=NOW, about=about)

    assert of_click is not None and of_form == of_click.replace(NOTHING, about.value)
    assert "click" not in of_form


def test_the_form_of_a_question_that_is_gone_speaks_of_no_card() -> None:
    expected = "This question is no longer active. What you entered was not recorded."

    for of in (None, life()):
        assert replies.reply(Verdict.GONE, of, user="U0BOB", now=NOW, about=About.SUBMISSION) == expected


def test_a_form_that_could_not_be_opened_is_told() -> None:
    assert say(Verdict.OPENED, life()) == (
        "The form for this button could not be opened. Your click had no effect. Please click again."
    )


def test_a_winner_who_clicks_another_choice_hears_what_stands() -> None:
    expected = "You already answered “Approve” 2 minutes ago, and that answer is final. Your click had no effect."

    assert expected == say(Verdict.DECIDED, answered(), user="U0ANA")


@pytest.mark.parametrize("verdict", [Verdict.TAKEN, Verdict.DECIDED])
def test_a_default_is_not_attributed_to_a_person(verdict: Verdict) -> None:
    by_default = answered(answer=APPROVED | {"by": None, "via": "default"})

    assert say(verdict, by_default) == (
        "The deadline passed without an answer, so “Approve” was recorded by default 2 minutes ago. "
        "Your click had no effect."
    )


def test_the_newer_card_is_linked_when_its_address_is_known() -> None:
    about = ended(Status.SUPERSEDED, superseded_by=NEWER)
    address = "https://sandbox.slack.com/archives/C0/p1763719200000100?thread_ts=1&cid=C0"

    found = say(Verdict.SUPERSEDED, about, newer=address)

    assert found is not None and f"<{address.replace('&', '&amp;')}|the newer one>" in found


def test_an_address_that_is_none_is_not_linked() -> None:
    found = say(Verdict.SUPERSEDED, ended(Status.SUPERSEDED), newer="javascript:alert(1)")

    assert found is not None and "Please answer the newer one." in found and "javascript" not in found


@pytest.mark.parametrize(
    ("responders", "expected"),
    [
        (["U0ANA"], "Only <@U0ANA> can"),
        ([f"U{n}" for n in range(10)], "<@U8> and <@U9> can"),
        ([f"U{n}" for n in range(11)], "<@U8>, <@U9> and 1 other can"),
        ([f"U{n}" for n in range(50)], "<@U9> and 40 others can"),
        (None, "You are not one of the people who can answer this question."),
        (["U0<!channel>"], "Only U0&lt;!channel&gt; can"),
    ],
)
def test_those_who_can_answer_are_mentioned_at_most_ten(responders: list[str] | None, expected: str) -> None:
    found = say(Verdict.NOT_YOURS, life(responders=responders))

    assert found is not None and expected in found


def test_gone_reveals_nothing_even_when_there_is_something() -> None:
    assert say(Verdict.GONE, answered()) == say(Verdict.GONE, None)


def test_a_menu_without_a_selection_is_named_only_where_the_person_could_answer() -> None:
    """The release before stored `gone` for it."""

    def unselected(verdict: Verdict, about: Life | None) -> str | None:
        return replies.reply(verdict, about, user="U0BOB", now=NOW, is_unselected=True)

    for verdict in (Verdict.MISTAKEN, Verdict.GONE):
        assert "No option is selected" in str(unselected(verdict, life()))
        assert unselected(verdict, None) == say(Verdict.GONE, None)
    assert unselected(Verdict.TAKEN, answered()) == say(Verdict.TAKEN, answered())


@pytest.mark.parametrize("verdict", [*Verdict])
def test_without_an_interaction_nothing_is_revealed(verdict: Verdict) -> None:
    """Should a scope ever be missed, the words are those of a card that never was."""
    if verdict is Verdict.WON:
        assert say(verdict, None) is None
    elif verdict is not Verdict.UNAVAILABLE:
        assert say(verdict, None) == say(Verdict.GONE, None)


@pytest.mark.parametrize("verdict", [*Verdict])
@pytest.mark.parametrize("answer", [None, {}, {"label": None, "by": {}}, {"label": 5, "by": {"user": 5}}])
def test_no_row_however_odd_leaves_a_clicker_without_words(verdict: Verdict, answer: Json | None) -> None:
    found = say(verdict, answered(answer=answer, reason={}, responders=[], ended_at=None))

    assert (found is None) is (verdict in {Verdict.WON, Verdict.MISTAKEN}), "the card or a form says it"


@pytest.mark.parametrize("verdict", [*Verdict])
def test_nothing_active_survives_from_what_others_wrote(verdict: Verdict) -> None:
    evil = "<!channel> <https://evil.example|ok>\n&lt; \u202e” *Approved*"
    about = answered(
        answer=APPROVED | {"label": evil},
        reason={"code": "cancelled", "detail": evil * 50, "fix": evil},
    )

    found = say(verdict, about) or ""

    assert "<" not in found.replace("<@U0ANA>", "").replace("<@U0BOB>", "")
    assert "\n" not in found and "\u202e" not in found and "&lt; " not in found.replace("&amp;lt; ", "")
    assert found.count("”") <= 1, "the quotation marks are ours"
    assert len(found) < 1_000


@pytest.mark.parametrize(
    ("passed", "expected"),
    [
        (timedelta(days=-1), "just now"),
        (timedelta(milliseconds=-1), "just now"),
        (timedelta(0), "just now"),
        (timedelta(seconds=4.9), "just now"),
        (timedelta(seconds=5), "5 seconds ago"),
        (timedelta(seconds=59.9), "59 seconds ago"),
        (timedelta(seconds=60), "1 minute ago"),
        (timedelta(minutes=59, seconds=59), "59 minutes ago"),
        (timedelta(hours=1), "1 hour ago"),
        (timedelta(hours=47), "1 day ago"),
        (timedelta(days=30), "30 days ago"),
    ],
)
def test_how_long_ago_is_said_in_the_largest_whole_unit(passed: timedelta, expected: str) -> None:
    found = replies.reply(Verdict.TAKEN, answered(ended_at=NOW - passed), user="U0BOB", now=NOW)

    assert found is not None and f"“Approve” {expected}." in found


def test_a_reply_is_private_leaves_the_card_and_stays_in_its_thread() -> None:
    assert replies.payload("Hello.") == {"response_type": "ephemeral", "replace_original": False, "text": "Hello."}
    assert replies.payload("Hello.", thread_ts="1.2") == replies.payload("Hello.") | {"thread_ts": "1.2"}
