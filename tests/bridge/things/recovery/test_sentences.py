"""What agents and people are told of a recovery, in every status."""

from dataclasses import asdict

import pytest

from bridge.things.recovery import NOUN
from bridge.things.recovery.examples import EXAMPLES
from bridge.things.recovery.resource import resource
from bridge.things.recovery.row import Outcome, Recovery
from bridge.things.recovery.sentences import sentence, standing
from storage import json_text
from storage.things import ThingRow
from tests.bridge.things.recovery.building import OTHER, ended, escalated, row, thing
from tests.bridge.things.recovery.test_card import of_example
from tests.bridge.things.samples import KEY, NOW, later


def found(recovery: Recovery) -> ThingRow[Recovery]:
    return ThingRow(thing=thing(), row=recovery)


@pytest.mark.parametrize(
    ("recovery", "said"),
    [
        (
            row(owner_agent='de"ploy', max_attempts=5),
            (
                'Active: the agent "de\'ploy" is to get it going again by the next action "Restart the runner." '
                "(attempt 1 of 5, the last at 2026-11-21T10:00:00Z)."
            ),
        ),
        (
            escalated(owner_user="U0ANA", attempt_count=4),
            (
                "Escalated at 2026-11-21T10:00:00Z: the user U0ANA is to get it going again by the next action "
                '"Restart the runner." (attempt 4, the last at 2026-11-21T10:00:00Z). Other agents: do not act on it.'
            ),
        ),
        (
            ended(Outcome.RESTORED, note="Restarted."),
            (
                'Restored by "ana" (U0ANA) at 2026-11-21T10:01:00Z: what was stuck works again, and nothing is '
                'left to do. Their note: "Restarted.".'
            ),
        ),
        (
            ended(Outcome.RESTORED, return_owner={"agent": "release"}),
            (
                'Restored by "ana" (U0ANA) at 2026-11-21T10:01:00Z: what was stuck works again, and the agent '
                '"release" goes on.'
            ),
        ),
        (
            ended(Outcome.BLOCKED, blocker={"id": NOUN.public_id(OTHER)}, resolved_by=KEY),
            (
                f'Blocked by {NOUN.public_id(OTHER)}, according to "watchdog" at 2026-11-21T10:01:00Z: try again once '
                "that has ended, which the event recovery.unblocked tells."
            ),
        ),
        (
            ended(
                Outcome.BLOCKED,
                blocker={"external": {"type": "incident", "id": "7", "url": "https://a.example/7"}},
                resolved_by=KEY,
            ),
            (
                'Blocked by "incident" "7" at a.example, according to "watchdog" at 2026-11-21T10:01:00Z: try again '
                "once that has ended."
            ),
        ),
        (
            ended(Outcome.FALSE_POSITIVE),
            (
                'Called a false positive by "ana" (U0ANA) at 2026-11-21T10:01:00Z: nothing was stuck, and '
                "nothing is left to do."
            ),
        ),
        (
            ended(Outcome.CANCELLED),
            (
                'Cancelled by "ana" (U0ANA) at 2026-11-21T10:01:00Z: nothing was restored: do not go on with it, and '
                "report it again if it is still stuck."
            ),
        ),
    ],
)
def test_every_status_has_a_sentence_to_act_on(recovery: Recovery, said: str) -> None:
    assert sentence(found(recovery)) == said


def test_the_board_can_own_it() -> None:
    assert sentence(found(row())).startswith("Active: the board is to get it going again")


def test_an_open_one_without_a_place_says_that_no_person_sees_it() -> None:
    no_card = "No card is shown: give `to`, or set a default channel."

    for recovery in (row(), escalated()):
        assert sentence(ThingRow(thing=thing(addresses=[]), row=recovery)).endswith(f". {no_card}")
        assert no_card not in sentence(found(recovery))
    assert no_card not in sentence(ThingRow(thing=thing(addresses=[]), row=ended()))


def test_a_person_is_told_what_it_is_now_who_made_it_so_and_when() -> None:
    date = "<!date^1795255260^· {date_short_pretty} at {time}|· 2026-11-21 10:01 UTC>"

    assert standing(found(ended(Outcome.RESTORED))) == f"✅ *Restored* by <@U0ANA> {date}."
    assert standing(found(ended(Outcome.CANCELLED, resolved_by=KEY))) == f"⚪ *Cancelled* by “watchdog” {date}."
    opened = "<!date^1795255200^· {date_short_pretty} at {time}|· 2026-11-21 10:00 UTC>"
    since = opened.replace("·", "since")
    again = escalated(owner_user="U0BOB", attempt_count=2, last_attempt_at=later())
    assert standing(found(again)) == (
        f"🚨 *Escalated* to <@U0BOB> {since}: attempt 2. It was opened by “watchdog” {opened}. "
        f"{date.replace('·', 'Last attempt ·')}."
    )
    assert standing(found(row())).endswith(f"attempt 1, owned by the board. It was opened by “watchdog” {opened}.")


def test_the_resource_has_every_field_of_its_row_that_is_not_the_bridges_own() -> None:
    shown = resource(found(of_example(EXAMPLES[1].request)))

    assert shown["source"] == EXAMPLES[1].request["source"]
    for field in (
        "kind",
        "cause",
        "owner",
        "return_owner",
        "wake_policy",
        "monitor_policy",
        "evidence",
        "max_attempts",
    ):
        assert json_text.dumps(shown[field]) == json_text.dumps(EXAMPLES[1].request[field])
    inside = {
        "source_type",
        "source_id",
        "source_url",
        "owner_agent",
        "owner_user",
        "escalation_step",
        "due_at",
        "blocker_id",
    }
    assert shown.keys() == asdict(row()).keys() - inside | {"source", "owner"}


def test_times_and_the_end_are_shown_as_everywhere() -> None:
    shown = resource(
        found(
            ended(
                Outcome.BLOCKED,
                timeout_at=later(0.5),
                escalated_at=NOW,
                resolved_by={"team": "T0SANDBOX", "name": "ana", "user": "U0ANA"},
                blocker={"external": {"url": "https://a.example", "id": "7", "type": "incident"}},
            )
        )
    )

    assert (shown["status"], shown["outcome"]) == ("resolved", "blocked")
    assert (shown["timeout_at"], shown["escalated_at"]) == ("2026-11-21T10:00:00.500Z", "2026-11-21T10:00:00.000Z")
    assert (shown["last_attempt_at"], shown["resolved_at"]) == ("2026-11-21T10:00:00.000Z", "2026-11-21T10:01:00.000Z")
    assert list(shown["resolved_by"]) == ["user", "name", "team"]
    assert list(shown["blocker"]["external"]) == ["type", "id", "url"]
    assert resource(found(ended(Outcome.BLOCKED, blocker={"id": "rec_1"})))["blocker"] == {"id": "rec_1"}
    assert list(resource(found(row())))[:2] == ["status", "outcome"]
