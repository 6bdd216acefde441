"""Requests of Slack, damaged in their bytes or their JSON, signed and unsigned: never a 5xx, and memory stays flat."""

import asyncio
import gc
import json
import logging
import random
from collections.abc import Iterator
from urllib.parse import urlencode

import psutil

from sandbox.slack.model import Message
from sandbox.slack.requests import Request
from sandbox.slack.server import Sandbox
from tests import payloads
from tests.bridge import replica as replicas
from tests.bridge.replica import Replica
from tests.generated import scale
from tests.generated.damage import absurd, damaged
from tests.generated.scale import Tried

MAX_GROWTH = 12 * 1024 * 1024  # bytes by which this process may grow; many times as much is received
MAX_NEW_OBJECTS = 1_000  # objects by which this process may grow
BATCHES = 10


def cases(number: int, chance: random.Random) -> Iterator[bytes]:
    """Requests of every shape that Slack sends, damaged in their bytes or in their JSON."""
    whole = {name: (payloads.load(name), payloads.body(name)) for name in payloads.names()}
    names = list(whole)
    for case in range(number):
        payload, body = whole[names[case % len(names)]]
        if case // len(names) % 2 == 0:
            yield damaged(body, chance)
            continue
        replaced = absurd(payload, chance)
        if "type" not in payload:
            yield urlencode(replaced, errors="surrogatepass").encode()
        else:
            yield json.dumps(replaced).encode() if body.startswith(b"{") else payloads.form(replaced)


async def test_m028_damaged_requests_signed_or_not_never_fail_us_and_leave_nothing_behind(
    dsn: str, tried: Tried
) -> None:
    """One request in four has a wrong signature. Memory is compared from the time every shape was received once."""
    chance = random.Random(scale.SEED)
    memory: list[tuple[int, int]] = []
    logging.disable()  # otherwise pytest's record of the log would grow
    try:
        async with Sandbox(posting_limit=False) as slack, replicas.running(slack, dsn) as replica:
            for _ in range(BATCHES):
                await _send(replica, list(cases(scale.many(5_000) // BATCHES, chance)), tried)
                memory.append(_used())
    finally:
        logging.disable(logging.NOTSET)
    (early, few), (late, many) = memory[BATCHES // 5], memory[-1]
    grown = f"grown by {(late - early) / 1024:,.0f} KiB and {many - few:,} objects"

    assert set(tried.counts) == {"signed 200", "not signed 401"}
    assert late - early < MAX_GROWTH and many - few < MAX_NEW_OBJECTS, grown
    tried(f"requests ({grown} since the first fifth)", scale.many(5_000))


async def _send(replica: Replica, bodies: list[bytes], tried: Tried) -> None:
    slots = asyncio.Semaphore(16)

    async def send(body: bytes, *, signed: bool) -> None:
        async with slots:
            headers = replica.signed(body) if signed else replica.signed(body, secret="another")
            async with replica.http.post(replica.url, data=body, headers=headers) as answer:
                tried(f"{'signed' if signed else 'not signed'} {answer.status}")
                assert answer.status < 500, (signed, body)

    await asyncio.gather(*(send(body, signed=number % 4 > 0) for number, body in enumerate(bodies)))
    await replica.inbound.close()


def _used() -> tuple[int, int]:
    """The resident bytes of this process, and its number of objects, without what the sandbox records."""
    gc.collect()
    objects = gc.get_objects()
    recorded = sum(type(one) in (Request, Message) for one in objects)
    return psutil.Process().memory_info().rss, len(objects) - recorded
