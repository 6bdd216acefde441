"""Bodies too large, too slow or cut off, and damaged headers: none of them is a mistake of ours.

Damaged bodies, by the thousand, are in `tests.generated.test_slack`.
"""

import io
import random

import pytest

from bridge.slack.inbound import MOST_BYTES
from sandbox.slack.server import Sandbox
from tests import payloads
from tests.bridge import replica as replicas
from tests.bridge.raw import connected, head, raw
from tests.bridge.replica import Replica
from tests.generated.damage import damaged


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
