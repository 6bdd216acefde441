"""The card of a fix: what it shows in each state, and that no text of an agent or person can leave its place."""

import random
import re
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given

from bridge.card import action_ids
from bridge.card.frame import Drawing
from bridge.things.contract import ThingView
from bridge.things.fix import NOUN, life, people
from bridge.things.fix.card import card
from bridge.things.fix.examples import EXAMPLES
from bridge.things.fix.request import MAX_SCRIPT, Propose
from bridge.things.fix.row import Decided, Fix, Outcome
from storage.model import Json
from tests.bridge import limits
from tests.bridge.things import card_checks, samples
from tests.bridge.things.card_checks import line, lines, text
from tests.bridge.things.fix.building import (
    decided,
    judged,
    proposal,
    row,
    states,
    superseded,
    thing,
    view,
)
from tests.bridge.things.samples import KEY, later
from tests.generated.scale import chances, generated

_DATE = r"<!date\^[^>]+>"
_QUOTED = r"“[^“”]*”"
_BY = rf"(?:<@[A-Z0-9]+>|{_QUOTED})"
_DECISION = (
    rf"(?:▶️ \*Apply it\*|📝 \*Draft a template\*|🧱 \*Build a template\*|⚪ \*Dismiss it\*), decided by {_BY} {_DATE}\."
)
_SUPERSEDED = (
    rf"🔁 \*Superseded\* by (?:a newer fix|<https?://[^>|]+\|a newer fix>) {_DATE}\. Please look at the newer one\."
)
_OUTCOME = "|".join(
    [
        rf"💡 \*Proposed\* {_DATE}, not decided yet\.",
        rf"{_DECISION} No outcome is recorded yet\.",
        rf"⚪ \*Dismissed\* by {_BY} {_DATE}\.",
        rf"⏳ \*Applied, waiting to verify\* {_DATE}, recorded by {_BY}: {_QUOTED}",
        rf"✅ \*Worked\*, recorded by {_BY} {_DATE}\.",
        rf"(?:❌ \*Didn't work\*|🟡 \*Works partly\*), recorded by {_BY} {_DATE}: {_QUOTED}",
    ]
)
_REPORTS = rf"🤖 {_QUOTED} reports: . \*[^*]+\*\.(?: {_QUOTED})? It counts once a person confirms it\."
_HELP = (
    rf"\*Apply\* tells {_QUOTED} to go on; nothing is applied before\. "
    r"(?:This card shows only a part of the parameters\. )?"
)
_NAMED = r"<@[A-Z0-9]+>(?:, <@[A-Z0-9]+>)*(?: and \d+ others)?(?: \(people from other organizations allowed\))?"
_WHO = (
    rf"(?:{_NAMED} can act on it\.|Anyone in this workspace who can see this card can act on it\.|Anyone who can see "
    r"this card, including people from other organizations, can act on it\.|It cannot be acted on from this card at "
    r"the moment\.)"
)
FIRST = rf"(?:{_SUPERSEDED}|{_OUTCOME})"
MORE = rf"(?:{_OUTCOME}|{_DECISION}|{_REPORTS}|(?:{_HELP})?{_WHO})"


def check(shown: ThingView[Fix], drawn: Drawing) -> None:
    """Everything that holds for every card of a fix, whatever its texts are."""
    row, thing = shown.row, shown.thing
    persons = [row.decided_by, row.outcome_by]
    who = {by["user"] for by in persons if by and "user" in by} | {*(thing.responders or ())}
    moves = people.moves(row).keys() if NOUN.offers(row) else ()
    card_checks.check(shown, drawn, first=FIRST, more=MORE, moves=moves, people=who)


def of_example(request: Json) -> Fix:
    fields = {name: value for name, value in request.items() if name in Propose.model_fields}
    return life.proposed(Propose.model_validate(fields), KEY, supersedes=None).row


@pytest.mark.parametrize("plain", [False, True])
@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: example.name)
def test_every_example_in_every_state_is_a_card(example: Any, *, plain: bool) -> None:
    for found in states(of_example(example.request)):
        shown = view(found, is_plain=plain)
        check(shown, card(shown))


