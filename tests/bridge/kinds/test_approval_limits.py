import bisect
import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from bridge import question
from bridge.card.frame import CardView, Drawing
from bridge.kinds.approval import KIND
from bridge.kinds.approval.request import Request
from storage.model import Json, Status
from tests.bridge import limits
from tests.bridge.interactions import interaction


def draw(request: Json, *, plain: bool = False) -> Drawing:
    return KIND.draw(CardView(interaction(request), version=1, plain=plain))


def asked(**fields: Any) -> Json:
    return {"kind": "approval", "title": "Restart the queue?"} | fields


def test_arguments_of_the_greatest_length_are_shown_whole() -> None:
    room = 4_096 - len(question.pretty({"name": "n", "arguments": {"a": ""}}).encode())
    request = asked(body="b" * 9_000, action={"name": "n", "arguments": {"a": "é" * (room // 2)}})

    for plain in (False, True):
        card = draw(request, plain=plain)
        limits.check(card, interaction(request))
        assert limits.words(card).count("é") == room // 2
    with pytest.raises(ValidationError, match="at most 4096 bytes"):
        draw(asked(action={"name": "n", "arguments": {"a": "x" * (room + 1)}}))


def test_a_body_of_the_greatest_length_is_shown_whole_when_little_is_beside_it() -> None:
    card = draw(asked(body="word " * 1_800, action={"name": "deploy", "arguments": {"to": "production"}}))

    assert limits.words(card).count("word") == 1_800
    assert "not shown" not in limits.words(card)


def test_a_card_that_cannot_hold_all_of_the_body_says_how_much_is_missing() -> None:
    facts = [{"name": f"{n}" * 80, "value": "v" * 500} for n in range(10)]
    request = asked(
        title="t" * 150, body="§" * 9_000, facts=facts, action={"name": "n", "arguments": {"a": "q" * 4_000}}
    )
    shown = limits.words(draw(request))
    missing = 9_000 - shown.count("§")

    assert missing > 0
    assert f"_{missing:,} more characters do not fit on a card and are not shown._" in shown
    assert shown.count("q") == 4_000 and shown.count("v" * 500) == 10


ACTIVE = [
    "<!channel>",
    "<@U0ANA>",
    "<https://evil.example|bank>",
    "<",
    ">",
    "&",
    "&amp;",
    "&lt;",
    "&#x202e;",
    "@channel",
]
MARKS = ["```", "`", "*", "**", "_", "~~", "> ", "- ", "1. ", "#", "[", "](", ")", "|", "\\", ":tada:", "https://a.b/"]
CHARACTERS = ["x", "@channel", " ", '"', "😀", "👩\u200d💻", "\u202e", "\u2066", "\u200f", "é", "漢", "𠀀"]
HOSTILE = [*ACTIVE, *MARKS, *CHARACTERS]
BROKEN_LINES = [*HOSTILE, "\n", "\n\n", "\t", "\n    ", "\n---\n", "\n|a|b|\n|-|-|\n"]


def lines(most: int) -> st.SearchStrategy[str]:
    return _texts(HOSTILE, most).filter(
        lambda text: "\u2028" not in text and any(c.isalnum() or c == "<" for c in text)
    )


def texts(most: int) -> st.SearchStrategy[str]:
    return _texts(BROKEN_LINES, most)


def _texts(words: list[str], most: int) -> st.SearchStrategy[str]:
    """Short mixtures, and a few words again and again up to the limit."""
    mixture = st.lists(st.sampled_from(words), max_size=12).map("".join)
    full = mixture.filter(bool).map(lambda word: (word * most)[:most])
    return (mixture | full).map(lambda text: text[:most])


def _fits(action: Json) -> bool:
    return len(question.pretty(action).encode()) <= question.MAX_ACTION


def _longest(filler: str) -> Json:
    """An action of the greatest size that is accepted, full of this."""
    most = question.MAX_ACTION // (len(question.pretty({"": filler})) - len(question.pretty({"": ""})))

    def action(number: int) -> Json:
        return {"name": "n", "arguments": {"a": filler * number}}

    return action(bisect.bisect_left(range(1, most + 1), True, key=lambda number: not _fits(action(number))))


LONGEST = [_longest(filler) for filler in ('"', "\\", "\u202e", "😀", "<")]
NUMBERS = st.integers() | st.floats(allow_nan=False, allow_infinity=False)
ARGUMENTS = st.dictionaries(texts(50), texts(1_000) | NUMBERS, max_size=4)
ACTIONS = st.fixed_dictionaries({"name": lines(150)}, optional={"arguments": ARGUMENTS}).filter(_fits)

REQUESTS = st.fixed_dictionaries(
    {"kind": st.just("approval"), "title": lines(150)},
    optional={
        "body": texts(9_000),
        "action": ACTIONS | st.sampled_from(LONGEST),
        "facts": st.lists(st.fixed_dictionaries({"name": lines(80), "value": texts(500)}), max_size=10),
        "agent": st.fixed_dictionaries(
            {},
            optional={
                "name": lines(80),
                "run": lines(200),
                "url": st.sampled_from(["https://x.example/" + "&" * 1_900, "http://[::1]/|>", "https://é.example/?<"]),
            },
        ),
        "on_behalf_of": st.just({"user": "U0BOB"}),
    },
)


@settings(max_examples=50, deadline=None, database=None, derandomize=True)
@given(request=REQUESTS, status=st.sampled_from(list(Status)), plain=st.booleans())
def test_whatever_is_accepted_can_be_shown_in_every_status(request: Json, status: Status, *, plain: bool) -> None:
    shown = interaction(request, status=status)
    again = json.loads(json.dumps(shown.request))

    limits.check(KIND.draw(CardView(shown, version=1, plain=plain)), shown)
    assert KIND.stored(Request.model_validate(again)) == shown.request


EXTREME = ["x", '"', "\\", "😀", "\u202e", "&", "<", "*a*b ", "[a](https://b.example) ", "- a\n", "`a`b", "\n", "a\n\n"]


@pytest.mark.parametrize("filler", EXTREME)
@pytest.mark.parametrize("plain", [False, True])
def test_everything_at_its_limit_at_once_still_fits(filler: str, *, plain: bool) -> None:
    line = filler.replace("\n", "")

    def full(most: int, of: str = line) -> str:
        return ("x" + of * most)[:most]

    request = asked(
        title=full(150),
        body=full(9_000, filler),
        action=_longest(filler),
        facts=[{"name": full(80), "value": full(500, filler)} for _ in range(10)],
        agent={"name": full(80), "run": full(200), "url": "https://x.example/" + "&" * 1_900},
        on_behalf_of={"user": "U" + "0" * 30},
    )

    for status in Status:
        shown = interaction(request, status=status, asked_by="k" * 80, responders=[f"U{n:030}" for n in range(50)])
        limits.check(KIND.draw(CardView(shown, version=1, plain=plain)), shown)
