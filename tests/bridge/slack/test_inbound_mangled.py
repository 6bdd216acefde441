"""Bodies too large, too slow or cut off, and damaged headers: none of them is logged as a bug of the bridge.

Damaged bodies, by the thousand, are in `tests.generated.test_slack`.
"""

import io
import json
import random
from typing import Any

import pytest

from bridge.slack.inbound import MAX_BYTES
from sandbox.slack.server import Sandbox
from tests import payloads
from tests.bridge import replica as replicas
from tests.bridge.logged import events
from tests.bridge.raw import connected, head, raw
from tests.bridge.replica import Replica
from tests.generated.damage import damaged


async def test_m030_a_body_over_the_limit_is_refused_unread(replica: Replica) -> None:
    most, more = b"a" * MAX_BYTES, b"a" * (MAX_BYTES + 1)

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


ODD: list[Any] = [
    None,
    True,
    7,
    -1,
    10**300,
    1e308,
    "",
    "T1",
    "\x00",
    "\ud800",
    "x" * 5_000,
    [],
    [[]],
    [None],
    {},
    {"id": 7},
]
PLACES = ["actions", "authorizations", "channel", "container", "enterprise", "event", "message", "response_url"]
PLACES += ["response_urls", "team", "type", "user", "view"]
GONE = object()
EXPECTED = [
    [],
    ["slack_request_unreadable"],
    ["slack_request_unsupported"],
    ["click_unroutable"],
    ["click_decided"],
    ["click_not_routed", "click_unroutable"],
    ["click_not_routed", "click_decided"],
]


NO_REPLY = {"reply_failed", "response_url_refused"}  # the payloads' response URLs are not the sandbox's


@pytest.mark.parametrize("name", [name for name in payloads.names() if name not in {"slash_command", "ssl_check"}])
async def test_an_unexpected_signed_payload_is_a_calm_200_without_a_traceback(
    replica: Replica, log: io.StringIO, name: str
) -> None:
    """Each odd value in each place, in every sort of payload: one event each, or two where a click was decided."""
    whole = payloads.load(name)
    as_json = name in {"url_verification", "event_callback"}
    for place in PLACES:
        for odd in (GONE, *ODD):
            payload = {key: value for key, value in whole.items() if key != place}
            payload |= {} if odd is GONE else {place: odd}
            log.seek(0)
            log.truncate()

            told = await replica.send(json.dumps(payload).encode() if as_json else payloads.form(payload))

            assert told.status == 200, (place, odd)
            logged = [event for event in events(log) if event["event"] not in NO_REPLY]
            names = [event["event"] for event in logged]
            assert not any("where" in event or "error" in event for event in logged), (place, odd, logged)
            assert names in EXPECTED, (place, odd, names)


@pytest.mark.parametrize(
    "text",
    [
        "null",
        "[]",
        '"block_actions"',
        "{}",
        '{"type":"block_actions"}',
        '{"type":"view_submission"}',
        '{"type":"view_submission","view":{}}',
        '{"type":"view_closed","view":null}',
        '{"type":"block_suggestion"}',
        '{"type":"shortcut"}',
        '{"type":"message_action","channel":[],"message":7}',
        '{"type":"event_callback"}',
        '{"type":"event_callback","event":null,"authorizations":[null]}',
        '{"type":"block_actions","actions":[' + '{"a":' * 50_000 + "1" + "}" * 50_000 + "]}",
        '{"type":"view_submission","view":{"state":' + "[" * 50_000 + "]" * 50_000 + "}}",
        '{"type":"shortcut","action_ts":' + "9" * 100_000 + "}",
    ],
    ids=lambda text: text[:60],
)
async def test_a_payload_without_any_ids_is_taken_calmly_and_logged_once(
    replica: Replica, log: io.StringIO, text: str
) -> None:
    told = await replica.send(payloads.form_text(text))

    assert (told.status, told.body) == (200, b"")
    (event,) = events(log)
    assert event["event"] in {"slack_request_unreadable", "slack_request_unsupported"} and "where" not in event
