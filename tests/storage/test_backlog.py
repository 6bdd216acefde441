"""What waits, as an operator's alarms are told: in numbers, bounded, and only what can be done."""

import pytest

from bridge import ids
from storage import backlog, cards
from storage.pool import Database
from tests.storage import build


async def test_where_nothing_waits_there_is_nothing_to_tell(db: Database) -> None:
    seen = await backlog.look(db, [ids.new()], with_notices=True)

    assert (seen.cards_age, seen.open) == (None, 0)
    assert seen.notices is not None and 0 <= seen.notices < 1


async def test_the_oldest_duty_counts_also_while_somebody_is_at_it(db: Database) -> None:
    tenant = await build.tenant(db)
    for seconds in (90, 30):
        question = await build.question(db, tenant)
        await db.fetch(
            "update cards set due_at = clock_timestamp() - make_interval(secs => $1) where interaction_id = $2",
            float(seconds),
            question.id,
        )
    mine = [tenant.scope.connection_id]
    seen = await backlog.look(db, mine, with_notices=False)

    assert seen.cards_age == pytest.approx(90, abs=10)
    assert seen.open == 2 and seen.notices is None
    await cards.lease(db, mine, most=1)
    assert (await backlog.look(db, mine, with_notices=False)).cards_age == pytest.approx(90, abs=10)


async def test_what_is_due_later_or_on_a_screen_or_elsewhere_is_not_late(db: Database) -> None:
    tenant, other = await build.tenant(db), await build.tenant(db)
    await build.question(db, other)
    await build.question(db, tenant)
    await build.question(db, tenant)
    mine = [tenant.scope.connection_id]
    first, second = await cards.lease(db, mine, most=2)
    await db.fetch("update cards set shown = wanted where id = $1", first.id)
    await db.fetch("update cards set due_at = clock_timestamp() + interval '1 hour' where id = $1", second.id)

    assert (await backlog.look(db, mine, with_notices=False)).cards_age is None


async def test_open_questions_are_counted_only_so_far(db: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    tenant = await build.tenant(db)
    for _ in range(4):
        await build.question(db, tenant)
    monkeypatch.setattr(backlog, "MOST", 3)

    assert (await backlog.look(db, [], with_notices=False)).open == 3
