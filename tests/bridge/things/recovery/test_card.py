"""The card of a recovery: what it shows in each status, and that no text of an agent can leave its place."""

import itertools
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
from bridge.things.recovery import NOUN, life
from bridge.things.recovery.card import card
from bridge.things.recovery.examples import EXAMPLES
from bridge.things.recovery.request import Report
from bridge.things.recovery.row import Outcome, Recovery, Status
from storage.model import Json
from tests.bridge import limits
from tests.bridge.things import card_checks, samples
from tests.bridge.things.card_checks import below, line, lines, text
from tests.bridge.things.recovery.building import OTHER, ended, escalated, row, thing, view
from tests.bridge.things.samples import ANA, KEY, NOW, ROUND, later
from tests.generated import sight
from tests.generated.scale import chances, generated

_DATE = r"<!date\^[^>]+>"
_QUOTED = r"“[^“”]*”"
_ATTEMPT = r"attempt [\d,]+(?: of [\d,]+|, more than the [\d,]+ allowed)?"
_OWNER = rf"(?:<@[A-Z0-9]+>|the agent {_QUOTED}|the board)"
_WHY = r"(?:, because (?:of its attempts|its time had passed))?"
_BY = rf"(?:<@[A-Z0-9]+>|{_QUOTED})"
_LINK = r"(?:<https?://[^|>\s]+\|[^<>|]+>|[^\s<>]+)"
_ENDED = r"(?:✅ \*Restored\*|⛔ \*Blocked\*|⚪ \*False positive\*|⚪ \*Cancelled\*)"
_WHO = (
    r"(?:<@[A-Z0-9]+>(?:, <@[A-Z0-9]+>)*(?: and \d+ others)?(?: \(people from other organizations allowed\))? can act "
    r"on it\.|Anyone in this workspace who can see this card can act on it\.|Anyone who can see this card, including "
    r"people from other organizations, can act on it\.|It cannot be acted on from this card at the moment\.)"
)
MOVES = {"restored", "blocked", "cancelled", "false_positive"}
FIRST = {
    "active": rf"🔧 \*Active\* {_DATE}: {_ATTEMPT}, owned by {_OWNER}\.",
    "escalated": rf"🚨 \*Escalated\* to {_OWNER}(?: \(before: {_OWNER}\))? {_DATE}{_WHY}: {_ATTEMPT}\.",
    "resolved": rf"{_ENDED}(?: by|, according to) {_BY} {_DATE}\.",
    "cancelled": rf"{_ENDED} by {_BY} {_DATE}\.",
}
MORE = (
    rf"{_WHO}(?: {_DATE}\.)?"
    rf"|It is blocked by (?:the item with the ID (?:…\w{{6}}|rec_\w{{26}})|{_LINK}|"
    rf"{_QUOTED} {_QUOTED}(?: · {_LINK})?)\."
    rf"|💬 (?:<@[A-Z0-9]+>|Note): {_QUOTED}"
)
MOVED = (
    rf"➡️ \*Moved\* {_DATE}\. (?:It has no card any more\.|Its card is now here: "
    r"(?:(?:the direct messages of <@[A-Z0-9]+>|(?:a thread in )?<#[A-Z0-9]+>)(?:, (?!\.))?)+\.)"
)


def check(shown: ThingView[Recovery], drawn: Drawing) -> None:
    """Everything that holds for every card of a recovery, whatever its texts are."""
    row, thing = shown.row, shown.thing
    owners = (row.previous_owner or {}, row.resolved_by or {}, *thing.addresses)
    people = {row.owner_user, *(owner.get("user") for owner in owners), *(thing.responders or ())}
    card_checks.check(
        shown,
        drawn,
        first=MOVED if shown.is_retired else FIRST[row.status],
        more=MORE,
        moves=MOVES if Status(row.status).is_open else (),
        people=people - {None},
    )
    _, *rest = lines(drawn)
    for block in below(drawn)[len(rest) + 1 :]:
        assert block["type"] == "actions" or f"ID {ids.short(thing.id)}" == limits.shown([block])
    assert not any(re.fullmatch(MORE, line) for line in drawn.text.split("\n")[2 + len(rest) :])


