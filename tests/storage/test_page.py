"""Lists of an organization's interactions: newest first, in their current state; a page follows the one before."""

import itertools
import random
from typing import Any
from uuid import UUID

import pytest

from bridge import ids
from bridge.notifier import Notifier
from bridge.reader import Reader
from storage import deadlines, interactions
from storage.interactions import Filters
from storage.model import Interaction, Status
from storage.pool import Database
from tests.storage import build, card_moves
from tests.storage.build import Tenant
from tests.storage.elapse import set_deadline, set_deadlines


async def listed(
    db: Database, tenant: Tenant, *, before: UUID | None = None, limit: int = 100, **said: Any
) -> list[UUID]:
    page = await interactions.page(db, tenant.scope.organization_id, Filters(**said), before=before, limit=limit)
    found = page.interactions
    assert [one for one in found if one.organization_id != tenant.scope.organization_id] == []
    return [one.id for one in found]


async def in_every_way(db: Database, tenant: Tenant) -> dict[str, Interaction]:
    """One interaction in each status, and one overdue for each status that a deadline brings."""
    names = ["pending", "answered", "cancelled", "superseded", "newer", "late", "late unseen", "late default"]
    opened = {
        name: await build.question(db, tenant, on_expiry="deny" if "default" in name else None)
        for name in names
        if name != "newer"
    }
    for card in await card_moves.lease(db, opened["late"]):
        if card.interaction_id != opened["late unseen"].id:
            await card_moves.post(db, card)
    await interactions.claim(db, build.click(opened["answered"]))
    opened["newer"] = await build.question(db, tenant, supersedes=opened["superseded"].id)
    await interactions.cancel(
        db,
        tenant.scope.organization_id,
        opened["cancelled"].id,
        reason={"code": "cancelled"},
        cancelled_by="deploy-bot",
        event_id=ids.new(),
    )
    late = [question.id for name, question in opened.items() if name.startswith("late")]
    await set_deadlines(db, late, where="id = any ($1)")
    return opened


async def test_it_is_newest_first_and_one_organizations_own(db: Database, tenant: Tenant) -> None:
    mine = [(await build.question(db, tenant)).id for _ in range(5)]
    neighbour = await build.tenant(db)
    await build.question(db, neighbour)

    assert await listed(db, tenant) == mine[::-1]
    assert await listed(db, tenant, limit=2) == mine[:-3:-1]
    assert await listed(db, tenant, before=mine[2]) == mine[1::-1]
    assert await listed(db, tenant, before=mine[0]) == []


async def test_every_status_has_those_that_are_in_it_now_swept_or_not(db: Database, tenant: Tenant) -> None:
    opened = await in_every_way(db, tenant)
    wanted = {
        Status.PENDING: {"pending", "newer"},
        Status.ANSWERED: {"answered", "late default"},
        Status.CANCELLED: {"cancelled"},
        Status.SUPERSEDED: {"superseded"},
        Status.EXPIRED: {"late"},
        Status.UNREACHABLE: {"late unseen"},
    }
    for _ in ("before the sweep", "after it"):
        for status in Status:
            page = await Reader(db=db, notifier=Notifier()).page(
                tenant.scope.organization_id, Filters(status=status), before=None, limit=100
            )
            found = page.interactions
            assert {one.id for one in found} == {opened[name].id for name in wanted[status]}, status
            assert {one.status for one in found} == {status}
            assert [one.id for one in found] == sorted((one.id for one in found), reverse=True)
            for one in found:
                assert one == await build.read(db, tenant, one.id), "a list and a single read agree"
        await deadlines.expire(db, event_ids=[ids.new() for _ in range(10)])


