"""What a card cuts is named by its JSON pointer, and the card says how many characters are missing."""

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bridge.card.frame import CardView, Drawing
from bridge.kinds.registry import KINDS
from storage.model import Json
from tests.bridge import limits
from tests.bridge.interactions import interaction

FACT = "αβγδεζηθικ"  # fact 3 is written in δ, so that its characters can be counted
COUNT = re.compile(r"([0-9,]+) more characters")


def draw(request: Json, *, plain: bool) -> Drawing:
    asked = interaction(request)
    card = KINDS[asked.kind].draw(CardView(asked, version=1, plain=plain))
    limits.check(card, asked)
    return card


@st.composite
def requests(draw: st.DrawFn) -> Json:
    """Requests of all sizes, with every text in a character of its own."""
    # At least one character each: of an empty value nothing can be counted, while its name may be cut.
    values = draw(st.lists(st.one_of(st.just(500), st.integers(1, 500)), max_size=10))
    size = draw(st.one_of(st.just(9_000), st.integers(0, 9_000)))
    arguments = {"q": "Q" * draw(st.sampled_from([0, 100, 4_000]))}
    kind: Json = {"kind": "approval"}
    if draw(st.booleans()):
        options = [{"id": str(n), "label": f"#{n} " + "L" * 60} for n in range(draw(st.sampled_from([2, 5, 40])))]
        kind = {"kind": "choice", "options": options}
    facts = [{"name": "N" * 80, "value": FACT[n] * length} for n, length in enumerate(values)]
    return {**kind, "title": "T", "body": "§" * size, "facts": facts, "action": {"name": "n", "arguments": arguments}}


@settings(max_examples=300)
@given(request=requests(), plain=st.booleans())
def test_every_cut_is_named_and_counted(request: Json, plain: bool) -> None:  # noqa: FBT001  -- hypothesis' argument
    try:
        card = draw(request, plain=plain)
    except ValueError as error:
        assert "card can show" in str(error)  # noqa: PT017  -- too large for any card, and refused for that
        return
    shown = limits.words(card)
    sent = {"/body": request["body"]} | {f"/facts/{n}/value": fact["value"] for n, fact in enumerate(request["facts"])}
    counted = COUNT.sub("", shown)

    cut = [pointer for pointer, text in sent.items() if text and counted.count(text[0]) < len(text)]
    missing = sum(len(text) - counted.count(text[0]) for text in sent.values() if text)

    assert sorted(card.truncated) == sorted(cut)
    if cut and not plain:
        assert missing == sum(int(number.replace(",", "")) for number in COUNT.findall(shown))


@pytest.mark.parametrize("plain", [False, True])
def test_a_card_that_shows_all_cuts_nothing(plain: bool) -> None:  # noqa: FBT001  -- pytest's argument
    request = {"kind": "approval", "title": "T", "body": "b" * 2_000, "facts": [{"name": "n", "value": " "}]}

    card = draw(request, plain=plain)

    assert card.truncated == ()
    assert "more characters" not in limits.words(card)
