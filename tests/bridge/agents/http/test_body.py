"""Untrusted bodies: read, or refused with a reason; never a 5xx, and nothing is stored of a refused body."""

import asyncio
import contextlib
import gzip
import json
import logging
import random
from collections.abc import AsyncIterator
from typing import Any

import pytest
from aiohttp import web
from aiohttp.typedefs import Handler

from bridge import ids
from bridge.agents.http import body as bodies
from bridge.agents.http import json_response
from bridge.agents.http.body import MAX_BYTES, escape, unstorable
from bridge.agents.http.problem_details import problem_details
from storage.model import Json
from tests.bridge.agents.door import Door, Reply, body

JSON = {"Content-Type": "application/json"}


async def send(door: Door, raw: object, **headers: str) -> Reply:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return await door.call("POST", "/v1/interactions", data=raw, headers=JSON | named)


UNREADABLE: list[tuple[bytes, str]] = [
    (b"", "The body is empty."),
    (b" \n", "The body is empty."),
    (b'{"title": "x"', "Expecting ',' delimiter (line 1, column 14)."),
    (b'{"title": }', "Expecting value"),
    (b"{'title': 1}", "Expecting property name"),
    (b'{"a": 1,}', "(line 1, column "),
    (b'{"a": 1} {"b": 2}', "Extra data"),
    (b'{"a": "\n"}', "Invalid control character"),
    (b'{"a": NaN}', "NaN is not JSON."),
    (b'{"a": Infinity}', "Infinity is not JSON."),
    (b'{"a": [-Infinity]}', "-Infinity is not JSON."),
    (b'{"a": 1, "a": 1}', 'An object has the field "a" twice.'),
    (b'{"m": {"a;\\n.": 1, "a;\\n.": 2}}', r'An object has the field "a;\n." twice.'),
    (b'{"a":' * 5_000 + b"1" + b"}" * 5_000, "The body is nested more than 32 levels deep."),
    (b"[" * 5_000, "The body is nested more than 32 levels deep."),
    (b'{"a":' * 33 + b"1" + b"}" * 33, "The body is nested more than 32 levels deep."),
    (b'\xef\xbb\xbf{"a": 1}', ""),
    (b'{"a": "\xff"}', "The body is not UTF-8 (byte 7)."),
    ('{"a": 1}'.encode("utf-16"), "The body is not UTF-8 (byte 0)."),
    (b"[]", "The body must be a JSON object."),
    (b'"text"', "The body must be a JSON object."),
    (b"null", "The body must be a JSON object."),
    (b"1", "The body must be a JSON object."),
]


async def test_what_cannot_be_read_is_refused_with_the_place(door: Door) -> None:
    for raw, detail in UNREADABLE:
        reply = await send(door, raw)

        assert (reply.status, reply.slug) == (400, "unreadable_body"), raw[:60]
        assert detail in reply.json["detail"], raw[:60]
        assert len(reply.raw) < 500
    assert await door.rows() == 0


TOO_LONG = "must have at most 3900 digits when written without an exponent: send it as a string"
NEGATIVE_ZERO = "must not be negative zero, which cannot be stored: send 0 or a string"


@pytest.mark.parametrize(
    ("number", "wrong"),
    [
        ("-0", NEGATIVE_ZERO),
        ("-0.0", NEGATIVE_ZERO),
        ("-0e7", NEGATIVE_ZERO),
        ("9" * 5_000, TOO_LONG),
        ("9" * 100_000, TOO_LONG),
        ("0." + "1" * 100_000, TOO_LONG),
        ("1e3900", TOO_LONG),
        ("-1e-3900", TOO_LONG),
        ("1e" + "9" * 30, TOO_LONG),
    ],
)
async def test_a_number_that_cannot_be_kept_is_refused_with_its_place_and_what_to_send_instead(
    door: Door, number: str, wrong: str
) -> None:
    for fields, place in (
        ({"metadata": {"a": [1, "N"]}}, "/metadata/a/1"),
        ({"action": {"name": "x", "arguments": {"b/c": "N"}}}, "/action/arguments/b~1c"),
        ({"expires_in": "N"}, "/expires_in"),
    ):
        reply = await send(door, json.dumps(body(**fields)).replace('"N"', number).encode())

        assert (reply.status, reply.slug, reply.pointers) == (422, "invalid_body", [place])
        assert reply.json["detail"] == f"{place} {wrong}."
    assert await door.rows() == 0


