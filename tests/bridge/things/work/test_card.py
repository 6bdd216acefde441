"""The card of a work item: what it shows in each state, and that no text of others can leave its place."""

import random
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given

from bridge.card.frame import Drawing
from bridge.things.contract import ThingView
from bridge.things.work import life, people
from bridge.things.work.card import card
from bridge.things.work.examples import EXAMPLES
from bridge.things.work.request import CreateWork
from bridge.things.work.row import WorkItem
from storage.model import Json
from tests.bridge import limits
from tests.bridge.things import card_checks, samples
from tests.bridge.things.card_checks import line, lines, text
from tests.bridge.things.samples import KEY, NOW, later
from tests.bridge.things.work.building import (
    PERSON,
    blocked,
    done,
    leased,
    released,
    row,
    states,
    thing,
    view,
)
from tests.generated.scale import chances, generated

_DATE = r"<!date\^[^>]+>"
_QUOTED = r"“[^“”]*”"
_BY = rf"(?:<@[A-Z0-9]+>|(?:the agent )?{_QUOTED})"
_OTHERS = r"(?:1 other work item|[\d,]+ other work items)"
FIRST = "|".join(
    [
        rf"⏳ \*Waiting\* for {_OTHERS}(?:: {_QUOTED}(?:, {_QUOTED})*(?: and [\d,]+ more)?)?\.",
        r"📋 \*Ready\*: no one works on it(?: now\. It was taken (?:once|twice|[\d,]+ times) before)?\.",
        rf"(?:🙋|🤖) \*Taken\* by {_BY} {_DATE}(?: \(attempt [\d,]+\))?\.",
        rf"⛔ \*Blocked\*: {_QUOTED}",
        rf"✅ \*Done\* by {_BY} {_DATE}(?:\.|: {_QUOTED})",
    ]
)
_NAMED = r"<@[A-Z0-9]+>(?:, <@[A-Z0-9]+>)*(?: and \d+ others)?(?: \(people from other organizations allowed\))?"
_WHO = (
    rf"(?:{_NAMED} can act on it\.|Anyone in this workspace who can see this card can act on it\.|Anyone who can see "
    r"this card, including people from other organizations, can act on it\.)"
)
_HELP = (
    r"(?:\*Take\* makes it yours for [\d,]+ \w+\.|\*Keep\* holds it for [\d,]+ \w+ from the click; \*Release\* "
    r"gives it back\.|\*Reclaim\* takes it away from the agent\.|\*Unblock\* makes it ready again\.)"
)
MORE = rf"(?:{_HELP} {_WHO}|It can be taken once (?:that is|they are) done\.)"


def check(shown: ThingView[WorkItem], drawn: Drawing) -> None:
    """Everything that holds for every card of a work item, whatever its texts are."""
    found, of = shown.row, shown.thing
    who = {found.holder_user, (found.done_by or {}).get("user"), *(of.responders or ())} - {None}
    moves = people.shown(found).keys()
    card_checks.check(shown, drawn, first=FIRST, more=MORE, moves=moves, people={str(user) for user in who})


def of_example(request: Json) -> WorkItem:
    fields = {name: value for name, value in request.items() if name in CreateWork.model_fields}
    return life.created(CreateWork.model_validate(fields), KEY, dependencies=[], now=NOW).row


@pytest.mark.parametrize("plain", [False, True])
@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: example.name)
def test_every_example_in_every_state_is_a_card(example: Any, *, plain: bool) -> None:
    first = of_example(example.request)
    for found in states(replace(first, status="ready", blocked_reason=None, name=None)):
        shown = view(found, is_plain=plain)
        check(shown, card(shown))


@generated(40)
@given(chances())
def test_an_agents_words_stand_only_above_the_rule_or_in_quotation_marks(chance: random.Random) -> None:
    found = replace(
        row(),
        title=line(chance, 200),
        body=chance.choice([None, text(chance, 3_000)]),
        phase=chance.choice([None, line(chance, 80)]),
        acceptance=chance.choice([None, text(chance, 300), [text(chance, 300)], {line(chance, 90): text(chance, 300)}]),
    )
    of = thing(**card_checks.opener(chance))
    for state in states(found, words=text(chance, 1_000), owner=line(chance, 80)):
        shown = view(state, thing=of, is_plain=chance.random() < 0.5)
        check(shown, card(shown))


