"""Many requests about one source at once, on two replicas: one row, and nothing lost."""

import asyncio

from storage.pool import Database
from tests.bridge.agents import door as doors
from tests.bridge.agents.door import Door, Reply
from tests.bridge.agents.things import recoveries

ROUNDS = 40


async def insist(door: Door, key: str) -> Reply:
    """Report until it is confirmed, as an agent does: with the same Idempotency-Key."""
    while (reply := await recoveries.report(door, idempotency=key)).status == 503:
        await asyncio.sleep(0.05)
    return reply


async def test_200_reports_at_once_make_one_row_and_count_each(other: Database, door: Door) -> None:
    async with doors.door(other, door.tenant) as second:
        replies = await asyncio.gather(*(insist((door, second)[n % 2], f"key-{n}") for n in range(200)))

    assert sorted(reply.status for reply in replies).count(201) <= 1
    assert {reply.status for reply in replies} <= {200, 201}
    (id,) = {reply.json["id"] for reply in replies}
    assert (await recoveries.get(door, id)).json["attempt_count"] == 200
    assert await recoveries.listed(door) == [id]
    numbers = [row["number"] for row in await door.db.fetch("select number from history order by number")]
    assert numbers == list(range(1, 201))


async def test_a_report_and_an_end_at_once_lose_nothing(other: Database, door: Door) -> None:
    async with doors.door(other, door.tenant) as second:
        for number in range(ROUNDS):
            source = {"type": "race", "id": f"{number}"}
            first = (await recoveries.report(door, source=source, to={"channel": "C0OPS"})).json["id"]
            by_source = number % 2 == 0

            reported, ended = await asyncio.gather(
                recoveries.report(second, source=source),
                recoveries.resolve(door, source=source) if by_source else recoveries.resolve(door, first),
            )

            assert ended.status == 200 and ended.json["id"] == first
            one = await recoveries.listed(door, source_type="race", source_id=f"{number}", open="true")
            if reported.status == 201:  # the old row ended, and a new one was opened
                assert one == [reported.json["id"]] != [first] and ended.json["attempt_count"] == 1
            else:  # the row was refreshed, and then ended
                assert (reported.status, reported.json["id"], one) == (200, first, [])
                assert (await recoveries.get(door, first)).json["attempt_count"] == 2


async def test_a_report_an_end_and_a_click_at_once_agree(other: Database, door: Door) -> None:
    async with doors.door(other, door.tenant) as second:
        for number in range(ROUNDS // 2):
            source = {"type": "race", "id": f"{number}"}
            first = (await recoveries.report(door, source=source, to={"channel": "C0OPS"})).json["id"]
            shown = await recoveries.open_round(door, first)

            reported, ended, clicked = await asyncio.gather(
                recoveries.report(second, source=source, cause="Other"),
                recoveries.resolve(second, first, outcome="cancelled"),
                recoveries.click_on(door, shown, choice="restored"),
            )

            row = (await recoveries.get(door, first)).json
            assert reported.status in {200, 201} and ended.status in {200, 409}
            assert row["outcome"] == ("restored" if clicked.verdict == "won" else "cancelled")
            assert (ended.status == 200) == (row["outcome"] == "cancelled")
            moves = [item["type"] for item in (await recoveries.timeline(door, first))["items"]]
            assert sum(move in {"recovery.resolved", "recovery.cancelled"} for move in moves) == 1


async def test_blockers_that_block_each_other_do_not_deadlock(other: Database, door: Door) -> None:
    async with doors.door(other, door.tenant) as second:
        for number in range(ROUNDS // 2):
            one, two = [
                (await recoveries.report(door, source={"type": kind, "id": f"{number}"})).json["id"] for kind in "ab"
            ]

            replies = await asyncio.gather(
                recoveries.resolve(door, one, outcome="blocked", blocker={"id": two}),
                recoveries.resolve(second, two, outcome="blocked", blocker={"id": one}),
            )

            assert sorted(reply.status for reply in replies) == [200, 422]
