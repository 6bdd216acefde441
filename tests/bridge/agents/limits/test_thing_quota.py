"""The limit of open things: explained when reached, and room again when one ends."""

import asyncio
from dataclasses import replace

from bridge.agents.limits.limit_values import USUAL
from bridge.agents.limits.thing_quota import RETRY_SECONDS, ThingQuota
from storage.pool import Database
from tests.bridge.agents import door as doors
from tests.bridge.agents.door import Door, Reply
from tests.bridge.agents.things import recoveries
from tests.storage import build
from tests.waiting import until

FEW = replace(doors.FAR, open_things=3)


async def opened(door: Door, number: int, *, idempotency: str = "") -> Reply:
    return await recoveries.report(door, source={"type": "build", "id": f"{number}"}, idempotency=idempotency)


async def test_one_too_many_is_refused_and_what_is_open_can_still_be_reported(db: Database) -> None:
    async with doors.door(db, await build.tenant(db), limits=FEW) as door:
        assert [(await opened(door, number, idempotency=f"{number}")).status for number in range(3)] == [201] * 3

        refused = await opened(door, 3)

        assert (refused.status, refused.slug) == (429, "too_many_things")
        assert refused.headers["Retry-After"] == str(RETRY_SECONDS) and "has 3 things open" in refused.json["detail"]
        assert (await opened(door, 0)).status == 200
        assert (await opened(door, 1, idempotency="1")).headers["Idempotency-Replayed"] == "true"
        assert len(await recoveries.listed(door)) == 3


async def test_there_is_room_again_when_one_has_ended(db: Database) -> None:
    async with doors.door(db, await build.tenant(db), limits=FEW) as door:
        ids = [(await opened(door, number)).json["id"] for number in range(3)]
        assert (await opened(door, 3)).status == 429

        await recoveries.resolve(door, ids[0])

        assert (await until(lambda: opened(door, 3), lambda reply: reply.status != 429)).status == 201


async def test_another_organization_has_its_own_room(db: Database) -> None:
    async with (
        doors.door(db, await build.tenant(db), limits=FEW) as full,
        doors.door(db, await build.tenant(db), limits=FEW) as other,
    ):
        for number in range(3):
            await opened(full, number)

        assert (await opened(full, 3)).status == 429 and (await opened(other, 3)).status == 201


async def test_two_replicas_keep_it_together(db: Database) -> None:
    tenant = await build.tenant(db)
    limits = replace(FEW, open_things=20)
    async with doors.door(db, tenant, limits=limits) as one, doors.door(db, tenant, limits=limits) as two:
        replies = await asyncio.gather(*(opened((one, two)[number % 2], number) for number in range(60)))

    made = sum(reply.status == 201 for reply in replies)
    assert 20 <= made <= 20 + 2 * 8 and {reply.status for reply in replies} == {201, 429}


async def test_far_below_the_limit_few_are_counted(db: Database) -> None:
    tenant = await build.tenant(db)
    quota = ThingQuota(db=db, limits=USUAL)

    assert all([await quota.has_room(tenant.scope.organization_id) for _ in range(200)])
