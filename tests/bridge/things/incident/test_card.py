"""The card of an incident: what it shows in each status, and that no text of an agent or person can leave its place."""

import random
import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given

from bridge import ids
from bridge.card import action_ids
from bridge.card.frame import Drawing
from bridge.things.contract import ThingView
from bridge.things.incident import life
from bridge.things.incident.card import card
from bridge.things.incident.examples import EXAMPLES
from bridge.things.incident.people import MOVES
from bridge.things.incident.request import Create
from bridge.things.incident.row import Incident, Status
from storage.model import Json
from tests.bridge import limits
from tests.bridge.things import card_checks, samples
from tests.bridge.things.card_checks import line, lines, text
from tests.bridge.things.incident.building import changed, resolved, row, thing, view
from tests.bridge.things.samples import ANA, KEY, NOW, ROUND, later
from tests.generated.scale import chances, generated

_DATE = r"<!date\^[^>]+>"
_QUOTED = r"“[^“”]*”"
_BY = rf"(?:<@[A-Z0-9]+>|{_QUOTED})"
_SEVERITY = r"Severity: \*(?:minor|major|critical)\*\."
_OPEN = r"(?:🔴 \*Investigating\*|🟠 \*Identified\*|🔧 \*Fixing\*|👀 \*Monitoring\*)"
FIRST = rf"(?:{_OPEN} {_DATE}, set by {_BY}\. {_SEVERITY}|✅ \*Resolved\* by {_BY} {_DATE}\. {_SEVERITY})"
_VALUE = rf"(?:\*[a-z]+\*|{_QUOTED}(?:, {_QUOTED})*(?: and \d+ more)?)"
_CHANGE = rf"(?:status|severity|systems) {_VALUE} → {_VALUE}"
_UPDATE = rf"(?:💬 {_BY} {_DATE}: {_QUOTED}|🔁 {_BY} {_DATE}: {_CHANGE}(?:; {_CHANGE})*(?:\. {_QUOTED})?)"
_NAMED = r"(?:<@[A-Z0-9]+>(?:, <@[A-Z0-9]+>)*(?: and \d+ others)?|The people who were named when it was opened)"
_WHO = (
    rf"(?:{_NAMED}(?: \(people from other organizations allowed\))? can act on it\.|Anyone in this workspace who can "
    r"see this card can act on it\.|Anyone who can see this card, including people from other organizations, can act "
    r"on it\.|It cannot be acted on from this card at the moment\.)"
)
MORE = rf"(?:{_UPDATE}|{_WHO}|There (?:is|are) [\d,]+ earlier updates?\.)"
MOVED = (
    rf"➡️ \*Moved\* {_DATE}\. (?:It has no card any more\.|Its card is now here: "
    r"(?:(?:direct messages|the direct messages of <@[A-Z0-9]+>|(?:a thread in )?<#[A-Z0-9]+>)(?:, (?!\.))?)+\.)"
)


def check(shown: ThingView[Incident], drawn: Drawing) -> None:
    """Everything that holds for every card of an incident, whatever its texts are."""
    row, thing = shown.row, shown.thing
    people = {row.status_by.get("user"), *(thing.responders or ())}
    people |= {update["by"].get("user") for update in row.recent_updates}
    people |= {address.get("user") for address in thing.addresses}
    moves = () if row.status == "resolved" else MOVES[row.status].keys()
    card_checks.check(
        shown,
        drawn,
        first=MOVED if shown.is_retired else FIRST,
        more=MORE,
        moves=moves,
        people=() if row.suppress_notifications else people - {None},
    )


def states(found: Incident, words: str) -> Iterator[Incident]:
    """The incident in every status, with these words in its updates."""
    person = {**ANA, "name": words[:80] or "ana"}
    for status in Status:
        for by in (person, {"key": words[:80] or "x"}):
            current = changed(replace(found, status="fixing"), status="identified", by=by).row
            current = changed(current, message=words[:2_000] or "x", by=by).row
            current = changed(current, severity="critical", systems=["z", *found.systems[:19]], by=by).row
            yield changed(current, status=status.value, message=words[:2_000] or None, by=by).row


def of_example(request: Json) -> Incident:
    fields = {name: value for name, value in request.items() if name in Create.model_fields}
    return life.opened(Create.model_validate(fields), NOW, KEY, update_id=ids.new()).row


@pytest.mark.parametrize("plain", [False, True])
@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: example.name)
def test_every_example_in_every_status_is_a_card(example: Any, *, plain: bool) -> None:
    first = of_example(example.request)
    for found in (first, *states(first, "The cache is cold again.")):
        shown = view(found, is_plain=plain)
        check(shown, card(shown))


@generated(60)
@given(chances())
def test_an_agents_words_stand_only_above_the_rule_or_in_quotation_marks(chance: random.Random) -> None:
    found = row(
        title=line(chance, 150),
        description=chance.choice([None, text(chance, 3_000)]),
        systems=[f"{number}{line(chance, 79)}" for number in range(chance.randint(1, 20))],
        suppress_notifications=chance.random() < 0.3,
    )
    of = thing(**card_checks.opener(chance))
    for state in states(found, text(chance, 2_000)):  # as of a recovery: a coin chooses the form
        shown = view(state, thing=of, is_plain=chance.random() < 0.5)
        check(shown, card(shown))


