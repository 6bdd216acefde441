"""Bodies too large, too slow, cut off or damaged, by the thousand: none of them is a mistake of ours."""

import asyncio
import copy
import io
import json
import random
from collections.abc import Iterator
from typing import Any

import pytest

from bridge.slack.inbound import MOST_BYTES
from sandbox.slack.server import Sandbox
from tests import payloads
from tests.bridge import replica as replicas
from tests.bridge.raw import connected, head, raw
from tests.bridge.replica import Replica


async def test_m030_a_body_over_the_limit_is_refused_unread(replica: Replica) -> None:
    most, more = b"a" * MOST_BYTES, b"a" * (MOST_BYTES + 1)

    assert (await replica.send(most)).status == 200
    assert (await replica.send(more)).status == 413
    assert (await replica.send(more, {})).status == 413, "it is not even asked who sent it"


@pytest.mark.parametrize("encoding", ["gzip", "deflate", "br", "zstd", "nonsense"])
async def test_a_body_that_claims_to_be_compressed_is_no_mistake_of_ours(replica: Replica, encoding: str) -> None:
    body = payloads.body("event_callback")

    told = await raw(replica, body, {"Content-Encoding": encoding})

    assert 200 <= told < 500


async def test_m030_a_body_that_does_not_come_is_not_waited_for(slack: Sandbox, dsn: str) -> None:
    async with replicas.running(slack, dsn, read_seconds=0.05) as replica:
        status = await raw(replica, b"payload=", {"Content-Length": "1000"})

    assert status == 408


async def test_who_hangs_up_in_the_middle_of_a_body_leaves_nothing_behind(replica: Replica, log: io.StringIO) -> None:
    for _ in range(20):
        async with connected(replica) as (_, writer):
            writer.write(head(replica, b"payload=", {"Content-Length": "1000"}))
            await writer.drain()

    assert (await replica.send(payloads.body("event_callback"))).status == 200
    assert "loop_failed" not in log.getvalue() and '"error"' not in log.getvalue()


def damaged(whole: bytes, chance: random.Random) -> bytes:
    data = bytearray(whole)
    for _ in range(chance.randint(1, 4)):
        at = chance.randrange(len(data) + 1)
        match chance.randrange(5):
            case 0:
                data[at:at] = chance.randbytes(chance.randint(1, 4))
            case 1:
                del data[at : at + chance.randint(1, 80)]
            case 2 if data:
                data[at % len(data)] ^= 1 << chance.randrange(8)
            case 3 if data:
                data[at % len(data)] = chance.choice(b'%&=+{}[]",:\\0')
            case _:
                data[at:at] = data[: chance.randint(0, 60)]
    return bytes(data)


def cases(number: int, seed: int) -> Iterator[bytes]:
    """Every shape that Slack sends, damaged in bytes or in its JSON."""
    chance = random.Random(seed)
    names = payloads.names()
    absurd: list[Any] = [None, [], {}, "", 0, True, "x" * 300, {"id": []}, [[]], "view", -1, "\ud800", "\x00"]
    for case in range(number):
        name = names[case % len(names)]
        payload = payloads.load(name)
        if case % 2 and "type" in payload:
            for _ in range(chance.randint(1, 3)):
                inside = payload
                while True:
                    key = chance.choice(list(inside))
                    if isinstance(inside[key], dict) and inside[key] and chance.random() < 0.6:
                        inside = inside[key]
                        continue
                    inside[key] = copy.deepcopy(chance.choice(absurd))
                    break
            as_json = name in {"url_verification", "event_callback"}
            yield json.dumps(payload).encode() if as_json else payloads.form(payload)
        else:
            yield damaged(payloads.body(name), chance)


async def test_m028_thousands_of_damaged_requests_signed_or_not_never_fail_us(replica: Replica) -> None:
    seen: dict[bool, set[int]] = {True: set(), False: set()}
    slots = asyncio.Semaphore(16)

    async def send(body: bytes, *, signed: bool) -> None:
        async with slots:
            headers = replica.signed(body) if signed else replica.signed(body, secret="another")
            async with replica.http.post(replica.url, data=body, headers=headers) as answer:
                seen[signed].add(answer.status)
                assert answer.status < 500, (signed, body)

    await asyncio.gather(*(send(body, signed=number % 4 > 0) for number, body in enumerate(cases(4000, seed=30))))

    assert seen == {True: {200}, False: {401}}


async def test_damaged_headers_never_fail_us(replica: Replica) -> None:
    chance = random.Random(31)
    statuses = set()
    for _ in range(300):
        body = payloads.body("event_callback")
        headers = {name: damaged(value.encode(), chance) for name, value in replica.signed(body).items()}
        lines = b"".join(name.encode() + b": " + value + b"\r\n" for name, value in headers.items())
        async with connected(replica) as (reader, writer):
            length = b"Host: localhost\r\nContent-Length: %d\r\n" % len(body)
            writer.write(b"POST /slack/events HTTP/1.1\r\n" + length + lines + b"\r\n" + body)
            statuses.add(int((await reader.readline()).split()[1]))

    assert statuses <= {200, 400, 401}
