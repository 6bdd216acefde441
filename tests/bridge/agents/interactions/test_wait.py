"""Waiting for the first card and for the end: without holding a database connection, and never too long."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from bridge import ids
from bridge.agents.interactions.handlers import FIRST_POST_SECONDS
from bridge.agents.limits.open_requests import OpenRequest
from bridge.kinds.registry import KINDS
from bridge.loops import watch
from storage import cards, keys, organizations, pool
from storage.pool import Database
from tests.bridge.agents import door as doors
from tests.bridge.agents.door import Door, Reply, body
from tests.bridge.replica import Counting
from tests.storage import build, card_moves
from tests.storage.build import Tenant
from tests.storage.elapse import set_deadline
from tests.waiting import until

LONG = 30  # seconds; a test that waits this long has failed


@asynccontextmanager
async def asking(door: Door, *, wait: float | None = None) -> AsyncIterator["asyncio.Task[Reply]"]:
    """A request that has created an interaction and now waits."""
    async with asyncio.timeout(LONG):
        task = asyncio.create_task(door.ask(wait=wait))
        await door.waiting()
        yield task
        await task


@asynccontextmanager
async def getting(door: Door, id: str, *, wait: float = LONG) -> AsyncIterator["asyncio.Task[Reply]"]:
    """A request that reads an interaction and now waits."""
    async with asyncio.timeout(LONG):
        task = asyncio.create_task(door.get(id, wait=wait))
        await door.waiting()
        yield task


class TestTheFirstCard:
    @pytest.fixture
    async def tenant(self, db: Database) -> Tenant:
        return await build.tenant(db)

    @pytest.fixture
    async def door(self, db: Database, tenant: Tenant) -> AsyncIterator[Door]:
        assert FIRST_POST_SECONDS == 2.0
        async with doors.door(db, tenant, first_post_seconds=float(LONG)) as opened:
            yield opened

    async def test_is_waited_for_with_its_link(self, door: Door) -> None:
        async with asking(door) as asked:
            await door.post_card()

            (copy,) = (await asked).json["cards"]
            assert (copy["status"], copy["channel"]) == ("posted", "C0APPROVALS")
            assert copy["permalink"] == f"https://acme.slack.example/{copy['ts']}"

    async def test_is_told_even_when_its_link_cannot_be_had(self, door: Door) -> None:
        async with asking(door) as asked:
            await door.post_card(linked=False)

            (copy,) = (await asked).json["cards"]
            assert (copy["status"], copy["permalink"]) == ("posted", None)

    async def test_is_not_waited_for_once_there_will_be_none(self, door: Door) -> None:
        async with asking(door) as asked:
            card = (await cards.lease(door.db, [door.tenant.scope], kinds=KINDS, limit=1))[0]
            await card_moves.give_up(door.db, card)
            door.notifier.interaction_changed(card.organization_id, card.interaction_id)

            response = (await asked).json
            assert (response["status"], response["reason"]["code"]) == ("unreachable", "is_archived")
            assert response["cards"][0]["status"] == "failed"

    async def test_is_waited_for_without_a_database_connection(self, dsn: str, tenant: Tenant) -> None:
        async with (
            pool.connect(dsn, name="narrow", size=1) as narrow,
            doors.door(narrow, tenant, first_post_seconds=float(LONG)) as door,
            asking(door) as first,
            asyncio.TaskGroup() as group,
        ):
            more = [group.create_task(door.ask()) for _ in range(20)]
            await until(lambda: len(door.notifier.watched()) == 21)
            for _ in range(21):
                await door.post_card()

            assert {(await asked).status for asked in (first, *more)} == {201}

    async def test_does_not_come_on_top_of_the_wait_that_was_asked_for(self, db: Database, tenant: Tenant) -> None:
        clock = asyncio.get_running_loop().time
        async with doors.door(db, tenant, first_post_seconds=0.3) as door:
            began = clock()

            reply = await door.ask(wait="0.4")

            assert (reply.status, reply.json["status"]) == (201, "pending")
            assert 0.4 <= clock() - began < 0.65

    async def test_is_waited_for_no_longer_than_this(self, db: Database, tenant: Tenant) -> None:
        async with doors.door(db, tenant, first_post_seconds=0.05) as door:
            assert (await door.ask()).json["cards"][0]["status"] == "queued"


class TestTheEnd:
    async def test_comes_with_the_first_request_when_it_waits(self, door: Door) -> None:
        async with asking(door, wait=LONG) as asked:
            card = await door.post_card()
            await door.click(card.interaction_id)

            response = await asked
            assert (response.status, response.json["status"]) == (201, "answered")
            assert response.json["answer"] == {
                "decision": "approve",
                "approved": True,
                "option": None,
                "label": "Approve",
                "by": {"user": "U0ANA", "name": "ana", "team": door.tenant.connection.home_teams[0]},
                "at": response.json["answered_at"],
                "via": "button",
            }

    async def test_wakes_every_reader_on_the_same_replica(self, door: Door) -> None:
        asked = await door.ask()
        async with asyncio.timeout(LONG), asyncio.TaskGroup() as group:
            readers = [group.create_task(door.get(asked.json["id"], wait=LONG)) for _ in range(20)]
            await until(lambda: door.notifier.waiting == 20)
            await door.click(asked.id, choice="deny")

        assert {reader.result().json["answer"]["approved"] for reader in readers} == {False}
        assert door.notifier.watched() == []

    async def test_reaches_a_reader_of_another_replica_by_the_next_look(self, door: Door, other: Database) -> None:
        asked = await door.ask()
        async with getting(door, asked.json["id"]) as reader:
            await door.click(asked.id, on=other)
            assert not reader.done()
            await watch.step(door.db, door.notifier)

            assert (await reader).json["status"] == "answered"

    async def test_may_be_its_deadline(self, door: Door) -> None:
        asked = await door.ask()
        async with getting(door, asked.json["id"]) as reader:
            await door.post_card()
            await set_deadline(door.db, asked.id)
            await watch.step(door.db, door.notifier)

            response = (await reader).json
            assert (response["status"], response["answer"]) == ("expired", None)
            assert response["cards"][0]["status"] == "posted"  # with its buttons, until the card loop edits it

    async def test_is_not_waited_for_when_it_came_before(self, door: Door) -> None:
        asked = await door.ask()
        await door.click(asked.id)
        async with asyncio.timeout(LONG / 2):
            assert (await door.get(asked.json["id"], wait=60)).json["status"] == "answered"

    async def test_is_not_used_up_by_reading(self, door: Door) -> None:
        asked = await door.ask()
        await door.click(asked.id)
        seen = [(await door.get(asked.json["id"], wait=wait)).raw for wait in (None, 0, 60, "0.5")]

        assert len(set(seen)) == 1

    async def test_is_never_missed_however_close_it_comes(self, door: Door, other: Database) -> None:
        """A reader that begins while the click commits either sees it or is woken: it never waits out its time."""
        for _ in range(50):
            asked = await door.ask()
            async with asyncio.timeout(LONG / 2):
                reply, _ = await asyncio.gather(door.get(asked.json["id"], wait=60), door.click(asked.id))
            assert reply.json["status"] == "answered"

    async def test_is_looked_for_once_when_a_hint_was_false(self, db: Database) -> None:
        counting = Counting(db)
        async with doors.door(counting, await build.tenant(db)) as door:
            asked = await door.ask()
            async with getting(door, asked.json["id"]) as reader:
                for _ in range(3):
                    counting.statements.clear()
                    door.notifier.interaction_changed(door.tenant.scope.organization_id, asked.id)
                    await until(lambda: len(counting.statements) == 2)  # the interaction and its cards
                assert not reader.done()
                door.notifier.close()

    async def test_is_waited_for_no_longer_than_was_said(self, door: Door) -> None:
        asked = await door.ask()

        assert (await door.get(asked.json["id"], wait="0.05")).json["status"] == "pending"

    @pytest.mark.parametrize("wait", ["0.004205527173412974", "1e-05", "5e-324", "0.0"])
    async def test_may_be_as_exact_as_a_computer_writes_it(self, door: Door, wait: str) -> None:
        asked = await door.ask(wait=wait)

        assert (await door.get(asked.json["id"], wait=wait)).json["status"] == "pending"


async def test_a_closing_replica_ends_every_wait(door: Door) -> None:
    asked = await door.ask()
    async with getting(door, asked.json["id"], wait=60) as reader:
        door.notifier.close()

        assert (await reader).json["status"] == "pending"
    assert (await door.get(asked.json["id"], wait=60)).json["status"] == "pending"


async def test_a_caller_who_hangs_up_leaves_nothing_behind(db: Database) -> None:
    async with doors.door(db, await build.tenant(db), disconnect_seconds=0.02) as door:
        asked = await door.ask()
        async with getting(door, asked.json["id"], wait=60) as reader:
            reader.cancel()
            await until(lambda: not door.notifier.watched())


@pytest.mark.parametrize(
    "wait", ["-1", "61", "60.1", "nan", "inf", "1e1", "ten", "", " 5", "٣", "1_0", "0x1", "9" * 5000]
)
async def test_a_wait_that_is_no_time_is_refused_before_anything_is_asked(door: Door, wait: str) -> None:
    for reply in (await door.ask(wait=wait), await door.get("int_01h2xcejqtf2nbrexx3vqjhp41", wait=wait)):
        assert (reply.status, reply.slug) == (400, "invalid_parameter")
        assert "wait must be a number of seconds from 0 to 60" in reply.json["detail"]
    assert await door.rows() == 0


@pytest.mark.parametrize("way", ["its key is revoked", "its organization is disabled"])
async def test_a_waiting_request_ends_when_its_key_is_revoked_and_others_go_on(db: Database, way: str) -> None:
    tenant, other = await build.tenant(db), await build.tenant(db)
    organization_id = tenant.scope.organization_id
    leaver, secret = await keys.create(db, organization_id=organization_id, id=ids.new(), name="leaver")
    async with doors.door(db, tenant, first_post_seconds=float(LONG)) as door, asyncio.timeout(LONG):
        asked = await door.ask(wait=0)
        theirs = await door.ask(wait=0, key=other.secret)
        waiting = [
            asyncio.create_task(door.get(asked.json["id"], wait=LONG, key=secret)),
            asyncio.create_task(door.ask(body(title="Posted?"), key=secret)),
        ]
        going_on = asyncio.create_task(door.get(theirs.json["id"], wait=LONG, key=other.secret))
        await until(lambda: door.built.parts.concurrency.count(OpenRequest.WAIT), lambda count: count == 3)
        await door.built.parts.open_keys.step()
        assert not any(one.done() for one in waiting)

        if way == "its key is revoked":
            await keys.revoke(db, organization_id=organization_id, id=leaver.id)
        else:
            await organizations.disable(db, organization_id, new_id=ids.new)
        await door.built.parts.open_keys.step()

        assert [((await one).status, (await one).slug) for one in waiting] == [(401, "unauthorized")] * 2
        assert not going_on.done()
        door.notifier.close()
        assert (await going_on).json["status"] == "pending"


async def test_the_keys_of_waiting_requests_are_checked_with_one_statement(db: Database) -> None:
    counting = Counting(db)
    async with doors.door(counting, await build.tenant(db)) as door, asyncio.timeout(LONG):
        asked = await door.ask(wait=0)
        waiting = [asyncio.create_task(door.get(asked.json["id"], wait=LONG)) for _ in range(20)]
        await until(lambda: door.built.parts.concurrency.count(OpenRequest.WAIT), lambda count: count == 20)
        counting.statements.clear()

        await door.built.parts.open_keys.step()

        assert len(counting.statements) == 1
        door.notifier.close()
        await asyncio.gather(*waiting)
        counting.statements.clear()
        await door.built.parts.open_keys.step()
        assert counting.statements == []