@pytest.mark.parametrize("plain", [False, True])
@pytest.mark.parametrize("wide", ["\U0001f389", "&"])
def test_an_incident_at_all_its_limits_fits_on_a_card(wide: str, *, plain: bool) -> None:
    found = row(title=wide * 150, description=wide * 3_000, systems=[f"{n:02}{wide * 78}" for n in range(20)])
    agent = {"name": wide * 80, "run": wide * 200, "url": f"https://ci.example.com/{'b' * 1_900}"}
    responders = [f"U{number:011}" for number in range(50)]
    for state in states(found, wide * 2_000):
        shown = view(state, thing=thing(opened_by=wide * 100, agent=agent, responders=responders), is_plain=plain)
        check(shown, card(shown))


def test_it_shows_what_is_affected_how_it_stands_and_the_last_three_updates() -> None:
    found = row(description="p99 is 4 s.")
    for number in range(5):
        found = changed(found, message=f"Update {number}", at=later(number)).row
    found = changed(found, status="fixing", message="Rolling “back”", by=ANA).row
    drawn = card(view(found))

    assert "checkout, payments" in limits.words(drawn) and "p99 is 4 s." in limits.words(drawn)
    first, newest, *older, earlier, who = lines(drawn)
    assert first.startswith("🔧 *Fixing* <!date") and first.endswith(", set by <@U0ANA>. Severity: *minor*.")
    assert newest.startswith("🔁 <@U0ANA> <!date") and "status *investigating* → *fixing*" in newest
    assert newest.endswith('“Rolling "back"”')
    assert ["Update 4" in older[0], "Update 3" in older[1]] == [True, True] and len(older) == 2
    assert earlier == "There are 3 earlier updates."
    assert who == "Anyone in this workspace who can see this card can act on it."


def test_the_buttons_of_a_status_set_the_others() -> None:
    buttons = {button["action_id"]: button for button in limits.buttons(card(view(row(status="fixing"))))}

    assert list(buttons) == [
        "v1:choose:identified",
        "v1:choose:monitoring",
        "v1:open:resolved",
        "v1:open:severity",
        "v1:open:update",
    ]
    assert [button["text"]["text"] for button in buttons.values()] == [
        "Identified",
        "Monitoring",
        "Resolve…",
        "Severity…",
        "Add update…",
    ]
    assert [name for name, button in buttons.items() if button.get("style") == "primary"] == ["v1:choose:monitoring"]


def test_a_resolved_one_has_no_buttons_and_says_who_resolved_it() -> None:
    drawn = card(view(resolved()))

    assert limits.buttons(drawn) == []
    assert lines(drawn)[0].startswith("✅ *Resolved* by <@U0ANA> <!date") and len(lines(drawn)) == 1


@pytest.mark.parametrize("retired", [False, True])
def test_without_notifications_no_one_is_mentioned(*, retired: bool) -> None:
    found = changed(row(suppress_notifications=True), status="fixing", message="Hi <@U0BOB>", by=ANA).row
    of = thing(responders=["U0ANA"], addresses=[{"user": "U0ANA"}])
    drawn = card(view(found, thing=of, card=samples.card(retired_at=later() if retired else None)))

    assert "<@" not in "".join([*limits.mrkdwn(drawn.blocks), drawn.text])
    if not retired:
        assert "set by “ana”" in lines(drawn)[0] and "“ana”" in lines(drawn)[1]
    [note] = changed(row(suppress_notifications=True), message="Hi <@U0BOB> <!here>", by=ANA).notes
    assert note == "💬 “ana”: “Hi &lt;@U0BOB&gt; &lt;!here&gt;”"


def test_a_note_says_what_changed_and_fits_into_a_message() -> None:
    [note] = changed(row(), status="resolved", severity="major", message="Over.", by=ANA).notes
    assert note == "🔁 <@U0ANA>: status *investigating* → *resolved*; severity *minor* → *major*. “Over.”"

    [long] = changed(row(), message="&" * 2_000).notes
    assert isinstance(long, str) and len(long) <= 3_000 and not re.search(r"&[a-z]*…?$", long)


@pytest.mark.parametrize("plain", [False, True])
def test_a_card_that_it_has_left_says_where_it_went_and_nothing_else(*, plain: bool) -> None:
    retired = samples.card(retired_at=later())
    shown = view(row(description="secret"), thing=thing(addresses=[{"channel": "C0A"}]), card=retired, is_plain=plain)
    drawn = card(shown)

    check(shown, drawn)
    assert "<#C0A>" in lines(drawn)[0] and "secret" not in limits.words(drawn)


def test_every_version_has_a_block_id_of_its_own() -> None:
    found = {
        block["block_id"]
        for version in (1, 2)
        for block in card(view(row(), version=version)).blocks
        if "block_id" in block
    }

    assert found == {action_ids.block_id(ROUND, 1), action_ids.block_id(ROUND, 2)}