async def test_the_greatest_depth_is_read(door: Door) -> None:
    deep: Any = 1
    for _ in range(bodies.MAX_DEPTH - 2):
        deep = [deep]

    assert (await door.ask(body(metadata={"a": deep}))).json["metadata"] == {"a": deep}
    assert (await door.ask(body(metadata={"a": [[deep]]}))).status == 400


async def test_more_values_than_any_valid_body_has_are_refused_and_marks_in_strings_are_no_values(door: Door) -> None:
    fits = await door.ask(body(metadata={"a": [1] * 5_400}))
    marks = await door.ask(body(body=",[{" * 3_000, metadata={"a": ",[{" * 5_000}))
    many = await send(door, json.dumps(body(metadata={"a": [1] * (bodies.MAX_VALUES + 1)})).encode())

    assert (fits.status, marks.status) == (201, 201)
    assert (many.status, many.slug) == (413, "body_too_large")
    assert f"at most {bodies.MAX_VALUES} values" in many.json["detail"]


@pytest.mark.parametrize(
    "sent", ["text/plain", "application/x-www-form-urlencoded", "application/xml", "json", "", "é"]
)
async def test_only_json_is_taken(door: Door, sent: str) -> None:
    raw = json.dumps(body()).encode()
    reply = await door.call("POST", "/v1/interactions", data=raw, headers={"Content-Type": sent})

    assert (reply.status, reply.slug) == (415, "unsupported_media_type")


async def test_too_much_is_refused_whether_it_was_announced_or_not(door: Door) -> None:
    async def unannounced(size: int) -> AsyncIterator[bytes]:
        for _ in range(0, size, 1024):
            yield b" " * 1024

    room = json.dumps(body()).encode()
    announced = await send(door, b" " * (MAX_BYTES + 1))
    streamed = await send(door, unannounced(MAX_BYTES * 2))
    largest = await send(door, room + b" " * (MAX_BYTES - len(room)))

    for reply in (announced, streamed):
        assert (reply.status, reply.slug) == (413, "body_too_large")
    assert largest.status == 201


async def test_a_packed_body_is_refused_unopened(door: Door) -> None:
    raw = json.dumps(body()).encode()
    for coding, packed in (("gzip", gzip.compress(raw)), ("gzip", raw), ("deflate", raw), ("br", raw), ("x", raw)):
        reply = await send(door, packed, Content_Encoding=coding)

        assert (reply.status, reply.slug) == (415, "unsupported_media_type"), coding
    assert (await send(door, raw, Content_Encoding="identity")).status == 201


async def test_a_body_that_does_not_come_is_not_waited_for() -> None:
    async def read(request: web.Request) -> web.Response:
        return json_response.json(await bodies.read(request, seconds=0.05))

    async with raw_request(read, b'{"kind": "appr') as (reader, _):
        answer = await asyncio.wait_for(reader.read(12), timeout=5)

    assert answer == b"HTTP/1.1 400"


async def test_a_caller_who_hangs_up_in_mid_body_is_no_mistake_of_ours(caplog: pytest.LogCaptureFixture) -> None:
    began, ended = asyncio.Event(), asyncio.Event()

    async def read(request: web.Request) -> web.Response:
        assert request.task is not None
        request.task.add_done_callback(lambda _: ended.set())
        began.set()
        return json_response.json(await bodies.read(request))

    async with raw_request(read, b'{"kind": "appr') as (_, writer), asyncio.timeout(5):
        await began.wait()
        assert not ended.is_set()
        writer.close()
        await ended.wait()

    assert [record for record in caplog.records if record.levelno >= logging.ERROR] == []


@contextlib.asynccontextmanager
async def raw_request(
    handler: Handler, begun: bytes
) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
    """A request whose body was only begun, to a server with this handler; on leaving, the client hangs up first."""
    app = web.Application(middlewares=[problem_details])
    app.router.add_post("/", handler)
    runner = web.AppRunner(app, handler_cancellation=False)  # as a replica serves, and TestServer does not
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        reader, writer = await asyncio.open_connection(*runner.addresses[0])
        writer.write(b"POST / HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n")
        writer.write(begun)
        await writer.drain()
        try:
            yield reader, writer
        finally:
            writer.close()
            await writer.wait_closed()
    finally:
        await runner.cleanup()


@pytest.mark.parametrize(
    ("value", "pointer"),
    [
        ({"a": "\x00"}, "/a"),
        ({"a": [1, {"b/c~": "\ud800"}]}, "/a/1/b~1c~0"),
        ({"a": {"b": 1, "\udfff": 2}}, "/a"),
    ],
)
def test_what_cannot_be_stored_is_found(value: object, pointer: str) -> None:
    found = unstorable(value)

    assert found is not None and found[0] == pointer