def states(found: Recovery, words: str) -> Iterator[Recovery]:
    """The recovery in every status, with these words in what may be said of its end."""
    plain = replace(found, status="active", escalated_at=None)
    yield plain
    yield replace(plain, status="escalated", escalated_at=NOW)
    yield replace(plain, status="escalated", escalated_at=NOW, timeout_at=NOW, previous_owner={"user": "U0CHO"})
    yield replace(plain, status="escalated", escalated_at=NOW, previous_owner={"agent": words[:80] or "x"})
    external = {"type": words[:80] or "x", "id": words[:200] or "x"}
    blockers: list[Json] = [{"id": NOUN.public_id(OTHER)}, {"external": external}]
    blockers += [{"external": {**external, "url": f"https://{'a' * 60}.example/?" + "&" * 480}}]
    blockers += [{"external": {"type": "link", "id": "https://a.example/x", "url": "https://a.example/x"}}]
    for outcome, by in itertools.product(Outcome, (ANA, {"key": words[:80] or "x"})):
        how = ended(outcome)
        for blocker in blockers if outcome is Outcome.BLOCKED else [None]:
            yield replace(
                plain,
                status=how.status,
                outcome=how.outcome,
                resolved_by=by,
                resolved_at=later(),
                blocker=blocker,
                note=words[:1_000] or None,
            )


def of_example(request: Json) -> Recovery:
    return life.opened(Report.model_validate(request), NOW, KEY).row


@pytest.mark.parametrize("plain", [False, True])
@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: example.name)
def test_every_example_in_every_status_is_a_card(example: Any, *, plain: bool) -> None:
    for found in states(of_example(example.request), "Not before Monday."):
        shown = view(found, is_plain=plain)
        check(shown, card(shown))


@generated(150)
@given(chances())
def test_an_agents_words_stand_only_above_the_rule_and_a_persons_only_in_quotation_marks(chance: random.Random) -> None:
    nested = {line(chance, 9): [text(chance, 50)] * 9}
    owner = chance.choice([{"owner_agent": line(chance, 80)}, {"owner_user": "U0BOB"}, {}])
    found = row(
        source_type=line(chance, 80),
        source_id=line(chance, 200),
        source_url=chance.choice([None, "https://ci.example.com/x?a=b|c", "https://bank.example@evil.example/"]),
        kind=line(chance, 80),
        cause=text(chance, 1_000),
        next_action=text(chance, 1_000),
        evidence={line(chance, 100): chance.choice([text(chance, 3_000), 1, None, nested]) for _ in range(9)},
        attempt_count=2**31 - 1,
        max_attempts=chance.choice([None, 5]),
        **owner,
    )
    of = thing(**card_checks.opener(chance))
    for state in states(found, text(chance, 1_000)):  # each of them in both forms, each form with half of the texts
        shown = view(state, thing=of, is_plain=chance.random() < 0.5)
        check(shown, card(shown))


def test_an_active_one_says_which_attempt_it_is_who_owns_it_and_what_is_next() -> None:
    drawn = card(view(of_example(EXAMPLES[1].request)))

    assert "attempt 1 of 5, owned by the agent “deployer”." in lines(drawn)[0]
    words = limits.words(drawn)
    for said in ("deployment payments-4.2.0", "health_check_failed", "Two of twelve", "roll back to 4.1.9"):
        assert said in words
    assert ("https://ci.example.com/deployments/8841?tab=log", "ci.example.com") in list(sight.links(drawn.blocks))


@pytest.mark.parametrize(
    ("changes", "before", "after"),
    [
        (
            {"max_attempts": 2, "attempt_count": 3},
            "(before: <@U0CHO>)",
            "because of its attempts: attempt 3, more than",
        ),
        ({"timeout_at": NOW, "attempt_count": 3}, "(before: <@U0CHO>)", "because its time had passed: attempt 3."),
        ({"timeout_at": later()}, "(before: <@U0CHO>)", ">: attempt 1."),
        ({"timeout_at": NOW, "previous_owner": {"user": "U0ANA"}}, "to <@U0ANA> <!date", "because its time had passed"),
    ],
)
def test_an_escalated_one_says_why_and_who_had_it_before(changes: Json, before: str, after: str) -> None:
    found = escalated(**({"owner_user": "U0ANA", "previous_owner": {"user": "U0CHO"}} | changes))

    assert before in lines(card(view(found)))[0] and after in lines(card(view(found)))[0]


