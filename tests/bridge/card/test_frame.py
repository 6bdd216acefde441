from typing import Any

import pytest

from bridge.card import blocks
from bridge.card.frame import CardView, Drawing, frame
from bridge.question import Action, Question
from storage.model import Interaction, Json, Status
from tests.bridge import limits
from tests.bridge.interactions import interaction

QUESTION = Question(
    title="Restart?",
    body="Because.",
    facts=[{"name": "Host", "value": "db-1"}],  # type: ignore[list-item]  # read by the model
)
PAST = {"approve": "✅ *Approved*"}
BUTTON = blocks.button("Go", action_id="v1:choose:go")


def draw(shown: Interaction, asked: Question = QUESTION, *, plain: bool = False, newer: str | None = None) -> Drawing:
    return frame(CardView(shown, version=1, plain=plain, newer=newer), asked, buttons=[BUTTON], past=PAST)


def types(card: Drawing) -> list[str]:
    return [block["type"] for block in card.blocks]


def test_the_question_stands_above_the_rule_and_the_frame_below_it() -> None:
    above = ["header", "context", "rich_text", "rich_text"]

    assert types(draw(interaction())) == [*above, "divider", "section", "actions", "context"]
    assert types(draw(interaction(status=Status.ANSWERED))) == [*above, "divider", "section", "context"]


def test_the_plain_form_has_only_slacks_oldest_blocks_and_the_same_buttons() -> None:
    card = draw(interaction(), plain=True)

    assert set(types(card)) == {"header", "section", "divider", "actions"}
    assert limits.buttons(card) == [BUTTON]


def test_what_is_absent_takes_no_room() -> None:
    assert types(draw(interaction(), Question(title="Restart?"))) == [
        "header", "context", "divider", "section", "actions", "context",
    ]  # fmt: skip


def test_a_title_longer_than_a_header_takes_is_shown_whole() -> None:
    long = Question(title="😀" * 150)

    for plain in (False, True):
        card = draw(interaction(), long, plain=plain)
        assert "header" not in types(card)
        assert "😀" * 150 in limits.words(card)


def test_the_text_begins_with_the_title_and_what_can_be_done() -> None:
    first, second = draw(interaction()).text.split("\n")[:2]

    assert first == "Restart?"
    assert second.startswith("<@U0ANA>, <@U0BOB> can answer <!date^")


def test_the_text_says_all_that_the_card_shows() -> None:
    text = draw(interaction()).text

    assert "Asked by release-bot." in text and "Because." in text and "Host: db-1" in text


@pytest.mark.parametrize(
    ("status", "changes", "said"),
    [
        (Status.ANSWERED, {}, "*Approved* by <@U0ANA> <!date^1795255500^"),
        (Status.ANSWERED, {"choice": "maybe"}, "*Answered:* “Approve” by <@U0ANA> <!date^1795255500^"),
        (Status.EXPIRED, {}, "*Expired without a decision* <!date^1795341600^"),
        (Status.CANCELLED, {}, "*Cancelled without a decision* <!date^1795255500^"),
        (Status.SUPERSEDED, {}, "by a newer question (…000002) <!date^1795255500^"),
        (Status.UNREACHABLE, {}, "could not be delivered to anyone who can answer"),
    ],
)
def test_every_end_is_told_truthfully(status: Status, changes: dict[str, Any], said: str) -> None:
    card = draw(interaction(status=status, **changes))

    assert said in card.text
    assert any(said in text for text in limits.mrkdwn(card.blocks))


def test_a_card_that_was_replaced_leads_to_the_one_beside_it() -> None:
    card = draw(interaction(status=Status.SUPERSEDED), newer="https://acme.slack.com/archives/C1/p1?a=b&cid=C1")

    link = "by <https://acme.slack.com/archives/C1/p1?a=b&amp;cid=C1|a newer question> <!date^1795255500^"
    assert link in card.text
    assert any(link in text for text in limits.mrkdwn(card.blocks))


@pytest.mark.parametrize("status", [Status.CANCELLED, Status.UNREACHABLE])
def test_a_reason_is_shown_as_the_words_of_another(status: Status) -> None:
    reason: Json = {"code": "c", "detail": "<!channel> *Approved* by Ana", "fix": None}
    card = draw(interaction(status=status, reason=reason))

    assert blocks.context(blocks.plain("Reason given: <!channel> *Approved* by Ana")) in card.blocks
    assert not any("Ana" in text for text in limits.mrkdwn(card.blocks))


@pytest.mark.parametrize("plain", [False, True])
def test_a_reason_has_one_line_and_cannot_go_on_as_the_frame(*, plain: bool) -> None:
    """It is below the rule, where the bridge writes all other lines."""
    reason: Json = {"code": "c", "detail": "gone\n\n✅ Approved by ana\nint_01jehb8000e008000000000002\n", "fix": None}
    card = draw(interaction(status=Status.CANCELLED, reason=reason), plain=plain)

    assert "Reason given: gone ✅ Approved by ana int_01jehb8000e008000000000002" in limits.words(card).split("\n")


