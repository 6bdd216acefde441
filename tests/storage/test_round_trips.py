"""The round trips to the database that a click makes before its acknowledgement, counted on the wire."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from urllib.parse import urlsplit

from storage import interactions, pool
from storage.interactions import ClaimRequest
from storage.model import Verdict
from storage.pool import Database
from tests.bridge.things import recoveries
from tests.proxy import Proxy
from tests.storage import build
from tests.storage.build import Tenant

_SSL_REQUEST = 80877103  # the one message that may come before the start-up message; neither has a type


class RoundTripCounter(Proxy):
    """A proxy before PostgreSQL that counts the messages whose reply the client awaits: Sync and simple Query."""

    round_trips = 0

    async def _pass(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, *, is_reply: bool) -> None:
        unread, started = b"", False
        while data := await reader.read(65_536):
            writer.write(data)
            unread = b"" if is_reply else unread + data
            while len(unread) >= started + 4 and len(unread) >= (length := started + _number(unread, started)):
                if started:
                    self.round_trips += unread[:1] in (b"S", b"Q")
                else:
                    started = _number(unread, 4) != _SSL_REQUEST
                unread = unread[length:]


def _number(message: bytes, at: int) -> int:
    return int.from_bytes(message[at : at + 4], "big")


@contextlib.asynccontextmanager
async def counted(dsn: str) -> AsyncIterator[tuple[RoundTripCounter, Database]]:
    """A pool of one connection whose round trips are counted."""
    server = urlsplit(dsn)
    assert server.hostname and server.port
    async with RoundTripCounter(host=server.hostname, port=server.port) as way:
        through = server._replace(netloc=server.netloc.replace(f":{server.port}", f":{way.port}")).geturl()
        async with pool.connect(through, name="claims", size=1) as claims:
            yield way, claims


async def test_a_claim_is_one_round_trip(db: Database, tenant: Tenant, dsn: str) -> None:
    async with counted(dsn) as (way, claims):
        await interactions.claim(claims, await click(db, tenant))  # prepares the statement
        for one in [await click(db, tenant) for _ in range(3)]:
            before = way.round_trips
            assert (await interactions.claim(claims, one)).verdict is Verdict.WON

            assert way.round_trips - before == 1


async def test_a_click_on_a_thing_is_seven_round_trips_with_the_fast_claim(
    db: Database, tenant: Tenant, dsn: str
) -> None:
    async with counted(dsn) as (way, claims):
        taken = []
        for number in range(4):
            thing = (await recoveries.opened(db, tenant, recoveries.report_of(f"job-{number}"))).after.thing
            request = recoveries.click(tenant, await recoveries.round_of(db, tenant, thing.id))
            before = way.round_trips
            assert (await recoveries.clicked(claims, request)).claimed.verdict is Verdict.WON
            taken.append(way.round_trips - before)

    assert max(taken[1:]) <= 7, taken  # the first one prepares the statements


async def click(db: Database, tenant: Tenant) -> ClaimRequest:
    """A click on a new interaction."""
    return build.click(await build.question(db, tenant))