@pytest.mark.parametrize(
    ("said", "found"),
    [
        ({"tag": "release"}, [1, 0]),
        ({"tag": "rel"}, []),
        ({"run": "run-7"}, [2, 1]),
        ({"idempotency_key": "deploy-1"}, [0]),
        ({"kind": "choice"}, [2]),
        ({"tag": "release", "run": "run-7"}, [1]),
        ({"run": "run-7", "kind": "approval", "status": Status.PENDING}, [1]),
        ({"run": "run-7", "status": Status.ANSWERED}, []),
        ({"idempotency_key": "deploy-1", "run": "run-7"}, []),
        ({"idempotency_key": "deploy-1", "tag": "release", "status": Status.PENDING}, [0]),
        ({"idempotency_key": "deploy-1", "kind": "choice"}, []),
        ({"status": Status.PENDING, "tag": "payments"}, [1]),
        ({"status": Status.PENDING, "kind": "choice"}, [2]),
        ({"kind": "choice", "tag": "release"}, []),
        ({"kind": "approval", "tag": "release"}, [1, 0]),
    ],
)
async def test_filters_together_must_all_fit(
    db: Database, tenant: Tenant, said: dict[str, Any], found: list[int]
) -> None:
    def ran(run: str) -> dict[str, Any]:
        return {"title": "Deploy?", "agent": {"run": run}}

    opened = [
        await build.question(db, tenant, tags=["release"], idempotency_key="deploy-1", request_hash=b""),
        await build.question(db, tenant, tags=["release", "payments"], request=ran("run-7")),
        await build.question(db, tenant, kind="choice", request=ran("run-7")),
        await build.question(db, tenant, request=ran("run-8")),
    ]
    neighbour = await build.tenant(db)
    await build.question(
        db, neighbour, tags=["release"], request=ran("run-7"), idempotency_key="deploy-1", request_hash=b""
    )

    assert await listed(db, tenant, **said) == [opened[place].id for place in found]


async def test_pages_lose_nothing_and_repeat_nothing_while_others_ask(db: Database, tenant: Tenant) -> None:
    opened = [(await build.question(db, tenant)).id for _ in range(7)]
    seen: list[UUID] = []
    while more := await listed(db, tenant, before=seen[-1] if seen else None, limit=2):
        seen += more
        await build.question(db, tenant)

    assert seen == opened[::-1]


async def test_whatever_is_asked_for_and_however_large_the_pages_nothing_is_missed_or_comes_twice(
    db: Database, tenant: Tenant
) -> None:
    """Every filter with every other one; some tags are common, some rare, and some only on old interactions."""
    chance = random.Random(17)
    questions = [
        await build.question(
            db,
            tenant,
            kind="choice" if chance.random() < 0.2 else "approval",
            tags=["common"] * (chance.random() < 0.8) + ["rare"] * (number in {1, 40}) + ["early"] * (number < 9),
            on_expiry=chance.choice([None, "deny"]),
        )
        for number in range(60)
    ]
    for question in questions:
        if (fate := chance.random()) < 0.5:
            await interactions.claim(db, build.click(question))
        elif fate < 0.8:
            shown = chance.choice([0, 1])
            await db.fetch("update interactions set cards_shown = $2 where id = $1", question.id, shown)
            await set_deadline(db, question.id)
    for _ in ("before the sweep", "after it"):
        every = [await build.read(db, tenant, question.id) for question in reversed(questions)]
        for status, kind, tag in itertools.product(
            (None, *Status), (None, "approval", "choice"), (None, "common", "rare", "early", "none")
        ):
            wanted = [
                one.id
                for one in every
                if status in {None, one.status} and kind in {None, one.kind} and (tag is None or tag in one.tags)
            ]
            for limit in (2, 100):
                found = await listed(db, tenant, status=status, kind=kind, tag=tag, limit=limit)
                assert found == wanted[:limit], (status, kind, tag, limit)
                found = await listed(
                    db, tenant, status=status, kind=kind, tag=tag, limit=limit, before=questions[30].id
                )
                assert found == [id for id in wanted if id < questions[30].id][:limit], (status, kind, tag, limit)
        await deadlines.expire(db, event_ids=[ids.new() for _ in range(60)])


async def test_a_page_ends_with_the_row_that_makes_it_large_and_says_that_more_follow(
    db: Database, tenant: Tenant
) -> None:
    asked = [
        await build.question(db, tenant, request={"kind": "approval", "title": "t", "body": "x" * 5_000})
        for _ in range(6)
    ]
    newest_first = [one.id for one in reversed(asked)]
    found: list[list[UUID]] = []
    before, is_followed = None, True
    while is_followed:
        page = await interactions.page(
            db, tenant.scope.organization_id, Filters(), before=before, limit=4, max_bytes=6_000
        )
        found.append([one.id for one in page.interactions])
        before, is_followed = found[-1][-1], page.is_followed
    slim = await interactions.page(
        db, tenant.scope.organization_id, Filters(), before=None, limit=6, max_bytes=6_000, with_body=False
    )

    assert found == [newest_first[:2], newest_first[2:4], newest_first[4:]]
    assert ([one.id for one in slim.interactions], slim.is_followed) == (newest_first, False)