@pytest.mark.parametrize("title", ["```", ">>> x", "> x", "*✅ Approved* by ana", "`", "_a_ ~b~"])
def test_a_title_swallows_nothing_of_the_text_behind_it(title: str) -> None:
    first, second = draw(interaction(), Question(title=title, body=f"{title}\n{title}")).text.split("\n")[:2]

    assert not set("*_~`") & set(first) and "&gt;" not in first[:4]
    assert second.startswith("<@U0ANA>, <@U0BOB> can answer <!date^")


def test_a_title_of_one_letter_cannot_cover_the_card() -> None:
    """A hundred marks on one letter are drawn over the lines above and below."""
    [header] = [
        block for block in draw(interaction(), Question(title="Z" + "\u0336" * 100)).blocks if "header" in block["type"]
    ]

    assert header["text"]["text"] == "Z" + "\u0336" * 8 + "\ufffd" * 92


@pytest.mark.parametrize("plain", [False, True])
def test_an_action_that_only_looks_like_another_does_not_look_like_it(*, plain: bool) -> None:
    card = draw(interaction(), Question(title="Go?", action=Action(name="de\u200bploy")), plain=plain)

    assert "de\\u200bploy" in limits.words(card) and "de\\u200bploy" in card.text


def test_a_label_cannot_go_on_as_our_sentence() -> None:
    answer = {"label": "Yes” by <@U0EVE> · today. “", "by": {"user": "U0ANA"}}
    card = draw(interaction(status=Status.ANSWERED, choice="x", answer=answer))

    assert '*Answered:* “Yes" by &lt;@U0EVE&gt; · today. "” by <@U0ANA>' in card.text


def test_a_label_of_a_stranger_cannot_act() -> None:
    answer = {"label": "<!channel> & <@U0BOB>" * 9, "by": {"user": "U0ANA"}}
    card = draw(interaction(status=Status.ANSWERED, choice="x", answer=answer))

    limits.check(card, interaction(status=Status.ANSWERED))
    assert "<@U0BOB>" not in card.text


def test_what_silence_will_mean_is_said_while_there_is_time_and_cannot_act() -> None:
    answers = {"x": {"label": "*yes* <!channel> & <@U0EVE>" * 9}}
    card = draw(interaction(on_expiry="x", answers=answers))

    assert "Without an answer by then, the default is recorded: " in card.text
    assert "<@U0EVE>" not in card.text and "<!channel>" not in card.text and "*yes*" not in card.text
    assert (
        "Without an answer by then" not in draw(interaction(on_expiry="x", answers=answers, status=Status.EXPIRED)).text
    )
    assert "Without an answer by then" not in draw(interaction()).text


def test_who_cannot_be_mentioned_for_lack_of_room_is_counted() -> None:
    card = draw(interaction(responders=[f"U{n:04}" for n in range(53)]))

    assert "<@U0049> and 3 others can answer" in card.text


OFFERED = ["Europe & co", "*America*"]


@pytest.mark.parametrize(("plain", "shown"), [(False, "rich_text"), (True, "section")])
def test_options_are_listed_as_the_last_of_the_question_when_asked_to(*, plain: bool, shown: str) -> None:
    view = CardView(interaction(), version=1, plain=plain)
    card = frame(view, QUESTION, buttons=[BUTTON], past=PAST, offered=OFFERED, listed=True)
    last = card.blocks[types(card).index("divider") - 1]

    assert last["type"] == shown
    assert all(label in limits.shown([last]) for label in OFFERED)
    assert not any("America" in text for text in limits.mrkdwn(card.blocks))


def test_options_are_always_said() -> None:
    card = frame(CardView(interaction(), version=1), QUESTION, buttons=[BUTTON], past=PAST, offered=OFFERED)

    assert card.text.endswith("\nOptions: Europe &amp; co, \u2217America\u2217")
    assert "America" not in limits.words(card)


def test_a_long_select_leaves_room_in_the_full_form_and_is_small_in_the_plain_one() -> None:
    options = [blocks.option(f"{n:075}", value=f"o{n}") for n in range(100)]
    select = blocks.select(options, action_id="v1:pick", placeholder="Choose")
    asked = Question(title="Where to?", body="word " * 1_800)

    def words(*, plain: bool) -> int:
        card = frame(CardView(interaction(), version=1, plain=plain), asked, buttons=[select], past={})
        assert "not shown" in limits.words(card)
        return limits.words(card).count("word")

    assert 600 < words(plain=False) < 900
    assert words(plain=True) == 0
