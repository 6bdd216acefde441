"""The race of claims, and the wrong claims that it must catch: each looks right, and each occurs in practice."""

import pytest

from storage.interactions import Claimed, ClaimRequest
from storage.model import Verdict
from storage.pool import Database
from tests.generated import scale
from tests.storage import claim_checks
from tests.storage.claim_checks import Claim, mutant, sent_once, unwaited

# Forty tries of the wrong claims below were caught within ten rounds each, and all but one within four.
ROUNDS = scale.many(60)


async def test_of_many_clicks_at_once_one_wins_and_the_others_are_told_the_truth(db: Database, other: Database) -> None:
    await claim_checks.race(sent_once, db, other, rounds=ROUNDS)


async def test_an_answer_is_written_with_all_it_causes_in_one_statement(db: Database) -> None:
    await claim_checks.dies_after_its_first_statement(unwaited, db)


async def test_a_claim_that_waited_for_the_row_past_the_deadline_loses(db: Database) -> None:
    await claim_checks.waits_past_the_deadline(unwaited, db)


STATUS_IN_A_SUBSELECT = mutant(
    ("    for no key update\n", ""),
    ("        and interactions.status = 'pending'\n", ""),
    ("        and audited.repeats = 0\n", ""),
)
DECIDED_BEFORE_THE_LOCK = mutant(("    for no key update\n", ""))
RECOMPUTED = mutant(
    ("set repeats = clicks.repeats + 1", "set repeats = clicks.repeats + 1, verdict = excluded.verdict"),
)
NOT_OWED = mutant(("'interaction.answered', true", "'interaction.answered', false"))
TRANSACTION_TIME = mutant(("clock_timestamp() as now", "now() as now"))
CLOCK_READ_BEFORE_THE_LOCK = mutant(
    ("select locked.*, clock_timestamp() as now", "select locked.*"),
    ("as has_full_text\n    from interactions", "as has_full_text, clock_timestamp() as now\n    from interactions"),
)


async def select_then_update(db: Database, click: ClaimRequest) -> Claimed:
    """The classic mistake: read first, then update by the key alone."""
    scope = click.scope
    (before,) = await db.fetch(
        "select status from interactions where organization_id = $1 and id = $2",
        scope.organization_id,
        click.interaction_id,
    )
    if before["status"] != "pending":
        return await unwaited(db, click)
    await db.fetch(
        "update interactions set status = 'answered', answer = answers -> $3, choice = $3, claim_id = $4, "
        "ended_at = clock_timestamp() where organization_id = $1 and id = $2",
        scope.organization_id,
        click.interaction_id,
        click.choice,
        click.claim_id,
    )
    claimed = await unwaited(db, click)
    return Claimed(verdict=Verdict.WON, repeats=0, life=claimed.life)


async def outbox_in_a_second_statement(db: Database, click: ClaimRequest) -> Claimed:
    """The answer in one statement, its event and edits in a second one."""
    without = mutant(
        (
            "'interaction.answered'\n    from won\n",
            "'interaction.answered'\n    from won where false\n",
        )
    )
    claimed = await without(db, click)
    if claimed.verdict is Verdict.WON:
        await db.fetch(
            "insert into events (organization_id, id, interaction_id, type) "
            "values ($1, $2, $3, 'interaction.answered') on conflict do nothing",
            click.scope.organization_id,
            click.event_id,
            click.interaction_id,
        )
    return claimed


@pytest.mark.parametrize(
    "wrong",
    [STATUS_IN_A_SUBSELECT, DECIDED_BEFORE_THE_LOCK, RECOMPUTED, select_then_update],
    ids=["status in a sub-select", "decided before the lock", "recomputed verdicts", "select then update"],
)
async def test_the_race_catches(wrong: Claim, db: Database, other: Database) -> None:
    with pytest.raises(AssertionError):
        await claim_checks.race(wrong, db, other, rounds=ROUNDS)


async def test_an_answer_reaches_an_endpoint(db: Database) -> None:
    await claim_checks.reaches_an_endpoint(unwaited, db)


async def test_an_answer_that_is_not_owed_would_be_found_out(db: Database) -> None:
    with pytest.raises(AssertionError):
        await claim_checks.reaches_an_endpoint(NOT_OWED, db)


@pytest.mark.parametrize(
    "wrong",
    [TRANSACTION_TIME, CLOCK_READ_BEFORE_THE_LOCK],
    ids=["now()", "the clock read before the lock"],
)
async def test_the_wait_past_the_deadline_catches(wrong: Claim, db: Database) -> None:
    with pytest.raises(AssertionError):
        await claim_checks.waits_past_the_deadline(wrong, db)


async def test_the_death_after_one_statement_catches_an_outbox_in_a_second_one(db: Database) -> None:
    with pytest.raises(AssertionError):
        await claim_checks.dies_after_its_first_statement(outbox_in_a_second_statement, db)
