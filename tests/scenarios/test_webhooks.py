"""Webhooks of the whole program: two real replicas, a real receiver, and kills at the worst moment."""

import asyncio
import signal
from pathlib import Path
from typing import Any

import psutil
import pytest

from bridge import ids
from storage import interactions, pool
from tests.bridge.webhooks import receivers
from tests.scenarios import program
from tests.storage import build
from tests.waiting import until

pytestmark = pytest.mark.processes


async def test_a_replica_killed_right_after_its_200_owes_nothing(tmp_path: Path) -> None:
    async with program.running(tmp_path) as dev, receivers.receiver() as receiver:
        status, endpoint = await dev.call(
            "POST", f"{dev.bridge(0)}/v1/webhook_endpoints", {"url": f"{receiver.url}/endpoint"}
        )
        assert status == 201, endpoint
        asked = await dev.ask(replica=0, callback=f"{receiver.url}/callback")
        waiting = asyncio.create_task(dev.get(asked["id"], replica=0, wait=30))

        clicked = await dev.click(asked, "U0ANA", replica=1)
        dev.kill(1)

        assert clicked["status"] == 200
        assert (await waiting)["answer"]["by"]["user"] == "U0ANA"
        _, body = await dev.call("GET", f"{dev.bridge(0)}/v1/webhook_endpoints")
        callback_secret = body["callback_secret"]
        await until(lambda: received(receiver), lambda paths: {"/endpoint", "/callback"} <= paths, within=60)
        for path, secret in (("/endpoint", endpoint["secret"]), ("/callback", callback_secret)):
            calls = receiver.at(path)
            event = calls[0].verified(secret)
            assert event["type"] == "interaction.answered" and event["data"]["id"] == asked["id"]
            assert event["data"]["answer"]["by"]["user"] == "U0ANA"
            assert {call.id for call in calls} == {event["id"]}, "if it came twice, it says so"
        assert "*Approved*" in (await dev.settled(asked))["text"]


async def test_m082_a_replica_stopped_past_its_lease_writes_nothing_back_when_it_goes_on(tmp_path: Path) -> None:
    async with program.running(tmp_path) as dev, receivers.receiver() as receiver:
        receiver.gate = asyncio.Event()
        asked = await dev.ask(replica=0, callback=f"{receiver.url}/slow")
        await dev.call("POST", f"{dev.bridge(0)}/v1/interactions/{asked['id']}/cancel")
        await receiver.until(1)
        paused = caller(dev, receiver.calls[0])
        dev.kill(paused, signal.SIGSTOP)
        try:
            await dev.operate("update deliveries set leased_until = clock_timestamp()")
            await receiver.until(2)
            receiver.gate.set()
            done = await until(lambda: deliveries(dev, 1 - paused), lambda items: items[0]["ended_at"])
        finally:
            dev.kill(paused, signal.SIGCONT)
        await until(lambda: asyncio.to_thread(dev.log.read_text), lambda log: "lease_lost" in log)

        first, second = receiver.calls
        assert first.caller != second.caller and first.id == second.id
        assert [(item["status"], item["failures"]) for item in done] == [("delivered", 0)]
        assert await deliveries(dev, paused) == done


def caller(dev: program.Program, call: receivers.Call) -> int:
    """Which replica a call came from."""
    ports = [
        {connection.laddr.port for connection in psutil.Process(pid).net_connections("tcp")}
        for pid in dev.facts["pids"]["replicas"]
    ]
    (number,) = [replica for replica, own in enumerate(ports) if call.caller in own]
    return number


async def deliveries(dev: program.Program, replica: int) -> Any:
    """The deliveries to all callbacks."""
    _, body = await dev.call("GET", f"{dev.bridge(replica)}/v1/webhook_endpoints/callbacks/deliveries")
    return body["items"]


async def received(receiver: receivers.Receiver) -> set[str]:
    return {call.path for call in receiver.calls}


async def test_an_event_whose_replica_died_before_it_had_its_position_reaches_its_webhook(tmp_path: Path) -> None:
    """The answer is committed and no replica was told: the numbering loop of any of them finds it within 12 s."""
    async with program.running(tmp_path, replicas=1) as dev, receivers.receiver() as receiver:
        asked = await dev.ask(replica=0, callback=f"{receiver.url}/callback")
        async with pool.connect(dev.facts["database_url"], name="a replica that dies", size=1) as db:
            organization_id = ids.decode("org", dev.facts["organization"])
            id = ids.decode("int", asked["id"])
            assert organization_id is not None and id is not None
            question = await interactions.get(db, organization_id, id)
            assert question is not None
            await interactions.claim(db, build.click(question))

            async with asyncio.timeout(15):
                await receiver.until(1)

        assert receiver.calls[0].path == "/callback"