@generated(40)
@given(chances())
def test_an_agents_words_stand_only_above_the_rule_or_in_quotation_marks(chance: random.Random) -> None:
    way: Json = chance.choice([{}, {"script": text(chance, MAX_SCRIPT)}, {"template": {"id": line(chance, 200)}}])
    found = replace(
        row(),
        session=line(chance, 200),
        title=line(chance, 200),
        description=chance.choice([None, text(chance, 3_000)]),
        **way,
    )
    of, words = thing(**card_checks.opener(chance)), text(chance, 1_000)
    for state in states(found, words=words, by={"user": "U0ANA", "name": words[:80]}):
        shown = view(state, thing=of, is_plain=chance.random() < 0.5)
        check(shown, card(shown))


@pytest.mark.parametrize("plain", [False, True])
@pytest.mark.parametrize("wide", ["\U0001f389", "&"])
def test_a_fix_at_all_its_limits_fits_on_a_card(wide: str, *, plain: bool) -> None:
    parameters = {f"{number}{wide * 20}": wide * 20 for number in range(10)}
    found = row(
        session=wide * 200, title=wide * 200, description=wide * 3_000, script=wide * MAX_SCRIPT, parameters=parameters
    )
    agent = {"name": wide * 80, "run": wide * 200, "url": f"https://ci.example.com/{'b' * 1_900}"}
    responders = [f"U{number:011}" for number in range(50)]
    for state in states(found, words=wide * 1_000):
        shown = view(state, thing=thing(opened_by=wide * 100, agent=agent, responders=responders), is_plain=plain)
        check(shown, card(shown))


def test_it_says_what_is_proposed_how_sure_and_what_a_click_does() -> None:
    drawn = card(view(row(description="They hang.", script="restart --all", parameters={"force": True})))

    words = limits.words(drawn)
    for said in ("Restart the workers", "They hang.", "restart --all", "80 %", "alert-8841", "parameters.force"):
        assert said in words, said
    state, may = lines(drawn)
    assert state.startswith("💡 *Proposed*")
    assert may.startswith("*Apply* tells “watchdog” to go on; nothing is applied before.")


@pytest.mark.parametrize("plain", [False, True])
def test_people_see_all_of_the_script_that_they_apply(*, plain: bool) -> None:
    found = row(script="\U0001f389" * MAX_SCRIPT, parameters={"size": 60})

    drawn = card(view(found, is_plain=plain))

    assert "\U0001f389" * MAX_SCRIPT in limits.words(drawn) and drawn.truncated == ()
    assert "only a part" not in str(drawn.blocks)


@pytest.mark.parametrize("plain", [False, True])
@pytest.mark.parametrize(
    "parameters",
    [
        {f"size_{number}": number for number in range(11)},
        {"size": "x" * 201},
        {"x" * 81: 1},
    ],
    ids=["many", "long", "a long name"],
)
def test_who_applies_parameters_of_which_the_card_shows_a_part_is_told_so(parameters: Json, *, plain: bool) -> None:
    drawn = card(view(row(script="set-pool-size", parameters=parameters), is_plain=plain))

    assert drawn.truncated == ("/parameters",)
    [apply] = [button for button in limits.buttons(drawn) if button["action_id"] == "v1:choose:apply"]
    for said in (apply["confirm"]["text"]["text"], lines(drawn)[-1]):
        assert "only a part of the parameters" in said


def test_how_much_more_there_is_stands_under_its_own_name() -> None:
    many = {f"value_{number}": number for number in range(13)}
    offered = proposal(
        judged(Outcome.PENDING, row(script="x", parameters=many)), "applied_failed", evidence=many | {"z": 1}
    )
    assert offered is not None

    drawn = card(view(offered.row))

    assert drawn.truncated == ("/parameters", "/evidence")
    assert "and 3 more of parameters" in limits.words(drawn) and "and 4 more of evidence" in limits.words(drawn)


