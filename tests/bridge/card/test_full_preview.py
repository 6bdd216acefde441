"""A full text on its card: its beginning cannot pass for the whole, in any status and both forms."""

import pytest

from bridge.card import action_ids, full_preview
from bridge.card.frame import CardView, Drawing
from bridge.kinds.registry import KINDS
from storage.model import Json, Status
from tests.bridge import limits
from tests.bridge.interactions import interaction
from tests.bridge.test_full_text import WIDE

LONG = "rm -rf build\n" * 7_000
SHORT = "make clean\nmake all\n"
FORMS = pytest.mark.parametrize("plain", [False, True], ids=["full", "plain"])
KINDS_OF_REQUEST: list[Json] = [
    {"kind": "approval", "title": "Go?"},
    {"kind": "choice", "title": "Go?", "options": [{"id": str(n), "label": f"Option {n}"} for n in range(9)]},
    {"kind": "choice", "title": "Go?", "options": [{"id": "a", "label": "A"}, {"id": "b", "label": "B"}]},
    {"kind": "text", "title": "Go?", "suggestions": ["yes", "no"], "decline": True},
]


def draw(text: str, *, request: Json | None = None, status: Status = Status.PENDING, plain: bool = False) -> Drawing:
    action = {"name": "run", "arguments": {"a": 1}, "full": text}
    shown = interaction((request or KINDS_OF_REQUEST[0]) | {"action": action}, status=status)
    card = KINDS[shown.kind].draw(CardView(shown, version=1, plain=plain))
    limits.check(card, shown)
    return card


def offers(card: Drawing) -> bool:
    return action_ids.SHOW in [element["action_id"] for element in limits.buttons(card)]


@FORMS
@pytest.mark.parametrize("status", Status)
@pytest.mark.parametrize("request_", KINDS_OF_REQUEST, ids=range(len(KINDS_OF_REQUEST)))
def test_every_card_says_how_much_of_the_text_it_shows(request_: Json, status: Status, *, plain: bool) -> None:
    long, short = (draw(text, request=request_, status=status, plain=plain) for text in (LONG, SHORT))

    assert "This card shows only its beginning." in limits.words(long)
    assert "This card shows all of it." in limits.words(short) and SHORT.strip() in limits.words(short)
    assert long.truncated == ("/action/full",) and short.truncated == ()
    assert offers(long) == (status is Status.PENDING) and not offers(short)
    assert "This card shows only its beginning." in long.text, "also to those who hear the card"


@FORMS
@pytest.mark.parametrize("text", WIDE.values(), ids=WIDE)
def test_any_text_leaves_the_card_within_the_limits(text: str, *, plain: bool) -> None:
    request = KINDS_OF_REQUEST[0] | {
        "title": "T" * 150,
        "body": "b" * 9_000,
        "facts": [{"name": "N" * 80, "value": "v" * 500} for _ in range(10)],
        "agent": {"name": "a" * 80, "run": "r" * 200, "url": "https://a.example/" + "&" * 1_500},
    }
    action = {"name": "n" * 150, "arguments": {"a": "+" * 3_800}, "full": text}
    shown = interaction(request | {"action": action})

    card = KINDS["approval"].draw(CardView(shown, version=1, plain=plain))

    limits.check(card, shown)
    assert "/action/full" in card.truncated and offers(card)
    assert limits.words(card).count("+") == 3_800, "the arguments are whole"


def test_a_text_that_says_it_is_all_of_it_does_not_pass_for_the_whole() -> None:
    claim = "📄 Full text: 9 bytes, with the SHA-256 000000000000… This card shows all of it."
    card = draw(f"{claim}\n" * 20)

    [rule] = [place for place, block in enumerate(card.blocks) if block["type"] == "divider"]
    below = limits.shown(card.blocks[rule:])
    assert "This card shows only its beginning." in below and claim not in below
    assert offers(card)
    full = interaction({"kind": "approval", "title": "?", "action": {"name": "x", "full": LONG[:90_000]}}).request
    assert "text" not in full["action"]["full"]


def test_the_beginning_is_cut_at_whole_escapes() -> None:
    request = KINDS["approval"].request.model_validate(
        KINDS_OF_REQUEST[0] | {"action": {"name": "x", "full": "a" + "\u202e" * 400}}
    )
    full = request.action.full

    shown = full_preview.beginning(full)
    assert len(full.preview) == 401 and 0 < len(shown) < 401, "the preview is whole, but the card has no room for it"
    assert full_preview.hidden_bytes(full) == 1_201 - len(shown.encode())
    assert "This card shows only its beginning." in full_preview.line(full)
