"""Every accepted interaction as a card, in every status and both forms: valid for Slack, and honest to the person."""

import itertools
import random
import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given

from bridge.card.frame import CardView
from bridge.fields import STORED
from bridge.kinds.contract import Kind
from bridge.kinds.registry import KINDS
from storage import json_text
from storage.model import Interaction, Json, Status
from tests.bridge import limits
from tests.bridge.interactions import interaction, reported, worded
from tests.generated import grammar, hostile, sight
from tests.generated.scale import Tried, chances, generated


def lives(kind: Kind[Any], request: Json, words: str) -> Iterator[Interaction]:
    """The interaction in every status, with hostile words in every text that an agent may write."""
    for status in Status:
        bare = list(kind.answers(kind.request.model_validate(request)))
        shown = interaction(request, status=status, on_expiry=bare[-1] if bare else None)
        if shown.reason:
            shown = replace(shown, reason=shown.reason | {"detail": words})
        yield shown
        if shown.answer:
            for choice, answer in list(shown.answers.items())[-1:]:
                yield replace(shown, choice=choice, answer=answer | {"by": None, "via": "default"})
            for choice in shown.forms:
                yield replace(shown, **worded(shown, choice, words if words.strip() else "words"))
            yield replace(shown, unheard=True)
            for url in (None, f"https://{'a' * 60}.example/?" + "&" * 480):
                summary = words[:300] if words.strip() else None
                yield interaction(request, **reported("failed", summary, url))


@pytest.mark.parametrize("name", list(KINDS))
def test_whatever_is_accepted_is_shown_in_every_status_as_what_it_is(name: str, tried: Tried) -> None:
    kind = KINDS[name]

    @generated(35)
    @given(chances())
    def check(chance: random.Random) -> None:
        request = grammar.mended(kind.request, grammar.request(kind.request, chance))
        if request is None:
            return tried("refused")
        for shown in lives(kind, request, hostile.text(chance, 500)):
            newer = sight.NEWER if chance.random() < 0.5 else None
            sight.check(kind.draw(CardView(shown, version=1, plain=chance.random() < 0.3, newer=newer)), shown)
            tried("cards")
        again = json_text.loads(json_text.dumps(kind.stored(kind.request.model_validate(request))))
        assert kind.stored(kind.request.model_validate(again, context=STORED)) == again
        return tried("accepted")

    check()
    assert tried.counts["accepted"] > 10 * tried.counts["refused"]


# Every Markdown construct that takes words, some of which browsers do not show; each % becomes a distinct word.
PLACES = [
    *("% ", "*%*", "~~%~~", "`%`", "\\%", "&%;", "<!-- % -->", "<div %>\n%", "* * *"),
    *("[%](https://a.example '%')", "![%](https://a.example '%')", "<%>", "<a@%.example>", "https://%.example/%"),
    *("[%]", "[%][%]", "[%](<> (%))", "[%]: /% '%'", "[a%]:\n/%\n'%\n%'"),
    *("```% %\n%\n```", "~~~%\n~~~", "    %", "> %", "- %", "7. %", "# % #", "%\n===", "| % |\n|--|\n| % | % |"),
    "| [%](https://a.example '%') | ![%](/%) |\n|:-:|--|\n| `%` | ~~%~~ <https://%.example/%> |",
]
BEFORE = ["", "\n", "\n\n", "  ", "> ", "- "]


@generated(150)
@given(chances())
def test_no_word_that_was_sent_is_hidden_from_who_agrees_to_it(chance: random.Random) -> None:
    """The digest covers the whole body, so the whole body is shown, including the addresses of links."""
    numbers = itertools.count(100)
    places = (chance.choice(BEFORE) + chance.choice(PLACES) for _ in range(chance.randint(1, 12)))
    body = re.sub("%", lambda _: f"w{next(numbers)}w", "".join(places))
    shown = interaction({"kind": "approval", "title": "Go?", "body": body})
    for plain in (False, True):
        words = limits.words(KINDS["approval"].draw(CardView(shown, version=1, plain=plain))).lower()

        assert [word for word in re.findall(r"w\d+w", body) if word not in words] == [], body
