"""Waiting: for the first card and for the end, without holding anything, and never past its time."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from bridge.agents import interactions, looking
from bridge.agents.interactions import FIRST_POST_SECONDS
from bridge.kinds import KINDS
from bridge.loops import watch
from storage import cards, pool
from storage.pool import Database
from tests.bridge.agents import door as doors
from tests.bridge.agents.door import Door, Reply
from tests.storage import build, card_moves

LONG = 30  # seconds; a test that waits this long has failed


@asynccontextmanager
async def asking(door: Door, *, wait: float | None = None) -> AsyncIterator["asyncio.Task[Reply]"]:
    """A question that has been asked and now waits."""
    async with asyncio.timeout(LONG):
        task = asyncio.create_task(door.ask(wait=wait))
        await door.waiting()
        yield task
        await task


@asynccontextmanager
async def getting(door: Door, id: str, *, wait: float = LONG) -> AsyncIterator["asyncio.Task[Reply]"]:
    """A reader that now waits."""
    async with asyncio.timeout(LONG):
        task = asyncio.create_task(door.get(id, wait=wait))
        await door.waiting()
        yield task


class TestTheFirstCard:
    @pytest.fixture(autouse=True)
    def _wait_long(self, monkeypatch: pytest.MonkeyPatch) -> None:
        assert FIRST_POST_SECONDS == 2.0
        monkeypatch.setattr(interactions, "FIRST_POST_SECONDS", float(LONG))

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
            door.wake.changed(card.organization_id, card.interaction_id)

            told = (await asked).json
            assert (told["status"], told["reason"]["code"]) == ("unreachable", "is_archived")
            assert told["cards"][0]["status"] == "failed"

    async def test_is_waited_for_without_a_database_connection(self, dsn: str, db: Database) -> None:
        tenant = await build.tenant(db)
        async with (
            pool.connect(dsn, name="narrow", size=1) as narrow,
            doors.door(narrow, tenant) as door,
            asking(door) as first,
            asyncio.TaskGroup() as group,
        ):
            more = [group.create_task(door.ask()) for _ in range(20)]
            while len(door.wake.watched()) < 21:
                await asyncio.sleep(0)
            for _ in range(21):
                await door.post_card()

            assert {(await asked).status for asked in (first, *more)} == {201}

    async def test_does_not_come_on_top_of_the_wait_that_was_asked_for(
        self, door: Door, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(interactions, "FIRST_POST_SECONDS", 0.3)
        clock = asyncio.get_running_loop().time
        began = clock()

        reply = await door.ask(wait="0.4")

        assert (reply.status, reply.json["status"]) == (201, "pending")
        assert 0.4 <= clock() - began < 0.65

    async def test_is_waited_for_no_longer_than_this(self, door: Door, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(interactions, "FIRST_POST_SECONDS", 0.05)

        assert (await door.ask()).json["cards"][0]["status"] == "queued"


class TestTheEnd:
    async def test_comes_with_the_first_request_when_it_waits(self, door: Door) -> None:
        async with asking(door, wait=LONG) as asked:
            card = await door.post_card()
            await door.click(card.interaction_id)

            told = await asked
            assert (told.status, told.json["status"]) == (201, "answered")
            assert told.json["answer"] == {
                "decision": "approve",
                "approved": True,
                "option": None,
                "label": "Approve",
                "by": {"user": "U0ANA", "name": "ana", "team": door.tenant.connection.home_teams[0]},
                "at": told.json["answered_at"],
                "via": "button",
            }

    async def test_wakes_every_reader_on_the_same_replica(self, door: Door) -> None:
        asked = await door.ask()
        async with asyncio.timeout(LONG), asyncio.TaskGroup() as group:
            readers = [group.create_task(door.get(asked.json["id"], wait=LONG)) for _ in range(20)]
            while len(next(iter(door.wake._watchers.values()), ())) < 20:
                await asyncio.sleep(0)
            await door.click(asked.id, choice="deny")

        assert {reader.result().json["answer"]["approved"] for reader in readers} == {False}
        assert door.wake.watched() == []

    async def test_reaches_a_reader_of_another_replica_by_the_next_look(self, door: Door, other: Database) -> None:
        asked = await door.ask()
        async with getting(door, asked.json["id"]) as reader:
            await door.click(asked.id, on=other)
            assert not reader.done()
            await watch.step(door.db, door.wake)

            assert (await reader).json["status"] == "answered"

    async def test_may_be_its_deadline(self, door: Door) -> None:
        asked = await door.ask()
        async with getting(door, asked.json["id"]) as reader:
            await door.post_card()
            await let_the_deadline_pass(door.db)
            await watch.step(door.db, door.wake)

            told = (await reader).json
            assert (told["status"], told["answer"]) == ("expired", None)
            assert told["cards"][0]["status"] == "posted"  # with its buttons, until the sweep sees to it

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

    async def test_is_looked_for_once_when_a_hint_was_false(self, door: Door) -> None:
        asked = await door.ask()
        async with getting(door, asked.json["id"]) as reader:
            ((_, (signal,)),) = door.wake._watchers.items()
            for _ in range(3):
                door.wake.changed(door.tenant.scope.organization_id, asked.id)
                while signal.is_set():
                    await asyncio.sleep(0)
            assert not reader.done()
            door.wake.close()

    async def test_is_waited_for_no_longer_than_was_said(self, door: Door) -> None:
        asked = await door.ask()

        assert (await door.get(asked.json["id"], wait="0.05")).json["status"] == "pending"

    @pytest.mark.parametrize("wait", ["0.004205527173412974", "1e-05", "5e-324", "0.0"])
    async def test_may_be_as_exact_as_a_computer_writes_it(self, door: Door, wait: str) -> None:
        asked = await door.ask(wait=wait)

        assert (await door.get(asked.json["id"], wait=wait)).json["status"] == "pending"


async def test_a_closing_replica_lets_everybody_go(door: Door) -> None:
    asked = await door.ask()
    async with getting(door, asked.json["id"], wait=60) as reader:
        door.wake.close()

        assert (await reader).json["status"] == "pending"
    assert (await door.get(asked.json["id"], wait=60)).json["status"] == "pending"


async def test_a_caller_who_hangs_up_leaves_nothing_behind(door: Door, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(looking, "HANG_UP_SECONDS", 0.02)
    asked = await door.ask()
    async with asyncio.timeout(LONG):
        async with getting(door, asked.json["id"], wait=60) as reader:
            reader.cancel()
            while door.wake.watched():
                await asyncio.sleep(0.005)


@pytest.mark.parametrize(
    "wait", ["-1", "61", "60.1", "nan", "inf", "1e1", "ten", "", " 5", "٣", "1_0", "0x1", "9" * 5000]
)
async def test_a_wait_that_is_no_time_is_refused_before_anything_is_asked(door: Door, wait: str) -> None:
    for reply in (await door.ask(wait=wait), await door.get("int_01h2xcejqtf2nbrexx3vqjhp41", wait=wait)):
        assert (reply.status, reply.slug) == (400, "invalid_parameter")
        assert "wait must be a number of seconds from 0 to 60" in reply.json["detail"]
    assert await door.rows() == 0


async def let_the_deadline_pass(db: Database) -> None:
    await db.fetch(
        "update interactions set created_at = created_at - interval '1 day', "
        "expires_at = clock_timestamp() - interval '1 ms'"
    )