@pytest.mark.parametrize("plain", [False, True])
def test_the_first_ten_values_of_the_evidence_are_facts_and_the_others_are_counted(*, plain: bool) -> None:
    evidence = {"a": {"b": [1, {"c": True}]}, **{f"n{number}": number for number in range(12)}, "blank": " "}
    drawn = card(view(row(evidence=evidence), is_plain=plain))

    words = limits.words(drawn).replace("\n", "")
    assert "a.b.1: 1" in words
    assert "a.b.2.c: true" in words
    assert "n7: 7" in words
    assert "n8: 8" not in words
    assert "and 5 more" in words
    assert drawn.truncated == ("/evidence",)


def test_what_is_too_long_says_how_much_is_missing() -> None:
    drawn = card(view(row(cause="\U0001f389" * 1_000, next_action="x" * 1_000, evidence={"log": "y" * 500})))

    assert re.search(r"… \(\d+ more characters\)", limits.words(drawn))
    assert drawn.truncated == ("/cause", "/evidence")
    plain = card(view(row(cause="x" * 1_000, next_action="y" * 1_000), is_plain=True))
    assert plain.truncated == ("/cause", "/next_action")


@pytest.mark.parametrize("plain", [False, True])
def test_a_report_at_all_its_limits_fits_on_a_card(*, plain: bool) -> None:
    wide = "\U0001f389"
    evidence = {f"{number}{wide * 150}": wide * 500 for number in range(16)}
    found = row(
        source_type=wide * 80,
        source_id=wide * 200,
        source_url=f"https://ci.example.com/{'a' * 1_900}",
        kind=wide * 80,
        cause=wide * 1_000,
        next_action=wide * 1_000,
        evidence=evidence,
        owner_agent=wide * 80,
    )
    agent = {"name": wide * 80, "run": wide * 200, "url": f"https://ci.example.com/{'b' * 1_900}"}
    people = [f"U{number:011}" for number in range(50)]
    for state in states(found, wide * 1_000):
        shown = view(state, thing=thing(opened_by=wide * 100, agent=agent, responders=people), is_plain=plain)
        check(shown, card(shown))


def test_cancelling_is_confirmed_and_restoring_is_one_click() -> None:
    buttons = {button["action_id"]: button for button in limits.buttons(card(view(row())))}

    assert list(buttons) == ["v1:choose:restored", "v1:open:blocked", "v1:choose:cancelled", "v1:choose:false_positive"]
    assert [name for name, button in buttons.items() if "confirm" in button] == ["v1:choose:cancelled"]
    assert buttons["v1:open:blocked"]["text"]["text"] == "Blocked…"


def test_without_a_round_it_has_no_buttons_and_says_so() -> None:
    drawn = card(view(row(), round_id=None))

    assert limits.buttons(drawn) == []
    assert lines(drawn)[1].startswith("It cannot be acted on from this card at the moment.")


def test_every_version_has_a_block_id_of_its_own() -> None:
    ids = {
        block["block_id"]
        for version in (1, 2)
        for block in card(view(row(), version=version)).blocks
        if "block_id" in block
    }

    assert ids == {action_ids.block_id(ROUND, 1), action_ids.block_id(ROUND, 2)}


@pytest.mark.parametrize("plain", [False, True])
@pytest.mark.parametrize(
    ("addresses", "words"),
    [
        ([{"user": "U0ANA"}], "Its card is now here: the direct messages of <@U0ANA>."),
        (
            [{"channel": "C0A", "thread_ts": "1763719200.000100"}, {"channel": "C0B"}],
            "Its card is now here: a thread in <#C0A>, <#C0B>.",
        ),
        ([], "It has no card any more."),
    ],
)
def test_a_card_that_it_has_left_says_where_it_went_and_nothing_else(
    addresses: list[Json], words: str, *, plain: bool
) -> None:
    retired = samples.card(retired_at=later())
    shown = view(escalated(evidence={"a": 1}), thing=thing(addresses=addresses), card=retired, is_plain=plain)
    drawn = card(shown)

    check(shown, drawn)
    assert words in lines(drawn)[0]
    assert "Restart" not in limits.words(drawn)


def test_the_end_says_what_it_is_who_made_it_so_and_with_which_words() -> None:
    note = "After “the” move &\n<!here> :tada:"
    found = ended(Outcome.BLOCKED, note=note, blocker={"external": {"type": "incident", "id": "7"}})
    first, blocked, said = lines(card(view(found)))

    assert first.startswith("⛔ *Blocked*, according to <@U0ANA> <!date")
    assert blocked == "It is blocked by “incident” “7”."
    assert said == '💬 <@U0ANA>: “After "the" move &amp; &lt;!here&gt; \u2236tada:”'
