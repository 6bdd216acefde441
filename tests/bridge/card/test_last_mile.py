"""The lines of a card about the agent's acknowledgement and report, the latter quoted."""

from typing import Any

import pytest

from bridge.card.frame import CardView
from bridge.kinds.contract import Example, Kind
from bridge.kinds.registry import KINDS
from storage.model import Json, Status
from tests.bridge import limits
from tests.bridge.interactions import ASKED_AT, interaction, reported
from tests.bridge.kinds.cases import every_example
from tests.generated import sight

HEARD: Json = {"heard_at": ASKED_AT}
DATE = "<!date^1795255620^· {date_short_pretty} at {time}|· 2026-11-21 10:07 UTC>"
STAGES: list[tuple[Json, str | None]] = [
    ({}, None),
    ({"unheard": None}, None),
    ({"unheard": True}, "⏳ Not yet received by the agent."),
    (
        {"unheard": True, **HEARD},
        "Received by the agent <!date^1795255200^· {date_short_pretty} at {time}|· 2026-11-21 10:00 UTC>",
    ),
    (reported("picked_up"), f"Received → started {DATE}"),
    (reported("picked_up", "On it"), f"Received → started {DATE}: “On it”"),
    (reported("succeeded"), f"Received → started → done {DATE}"),
    (reported("succeeded", picked_up=False), f"Received → done {DATE}"),
    (
        reported("failed", "No disk", "https://ci.example.com/7?a&b"),
        (f"Received → started → ❌ failed {DATE}: “No disk” · <https://ci.example.com/7?a&amp;b|ci.example.com>"),
    ),
    (
        reported("failed", None, "https://ci.example.com/" + "x" * 1_900),
        f"Received → started → ❌ failed {DATE} · ci.example.com",
    ),
]
FORMS = [pytest.param(False, id="full"), pytest.param(True, id="plain")]


def below(kind: Kind[Any], example: Example, *, plain: bool, **changes: Any) -> list[str]:
    """The lines below the rule, between the answer and the id."""
    shown = interaction(example.request, **({"status": Status.ANSWERED} | changes))
    card = kind.draw(CardView(shown, version=3, plain=plain))
    sight.check(card, shown)
    rule = next(place for place, block in enumerate(card.blocks) if block["type"] == "divider")
    lines = [limits.shown([block]) for block in card.blocks[rule + 2 : -1]]
    return [line for line in lines if not line.startswith(("💬", "📄"))]  # the person's words, and the full text


@pytest.mark.parametrize(("changes", "line"), STAGES, ids=range(len(STAGES)))
@pytest.mark.parametrize("plain", FORMS)
@every_example
def test_every_stage_is_one_line_of_every_kind(
    kind: Kind[Any], example: Example, changes: Json, line: str | None, *, plain: bool
) -> None:
    assert below(kind, example, plain=plain, **changes) == ([line] if line else [])


@pytest.mark.parametrize("status", [status for status in Status if status is not Status.ANSWERED])
def test_nothing_of_it_is_on_a_card_without_an_answer(status: Status) -> None:
    plainly = KINDS["approval"].draw(CardView(interaction(status=status), version=2))
    heard: Json = {} if status is Status.PENDING else HEARD
    told = interaction(status=status, unheard=True, **heard)

    assert KINDS["approval"].draw(CardView(told, version=2)) == plainly


@pytest.mark.parametrize("changes", [reported("failed", "No disk"), {"unheard": True}])
def test_it_is_said_right_after_the_answer_to_those_who_hear_the_card(changes: Json) -> None:
    asked = {"kind": "approval", "title": "Go?", "body": "b" * 9_000}
    shown = interaction(asked, **({"status": Status.ANSWERED} | changes))

    [_, answer, after, *_] = KINDS["approval"].draw(CardView(shown, version=3)).text.split("\n")
    assert "Approved" in answer
    assert after.startswith(("⏳ Not yet received", "Received → started → ❌ failed"))


@pytest.mark.parametrize(
    "words",
    [
        "<!channel> <@U0BOSS> <https://evil.example|bank>",
        "ok” → done · ✅ *Approved* by <@U0BOSS>.\n\n⏳ Not yet received by the agent.",
        "*bold* _it_ ~no~ `code` ```fence",
        "> quote\n>>> more",
        "\u202eright to left" + "a\u0301" * 100,
        ":tada:",
        "&amp;&lt;",
        "x" * 300,
        "😀" * 300,
        "&" * 300,
    ],
)
def test_what_the_agent_says_stays_inside_its_quotation_marks(words: str) -> None:
    for kind in KINDS.values():
        for plain in (False, True):
            [line] = below(kind, kind.examples[0], plain=plain, **reported("succeeded", words))
            assert line.count("“") == line.count("”") == 1 and line.endswith("”") and "\n" not in line


def test_three_hundred_characters_of_any_sort_are_shown_whole() -> None:
    for letter in "x😀&":
        [line] = below(
            KINDS["approval"], KINDS["approval"].examples[0], plain=False, **reported("failed", letter * 300)
        )
        assert line.count(letter) == 300


OPTIONS = [{"id": f"{n:0100}", "label": f"{n:02}" + "x" * 73} for n in range(100)]
LINK = "https://" + "a" * 60 + ".example/?" + "&" * 85
LARGEST: list[Json] = [
    {"kind": "approval", "body": "b" * 9_000, "action": {"name": "n" * 150, "arguments": {"a": "x" * 3_850}}},
    {"kind": "choice", "body": "b" * 9_000, "options": OPTIONS},
    {
        "kind": "choice",
        "body": "b" * 9_000,
        "options": OPTIONS[:5],
        "action": {"name": "n", "arguments": {"a": "&" * 3_900}},
    },
]


@pytest.mark.parametrize("asked", LARGEST, ids=range(len(LARGEST)))
@pytest.mark.parametrize("letter", ["x", "😀", "&", "<"])
def test_the_longest_report_fits_on_the_fullest_card(asked: Json, letter: str) -> None:
    facts = [{"name": "f" * 80, "value": "v" * 500} for _ in range(5)]
    agent = {"name": "a" * 80, "run": "r" * 200, "url": "https://ci.example.com/" + "u" * 500}
    request = {"title": "t" * 150, "facts": facts, "agent": agent} | asked
    shown = interaction(request, asked_by="k" * 80, **reported("failed", letter * 300, LINK))
    for plain in (False, True):
        card = KINDS[shown.kind].draw(CardView(shown, version=3, plain=plain))
        sight.check(card, shown)
        assert letter.replace("&", "&amp;").replace("<", "&lt;") * 300 in card.text
