"""Resolving receivers' names: a name whose DNS servers do not answer delays no other lookup."""

import asyncio
import contextlib
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest

from bridge import ids
from bridge.webhooks.names import Resolver, on_behalf_of
from bridge.webhooks.sender import Sender
from tests.bridge.webhooks import receivers
from tests.bridge.webhooks.sending import LOCAL, send
from tests.waiting import until

_really: Callable[..., Any] = socket.getaddrinfo


@dataclass
class Nameserver:
    """Replaces the system's lookup: names with `hang…` get no response, names with `good…` are this machine."""

    queries: list[str] = field(default_factory=list)
    answering: threading.Event = field(default_factory=threading.Event)

    def getaddrinfo(self, host: Any, *other: Any, **named: Any) -> Any:
        name = str(host)
        if name.startswith(("hang", "good")):
            self.queries.append(name)
        if name.startswith("hang"):
            self.answering.wait(20)
            raise socket.gaierror(socket.EAI_AGAIN, "try again")
        return _really("127.0.0.1" if name.startswith("good") else host, *other, **named)

    async def until(self, number: int) -> None:
        await until(lambda: len(self.queries) >= number)


@pytest.fixture
def nameserver(monkeypatch: pytest.MonkeyPatch) -> Iterator[Nameserver]:
    server = Nameserver()
    monkeypatch.setattr(socket, "getaddrinfo", server.getaddrinfo)
    yield server
    server.answering.set()


async def test_names_without_a_response_keep_no_other_waiting(nameserver: Nameserver) -> None:
    async with receivers.receiver() as there:
        port = there.url.rpartition(":")[2]
        hanging = [asyncio.create_task(send(f"http://hang{n}.example:{port}/")) for n in range(40)]
        await nameserver.until(40)
        began = time.monotonic()

        outcome = await send(f"http://good.example:{port}/")
        elsewhere = await asyncio.get_running_loop().getaddrinfo("good-slack.example", 443)

        assert outcome.delivered and elsewhere and time.monotonic() - began < 3
        assert not any(task.done() for task in hanging)
        nameserver.answering.set()
        assert {(await task).status for task in hanging} == {None}


async def test_a_name_is_looked_up_once_at_a_time_however_many_ask(nameserver: Nameserver) -> None:
    names = Resolver(max_threads=4)  # two of them for who is alone
    asking = [asyncio.create_task(names.resolve("hang.example", port)) for port in range(1, 6)]
    await nameserver.until(1)

    (address,) = await names.resolve("good.example", 443)

    assert (address["host"], address["port"], address["hostname"]) == ("127.0.0.1", 443, "good.example")
    assert nameserver.queries == ["hang.example", "good.example"]
    nameserver.answering.set()
    assert all(isinstance(end, OSError) for end in await asyncio.gather(*asking, return_exceptions=True))
    (again,) = await names.resolve("good.example", 80)
    assert again["port"] == 80 and len(nameserver.queries) == 3, "results are not cached"


async def test_one_organizations_unanswered_names_leave_the_others_theirs(nameserver: Nameserver) -> None:
    names = Resolver(max_threads=8)
    hanging = []
    for organization, started in ((ids.new(), 4), (ids.new(), 6), (ids.new(), 7)):
        with on_behalf_of(organization):  # as a task copies it
            hanging += [asyncio.create_task(names.resolve(f"hang{n}.{organization}")) for n in range(10)]
        await nameserver.until(started)
        for _ in range(5):
            await asyncio.sleep(0)
        assert len(nameserver.queries) == started

    with on_behalf_of(ids.new()):
        (address,) = await asyncio.wait_for(names.resolve("good.example", 443), 5)

    assert address["host"] == "127.0.0.1"
    nameserver.answering.set()
    assert all(isinstance(end, OSError) for end in await asyncio.gather(*hanging, return_exceptions=True))
    assert len(nameserver.queries) == 31, "those that waited were looked up in the end"


async def test_an_attempt_counts_its_name_for_its_organization(nameserver: Nameserver) -> None:
    hostile, honest, resolver = ids.new(), ids.new(), Resolver(max_threads=4)
    sender = Sender(LOCAL, agent="askbridge test", seconds=10, resolver=resolver)
    async with contextlib.aclosing(sender), receivers.receiver() as there:
        port = there.url.rpartition(":")[2]
        hanging = [
            asyncio.create_task(
                sender.send(f"http://hang{n}.example:{port}/", body=b"{}", headers={}, organization_id=hostile)
            )
            for n in range(10)
        ]
        await nameserver.until(2)

        outcome = await sender.send(f"http://good.example:{port}/", body=b"{}", headers={}, organization_id=honest)

        assert outcome.delivered
        assert len(nameserver.queries) == 3 and not any(task.done() for task in hanging)
        nameserver.answering.set()
        await asyncio.gather(*hanging)


async def test_no_more_names_at_once_than_there_are_threads(nameserver: Nameserver) -> None:
    names = Resolver(max_threads=4)  # two of them for who is alone
    asking = [asyncio.create_task(names.resolve(f"hang{n}.example")) for n in range(2)]
    await nameserver.until(2)
    waiting = asyncio.create_task(names.resolve("good.example"))
    for _ in range(5):
        await asyncio.sleep(0)
    assert len(nameserver.queries) == 2 and not waiting.done()

    nameserver.answering.set()

    assert len(await waiting) == 1
    await asyncio.gather(*asking, return_exceptions=True)


ENDS = """
import asyncio, socket, time
from bridge.webhooks.names import Resolver

def hang(*_, **__):
    print("asked", flush=True)
    time.sleep(60)

async def main():
    socket.getaddrinfo = hang
    try:
        async with asyncio.timeout(0.2):
            await Resolver().resolve("hang.example")
    except TimeoutError:
        print("given up", flush=True)

asyncio.run(main())
"""


def test_a_name_that_hangs_does_not_keep_the_process_from_ending() -> None:
    ran = subprocess.run([sys.executable, "-c", ENDS], capture_output=True, text=True, timeout=20, check=False)

    assert (ran.returncode, ran.stdout.split("\n"), ran.stderr) == (0, ["asked", "given up", ""], "")