BUTTONS = {
    "proposed": (row(), ["Apply", "Dismiss", "Draft a template", "Build a template"], ["Apply"]),
    "decided": (decided(), ["Worked", "Didn't…", "Partly…", "Waiting to verify…"], ["Worked"]),
    "drafted": (decided(Decided.DRAFT_TEMPLATE), ["Worked", "Didn't…", "Partly…", "Waiting to verify…"], ["Worked"]),
    "waiting": (judged(Outcome.PENDING), ["Worked", "Didn't…", "Update reason…"], ["Worked"]),
    "partly": (judged(Outcome.PARTIAL), ["Worked", "Didn't…", "Partly…", "Waiting to verify…"], ["Worked"]),
    "worked": (judged(Outcome.SUCCESS), ["Correct…"], []),
    "failed": (judged(Outcome.FAILED), ["Correct…"], []),
    "dismissed": (decided(Decided.DISMISSED), [], []),
    "superseded": (superseded(row()), [], []),
}


@pytest.mark.parametrize(("found", "labels", "primary"), BUTTONS.values(), ids=BUTTONS)
def test_each_state_has_its_buttons(found: Fix, labels: list[str], primary: list[str]) -> None:
    drawn = card(view(found))

    assert list(limits.pressed(drawn).values()) == labels
    styled = [button["text"]["text"] for button in limits.buttons(drawn) if button.get("style") == "primary"]
    assert styled == primary


def test_templates_are_in_a_menu_and_what_cannot_be_undone_is_confirmed() -> None:
    script = {button["action_id"]: button for button in limits.buttons(card(view(row(script="rm -rf /tmp"))))}
    plain = {button["action_id"]: button for button in limits.buttons(card(view(row())))}

    menu = plain[action_ids.SELECT]
    assert [option["value"] for option in menu["options"]] == ["draft_template", "build_template"]
    assert plain["v1:choose:dismiss"]["confirm"]["style"] == "danger"
    assert "confirm" not in plain["v1:choose:apply"] and "script" in str(script["v1:choose:apply"]["confirm"])


def test_what_an_agent_reports_is_confirmed_with_one_click_and_shows_its_evidence() -> None:
    offered = proposal(decided(), "applied_success", evidence={"error_rate": 0.002})
    assert offered is not None
    drawn = card(view(offered.row))

    assert list(limits.pressed(drawn).values()) == ["Confirm: it worked", "Didn't…", "Partly…", "Waiting to verify…"]
    assert [b["text"]["text"] for b in limits.buttons(drawn) if b.get("style")] == ["Confirm: it worked"]
    assert any(said.startswith("🤖 “watchdog” reports: ✅ *Worked*. “Seen.”") for said in lines(drawn))
    assert "evidence.error_rate" in limits.words(drawn) and "0.002" in limits.words(drawn)


def test_a_superseded_card_links_to_the_newer_one() -> None:
    link = "https://sandbox.slack.com/archives/C0OPS/p1"
    shown = view(superseded(judged(Outcome.PENDING, words="The nightly run.")), newer=link)

    first, second, *_ = lines(card(shown))
    assert re.fullmatch(_SUPERSEDED, first) and f"<{link}|a newer fix>" in first
    assert second.startswith("⏳ *Applied, waiting to verify*"), "what became of it is still shown"


def test_a_waiting_card_says_on_what_since_when_and_what_was_decided() -> None:
    waiting = judged(Outcome.PENDING, decided(), words="The nightly run.")

    state, decision, _ = lines(card(view(waiting)))
    assert state.endswith("recorded by <@U0ANA>: “The nightly run.”") and "since" in state
    assert decision.startswith("▶️ *Apply it*, decided by <@U0ANA>")


def test_a_card_that_it_has_left_says_where_it_went_and_nothing_else() -> None:
    shown = view(row(description="secret"), card=samples.card(retired_at=later()))

    drawn = card(shown)
    assert lines(drawn)[0].startswith("➡️ *Moved*") and "secret" not in limits.words(drawn)
