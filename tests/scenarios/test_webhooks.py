"""Webhooks of the whole program: two real replicas, a real receiver, and kills at the worst moment."""

import asyncio
import signal
from typing import Any

import psutil
import pytest

from bridge import ids
from storage import interactions, pool
from tests.bridge.webhooks import receivers
from tests.scenarios import restart
from tests.scenarios.program import Program
from tests.storage import build
from tests.waiting import until

pytestmark = pytest.mark.processes


@pytest.mark.asyncio(loop_scope="session")
async def test_m082_a_replica_stopped_past_its_lease_writes_nothing_back_when_it_goes_on(mortal: Program) -> None:
    async with receivers.receiver() as receiver:
        receiver.gate = asyncio.Event()
        asked = await mortal.ask(replica=0, callback=f"{receiver.url}/slow")
        await mortal.call("POST", f"{mortal.bridge(0)}/v1/interactions/{asked['id']}/cancel")
        await receiver.until(1)
        paused = caller(mortal, receiver.calls[0])
        logged = await asyncio.to_thread(logs, mortal)
        mortal.kill(paused, signal.SIGSTOP)
        try:
            await mortal.operate("update deliveries set leased_until = clock_timestamp() where status = 'pending'")
            await receiver.until(2)
            receiver.gate.set()
            done = await until(lambda: deliveries(mortal, 1 - paused, asked), lambda items: items[0]["ended_at"])
        finally:
            mortal.kill(paused, signal.SIGCONT)
        lost = logged.count("lease_lost")
        await until(lambda: asyncio.to_thread(logs, mortal), lambda log: log.count("lease_lost") > lost)

        first, second = receiver.calls
        assert first.caller != second.caller and first.id == second.id
        assert [(item["status"], item["failures"]) for item in done] == [("delivered", 0)]
        assert await deliveries(mortal, paused, asked) == done


def logs(dev: Program) -> str:
    """The logs of the replicas, also of those that were started again."""
    return "".join(log.read_text() for log in (dev.log, dev.log.with_name(restart.LOG)))


def caller(dev: Program, call: receivers.Call) -> int:
    """Which replica a call came from."""
    ports = [
        {connection.laddr.port for connection in psutil.Process(pid).net_connections("tcp")}
        for pid in dev.facts["pids"]["replicas"]
    ]
    (number,) = [replica for replica, own in enumerate(ports) if call.caller in own]
    return number


async def deliveries(dev: Program, replica: int, asked: dict[str, Any]) -> list[dict[str, Any]]:
    """The deliveries to the callback of this interaction."""
    _, body = await dev.call("GET", f"{dev.bridge(replica)}/v1/webhook_endpoints/callbacks/deliveries")
    return [item for item in body["items"] if item["interaction"] == asked["id"]]


@pytest.mark.asyncio(loop_scope="session")
async def test_an_event_whose_replica_died_before_it_had_its_position_reaches_its_webhook(shared: Program) -> None:
    """The answer is committed and no replica was told: the numbering loop of any of them finds it within 12 s."""
    async with receivers.receiver() as receiver:
        asked = await shared.ask(replica=0, callback=f"{receiver.url}/callback")
        async with pool.connect(shared.facts["database_url"], name="a replica that dies", size=1) as db:
            organization_id = ids.decode("org", shared.facts["organization"])
            id = ids.decode("int", asked["id"])
            assert organization_id is not None and id is not None
            question = await interactions.get(db, organization_id, id)
            assert question is not None
            await interactions.claim(db, build.click(question))

            async with asyncio.timeout(15):
                await receiver.until(1)

        assert receiver.calls[0].path == "/callback"