@pytest.mark.parametrize(
    "value", [{}, {"a": "\ufffe\uffff\U0010ffff\x7f\u202e"}, {"a": [None, True, 1, 0.1, {"": ""}]}]
)
def test_everything_else_can_be_stored(value: object) -> None:
    assert unstorable(value) is None


def test_a_pointer_escapes_its_own_marks() -> None:
    assert escape("~1/a~") == "~01~1a~0"


# Whatever is sent in whatever field, the answer is 201 or 4xx, and only 201 stores something.

ODD: list[Any] = [
    None, True, False, 0, -1, 1.5, 1e308, 5e-324, -0.0, 2**63, 10**30, 10**4000, float("nan"), float("inf"),
    "", " ", "x", "\x00", "\ud800", "\udfff\ud800", "\u202e\u2066", "\u200b", "é", "𠀀", "\r\n", "\x1b[31m", "%00",
    "' or 1=1 --", "{}", "\\u0000", "U0ANA", "C0A", "int_01h2xcejqtf2nbrexx3vqjhp41", "con_01h2xcejqtf2nbrexx3vqjhp41",
    "1700000000.000100", "x" * 5_000, "x" * 100_000, "https://a.example/" + "é" * 500, "http://[", "https://\x00",
    [], [[]], {}, {"": ""}, {"\x00": 1}, {"__proto__": 1}, [None] * 60, ["x"] * 3_000, {"a": {"b": ["\x00"]}},
]  # fmt: skip
WHOLE: Json = body(
    body="Markdown",
    action={"name": "deploy", "arguments": {"a": 1}},
    facts=[{"name": "n", "value": "v"}],
    to=[{"channel": "C0A", "thread_ts": "1.000000"}, {"user": "U0ANA"}],
    responders={"users": ["U0ANA"], "outsiders": "refuse"},
    agent={"name": "a", "run": "r", "url": "https://a.example"},
    on_behalf_of={"user": "U0BOB"},
    connection="con_x",
    expires_in=60,
    tags=["t"],
    metadata={"m": {"n": [1, "x"]}},
)


def deep(levels: int) -> Any:
    value: Any = "bottom"
    for level in range(levels):
        value = [value] if level % 2 else {"a": value}
    return value


def spoiled(value: Any, chance: random.Random) -> Any:
    """The value with an odd part put somewhere into it."""
    if not isinstance(value, dict | list) or not value or chance.random() < 0.2:
        return chance.choice(ODD) if chance.random() < 0.95 else deep(chance.choice([5, 31, 40, 400]))
    if isinstance(value, list):
        place = chance.randrange(len(value))
        return [spoiled(inner, chance) if n == place else inner for n, inner in enumerate(value)]
    name = chance.choice(list(value))
    if chance.random() < 0.1:
        return {inner: value[inner] for inner in value if inner != name}
    if chance.random() < 0.1:
        return value | {str(chance.choice(ODD))[:2_000]: chance.choice(ODD)}
    return value | {name: spoiled(value[name], chance)}


async def test_no_body_whatever_is_a_mistake_of_ours(door: Door, caplog: pytest.LogCaptureFixture) -> None:
    chance = random.Random(20261121)
    statuses: dict[int, int] = {}
    for _ in range(2_500):
        sent = spoiled({name: WHOLE[name] for name in WHOLE if name != "connection" or chance.random() < 0.1}, chance)
        if chance.random() < 0.2:
            sent = spoiled(sent, chance)
        raw = json.dumps(sent).encode()
        if chance.random() < 0.05:
            place = chance.randrange(len(raw) + 1)
            raw = raw[:place] + chance.choice([b"", b"\x00", b"\xff", b'"', b"}", b"\\"]) + raw[place + 1 :]
        reply = await send(door, raw)
        statuses[reply.status] = statuses.get(reply.status, 0) + 1

        assert reply.status in {201, 400, 413, 422}, raw[:300]
        assert len(reply.raw) < 120_000
    assert all(statuses[status] > 20 for status in (201, 400, 422))
    assert await door.rows() == statuses[201]
    assert [record for record in caplog.records if record.levelno >= logging.ERROR] == []
    stored = await door.db.fetch("select id from interactions")
    for row in stored:
        assert (await door.get(ids.encode("int", row["id"]))).status == 200