@pytest.mark.parametrize("plain", [False, True])
@pytest.mark.parametrize("wide", ["\U0001f389", "&"])
def test_an_item_at_all_its_limits_fits_on_a_card(wide: str, *, plain: bool) -> None:
    acceptance = {f"{number}{wide * 80}": wide * 220 for number in range(12)}
    found = row(title=wide * 200, body=wide * 3_000, phase=wide * 80, acceptance=acceptance, take_seconds=604_799)
    agent = {"name": wide * 80, "run": wide * 200, "url": f"https://ci.example.com/{'b' * 1_900}"}
    responders = [f"U{number:011}" for number in range(50)]
    for state in states(found, words=wide * 3_000, owner=wide * 80):
        long = replace(state, dependencies=[{"id": "x" * 100, "is_met": False}] * 100 if state.unmet else [])
        shown = view(long, thing=thing(opened_by=wide * 100, agent=agent, responders=responders), is_plain=plain)
        drawn = card(shown)
        check(shown, drawn)
        assert drawn.truncated == ("/body", "/acceptance")


def test_it_says_what_is_to_be_done_when_it_counts_as_done_and_what_a_click_does() -> None:
    found = row(body="48,210 rows.", acceptance={"rows": 48_210, "checks": ["no one twice"]}, take_seconds=5_400)

    drawn = card(view(found))

    words = limits.words(drawn)
    for said in ("Import the customers", "48,210 rows.", "acceptance.rows", "48210", "acceptance.checks.1", "Phase"):
        assert said in words, said
    assert lines(drawn) == [
        "📋 *Ready*: no one works on it.",
        "*Take* makes it yours for 90 minutes. Anyone in this workspace who can see this card can act on it.",
    ]


def test_it_says_what_it_waits_for_and_has_no_button_until_that_is_done() -> None:
    found = row(*(f"item-{number}" for number in range(7)), met=("done-before",))

    state, may = lines(card(view(found)))

    assert state == (
        "⏳ *Waiting* for 7 other work items: “item-0”, “item-1”, “item-2”, “item-3”, “item-4” and 2 more."
    )
    assert may == "It can be taken once they are done." and limits.buttons(card(view(found))) == []
    assert lines(card(view(row("schema")))) == [
        "⏳ *Waiting* for 1 other work item: “schema”.",
        "It can be taken once that is done.",
    ]


BUTTONS = {
    "ready": (row(), ["Take"], ["Take"]),
    "mine": (leased(to=PERSON), ["Done…", "Keep", "Release", "Blocked…"], ["Done…"]),
    "of an agent": (leased(), ["Reclaim"], []),
    "blocked": (blocked(), ["Unblock"], ["Unblock"]),
    "done": (done(), [], []),
}


@pytest.mark.parametrize(("found", "labels", "primary"), BUTTONS.values(), ids=BUTTONS)
def test_each_state_has_its_buttons(found: WorkItem, labels: list[str], primary: list[str]) -> None:
    drawn = card(view(found))

    assert list(limits.pressed(drawn).values()) == labels
    styled = [button["text"]["text"] for button in limits.buttons(drawn) if button.get("style") == "primary"]
    assert styled == primary


def test_it_says_who_has_it_until_when_also_to_clients_that_know_no_dates() -> None:
    [mine, may] = lines(card(view(leased(to=PERSON))))
    assert mine == (
        f"🙋 *Taken* by <@U0ANA> <!date^{int(later(60 + 28_800).timestamp())}^until "
        "{date_short_pretty} at {time}|until 2026-11-21 18:01 UTC>."
    )
    assert may.endswith("<@U0ANA> can act on it.") and "*Keep* holds it for 8 hours from the click" in may
    state = lines(card(view(leased(released(leased())))))[0]
    assert state.startswith("🤖 *Taken* by the agent “worker-1” <!date^") and state.endswith("(attempt 2).")


def test_what_takes_it_from_an_agent_is_asked_about_first() -> None:
    [reclaim] = limits.buttons(card(view(leased())))
    assert reclaim["confirm"]["style"] == "danger" and "free for others at once" in str(reclaim["confirm"])


def test_it_says_who_finished_it_and_what_came_of_it() -> None:
    assert lines(card(view(done(leased(to=PERSON), by=samples.ANA, words="All in."))))[0].startswith(
        "✅ *Done* by <@U0ANA> <!date^"
    )
    assert lines(card(view(done(leased(), words="All in."))))[0].endswith(": “All in.”")
    assert "by the agent “worker-1”" in lines(card(view(done(leased()))))[0]
    assert "by “watchdog”" in lines(card(view(done())))[0]


def test_it_has_the_id_that_its_agent_gave_it() -> None:
    assert "ID import-customers" in limits.words(card(view(replace(row(), name="import-customers"))))


def test_a_card_that_it_has_left_says_where_it_went_and_nothing_else() -> None:
    shown = view(row(body="secret"), card=samples.card(retired_at=later()))

    drawn = card(shown)
    assert lines(drawn)[0].startswith("➡️ *Moved*") and "secret" not in limits.words(drawn)
